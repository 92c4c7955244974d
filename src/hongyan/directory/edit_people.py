"""People who come, change and go, in the transaction of a change."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from pyroaring import BitMap

from hongyan.directory.changes import of_ids
from hongyan.directory.changeset import OrgChange, OrgState, UserEntry
from hongyan.directory.details import dept_details, stored_details
from hongyan.directory.edit_checks import Leaving
from hongyan.model.ids import ROOT_DEPT, CorpId, CorpNo, EpochMs, Ord
from hongyan.store.interface import Tx


def leaving_txn(tx: Tx, corp: CorpNo, change: OrgChange) -> Leaving:
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


def apply_leaving_txn(tx: Tx, state: OrgState, leaving: Leaving, now: EpochMs) -> BitMap:
    """Who goes leaves departments, their lead and what roles gave; answers the ordinals."""
    for ord_, depts in leaving.values():
        tx.run("user.leave", corp=state.corp, ord=ord_, now=now)
        _discard(state, ord_, depts)
        state.live.discard(ord_)
        state.inactive.discard(ord_)
    if leaving:
        _drop_managers(state, leaving)
        state.changes += of_ids("user_leave_org", "userids", leaving)
    return BitMap(ord_ for ord_, _ in leaving.values())


def _drop_managers(state: OrgState, leaving: Leaving) -> None:
    for dept in state.depts.values():
        if '"managers"' in dept.extra:
            details = dept_details(dept.extra)
            stay = tuple(userid for userid in details.managers if userid not in leaving)
            if stay != details.managers:
                dept.extra, dept.touched = stored_details(msgspec.structs.replace(details, managers=stay)), True


def _discard(state: OrgState, ord_: Ord, depts: Iterable[int]) -> None:
    for dept in depts:
        if dept in state.depts:
            state.depts[dept].touch().discard(ord_)


class _Known(msgspec.Struct):
    """What is there already of the people that a change names."""

    present: dict[str, tuple[Any, ...]]  # userid → ord, unionid, depts, active, joined_at
    departed: dict[tuple[str, str], tuple[Any, ...]]  # by userid and unionid
    latest: dict[str, tuple[Any, ...]]


def _known_txn(tx: Tx, state: OrgState, users: tuple[UserEntry, ...]) -> _Known:
    keys = [(state.corp, entry.userid) for entry in users]
    present = {row[0]: tuple(row[1:]) for row in tx.by_keys("user.known", keys)}
    departed = {(row[0], row[2]): tuple(row) for row in tx.by_keys("user.departed", keys)}
    return _Known(present, departed, {row[0]: row for row in sorted(departed.values(), key=lambda row: row[1])})


def _identity(state: OrgState, known: _Known, entry: UserEntry, now: EpochMs) -> tuple[Ord, str, EpochMs]:
    """The ordinal, the unionid and the time of joining: of who is there, of who comes back, or new ones."""
    present = known.present.get(entry.userid)
    if present is not None:
        return present[0], entry.unionid or present[1], present[4]
    back = known.departed.get((entry.userid, entry.unionid)) or (known.latest.get(entry.userid) if entry.rejoin else None)
    if back is not None:
        return back[1], back[2], back[3]
    ord_ = Ord(state.next_ord)
    state.next_ord += 1
    return ord_, entry.unionid or make_unionid(state.corp_id, ord_), now


def apply_users_txn(tx: Tx, state: OrgState, change: OrgChange, now: EpochMs) -> tuple[int, int]:
    """Writes the people; answers how many came and how many were there."""
    known = _known_txn(tx, state, change.users)
    rows: list[tuple[object, ...]] = []
    joining: dict[int, list[int]] = {}
    for entry in _depth_first(state, change.users):
        ord_, unionid, joined_at = _identity(state, known, entry, now)
        present = known.present.get(entry.userid)
        before = set[int](present[2]) if present else set[int]()
        _discard(state, ord_, before - set(entry.depts))
        for dept in entry.depts:
            if dept not in before:
                joining.setdefault(dept, []).append(ord_)
        state.live.add(ord_)
        (state.inactive.discard if entry.active else state.inactive.add)(ord_)
        rows.append(_row(state.corp, entry, ord_, unionid, joined_at, now))
    for dept, ords in joining.items():
        members = state.depts[dept].touch()
        members |= BitMap(ords)
    tx.run_rows("user.put", rows)
    _note_users(state, change.users, known)
    changed = sum(entry.userid in known.present for entry in change.users)
    return len(rows) - changed, changed


def _row(corp: CorpNo, entry: UserEntry, ord_: Ord, unionid: str, joined_at: EpochMs, now: EpochMs) -> tuple[object, ...]:
    texts = (entry.name, entry.mobile, entry.title, entry.email, entry.avatar, entry.job_number)
    depts = msgspec.json.encode(entry.depts).decode()
    extra = stored_details(entry.details.within(entry.depts) if entry.details else None)
    return (corp, ord_, entry.userid, unionid, *texts, depts, int(entry.active), joined_at, extra, now)


def _note_users(state: OrgState, users: tuple[UserEntry, ...], known: _Known) -> None:
    state.changes += of_ids("user_add_org", "userids", (entry.userid for entry in users if entry.userid not in known.present))
    state.changes += of_ids("user_modify_org", "userids", (entry.userid for entry in users if entry.userid in known.present))
    woken = (entry.userid for entry in users if entry.active and entry.userid in known.present and not known.present[entry.userid][3])
    state.changes += of_ids("user_active_org", "userids", woken)


def _depth_first(state: OrgState, users: tuple[UserEntry, ...]) -> Iterable[UserEntry]:
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


def make_unionid(corp_id: CorpId, ord_: Ord) -> str:
    """A unionid of the usual look, the same one whenever it is asked for."""
    digest = hashlib.sha256(f"{corp_id}:{ord_}".encode()).digest()
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(alphabet[byte % 62] for byte in digest[:21]) + "iEiE"
