"""A third-party app at work: installed in the world's organisation, signing its calls as the SDKs do."""

from typing import Any
from urllib.parse import quote

import httpx

from harness import World
from hongyan.access.records import ALL_SCOPES
from hongyan.access.signature import sign
from hongyan.access.suites import TEST_TICKET

SUITE, AGENT = "suitetest", 777


class SuiteCalls:
    """One suite. `create` makes it and installs it as agent 777."""

    def __init__(self, world: World, *, create: bool = True) -> None:
        self.world = world
        self.http = world.server.client
        self.secret = ""
        if create:
            self.secret = self.control("POST", "/suites", json={"name": "套件", "suite_key": SUITE, "scopes": list(ALL_SCOPES)}).json()["secret"]
            self.install()

    def control(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Our own interface, not below an organisation."""
        headers = {"authorization": f"Bearer {self.world.engine.key.admin_token(1)}"}
        reply = self.http.request(method, f"/hongyan/v1{path}", headers=headers, **options)
        assert reply.is_success, reply.text
        return reply

    def install(self, agent_id: int = AGENT, **members: Any) -> None:
        self.control("POST", f"/corps/{self.world.corp_id}/installations", json={"app_key": SUITE, "agent_id": agent_id, **members})

    def change(self, agent_id: int = AGENT, **members: Any) -> None:
        self.control("PATCH", f"/corps/{self.world.corp_id}/installations/{agent_id}", json=members)

    def uninstall(self, agent_id: int = AGENT) -> None:
        self.control("DELETE", f"/corps/{self.world.corp_id}/installations/{agent_id}")

    def new_ticket(self) -> str:
        return self.control("POST", f"/suites/{SUITE}/ticket").json()["ticket"]

    def proof(self, ticket: str = TEST_TICKET, **changes: str) -> dict[str, str]:
        """The signed part of a query."""
        timestamp = changes.get("timestamp", str(self.world.clock.now()))
        signature = sign(self.secret, timestamp, ticket)
        return {"signature": signature, "suiteTicket": ticket, "timestamp": timestamp, "accessKey": SUITE} | changes

    def signed(
        self, path: str, body: Any = None, *, ticket: str = TEST_TICKET, extra: dict[str, str] | None = None, **changes: str
    ) -> httpx.Response:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**(extra or {}), **self.proof(ticket, **changes)}.items())
        return self.http.post(f"{path}?{query}", json={"auth_corpid": self.world.corp_id} if body is None else body)

    def corp_token_reply(self, **changes: Any) -> httpx.Response:
        return self.signed("/service/get_corp_token", **changes)

    def corp_token(self, **changes: Any) -> str:
        reply = self.corp_token_reply(**changes).json()
        assert reply["errcode"] == 0, reply
        return reply["access_token"]

    def suite_token_reply(self, **changes: str) -> httpx.Response:
        body = {"suite_key": SUITE, "suite_secret": self.secret, "suite_ticket": TEST_TICKET} | changes
        return self.http.post("/service/get_suite_token", json=body)

    def suite_token(self) -> str:
        return self.suite_token_reply().json()["suite_access_token"]

    def agent_reply(self, token: str | None = None, **body: Any) -> httpx.Response:
        query = {"suite_access_token": self.suite_token() if token is None else token}
        given = {"suite_key": SUITE, "auth_corpid": self.world.corp_id, "agentid": AGENT} | body
        return self.http.post("/service/get_agent", params=query, json=given)

    def v1_token_reply(self, name: str = "corpAccessToken", **changes: str) -> httpx.Response:
        body = {"suiteKey": SUITE, "suiteSecret": self.secret, "authCorpId": self.world.corp_id, "suiteTicket": TEST_TICKET} | changes
        return self.http.post(f"/v1.0/oauth2/{name}", json=body)

    def v1_auth_info(self, token: str | None = None, corp_id: str | None = None) -> httpx.Response:
        headers = {"x-acs-dingtalk-access-token": self.suite_token() if token is None else token}
        return self.http.get("/v1.0/oauth2/apps/authInfo", params={"authCorpId": self.world.corp_id if corp_id is None else corp_id}, headers=headers)
