"""Changing roles and who has them: deleterole, addrolesforemps, removerolesforemps, scope/update, and /role/ of the classic surface."""

from typing import Any

import msgspec

from hongyan.access.records import SCOPE_DIRECTORY
from hongyan.access.tokens import Grant
from hongyan.directory.details import groups_txn
from hongyan.directory.edit import GroupEntry, MembersEntry, OrgChange, RoleEntry
from hongyan.directory.people import depts_txn, roles_txn
from hongyan.directory.records import ords_of_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx
from hongyan.wire.contact_roles import find_role, group_name
from hongyan.wire.contact_user_edits import apply_one_txn
from hongyan.wire.contact_users import live_person_txn
from hongyan.wire.contacts import USERID_MAX, done, ids, lacking, number, numbers, plain, text, written
from hongyan.wire.endpoint import INTERNAL_ONLY, Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, refuse

ROLES_AT_ONCE, JOIN_AT_ONCE, PART_AT_ONCE, SCOPE_DEPTS = 20, 20, 100, 200
NAME_MAX = 80

Answer = dict[str, Any]


def _next_id_txn(tx: Tx, grant: Grant) -> int:
    counters = tx.one("corp.counters", corp=grant.corp.no)
    assert counters is not None
    return counters[3]


def add_role_txn(tx: Tx, grant: Grant, name: str, group_id: int, now: EpochMs) -> Answer | Refusal:
    group = group_name(tx, grant, group_id)
    if group is None:
        return Refusal(errors.NO_SUCH_GROUP)
    if any((role.name, role.group) == (name, group) for role in roles_txn(tx, grant.corp.no)):
        return Refusal(errors.ROLE_NAME_TAKEN)
    role = _next_id_txn(tx, grant)
    apply_one_txn(tx, grant, OrgChange(roles=(RoleEntry(role, name, group, ()),)), now)
    return {"roleId": role}


async def add_role(call: Call) -> Reply:
    missing = lacking(call, "roleName", "groupId", family=Family.CLASSIC)
    name, group = text(call, "roleName", NAME_MAX), call.params.number("groupId")
    if missing or group is None:
        return refuse(missing or Refusal(errors.CLASSIC_MISSING, {"name": "groupId"}))
    if not name.strip():
        return refuse(Refusal(errors.ROLE_EMPTY))
    outcome = await written(call, add_role_txn, name, group)
    return refuse(outcome) if isinstance(outcome, Refusal) else plain(outcome)


def update_role_txn(tx: Tx, grant: Grant, role_id: int, name: str, now: EpochMs) -> Refusal | None:
    roles = roles_txn(tx, grant.corp.no)
    role = find_role(roles, role_id)
    if role is None:
        return Refusal(errors.CLASSIC_NO_SUCH_ROLE)
    if any((one.name, one.group) == (name, role.group) and one.role != role_id for one in roles):
        return Refusal(errors.ROLE_NAME_TAKEN)
    if name != role.name:
        apply_one_txn(tx, grant, OrgChange(roles=(RoleEntry(role_id, name, role.group),)), now)
    return None


async def update_role(call: Call) -> Reply:
    missing = lacking(call, "roleId", "roleName", family=Family.CLASSIC)
    name, role = text(call, "roleName", NAME_MAX), call.params.number("roleId")
    if missing or role is None:
        return refuse(missing or Refusal(errors.CLASSIC_MISSING, {"name": "roleId"}))
    if not name.strip():
        return refuse(Refusal(errors.ROLE_EMPTY))
    outcome = await written(call, update_role_txn, role, name)
    return refuse(outcome) if isinstance(outcome, Refusal) else plain({})


def add_group_txn(tx: Tx, grant: Grant, name: str, now: EpochMs) -> Answer | Refusal:
    if name in groups_txn(tx, grant.corp.no):
        return Refusal(errors.ROLE_NAME_TAKEN)
    group = _next_id_txn(tx, grant)
    apply_one_txn(tx, grant, OrgChange(groups=(GroupEntry(group, name),)), now)
    return {"groupId": group}


async def add_group(call: Call) -> Reply:
    missing = lacking(call, "name", family=Family.CLASSIC)
    if missing:
        return refuse(missing)
    name = text(call, "name", NAME_MAX)
    if not name.strip():
        return refuse(Refusal(errors.ROLE_EMPTY))
    outcome = await written(call, add_group_txn, name)
    return refuse(outcome) if isinstance(outcome, Refusal) else plain(outcome)


def delete_role_txn(tx: Tx, grant: Grant, role_id: int, now: EpochMs) -> Refusal | None:
    role = find_role(roles_txn(tx, grant.corp.no), role_id)
    if role is None:
        return Refusal(errors.NO_SUCH_ROLE)
    if role.system:
        return Refusal(errors.SYSTEM_ROLE)
    apply_one_txn(tx, grant, OrgChange(remove_roles=(role_id,)), now)
    return None


async def delete_role(call: Call) -> Reply:
    missing = lacking(call, "role_id")
    return refuse(missing) if missing else await done(call, delete_role_txn, number(call, "role_id"))


def move_members_txn(tx: Tx, grant: Grant, moves: tuple[MembersEntry, ...], now: EpochMs) -> Refusal | None:
    """Everybody gets, or loses, all of the roles; or nothing happens."""
    known = {role.role for role in roles_txn(tx, grant.corp.no)}
    if any(one.role not in known for one in moves):
        return Refusal(errors.NO_SUCH_ROLE)
    userids = [*moves[0].join, *moves[0].part]
    if len(ords_of_txn(tx, grant.corp.no, userids)) < len(userids):
        return Refusal(errors.BAD_USERID)
    apply_one_txn(tx, grant, OrgChange(members=moves), now)
    return None


async def add_members(call: Call) -> Reply:
    return await _move(call, JOIN_AT_ONCE, joining=True)


async def remove_members(call: Call) -> Reply:
    return await _move(call, PART_AT_ONCE, joining=False)


async def _move(call: Call, most: int, *, joining: bool) -> Reply:
    missing = lacking(call, "roleIds", "userIds")
    if missing:
        return refuse(missing)
    roles, userids = numbers(call, "roleIds", ROLES_AT_ONCE), ids(call, "userIds", most)
    if not roles or not userids:
        raise BadArgument("userIds" if roles else "roleIds")
    moves = tuple(MembersEntry(role, userids if joining else (), () if joining else userids) for role in roles)
    return await done(call, move_members_txn, moves)


def set_scope_txn(tx: Tx, grant: Grant, userid: str, role_id: int, depts: tuple[int, ...], now: EpochMs) -> Refusal | None:
    role, person = find_role(roles_txn(tx, grant.corp.no), role_id), live_person_txn(tx, grant, userid)
    if role is None:
        return Refusal(errors.NO_SUCH_ROLE)
    if person is None or person.ord not in role.members:
        return Refusal(errors.ROLE_USERID)
    if len(depts_txn(tx, grant.corp.no, depts)) < len(depts):
        return Refusal(errors.NO_SUCH_DEPT)
    if depts:
        tx.run_rows("role_scope.put", [(grant.corp.no, role_id, person.ord, msgspec.json.encode(depts).decode())])
    else:
        tx.run("role_scope.delete", corp=grant.corp.no, role=role_id, ord=person.ord)
    return None


async def set_scope(call: Call) -> Reply:
    """The departments that somebody manages by a role; none named: all."""
    missing = lacking(call, "userid", "role_id")
    if missing:
        return refuse(missing)
    return await done(call, set_scope_txn, text(call, "userid"), number(call, "role_id"), numbers(call, "dept_ids", SCOPE_DEPTS))


_ROLE = Field("role_id", Kind.NUMBER, required=True)
_ROLE_NAME = Field("roleName", required=True, most=NAME_MAX)


def _moves(most: int) -> tuple[Field, ...]:
    return (Field("roleIds", Kind.NUMBERS, required=True, most=ROLES_AT_ONCE), Field("userIds", Kind.IDS, required=True, most=most))


def _write(name: str, handler: Any, page: str, purpose: str, *fields: Field) -> Endpoint:
    return Endpoint(f"/topapi/role/{name}", Family.TOP, SCOPE_DIRECTORY, handler, page, INTERNAL_ONLY, False, purpose, fields)


def _classic(name: str, handler: Any, page: str, purpose: str, *fields: Field) -> Endpoint:
    return Endpoint(f"/role/{name}", Family.CLASSIC, SCOPE_DIRECTORY, handler, page, INTERNAL_ONLY, False, purpose, fields)


ENDPOINTS = (
    _write("deleterole", delete_role, "delete-role", "remove a role", _ROLE),
    _write("addrolesforemps", add_members, "add-roles-to-employees-in-batches", "give roles to people", *_moves(JOIN_AT_ONCE)),
    _write("removerolesforemps", remove_members, "remove-roles-from-employees-in-batches", "take roles from people", *_moves(PART_AT_ONCE)),
    _write(
        "scope/update",
        set_scope,
        "update-the-scope-of-role-management",
        "departments managed by a role",
        Field("userid", required=True, most=USERID_MAX),
        _ROLE,
        Field("dept_ids", Kind.NUMBERS, most=SCOPE_DEPTS),
    ),
    _classic("add_role", add_role, "add-role", "create a role", _ROLE_NAME, Field("groupId", Kind.NUMBER, required=True)),
    _classic("update_role", update_role, "update-role", "rename a role", Field("roleId", Kind.NUMBER, required=True), _ROLE_NAME),
    _classic("add_role_group", add_group, "add-a-role-group", "create a role group", Field("name", required=True, most=NAME_MAX)),
)
