"""What the interfaces of the organisation share: how much of it a caller sees, and how parameters, answers and refusals are made."""

from collections.abc import Callable
from typing import Any

import msgspec

from hongyan.access.records import FIELD_EMAIL, FIELD_MOBILE, AppKind, installations_txn
from hongyan.access.tokens import Grant
from hongyan.directory.people import way_up_txn
from hongyan.directory.records import Person
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Family, Refusal
from hongyan.model.ids import ROOT_DEPT
from hongyan.store.interface import Tx
from hongyan.wire.endpoint import Call
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, ok_plain, ok_top, refuse

READERS = frozenset((AppKind.INTERNAL, AppKind.THIRD_PARTY))
USERID_MAX = 64
LIST_MAX = 100  # people on a page


class Sight(msgspec.Struct, frozen=True):
    """What a caller sees: everything, or the people and departments (with all below) of its installations' visible ranges."""

    everything: bool
    userids: frozenset[str] = frozenset()
    depts: frozenset[int] = frozenset()
    private: bool = False  # what third-party apps do not get
    mobile: bool = False
    mail: bool = False

    def dept_txn(self, tx: Tx, grant: Grant, dept: int) -> bool:
        """Whether an existing department is in sight."""
        return self.everything or not self.depts.isdisjoint(way_up_txn(tx, grant.corp.no, dept))

    def person_txn(self, tx: Tx, grant: Grant, person: Person) -> bool:
        return self.everything or person.userid in self.userids or any(self.dept_txn(tx, grant, dept) for dept in person.depts)


def sight_txn(tx: Tx, grant: Grant) -> Sight:
    """An internal app sees its whole organisation; a third-party app what its live installations may see, together."""
    scopes = grant.app.scopes
    if grant.app.kind is AppKind.INTERNAL:
        return Sight(True, private=True, mobile=FIELD_MOBILE in scopes, mail=FIELD_EMAIL in scopes)
    mine = [one for one in installations_txn(tx, grant.corp.no) if one.app == grant.app.no and one.live]
    if any(one.visible_all for one in mine):
        return Sight(True)
    userids = frozenset(userid for one in mine for userid in one.visible_userids)
    depts = frozenset(dept for one in mine for dept in one.visible_depts)
    return Sight(ROOT_DEPT in depts, userids, depts)


# --- parameters

_MISSING = {Family.TOP: errors.MISSING_ARGUMENT, Family.CLASSIC: errors.CLASSIC_MISSING, Family.V1: errors.V1_MISSING}


def lacking(call: Call, *names: str, family: Family = Family.TOP) -> Refusal | None:
    """The refusal for the first of the names that was not sent."""
    return next((Refusal(_MISSING[family], {"name": name}) for name in names if not call.params.has(name)), None)


def text(call: Call, name: str, longest: int = USERID_MAX) -> str:
    """A text of at most `longest` characters; raises `BadArgument`."""
    value = call.params.text(name)
    if len(value) > longest or "\0" in value:
        raise BadArgument(name)
    return value


def number(call: Call, name: str, default: int | None = None) -> int:
    """A whole number; raises `BadArgument` when it is absent and has no default."""
    value = call.params.number(name)
    value = default if value is None else value
    if value is None:
        raise BadArgument(name)
    return value


def ids(call: Call, name: str, most: int) -> tuple[str, ...]:
    """Userids, each once; raises `BadArgument` above `most` of them, or when one cannot be a userid."""
    found = call.params.ids(name)
    if len(found) > most or any(len(userid) > USERID_MAX or "\0" in userid for userid in found):
        raise BadArgument(name)
    return tuple(dict.fromkeys(found))


def numbers(call: Call, name: str, most: int) -> tuple[int, ...]:
    """Ids that are numbers, each once; raises `BadArgument` above `most` of them."""
    found = call.params.int_ids(name)
    if len(found) > most:
        raise BadArgument(name)
    return tuple(dict.fromkeys(found))


def paging(call: Call, names: tuple[str, str], rows: tuple[ErrorRow, ErrorRow], most: int, size: int | None = None) -> tuple[int, int] | Refusal:
    """Where a page begins and how long it is; `names` and `rows` are those of the start and of the size."""
    start, length = number(call, names[0], None if size is None else 0), number(call, names[1], size)
    if start < 0:
        return Refusal(rows[0])
    return Refusal(rows[1]) if not 1 <= length <= most else (start, length)


# --- answers

# What the older interfaces say instead of these.
_CLASSIC_ROWS: dict[str, ErrorRow] = {
    errors.NO_SUCH_USER.key: errors.CLASSIC_NO_SUCH_USER,
    errors.BAD_USERID.key: errors.CLASSIC_NO_SUCH_USER,
    errors.NO_SUCH_DEPT.key: errors.CLASSIC_NO_SUCH_DEPT,
    errors.USER_OUT_OF_RANGE.key: errors.CLASSIC_USER_OUT_OF_RANGE,
    errors.DEPT_OUT_OF_RANGE.key: errors.CLASSIC_DEPT_OUT_OF_RANGE,
    errors.BAD_LOGIN_CODE.key: errors.CLASSIC_BAD_LOGIN_CODE,
}


def classic_refusal(refusal: Refusal) -> Refusal:
    """The same refusal as the older interfaces say it."""
    row = _CLASSIC_ROWS.get(refusal.row.key)
    return refusal if row is None else Refusal(row, refusal.fields)


async def answered(call: Call, body: Callable[..., Any], *args: Any) -> Reply:
    """What a reading body `(tx, grant, *args)` answers, as the `result`."""
    outcome = await call.engine.store.read(body, call.grant, *args)
    return refuse(outcome) if isinstance(outcome, Refusal) else ok_top({"result": outcome})


async def written(call: Call, body: Callable[..., Any], *args: Any) -> Any:
    """What a writing body `(tx, grant, *args, now)` answers; the process sees the changed organisation afterwards."""
    outcome = await call.engine.store.write(body, call.grant, *args)
    if not isinstance(outcome, Refusal):
        # Tokens and accounts do not depend on who is in the organisation: dropping them here would cost every other caller.
        call.engine.directory.forget(call.grant.corp.no)
    return outcome


async def done(call: Call, body: Callable[..., Any], *args: Any) -> Reply:
    """A write on /topapi; what it answers is the `result`, None is the bare envelope."""
    outcome = await written(call, body, *args)
    if isinstance(outcome, Refusal):
        return refuse(outcome)
    return ok_top({} if outcome is None else {"result": outcome})


def plain(payload: dict[str, Any]) -> Reply:
    """A success of the classic surface."""
    return ok_plain({"errcode": 0, "errmsg": "ok", **payload})
