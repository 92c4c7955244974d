"""Reading roles and their groups: role/list, simplelist, getrole, getrolegroup."""

from typing import Any

import msgspec

from hongyan.access.records import SCOPE_DEPT, SCOPE_DEPT_MEMBER
from hongyan.access.tokens import Grant
from hongyan.directory.details import groups_txn
from hongyan.directory.people import RoleRecord, depts_txn, people_by_ord_txn, roles_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.store.interface import Tx
from hongyan.wire.contacts import LIST_MAX, READERS, lacking, number, paging, sight_txn
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.replies import Reply, ok_top, refuse

ROLES_ON_A_PAGE, DEFAULT_SIZE = 200, 20
_PAGE_ROWS = (errors.BAD_OFFSET, errors.BAD_PAGE_SIZE)

Answer = dict[str, Any]


def find_role(roles: list[RoleRecord], role: int) -> RoleRecord | None:
    return next((one for one in roles if one.role == role), None)


# --- reading


def list_roles_txn(tx: Tx, grant: Grant, start: int, size: int) -> Answer:
    """A page counts roles, and a group without any as one."""
    groups = sorted((group, name) for name, group in groups_txn(tx, grant.corp.no).items())
    roles = roles_txn(tx, grant.corp.no)
    entries: list[tuple[int, str, RoleRecord | None]] = []
    for group, name in groups:
        entries += [(group, name, role) for role in roles if role.group == name] or [(group, name, None)]
    found: dict[int, Answer] = {}
    for group, name, role in entries[start : start + size]:
        listed = found.setdefault(group, {"groupId": group, "name": name, "roles": []})
        if role is not None:
            listed["roles"].append({"id": role.role, "name": role.name})
    return {"hasMore": start + size < len(entries), "list": list(found.values())}


async def list_roles(call: Call) -> Reply:
    """All groups with their roles."""
    page = paging(call, ("offset", "size"), _PAGE_ROWS, ROLES_ON_A_PAGE, DEFAULT_SIZE)
    if isinstance(page, Refusal):
        return refuse(page)
    return ok_top({"result": await call.engine.store.read(list_roles_txn, call.grant, *page)})


def list_members_txn(tx: Tx, grant: Grant, role_id: int, start: int, size: int) -> Answer | Refusal:
    role = find_role(roles_txn(tx, grant.corp.no), role_id)
    if role is None:
        return Refusal(errors.NO_SUCH_ROLE)
    sight = sight_txn(tx, grant)
    people = people_by_ord_txn(tx, grant.corp.no, list(role.members[start : start + size]))
    rows = tx.all("role_scope.of_role", corp=grant.corp.no, role=role_id)
    scopes = {ord_: msgspec.json.decode(depts, type=tuple[int, ...]) for ord_, depts in rows}
    names = depts_txn(tx, grant.corp.no, (dept for depts in scopes.values() for dept in depts))
    listed = [
        {
            "userid": person.userid,
            "name": person.name,
            "manageScopes": [{"dept_id": dept, "name": names[dept].name} for dept in scopes.get(person.ord, ()) if dept in names],
        }
        for person in people
        if sight.person_txn(tx, grant, person)
    ]
    more = start + size < len(role.members)
    return {"hasMore": more, **({"nextCursor": start + size} if more else {}), "list": listed}


async def list_members(call: Call) -> Reply:
    """Who has a role, and for which departments."""
    missing = lacking(call, "role_id")
    if missing:
        return refuse(missing)
    role = number(call, "role_id")
    page = paging(call, ("offset", "size"), _PAGE_ROWS, LIST_MAX, DEFAULT_SIZE)
    if isinstance(page, Refusal):
        return refuse(page)
    outcome = await call.engine.store.read(list_members_txn, call.grant, role, *page)
    return refuse(outcome) if isinstance(outcome, Refusal) else ok_top({"result": outcome})


def get_role_txn(tx: Tx, grant: Grant, role_id: int) -> Answer | Refusal:
    role = find_role(roles_txn(tx, grant.corp.no), role_id)
    return {"groupId": groups_txn(tx, grant.corp.no)[role.group], "name": role.name} if role else Refusal(errors.NO_SUCH_ROLE)


async def get_role(call: Call) -> Reply:
    """The answer stands beside errcode, not in a result."""
    missing = lacking(call, "roleId")
    outcome = missing or await call.engine.store.read(get_role_txn, call.grant, number(call, "roleId"))
    return refuse(outcome) if isinstance(outcome, Refusal) else ok_top({"role": outcome})


def get_group_txn(tx: Tx, grant: Grant, group_id: int) -> Answer | Refusal:
    name = group_name(tx, grant, group_id)
    if name is None:
        return Refusal(errors.DIRECTORY_INVALID)
    roles = [{"role_id": role.role, "role_name": role.name} for role in roles_txn(tx, grant.corp.no) if role.group == name]
    return {"group_name": name, "roles": roles}


def group_name(tx: Tx, grant: Grant, group_id: int) -> str | None:
    return next((name for name, group in groups_txn(tx, grant.corp.no).items() if group == group_id), None)


async def get_group(call: Call) -> Reply:
    missing = lacking(call, "group_id")
    outcome = missing or await call.engine.store.read(get_group_txn, call.grant, number(call, "group_id"))
    return refuse(outcome) if isinstance(outcome, Refusal) else ok_top({"role_group": outcome})


_ROLE = Field("role_id", Kind.NUMBER, required=True)
_OFFSET = Field("offset", Kind.NUMBER, least=0)


def _size(most: int) -> Field:
    return Field("size", Kind.NUMBER, least=1, most=most)


def _read(name: str, scope: str, handler: Any, page: str, purpose: str, *fields: Field) -> Endpoint:
    return Endpoint(f"/topapi/role/{name}", Family.TOP, scope, handler, page, READERS, True, purpose, fields)


ENDPOINTS = (
    _read("list", SCOPE_DEPT, list_roles, "obtains-a-list-of-enterprise-roles", "roles by group", _size(ROLES_ON_A_PAGE), _OFFSET),
    _read("simplelist", SCOPE_DEPT_MEMBER, list_members, "obtain-the-list-of-employees-of-a-role", "who has a role", _ROLE, _size(LIST_MAX), _OFFSET),
    _read("getrole", SCOPE_DEPT_MEMBER, get_role, "queries-role-details", "a role", Field("roleId", Kind.NUMBER, required=True)),
    _read("getrolegroup", SCOPE_DEPT, get_group, "obtains-the-role-group-information", "a role group", Field("group_id", Kind.NUMBER, required=True)),
)
