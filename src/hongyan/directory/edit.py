"""Changes to an organisation, one person or a million at a time, in one transaction."""

from pyroaring import BitMap

from hongyan.directory.changes import note_txn, of_ids
from hongyan.directory.changeset import (
    DeptEntry,
    DeptState,
    GroupEntry,
    MembersEntry,
    OrgChange,
    OrgProblem,
    OrgReport,
    OrgState,
    RoleEntry,
    UserEntry,
    packed,
)
from hongyan.directory.details import stored_details
from hongyan.directory.edit_checks import problems_txn, removed_departments
from hongyan.directory.edit_people import apply_leaving_txn, apply_users_txn, leaving_txn, make_unionid
from hongyan.directory.edit_roles import apply_groups_txn, apply_roles_txn
from hongyan.model.faults import reach
from hongyan.model.ids import ROOT_DEPT, CorpId, CorpNo, EpochMs
from hongyan.store.interface import Tx

__all__ = (
    "DeptEntry",
    "GroupEntry",
    "MembersEntry",
    "OrgChange",
    "OrgProblem",
    "OrgReport",
    "RoleEntry",
    "UserEntry",
    "apply_org_txn",
    "create_corp_txn",
    "make_unionid",
)


def create_corp_txn(tx: Tx, corp_id: str, name: str, zone: str, now: EpochMs) -> CorpNo:
    """A new organisation with its root department; the caller checked that the id is free."""
    row = tx.one("corp.insert", corp_id=corp_id, name=name, zone=zone, now=now)
    assert row is not None
    corp = CorpNo(row[0])
    empty = BitMap().serialize()
    tx.run("corp.set_people", corp=corp, live=empty, inactive=empty)
    tx.run_rows("department.put", [(corp, ROOT_DEPT, 0, name, 0, empty, "{}")])
    return corp


def apply_org_txn(tx: Tx, corp: CorpNo, corp_id: CorpId, change: OrgChange, now: EpochMs) -> OrgReport | list[OrgProblem]:
    """Make the change, or return every reason why not. Bumps the organisation's version and notes what changed."""
    state = _load_state(tx, corp, corp_id)
    first = state.version == 1 and not state.next_ord
    leaving = leaving_txn(tx, corp, change)
    problems = problems_txn(tx, state, change, leaving)
    if problems:
        return problems
    _apply_departments(state, change)
    left = apply_leaving_txn(tx, state, leaving, now)
    added, changed = apply_users_txn(tx, state, change, now)
    reach("directory.people")
    roles = apply_roles_txn(tx, state, change, left)
    apply_groups_txn(tx, state, change)
    removed = _remove_departments_txn(tx, state, change)
    _save_txn(tx, state)
    reach("directory.saved")
    # Nobody can have asked to be told of the first filling, and a million rows would be a high price for that.
    note_txn(tx, corp, [] if first else state.changes, now)
    return OrgReport(added, changed, len(left), len(change.departments) + len(removed), roles, len(state.live))


def _load_state(tx: Tx, corp: CorpNo, corp_id: CorpId) -> OrgState:
    counters, people = tx.one("corp.counters", corp=corp), tx.one("corp.people", corp=corp)
    assert counters is not None and people is not None
    next_ord, next_dept, version, next_role = counters
    depts = {row[0]: DeptState(*row[1:]) for row in tx.all("department.for_edit", corp=corp)}
    live, inactive = BitMap.deserialize(people[0]), BitMap.deserialize(people[1])
    return OrgState(corp, corp_id, version, next_ord, next_dept, next_role, live, inactive, depts, [])


def _apply_departments(state: OrgState, change: OrgChange) -> None:
    for entry in change.departments:
        parent = 0 if entry.dept == ROOT_DEPT else entry.parent
        extra = stored_details(entry.details)
        present = state.depts.get(entry.dept)
        if present is None:
            state.depts[entry.dept] = DeptState(parent, entry.name, entry.position, None, extra, touched=True)
        elif (present.parent, present.name, present.position, present.extra) != (parent, entry.name, entry.position, extra):
            present.parent, present.name, present.position, present.extra, present.touched = parent, entry.name, entry.position, extra, True
        else:
            continue
        state.changes += of_ids("org_dept_modify" if present else "org_dept_create", "depts", [entry.dept])
        state.next_dept = max(state.next_dept, entry.dept + 1)


def _remove_departments_txn(tx: Tx, state: OrgState, change: OrgChange) -> list[int]:
    removed = removed_departments(state, change)
    for dept in removed:
        tx.run("department.delete", corp=state.corp, dept=dept)
        del state.depts[dept]
    state.changes += of_ids("org_dept_remove", "depts", removed)
    return removed


def _save_txn(tx: Tx, state: OrgState) -> None:
    touched = {no: dept for no, dept in state.depts.items() if dept.touched}
    tx.run_rows(
        "department.put",
        [(state.corp, no, dept.parent, dept.name, dept.position, dept.packed(), dept.extra) for no, dept in touched.items()],
    )
    tx.run("corp.set_people", corp=state.corp, live=packed(state.live), inactive=packed(state.inactive))
    counters = {"next_ord": state.next_ord, "next_dept": state.next_dept, "next_role": state.next_role}
    tx.run("corp.org_changed", corp=state.corp, headcount=len(state.live), **counters)
