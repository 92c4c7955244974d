"""Changes to an organisation, one person or a million at a time, in one transaction."""

import hashlib
from collections.abc import Iterable

import msgspec
from pyroaring import BitMap

from hongyan.model.ids import ROOT_DEPT, CorpId, CorpNo, EpochMs, Ord, RoleId
from hongyan.store.interface import Tx


class UserEntry(msgspec.Struct, frozen=True):
    """A person as a change names them. `unionid` empty: keep the present one, or make one."""

    userid: str
    name: str
    depts: tuple[int, ...] = (1,)
    unionid: str = ""
    mobile: str = ""
    title: str = ""
    email: str = ""
    avatar: str = ""
    job_number: str = ""
    active: bool = True
    rejoin: bool = False  # someone who left and comes back as the same person


class DeptEntry(msgspec.Struct, frozen=True):
    """A department as a change names it."""

    dept: int
    name: str
    parent: int = 1
    position: int = 0


class RoleEntry(msgspec.Struct, frozen=True):
    """A role as a change names it; `userids` None leaves its members as they are."""

    role: int
    name: str
    group: str = ""
    userids: tuple[str, ...] | None = None


class OrgChange(msgspec.Struct, frozen=True):
    """A set of changes that happens whole or not at all.

    Entries are added or replace what has the same id. With `remove_absent`, people, departments and roles that no entry names go.
    """

    departments: tuple[DeptEntry, ...] = ()
    users: tuple[UserEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    leave: tuple[str, ...] = ()  # userids
    remove_departments: tuple[int, ...] = ()
    remove_roles: tuple[int, ...] = ()
    remove_absent: bool = False


class OrgProblem(msgspec.Struct, frozen=True):
    """Why a change cannot be: the entry it concerns and the reason."""

    subject: str  # user:ID, department:ID, role:ID
    reason: str


class OrgReport(msgspec.Struct, frozen=True):
    """What a change did."""

    users_added: int = 0
    users_changed: int = 0
    users_left: int = 0
    departments: int = 0
    roles: int = 0
    headcount: int = 0


class _Dept(msgspec.Struct):
    parent: int
    name: str
    position: int
    members: BitMap
    touched: bool = False


class _State(msgspec.Struct):
    """The organisation as it is being changed."""

    corp: CorpNo
    corp_id: CorpId
    next_ord: int
    next_dept: int
    live: BitMap
    inactive: BitMap
    depts: dict[int, _Dept]


def create_corp_txn(tx: Tx, corp_id: str, name: str, zone: str, now: EpochMs) -> CorpNo:
    """A new organisation with its root department; the caller checked that the id is free."""
    row = tx.one("corp.insert", corp_id=corp_id, name=name, zone=zone, now=now)
    assert row is not None
    corp = CorpNo(row[0])
    empty = BitMap().serialize()
    tx.run("corp.set_people", corp=corp, live=empty, inactive=empty)
    tx.run_rows("department.put", [(corp, ROOT_DEPT, 0, name, 0, empty)])
    return corp


def apply_org_txn(tx: Tx, corp: CorpNo, corp_id: CorpId, change: OrgChange, now: EpochMs) -> OrgReport | list[OrgProblem]:
    """Make the change, or return every reason why not. Bumps the organisation's version."""
    state = _load_state(tx, corp, corp_id)
    leaving = _leaving(tx, corp, change)
    problems = _problems(tx, state, change, leaving)
    if problems:
        return problems
    _apply_departments(state, change)
    left = _apply_leaving(tx, state, leaving, now)
    added, changed = _apply_users(tx, state, change, now)
    roles = _apply_roles(tx, state, change, left)
    removed = _removed_departments(state, change)
    for dept in removed:
        tx.run("department.delete", corp=corp, dept=dept)
        del state.depts[dept]
    tx.run_rows(
        "department.put",
        [(corp, no, dept.parent, dept.name, dept.position, _packed(dept.members)) for no, dept in state.depts.items() if dept.touched],
    )
    tx.run("corp.set_people", corp=corp, live=_packed(state.live), inactive=_packed(state.inactive))
    tx.run("corp.org_changed", corp=corp, next_ord=state.next_ord, next_dept=state.next_dept, headcount=len(state.live))
    return OrgReport(added, changed, len(left), len(change.departments) + len(removed), roles, len(state.live))


def _packed(people: BitMap) -> bytes:
    people.run_optimize()
    return people.serialize()


def _load_state(tx: Tx, corp: CorpNo, corp_id: CorpId) -> _State:
    counters, people = tx.one("corp.counters", corp=corp), tx.one("corp.people", corp=corp)
    assert counters is not None and people is not None
    depts = {
        dept: _Dept(parent, name, position, BitMap.deserialize(members))
        for dept, parent, name, position, members in tx.all("department.all", corp=corp)
    }
    return _State(corp, corp_id, counters[0], counters[1], BitMap.deserialize(people[0]), BitMap.deserialize(people[1]), depts)


def _leaving(tx: Tx, corp: CorpNo, change: OrgChange) -> dict[str, tuple[Ord, tuple[int, ...]]]:
    """userid → ordinal and departments of the people who go."""
    if change.remove_absent:
        named = {entry.userid for entry in change.users}
        return {
            userid: (Ord(ord_), msgspec.json.decode(depts, type=tuple[int, ...]))
            for userid, ord_, depts in tx.all("user.live_ids", corp=corp)
            if userid not in named
        }
    known = tx.by_keys("user.known", [(corp, userid) for userid in change.leave])
    return {userid: (Ord(ord_), tuple(depts)) for userid, ord_, _unionid, depts, _active, _joined in known}


def _problems(tx: Tx, state: _State, change: OrgChange, leaving: dict[str, tuple[Ord, tuple[int, ...]]]) -> list[OrgProblem]:
    gone = set(_removed_departments(state, change))
    parents = {no: dept.parent for no, dept in state.depts.items() if no not in gone} | {entry.dept: entry.parent for entry in change.departments}
    parents[ROOT_DEPT] = 0
    found = [
        OrgProblem(f"department:{entry.dept}", f"its parent {entry.parent} does not exist")
        for entry in change.departments
        if entry.dept != ROOT_DEPT and entry.parent not in parents
    ]
    found += [OrgProblem(f"department:{no}", "it lies below itself") for no in _cycles(parents)]
    found += [OrgProblem(f"department:{no}", f"its parent {parent} goes") for no, parent in parents.items() if parent in gone]
    found += [
        OrgProblem(f"user:{entry.userid}", f"department {dept} does not exist")
        for entry in change.users
        for dept in entry.depts
        if dept not in parents
    ]
    found += [OrgProblem(f"user:{userid}", "nobody has this userid") for userid in change.leave if userid not in leaving]
    named = {entry.userid for entry in change.users}
    wanted = {userid for role in change.roles for userid in role.userids or () if userid not in named}
    known = {row[0] for row in tx.by_keys("user.ords_by_userid", [(state.corp, userid) for userid in sorted(wanted)])} - set(leaving)
    found += [
        OrgProblem(f"role:{role.role}", f"its member {userid} does not exist")
        for role in change.roles
        for userid in role.userids or ()
        if userid in wanted - known
    ]
    return found


def _cycles(parents: dict[int, int]) -> list[int]:
    """Departments from which no way leads up to the root."""
    safe = {0, int(ROOT_DEPT)}
    bad: set[int] = set()
    for start in parents:
        path: list[int] = []
        here = start
        while here not in safe and here not in bad and here in parents:
            if here in path:
                break
            path.append(here)
            here = parents[here]
        # A missing parent is reported by its own check.
        (bad if here in path or here in bad else safe).update(path)
    return sorted(bad)


def _removed_departments(state: _State, change: OrgChange) -> list[int]:
    if change.remove_absent:
        named = {entry.dept for entry in change.departments} | {int(ROOT_DEPT)}
        return [no for no in state.depts if no not in named]
    return [no for no in change.remove_departments if no in state.depts and no != ROOT_DEPT]


def _apply_departments(state: _State, change: OrgChange) -> None:
    for entry in change.departments:
        parent = 0 if entry.dept == ROOT_DEPT else entry.parent
        present = state.depts.get(entry.dept)
        members = present.members if present else BitMap()
        state.depts[entry.dept] = _Dept(parent, entry.name, entry.position, members, True)
        state.next_dept = max(state.next_dept, entry.dept + 1)


def _apply_leaving(tx: Tx, state: _State, leaving: dict[str, tuple[Ord, tuple[int, ...]]], now: EpochMs) -> BitMap:
    for ord_, depts in leaving.values():
        tx.run("user.leave", corp=state.corp, ord=ord_, now=now)
        _discard(state, ord_, depts)
        state.live.discard(ord_)
        state.inactive.discard(ord_)
    return BitMap(ord_ for ord_, _ in leaving.values())


def _discard(state: _State, ord_: Ord, depts: Iterable[int]) -> None:
    for dept in depts:
        if dept in state.depts:
            state.depts[dept].members.discard(ord_)
            state.depts[dept].touched = True


def _apply_users(tx: Tx, state: _State, change: OrgChange, now: EpochMs) -> tuple[int, int]:
    keys = [(state.corp, entry.userid) for entry in change.users]
    known = {row[0]: row[1:] for row in tx.by_keys("user.known", keys)}
    departed = {(row[0], row[2]): row for row in tx.by_keys("user.departed", keys)}
    latest = {row[0]: row for row in sorted(departed.values(), key=lambda row: row[1])}
    rows: list[tuple[object, ...]] = []
    joining: dict[int, list[int]] = {}
    changed = 0
    for entry in _depth_first(state, change.users):
        present = known.get(entry.userid)
        back = departed.get((entry.userid, entry.unionid)) or (latest.get(entry.userid) if entry.rejoin else None)
        if present is not None:
            ord_, unionid, joined_at = present[0], entry.unionid or present[1], present[4]
            _discard(state, ord_, set(present[2]) - set(entry.depts))
            changed += 1
        elif back is not None:
            ord_, unionid, joined_at = back[1], back[2], back[3]
        else:
            ord_, state.next_ord, joined_at = state.next_ord, state.next_ord + 1, now
            unionid = entry.unionid or make_unionid(state.corp_id, Ord(ord_))
        for dept in entry.depts:
            joining.setdefault(dept, []).append(ord_)
        state.live.add(ord_)
        (state.inactive.discard if entry.active else state.inactive.add)(ord_)
        rows.append(
            (
                state.corp,
                ord_,
                entry.userid,
                unionid,
                entry.name,
                entry.mobile,
                entry.title,
                entry.email,
                entry.avatar,
                entry.job_number,
                msgspec.json.encode(entry.depts).decode(),
                int(entry.active),
                joined_at,
            )
        )
    for dept, ords in joining.items():
        state.depts[dept].members |= BitMap(ords)
        state.depts[dept].touched = True
    tx.run_rows("user.put", rows)
    return len(rows) - changed, changed


def _depth_first(state: _State, users: tuple[UserEntry, ...]) -> Iterable[UserEntry]:
    """New people get their ordinals in department order: a subtree is then a run, and its bitmap a few bytes."""
    if len(users) == 1:
        return users
    children: dict[int, list[int]] = {}
    for no, dept in sorted(state.depts.items(), key=lambda item: (item[1].position, item[0])):
        children.setdefault(dept.parent, []).append(no)
    order: dict[int, int] = {}
    stack = [int(ROOT_DEPT)]
    while stack:
        here = stack.pop()
        order[here] = len(order)
        stack += reversed(children.get(here, []))
    return sorted(users, key=lambda entry: order.get(entry.depts[0], 0) if entry.depts else 0)


def _apply_roles(tx: Tx, state: _State, change: OrgChange, left: BitMap) -> int:
    present = {row[0]: row for row in tx.all("role.all", corp=state.corp)}
    userids = sorted({userid for role in change.roles for userid in role.userids or ()})
    ords = {row[0]: row[1] for row in tx.by_keys("user.ords_by_userid", [(state.corp, userid) for userid in userids])}
    rows: dict[int, tuple[object, ...]] = {}
    for role, name, group, members in present.values():
        people = BitMap.deserialize(members)
        if people & left:
            rows[role] = (state.corp, role, name, group, _packed(people - left))
    for entry in change.roles:
        old = BitMap.deserialize(present[entry.role][3]) - left if entry.role in present else BitMap()
        people = old if entry.userids is None else BitMap(ords[userid] for userid in entry.userids)
        rows[entry.role] = (state.corp, entry.role, entry.name, entry.group, _packed(people))
    tx.run_rows("role.put", list(rows.values()))
    named = {entry.role for entry in change.roles}
    goes = [role for role in present if role not in named] if change.remove_absent else [role for role in change.remove_roles if role in present]
    for role in goes:
        tx.run("role.delete", corp=state.corp, role=RoleId(role))
    return len(change.roles) + len(goes)


def make_unionid(corp_id: CorpId, ord_: Ord) -> str:
    """A unionid of the usual look, the same one whenever it is asked for."""
    digest = hashlib.sha256(f"{corp_id}:{ord_}".encode()).digest()
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(alphabet[byte % 62] for byte in digest[:21]) + "iEiE"
