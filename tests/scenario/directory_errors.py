"""How each refusal of the organisation's interfaces is provoked; `test_errors.py` runs them."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from harness import World
from hongyan.access.edit import save_installation_txn
from hongyan.access.records import AppKind, app_by_key_txn, installations_txn
from hongyan.directory.edit import OrgChange, RoleEntry
from hongyan.sandbox.faults import Fault

Provoke = Callable[[World], httpx.Response]

A_USER = {"name": "新人", "mobile": "13900000001", "dept_id_list": "10"}


def _top(path: str, **body: Any) -> Provoke:
    return lambda world: world.post(f"/topapi/{path}", body)


def _classic(path: str, **body: Any) -> Provoke:
    return lambda world: world.post(path, body)


def _get(path: str, **params: Any) -> Provoke:
    return lambda world: world.server.client.get(path, params={"access_token": world.token, **params})


def _twice(path: str, first: dict[str, Any], second: dict[str, Any]) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        made = world.post(f"/topapi/{path}", first).json()
        assert made["errcode"] == 0, made
        return world.post(f"/topapi/{path}", second)

    return provoke


def _create(**changes: Any) -> Provoke:
    return _top("v2/user/create", **{**A_USER, **changes})


def fenced_token(world: World) -> str:
    """The token of a third-party app that sees department 20 alone."""
    world.add_app("fenced", kind=AppKind.THIRD_PARTY)
    app = world.read(app_by_key_txn, "fenced")
    assert app is not None
    mine = next(one for one in world.read(installations_txn, world.corp) if one.app == app.no)
    world.write(save_installation_txn, msgspec.structs.replace(mine, visible_all=False, visible_depts=(20,)))
    return world.corp_token("fenced")


def _fenced(path: str, **body: Any) -> Provoke:
    return lambda world: world.post(path, body, token=fenced_token(world))


def _system_role(world: World) -> httpx.Response:
    world.change(OrgChange(roles=(RoleEntry(8, "主管理员", "默认", ("u1",)),)))
    return world.post("/topapi/role/deleterole", {"role_id": 8})


def _busy(world: World) -> httpx.Response:
    world.faults.plant(Fault("api:/auth/scopes"))
    return _get("/auth/scopes")(world)


def _role_twice(world: World) -> httpx.Response:
    group = world.post("/role/add_role_group", {"name": "组"}).json()["groupId"]
    assert world.post("/role/add_role", {"roleName": "甲", "groupId": group}).json()["errcode"] == 0
    return world.post("/role/add_role", {"roleName": "甲", "groupId": group})


DIRECTORY_PROVOKED: dict[str, Provoke] = {
    "top.60121": _top("v2/user/get", userid="stranger"),
    "top.33012": _top("v2/user/delete", userid="stranger"),
    "top.40003": _top("role/scope/update", userid="u3", role_id=7, dept_ids="10"),
    "top.60003": _top("v2/department/get", dept_id=99),
    "top.40035.directory": _top("v2/user/list", dept_id=10, cursor=0, size=101),
    "top.40035.unionid": _top("user/getbyunionid", unionid="a b"),
    "top.400002.directory": _top("v2/department/get", dept_id=-1),
    "top.40068": _top("user/listsimple", dept_id=10, cursor=-1, size=10),
    "top.40069": _top("user/listsimple", dept_id=10, cursor=0, size=0),
    "top.50002": _fenced("/topapi/v2/user/get", userid="u1"),
    "top.50004": _fenced("/topapi/v2/department/get", dept_id=10),
    "top.40104": _top("v2/user/getbymobile", mobile="abc"),
    "top.40078": _top("v2/user/getuserinfo", code="nope"),
    "top.60102": _create(userid="u1"),
    "top.60103": _create(mobile="12"),
    "top.60104": _twice("v2/user/create", A_USER, A_USER),
    "top.60105": _create(email="nobody"),
    "top.60106": _twice("v2/user/create", {**A_USER, "email": "a@b.c"}, {**A_USER, "mobile": "13900000002", "email": "a@b.c"}),
    "top.60112": _create(name="  "),
    "top.40066": _create(dept_id_list="[]"),
    "top.60128": _create(manager_userid="stranger"),
    "top.60001": _top("v2/department/create", name="长" * 65, parent_id=1),
    "top.60009": _top("v2/department/create", name="a-b", parent_id=1),
    "top.60021": _top("v2/department/create", name="研发", parent_id=1),
    "top.60004": _top("v2/department/create", name="新", parent_id=99),
    "top.60005": _top("v2/department/delete", dept_id=20),
    "top.60006": _top("v2/department/delete", dept_id=10),
    "top.60007": _top("v2/department/delete", dept_id=1),
    "top.60010": _top("v2/department/update", dept_id=10, parent_id=11),
    "top.60018": _top("v2/department/update", dept_id=1, name="别名"),
    "top.40031": _top("v2/department/update", dept_id=10, dept_manager_userid_list="stranger"),
    "top.33011": _top("role/simplelist", role_id=99),
    "top.23004": _system_role,
    "classic.33011": _classic("/role/update_role", roleId=99, roleName="x"),
    "classic.34018": _classic("/role/add_role_group", name=" "),
    "classic.34020": _classic("/role/add_role", roleName="x", groupId=99),
    "classic.34021": _role_twice,
    "classic.60121": _get("/user/get", userid="stranger"),
    "classic.60003": _get("/department/get", id=99),
    "classic.50002": _fenced("/user/get", userid="u1"),
    "classic.50004": _fenced("/department/get", id=10),
    "classic.40078": _get("/user/getuserinfo", code="nope"),
    "classic.40035.access_token": lambda world: world.server.client.get("/auth/scopes"),
    "classic.40035.name": _classic("/role/add_role", groupId=1),
    "classic.40035.invalid": _classic("/role/add_role", roleName="x", groupId="many"),
    "classic.-1": _busy,
}
