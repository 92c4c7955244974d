"""Roles, their groups and their members, in the transaction of a change."""

from typing import Any

import msgspec
from pyroaring import BitMap

from hongyan.directory.changes import of_ids
from hongyan.directory.changeset import MembersEntry, OrgChange, OrgState, RoleEntry, packed
from hongyan.directory.details import DEFAULT_GROUP, groups_txn
from hongyan.directory.records import userids_of_txn
from hongyan.model.ids import Ord, RoleId
from hongyan.store.interface import Row, Tx


def apply_roles_txn(tx: Tx, state: OrgState, change: OrgChange, left: BitMap) -> int:
    """Writes what changes of the roles and takes those who left out of them; answers how many were written or removed."""
    if not (change.roles or change.members or change.remove_roles or change.remove_absent or left):
        return 0
    for ord_ in left:
        tx.run("role_scope.delete_person", corp=state.corp, ord=ord_)
    present = {row[0]: row for row in tx.all("role.all", corp=state.corp)}
    rows = {role: _without(state, row, left) for role, row in present.items() if BitMap.deserialize(row[3]) & left}
    ords = _ords_txn(tx, state, change)
    for entry in change.roles:
        rows[entry.role] = _row_txn(tx, state, entry, present.get(entry.role), ords, left)
        state.next_role = max(state.next_role, entry.role + 1)
    for moves in change.members:
        row = rows.get(moves.role) or (state.corp, *present[moves.role])
        rows[moves.role] = _moved_txn(tx, state, moves, row, ords)
    tx.run_rows("role.put", list(rows.values()))
    _scopes_txn(tx, state, change.roles, ords)
    named = {entry.role for entry in change.roles}
    goes = [role for role in present if role not in named] if change.remove_absent else [role for role in change.remove_roles if role in present]
    for role in goes:
        tx.run("role.delete", corp=state.corp, role=RoleId(role))
        tx.run("role_scope.delete_role", corp=state.corp, role=role)
    state.changes += of_ids("label_conf_del", "roles", goes)
    return len(change.roles) + len(goes)


def _ords_txn(tx: Tx, state: OrgState, change: OrgChange) -> dict[str, Ord]:
    userids = {userid for role in change.roles for userid in (*(role.userids or ()), *(role.scopes or ()))}
    userids |= {userid for moves in change.members for userid in (*moves.join, *moves.part)}
    return {row[0]: row[1] for row in tx.by_keys("user.ords_by_userid", [(state.corp, userid) for userid in sorted(userids)])}


def _without(state: OrgState, row: Row, left: BitMap) -> tuple[object, ...]:
    role, name, group, members = row
    return (state.corp, role, name, group, packed(BitMap.deserialize(members) - left))


def _row_txn(tx: Tx, state: OrgState, entry: RoleEntry, present: Row | None, ords: dict[str, Ord], left: BitMap) -> tuple[object, ...]:
    old = BitMap.deserialize(present[3]) - left if present else BitMap()
    people = old if entry.userids is None else BitMap(ords[userid] for userid in entry.userids)
    if present is None:
        state.changes += of_ids("label_conf_add", "roles", [entry.role])
    elif (present[1], present[2]) != (entry.name, entry.group):
        state.changes += of_ids("label_conf_modify", "roles", [entry.role])
    _note_members_txn(tx, state, entry.role, old, people)
    return (state.corp, entry.role, entry.name, entry.group, packed(people))


def _moved_txn(tx: Tx, state: OrgState, moves: MembersEntry, row: tuple[Any, ...], ords: dict[str, Ord]) -> tuple[object, ...]:
    old = BitMap.deserialize(row[4])
    people = (old | BitMap(ords[userid] for userid in moves.join)) - BitMap(ords[userid] for userid in moves.part)
    _note_members_txn(tx, state, moves.role, old, people)
    return (*row[:4], packed(people))


def _note_members_txn(tx: Tx, state: OrgState, role: int, old: BitMap, people: BitMap) -> None:
    for action, moved in (("add", people - old), ("remove", old - people)):
        userids = userids_of_txn(tx, state.corp, [Ord(ord_) for ord_ in moved]).values()
        state.changes += of_ids("label_user_change", "userids", userids, action=action, roles=[role])
    for ord_ in old - people:
        tx.run("role_scope.delete", corp=state.corp, role=role, ord=ord_)


def _scopes_txn(tx: Tx, state: OrgState, roles: tuple[RoleEntry, ...], ords: dict[str, Ord]) -> None:
    rows: list[tuple[object, ...]] = []
    for entry in roles:
        if entry.scopes is not None:
            tx.run("role_scope.delete_role", corp=state.corp, role=entry.role)
            rows += [(state.corp, entry.role, ords[userid], msgspec.json.encode(depts).decode()) for userid, depts in entry.scopes.items() if depts]
    tx.run_rows("role_scope.put", rows)


def apply_groups_txn(tx: Tx, state: OrgState, change: OrgChange) -> None:
    """Every group that a role names has an id; ids that a change gives are kept."""
    if not (change.groups or change.remove_groups or change.roles):
        return
    state.next_role = max([state.next_role, *(entry.group + 1 for entry in change.groups)])
    # A group that a change names by another id gives its place up; roles hold on to its name.
    wanted = {entry.name for entry in change.groups}
    renumbered = [group for name, group in groups_txn(tx, state.corp).items() if name in wanted]
    for group in (*change.remove_groups, *renumbered):
        tx.run("role_group.delete", corp=state.corp, grp=group)
    tx.run_rows("role_group.put", [(state.corp, entry.group, entry.name) for entry in change.groups])
    known = groups_txn(tx, state.corp)
    # After the roles: their own ids count too.
    for name in dict.fromkeys(row[2] or DEFAULT_GROUP for row in sorted(tx.all("role.all", corp=state.corp))):
        if name not in known:
            tx.run_rows("role_group.put", [(state.corp, state.next_role, name)])
            state.next_role += 1
