"""Turns what changed in an organisation into events for the applications that asked for them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from hongyan.access.callbacks import callbacks_in_corp_txn, suite_callbacks_in_corp_txn
from hongyan.access.outbox import Record, put_event_txn
from hongyan.access.records import Installation, installations_txn
from hongyan.directory.records import load_person_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx, chunks

CHANGES_AT_ONCE = 100
RECORDS_PER_PUSH = 50


class Change(msgspec.Struct, frozen=True):
    """One change as it was written down."""

    corp: CorpNo
    n: int
    kind: str
    data: dict[str, Any]
    at: EpochMs


# --- flat events: ids only


def _users(data: dict[str, Any], at: EpochMs) -> dict[str, Any]:
    return {"timeStamp": str(at), "userId": data["userids"]}


def _depts(data: dict[str, Any], at: EpochMs) -> dict[str, Any]:
    return {"timeStamp": str(at), "deptId": data["depts"]}


def _labels(data: dict[str, Any], at: EpochMs) -> dict[str, Any]:
    return {"timeStamp": str(at), "scope": "1", "labelIdList": data["roles"]}


def _label_users(data: dict[str, Any], at: EpochMs) -> dict[str, Any]:
    return {"timeStamp": str(at), "userIdList": data["userids"], "labelIdList": data["roles"], "action": data["action"]}


_FLAT: dict[str, Callable[[dict[str, Any], EpochMs], dict[str, Any]]] = {
    **dict.fromkeys(("user_add_org", "user_modify_org", "user_leave_org", "user_active_org"), _users),
    **dict.fromkeys(("org_dept_create", "org_dept_modify", "org_dept_remove"), _depts),
    **dict.fromkeys(("label_conf_add", "label_conf_modify", "label_conf_del"), _labels),
    "label_user_change": _label_users,
}
# What a suite calls the changes that an app knows by another name.
_SUITE_NAMES = {
    "label_conf_add": "org_role_add",
    "label_conf_modify": "org_role_modify",
    "label_conf_del": "org_role_remove",
    "label_user_change": "user_role_change",
}


def changes_wait_txn(tx: Tx) -> bool:
    return bool(tx.all("directory_change.oldest", limit=1))


def tell_changes_txn(tx: Tx, now: EpochMs) -> int:
    """Move the oldest changes to those who want them; answers how many there were. They are forgotten with it."""
    changes = [
        Change(corp, n, kind, msgspec.json.decode(data), at) for corp, n, kind, data, at in tx.all("directory_change.oldest", limit=CHANGES_AT_ONCE)
    ]
    for corp in dict.fromkeys(change.corp for change in changes):
        own = [change for change in changes if change.corp == corp]
        _tell_corp_txn(tx, corp, own, now)
        tx.run("directory_change.told", corp=corp, n=own[-1].n)
    return len(changes)


def _tell_corp_txn(tx: Tx, corp: CorpNo, changes: list[Change], now: EpochMs) -> None:
    own = [(callback, None) for callback in callbacks_in_corp_txn(tx, corp)]
    suites = suite_callbacks_in_corp_txn(tx, corp)
    installed = [one for one in installations_txn(tx, corp) if one.live] if suites else []
    wide = [(callback, _Sight([one for one in installed if one.app == callback.app])) for callback in suites]
    for change in changes:
        for callback, sight in (*own, *wide):
            kind = _SUITE_NAMES.get(change.kind, change.kind) if sight else change.kind
            # Whoever asked later does not hear of what was before.
            if callback.wants(kind) and callback.created_at <= change.at:
                for data in _data_txn(tx, change, sight):
                    put_event_txn(tx, callback, corp, kind, data, now)


class _Sight:
    """What a suite may see of an organisation: everything, or some people and departments (those below them are not looked for)."""

    def __init__(self, installed: Sequence[Installation]) -> None:
        self.everything = any(one.visible_all for one in installed)
        self.userids = {userid for one in installed for userid in one.visible_userids}
        self.depts = {dept for one in installed for dept in one.visible_depts}

    def of_person(self, userid: str, depts: Iterable[int]) -> bool:
        return self.everything or userid in self.userids or not self.depts.isdisjoint(depts)

    def of_dept(self, dept: int) -> bool:
        return self.everything or dept in self.depts


def _data_txn(tx: Tx, change: Change, sight: _Sight | None) -> Iterable[object]:
    """What each event of a change holds: one flat event, or pushes of some records each."""
    if sight is not None:
        return chunks(list(_records_txn(tx, change, sight)), RECORDS_PER_PUSH)
    return [_FLAT[change.kind](change.data, change.at)] if change.kind in _FLAT else []


def _records_txn(tx: Tx, change: Change, sight: _Sight) -> Iterable[Record]:
    """One record for each person, department or role. What lies outside the visible range is named with the code that says so."""
    for userid in change.data.get("userids", ()):
        yield Record(13, userid, _person_txn(tx, change.corp, userid, sight))
    if "userids" not in change.data:
        for dept in change.data.get("depts", ()):
            yield Record(14, str(dept), _dept_txn(tx, change.corp, dept, sight))
        for role in change.data.get("roles", ()):
            yield Record(15, str(role), _role_txn(tx, change.corp, role))


def _person_txn(tx: Tx, corp: CorpNo, userid: str, sight: _Sight) -> dict[str, Any]:
    person = load_person_txn(tx, corp, userid)
    if not sight.of_person(userid, person.depts if person else ()):
        return {"errcode": 50002, "errmsg": "企业员工不在授权范围", "userid": userid}
    if person is None or person.left_at is not None:
        return {"errcode": 0, "errmsg": "ok", "userid": userid}
    return {
        "errcode": 0,
        "errmsg": "ok",
        "userid": userid,
        "unionid": person.unionid,
        "name": person.name,
        "position": person.title,
        "jobnumber": person.job_number,
        "avatar": person.avatar,
        "active": person.active,
        "department": person.depts,
    }


def _dept_txn(tx: Tx, corp: CorpNo, dept: int, sight: _Sight) -> dict[str, Any]:
    if not sight.of_dept(dept):
        return {"errcode": 50004, "errmsg": "企业部门不在授权范围", "id": dept}
    row = tx.one("department.for_event", corp=corp, dept=dept)
    found = {"name": row[0], "parentid": row[1], "order": row[2]} if row else {}
    return {"errcode": 0, "errmsg": "ok", "id": dept, **found}


def _role_txn(tx: Tx, corp: CorpNo, role: int) -> dict[str, Any]:
    row = tx.one("role.for_event", corp=corp, role=role)
    found = {"role_name": row[0], "group_name": row[1]} if row else {}
    return {"errcode": 0, "errmsg": "ok", "role_id": role, **found}
