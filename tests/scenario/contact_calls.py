"""The interfaces of the organisation as an application calls them."""

from collections.abc import Iterator
from typing import Any

from harness import World


class Contacts:
    """Calls with one token; `ok` asserts success and answers the result."""

    def __init__(self, world: World, token: str | None = None) -> None:
        self.world = world
        self.token = world.token if token is None else token

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        # The rates of the gateway are minutes on a standing clock.
        self.world.advance(1000)
        return self.world.post(path, body, token=self.token).json()

    def ok(self, path: str, **body: Any) -> Any:
        reply = self.ask(f"/topapi/{path}", **body)
        assert reply["errcode"] == 0, (path, body, reply)
        assert reply["errmsg"] == "ok" and reply["request_id"]
        return reply.get("result")

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        self.world.advance(1000)
        reply = self.world.server.client.get(path, params={"access_token": self.token, **params}).json()
        assert reply.pop("errcode") == 0, reply
        assert reply.pop("errmsg") == "ok"
        return reply

    def create(self, userid: str, **changes: Any) -> Any:
        number = abs(hash(userid)) % 10**8
        body = {"userid": userid, "name": f"名{userid}", "mobile": f"139{number:08d}", "dept_id_list": "1", **changes}
        return self.ok("v2/user/create", **body)

    def user(self, userid: str) -> dict[str, Any]:
        return self.ok("v2/user/get", userid=userid)

    def below(self, dept: int) -> list[dict[str, Any]]:
        return self.ok("v2/department/listsub", dept_id=dept)

    def members(self, dept: int, size: int = 100, **options: Any) -> Iterator[dict[str, Any]]:
        cursor = 0
        while True:
            page = self.ok("v2/user/list", dept_id=dept, cursor=cursor, size=size, **options)
            yield from page["list"]
            if not page["has_more"]:
                assert "next_cursor" not in page
                return
            assert page["next_cursor"] > cursor
            cursor = page["next_cursor"]

    def groups(self) -> list[dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        offset = 0
        while True:
            page = self.ok("role/list", size=200, offset=offset)
            for group in page["list"]:
                found.setdefault(group["groupId"], {**group, "roles": []})["roles"] += group["roles"]
            if not page["hasMore"]:
                return list(found.values())
            offset += 200

    def role_members(self, role: int, size: int = 100) -> list[dict[str, Any]]:
        offset, found = 0, []
        while True:
            page = self.ok("role/simplelist", role_id=role, size=size, offset=offset)
            found += page["list"]
            if not page["hasMore"]:
                return found
            offset = page["nextCursor"]
