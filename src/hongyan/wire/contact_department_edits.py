"""Creating, changing and removing departments: v2/department/create, update, delete."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from pyroaring import BitMap

from hongyan.access.records import SCOPE_DIRECTORY
from hongyan.access.tokens import Grant
from hongyan.directory.details import PLAIN_DEPT, DeptDetails
from hongyan.directory.edit import DeptEntry, OrgChange
from hongyan.directory.people import children_txn, load_dept_txn, way_up_txn
from hongyan.directory.records import ords_of_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import ROOT_DEPT, EpochMs
from hongyan.store.interface import Tx
from hongyan.wire.contact_departments import dept_id
from hongyan.wire.contact_user_edits import apply_one_txn
from hongyan.wire.contacts import USERID_MAX, done, ids, lacking, number, numbers, text
from hongyan.wire.endpoint import INTERNAL_ONLY, Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.replies import Reply, refuse

NAME_MAX, PERMITS_MAX = 64, 200
_FORBIDDEN = "-,，"

# Wire names, which are the members' too but for the two that follow.
_FLAGS = (
    *("create_dept_group", "auto_add_user", "auto_approve_apply", "group_contain_sub_dept"),
    *("hide_dept", "outer_dept", "outer_dept_only_self"),
)
_TEXTS = {"brief": 2000, "code": 200, "source_identifier": 1000, "org_dept_owner": USERID_MAX}
_USERS = ("user_permits", "outer_permit_users", "dept_manager_userid_list")
_DEPTS = ("dept_permits", "outer_permit_depts")
_MEMBERS = {"org_dept_owner": "owner", "dept_manager_userid_list": "managers"}


class DeptPatch(msgspec.Struct, frozen=True):
    """What a call says of a department; `details` by member."""

    details: dict[str, Any]
    name: str | UnsetType = UNSET
    parent: int | UnsetType = UNSET
    position: int | UnsetType = UNSET


def _patch(call: Call) -> DeptPatch:
    details: dict[str, Any] = {}
    for name in _FLAGS:
        flag = call.params.flag(name)
        if flag is not None:
            details[name] = flag
    details |= {name: text(call, name, longest) for name, longest in _TEXTS.items() if call.params.has(name)}
    # A list that was sent empty is an empty list: that is how the last manager goes.
    details |= {name: ids(call, name, PERMITS_MAX) for name in _USERS if call.params.raw(name) is not None}
    details |= {name: numbers(call, name, PERMITS_MAX) for name in _DEPTS if call.params.raw(name) is not None}
    return DeptPatch(
        {_MEMBERS.get(name, name): value for name, value in details.items()},
        call.params.text("name") if call.params.has("name") else UNSET,
        number(call, "parent_id") if call.params.has("parent_id") else UNSET,
        number(call, "order") if call.params.has("order") else UNSET,
    )


def patched(present: DeptEntry, patch: DeptPatch) -> DeptEntry:
    """The entry with what the call says. Pure."""
    details = msgspec.structs.replace(present.details or PLAIN_DEPT, **patch.details)
    own = {"name": patch.name, "parent": patch.parent, "position": patch.position}
    given = {name: value for name, value in own.items() if value is not UNSET}
    return msgspec.structs.replace(present, details=details, **given)


def _name_problem(name: str) -> Refusal | None:
    if not name.strip() or len(name) > NAME_MAX or "\0" in name:
        return Refusal(errors.BAD_DEPT_NAME)
    return Refusal(errors.DEPT_NAME_CHARS) if any(char in name for char in _FORBIDDEN) else None


def _conflict_txn(tx: Tx, grant: Grant, entry: DeptEntry, before: DeptEntry | None) -> Refusal | None:
    corp = grant.corp.no
    way = way_up_txn(tx, corp, entry.parent)
    if not way:
        return Refusal(errors.NO_SUCH_PARENT)
    if entry.dept in way:
        return Refusal(errors.DEPT_CIRCLE)
    moved = before is None or (before.name, before.parent) != (entry.name, entry.parent)
    if moved and any(child.name == entry.name and child.dept != entry.dept for child in children_txn(tx, corp, entry.parent)):
        return Refusal(errors.DEPT_NAME_TAKEN)
    return _users_problem_txn(tx, grant, entry.details, before.details if before else None)


def _users_problem_txn(tx: Tx, grant: Grant, details: DeptDetails | None, before: DeptDetails | None) -> Refusal | None:
    """Managers and owner must be people of the organisation; those that were there before are not asked about."""
    assert details is not None
    known = {*before.managers, before.owner} if before else set[str]()
    named = {*details.managers, details.owner} - known - {""}
    found = ords_of_txn(tx, grant.corp.no, sorted(named)) if named else {}
    return Refusal(errors.BAD_DEPT_USERS) if named - found.keys() else None


def create_department_txn(tx: Tx, grant: Grant, entry: DeptEntry, now: EpochMs) -> dict[str, Any] | Refusal:
    counters = tx.one("corp.counters", corp=grant.corp.no)
    assert counters is not None
    entry = msgspec.structs.replace(entry, dept=counters[1])
    conflict = _conflict_txn(tx, grant, entry, None)
    if conflict:
        return conflict
    apply_one_txn(tx, grant, OrgChange(departments=(entry,)), now)
    return {"dept_id": entry.dept}


async def create_department(call: Call) -> Reply:
    """A new department; its id is the server's."""
    missing = lacking(call, "name", "parent_id")
    if missing:
        return refuse(missing)
    entry = patched(DeptEntry(0, "", 0, details=PLAIN_DEPT), _patch(call))
    problem = _name_problem(entry.name)
    return refuse(problem) if problem else await done(call, create_department_txn, entry)


def update_department_txn(tx: Tx, grant: Grant, dept: int, patch: DeptPatch, now: EpochMs) -> Refusal | None:
    present = load_dept_txn(tx, grant.corp.no, dept)
    if present is None:
        return Refusal(errors.NO_SUCH_DEPT)
    before = DeptEntry(present.dept, present.name, present.parent, present.position, present.details)
    entry = patched(before, patch)
    refusal = _conflict_txn(tx, grant, entry, before)
    if refusal or entry == before:
        return refusal
    apply_one_txn(tx, grant, OrgChange(departments=(entry,)), now)
    return None


async def update_department(call: Call) -> Reply:
    """What was sent changes, what was not stays."""
    dept = dept_id(call)
    if isinstance(dept, Refusal):
        return refuse(dept)
    patch = _patch(call)
    problem = None if patch.name is UNSET else _name_problem(patch.name)
    if dept == ROOT_DEPT:
        return refuse(Refusal(errors.ROOT_FIXED))
    return refuse(problem) if problem else await done(call, update_department_txn, dept, patch)


def delete_department_txn(tx: Tx, grant: Grant, dept: int, now: EpochMs) -> Refusal | None:
    row = tx.one("department.members", corp=grant.corp.no, dept=dept)
    if row is None:
        return Refusal(errors.NO_SUCH_DEPT)
    if dept == ROOT_DEPT:
        return Refusal(errors.ROOT_STAYS)
    if children_txn(tx, grant.corp.no, dept):
        return Refusal(errors.DEPT_HAS_CHILDREN)
    if BitMap.deserialize(row[0]):
        return Refusal(errors.DEPT_HAS_MEMBERS)
    apply_one_txn(tx, grant, OrgChange(remove_departments=(dept,)), now)
    return None


async def delete_department(call: Call) -> Reply:
    """An empty department goes."""
    dept = dept_id(call)
    return refuse(dept) if isinstance(dept, Refusal) else await done(call, delete_department_txn, dept)


_ID = Field("dept_id", Kind.NUMBER, required=True, least=1)


def _fields(*, creating: bool) -> tuple[Field, ...]:
    return (
        *(() if creating else (_ID,)),
        Field("name", required=creating, most=NAME_MAX),
        Field("parent_id", Kind.NUMBER, required=creating, least=1),
        Field("order", Kind.NUMBER),
        *(Field(name, Kind.FLAG) for name in _FLAGS),
        *(Field(name, most=most) for name, most in _TEXTS.items()),
        *(Field(name, Kind.IDS, most=PERMITS_MAX) for name in _USERS),
        *(Field(name, Kind.NUMBERS, most=PERMITS_MAX) for name in _DEPTS),
    )


def _endpoint(name: str, handler: Any, page: str, purpose: str, fields: tuple[Field, ...]) -> Endpoint:
    return Endpoint(f"/topapi/v2/department/{name}", Family.TOP, SCOPE_DIRECTORY, handler, page, INTERNAL_ONLY, False, purpose, fields)


ENDPOINTS = (
    _endpoint("create", create_department, "address-book-creation-department-established-department", "create a department", _fields(creating=True)),
    _endpoint("update", update_department, "address-book-update-department", "change a department", _fields(creating=False)),
    _endpoint("delete", delete_department, "address-book-deletion-department", "remove a department", (_ID,)),
)
