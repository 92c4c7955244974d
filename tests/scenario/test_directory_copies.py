"""Whole organisations through the interfaces: copied by an application, carried by a file, and whatever odd is sent."""

import json
from typing import Any

import pytest
from contact_calls import Contacts

from harness import World
from hongyan.admission import rules
from hongyan.admission.rules import Mode
from hongyan.directory.details import DeptDetails, PersonDetails, Place
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry
from hongyan.model.errors import Family
from hongyan.wire.endpoint import Endpoint
from hongyan.wire.surface import CONTACTS

# --- an application copies an organisation


def _fill(world: World) -> None:
    """Some of everything that the interfaces can carry."""
    details = PersonDetails(
        telephone="1", work_place="杭州", remark="r", extension='{"a":"b"}', hired_date=5, hide_mobile=True, senior=True, manager="u1",
        org_email="o@x.y", places=(Place(20, 7, "副"),),
    )  # fmt: skip
    lead = DeptDetails(
        managers=("u1", "rich"), owner="u2", hide_dept=True, create_dept_group=True, dept_permits=(11,), user_permits=("u3",), code="C"
    )
    people = tuple(UserEntry(f"u{i}", f"人{i}", ((10, 11, 20)[i % 3],), mobile=f"1380000{i:04d}") for i in range(1, 13))
    rich = UserEntry("rich", "全", (11, 20), mobile="13911112222", title="t", email="a@b.c", job_number="9", details=details)
    world.change(
        OrgChange(
            departments=(DeptEntry(10, "研发", 1, 3, lead),),
            users=(*people, rich),
            roles=(RoleEntry(7, "主管", "默认", ("u1", "rich"), {"rich": (10, 11)}), RoleEntry(8, "空", "闲组", ())),
        )
    )


def _copy(source: Contacts, target: Contacts) -> dict[int, int]:
    """What a syncing application does: departments level by level, people, managers, roles."""
    depts = {1: 1}
    level = [1]
    found: list[dict[str, Any]] = []
    while level:
        level = [child["dept_id"] for dept in level for child in source.below(dept)]
        found += [source.ok("v2/department/get", dept_id=dept) for dept in level]
    for one in found:
        flags = {name: one[name] for name in ("order", "hide_dept", "create_dept_group", "code") if name in one}
        made = target.ok("v2/department/create", name=one["name"], parent_id=depts[one["parent_id"]], **flags)
        depts[one["dept_id"]] = made["dept_id"]
    people = {person["userid"]: person for dept in depts for person in source.members(dept)}
    for person in sorted(people.values(), key=lambda person: (person.get("manager_userid", ""), _order(person["userid"]))):
        _copy_person(target, person, depts)
    for one in found:
        lists = {"dept_manager_userid_list": one["dept_manager_userid_list"], "user_permits": one["user_permits"]}
        permits = [depts[dept] for dept in one["dept_permits"]]
        target.ok("v2/department/update", dept_id=depts[one["dept_id"]], org_dept_owner=one["org_dept_owner"], dept_permits=permits, **lists)
    _copy_roles(source, target, depts)
    return depts


def _order(userid: str) -> int:
    return int(userid[1:]) if userid[1:].isdigit() else 10**6


def _copy_person(target: Contacts, person: dict[str, Any], depts: dict[int, int]) -> None:
    same = ("userid", "name", "mobile", "title", "email", "job_number", "telephone", "org_email", "work_place", "remark", "extension", "hired_date")
    body = {name: person[name] for name in (*same, "hide_mobile", "manager_userid") if name in person}
    orders = [{"dept_id": depts[one["dept_id"]], "order": one["order"]} for one in person["dept_order_list"]]
    titles = [{"dept_id": depts[one["dept_id"]], "title": one["title"]} for one in person.get("dept_position_list", ())]
    own = {"senior_mode": person["senior"], "dept_id_list": [depts[dept] for dept in person["dept_id_list"]]}
    target.ok("v2/user/create", **body, **own, dept_order_list=orders, dept_title_list=titles)


def _copy_roles(source: Contacts, target: Contacts, depts: dict[int, int]) -> None:
    for group in source.groups():
        made = target.ask("/role/add_role_group", name=group["name"])["groupId"]
        for role in group["roles"]:
            role_id = target.ask("/role/add_role", roleName=role["name"], groupId=made)["roleId"]
            members = source.role_members(role["id"])
            if members:
                target.ok("role/addrolesforemps", roleIds=role_id, userIds=",".join(one["userid"] for one in members))
            for one in members:
                if one["manageScopes"]:
                    scope = [depts[dept["dept_id"]] for dept in one["manageScopes"]]
                    target.ok("role/scope/update", userid=one["userid"], role_id=role_id, dept_ids=scope)


def _exported(world: World) -> dict[str, list[dict[str, Any]]]:
    """The organisation file by kind, with names where two organisations have different ids."""
    lines = [line for line in world.admin("GET", "/export").text.splitlines() if line]
    rows = [json.loads(line) for line in lines]
    depts = {row["dept"]: row["name"] for row in rows if row["kind"] == "department"}

    def renamed(row: dict[str, Any]) -> dict[str, Any]:
        row = {name: value for name, value in row.items() if name not in ("unionid", "role", "group" if row["kind"] == "role_group" else "")}
        for name in ("dept", "parent"):
            if name in row:
                row[name] = depts.get(row[name], "")
        if "depts" in row:
            row["depts"] = [depts[dept] for dept in row["depts"]]
        for place in row.get("details", {}).get("places", ()):
            place["dept"] = depts[place["dept"]]
        if "dept_permits" in row.get("details", {}):
            row["details"]["dept_permits"] = [depts[dept] for dept in row["details"]["dept_permits"]]
        if "userids" in row:
            row["userids"] = sorted(row["userids"])
        if "scopes" in row:
            row["scopes"] = {userid: [depts[dept] for dept in scope] for userid, scope in row["scopes"].items()}
        return row

    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["kind"] not in ("corp", "account"):
            found.setdefault(row["kind"], []).append(renamed(row))
    return {kind: sorted(some, key=repr) for kind, some in found.items()}


def test_an_application_copies_an_organisation_through_the_interfaces_alone(world: World) -> None:
    _fill(world)
    copy = World(world.server, users=2, corp_id="dingcopy")
    copy.change(OrgChange(leave=("u1", "u2"), remove_departments=(11, 10, 20, 30), remove_roles=(7,), remove_groups=tuple(_group_ids(copy))))
    _copy(Contacts(world), Contacts(copy))

    assert _exported(copy) == _exported(world)


def _group_ids(world: World) -> list[int]:
    return [row[0] for row in world.read(_groups_txn, world.corp)]


def _groups_txn(tx: Any, corp: int) -> Any:
    return tx.all("role_group.all", corp=corp)


def _imported(world: World, exported: str) -> str:
    """The answer to importing the file into another organisation."""
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    content = exported.replace(f'"{world.corp_id}"', '"dingagain"').encode()
    return world.server.client.post("/hongyan/v1/corps/dingagain/import", content=content, headers=headers).text.splitlines()[-1]


def test_a_file_brings_everything_back(world: World) -> None:
    _fill(world)
    exported = world.admin("GET", "/export").text
    replaced = exported.replace('"dingtest"', '"dingagain"')
    answer = _imported(world, exported)
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    again = world.server.client.get("/hongyan/v1/corps/dingagain/export", headers=headers).text

    assert '"report"' in answer, answer
    # People are numbered by department, so that those of a subtree stand together: the order of lines may be another one.
    assert sorted(again.splitlines()) == sorted(replaced.splitlines())


# --- whatever is sent, something is answered that the catalogue knows


_ODD = ("", " ", "0", "-1", "x", "null", "[]", "{}", "[1]", "true", str(2**63 - 1), str(2**70), "1,2,x", "长" * 3000, "a\0b", '{"a":"\\u0000"}')
_ODDER: tuple[Any, ...] = (None, 0, -1, 1.5, True, [], {}, [None], [{}], [{"dept_id": 1, "order": 2**62, "title": "t"}], {"a": {"b": [1]}}, [["x"]])


@pytest.mark.parametrize("endpoint", CONTACTS, ids=lambda endpoint: endpoint.path)
def test_no_odd_value_makes_the_server_fail(world: World, endpoint: Endpoint) -> None:
    world.rule(rules.APP_API_QPS.id, mode=Mode.OBSERVE)
    plain = {"userid": "u1", "dept_id": 10, "cursor": 0, "size": 5, "role_id": 7, "roleId": 7, "name": "名", "mobile": "13900000001"}
    plain |= {"dept_id_list": "10", "parent_id": 1, "roleIds": "7", "userIds": "u1", "queryWord": "人", "roleName": "名", "groupId": 8, "id": 10}
    for field in endpoint.fields:
        for odd in (*_ODD, *_ODDER):
            body = {one.name: plain[one.name] for one in endpoint.fields if one.name in plain} | {field.name: odd}
            reply = world.v1(endpoint.path, body) if endpoint.family is Family.V1 else world.post(endpoint.path, body)
            answer = reply.json()
            assert answer.get("errcode") != -1 and reply.status_code < 500, (body, answer)
    exported = world.admin("GET", "/export").text
    assert '"report"' in _imported(world, exported), "whatever was taken in can be taken in again"
