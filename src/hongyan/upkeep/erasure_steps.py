"""The steps by which a person is forgotten: each body does a little in one short transaction, and may be run again."""

from collections.abc import Callable
from typing import Any

import msgspec
from pyroaring import BitMap

from hongyan.access.callbacks import ACCOUNT_EVENT, ACCOUNT_MESSAGE
from hongyan.messages.bodies import TextBody, encode_body
from hongyan.messages.library import delete_media_txn, load_media_txn
from hongyan.messages.media_uses import media_uses_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord
from hongyan.store.interface import Tx
from hongyan.upkeep.marks import Marks

ROWS_AT_ONCE = 200
SCANNED_AT_ONCE = 500
MENTIONS_KEPT = 20
_SAID_KINDS = (ACCOUNT_MESSAGE, ACCOUNT_EVENT)


class Erasure(msgspec.Struct, frozen=True):
    """Somebody who is being forgotten, or was: `alias` stands for the userid, `done` counts what went, `mentions` are sends to others that name them.

    `state`: running; waiting, for applications that are yet to be told that the person left; compacting; done.
    """

    no: int
    corp: CorpNo
    ord: Ord
    alias: str
    state: str
    step: int
    position: Any
    marks: Marks | None
    done: dict[str, Any]
    asked_at: EpochMs
    finished_at: EpochMs | None


class Moved(msgspec.Struct, frozen=True):
    """What a body did; `position` None: the step is over. `waits`: try again later. `blobs`: files that nothing names any more."""

    position: Any = None
    counted: dict[str, int] = {}
    mentions: tuple[int, ...] = ()
    waits: bool = False
    blobs: tuple[str, ...] = ()


Body = Callable[[Tx, Erasure], Moved]


def _marks(one: Erasure) -> Marks:
    assert one.marks is not None, "the marks go with the last step"
    return one.marks


def _key(one: Erasure) -> dict[str, int]:
    return {"corp": one.corp, "ord": one.ord}


def keys_txn(tx: Tx, one: Erasure) -> Moved:
    """Keys to the inbox, and codes that say who somebody is."""
    after = bytes.fromhex(one.position or "")
    end = tx.one("erase.readers_floor", after=after, offset=SCANNED_AT_ONCE - 1)
    removed = tx.run("erase.readers", **_key(one), after=after, limit=SCANNED_AT_ONCE)
    if end is None:
        removed += tx.run("erase.login_codes", **_key(one))
    return Moved(end[0].hex() if end else None, {"keys": removed})


def comments_txn(tx: Tx, one: Erasure) -> Moved:
    removed = tx.run("erase.comments", **_key(one), limit=ROWS_AT_ONCE)
    return Moved(0 if removed == ROWS_AT_ONCE else None, {"comments": removed})


def said_txn(tx: Tx, one: Erasure) -> Moved:
    """What the person wrote to accounts."""
    removed = tx.run("erase.said", **_key(one), limit=ROWS_AT_ONCE)
    return Moved(0 if removed == ROWS_AT_ONCE else None, {"messages_written": removed})


def views_txn(tx: Tx, one: Erasure) -> Moved:
    after = one.position or 0
    end = tx.one("erase.articles_floor", corp=one.corp, after=after, offset=ROWS_AT_ONCE - 1)
    removed = tx.run("erase.views", **_key(one), after=after, limit=ROWS_AT_ONCE)
    return Moved(end[0] if end else None, {"views": removed})


def entries_txn(tx: Tx, one: Erasure) -> Moved:
    removed = tx.run("erase.entries", **_key(one), limit=ROWS_AT_ONCE)
    return Moved(0 if removed == ROWS_AT_ONCE else None, {"inbox_entries": removed})


def lists_txn(tx: Tx, one: Erasure) -> Moved:
    """Roles, departments, accounts and installations that name the person."""
    changed = tx.run("erase.scopes", **_key(one))
    for dept, extra in tx.all("erase.departments", corp=one.corp, after=0, userid=_marks(one).userid, limit=100_000):
        tx.run("erase.set_department", corp=one.corp, dept=dept, extra=_without(one, extra))
        changed += 1
    for sender, *lists in tx.all("erase.accounts", corp=one.corp, after=0, limit=10_000):
        fresh = [_without(one, text) for text in lists]
        if fresh != lists:
            tx.run("erase.set_account", corp=one.corp, sender=sender, operators=fresh[0], blocked=fresh[1], allow_userids=fresh[2])
            changed += 1
    for sender, *lists in tx.all("erase.installations", corp=one.corp, after=0, limit=10_000):
        fresh = [_without(one, text) for text in lists]
        if fresh != lists:
            tx.run("erase.set_installation", corp=one.corp, sender=sender, visible_userids=fresh[0], admins=fresh[1])
            changed += 1
    return Moved(None, {"lists": changed})


def _without(one: Erasure, text: str) -> str:
    """A JSON text without the userid: gone from lists, blank where it stood alone."""
    userid = _marks(one).userid
    value = msgspec.json.decode(text)
    fresh = _dropped(value, userid)
    return text if fresh == value else msgspec.json.encode(fresh).decode()


def _dropped(value: Any, userid: str) -> Any:
    match value:
        case list():
            return [_dropped(one, userid) for one in value if one != userid]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {name: _dropped(one, userid) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return "" if value == userid else value


def subordinates_txn(tx: Tx, one: Erasure) -> Moved:
    """Those whose lead the person was."""
    after = -1 if one.position is None else one.position
    end = tx.one("erase.people_floor", corp=one.corp, after=after, offset=SCANNED_AT_ONCE - 1)
    changed = 0
    for ord_, extra in tx.all("erase.subordinates", corp=one.corp, after=after, userid=_marks(one).userid, scan=SCANNED_AT_ONCE):
        fresh = _without(one, extra)
        if fresh != extra:
            tx.run("erase.set_subordinate", corp=one.corp, ord=ord_, extra=fresh)
            changed += 1
    return Moved(end[0] if end else None, {"lists": changed})


def sends_txn(tx: Tx, one: Erasure) -> Moved:
    """The words of sends: whom they asked for, whom they did not find; the text of what went to this person alone."""
    after, marks = one.position or 0, _marks(one)
    end = tx.one("erase.tasks_floor", corp=one.corp, after=after, offset=ROWS_AT_ONCE - 1)
    texts = msgspec.json.encode((marks.userid, *marks.others)).decode()
    changed, mentions = 0, list[int]()
    for seq, n, addressed, content, selectors, flags, invalid in tx.all(
        "erase.tasks", corp=one.corp, after=after, userid=_plain(marks.userid), marks=texts, scan=ROWS_AT_ONCE
    ):
        alone = n == 1 and one.ord in BitMap.deserialize(addressed)
        fresh = (
            encode_body(TextBody("")).decode() if alone else content,
            marks.hide_json(selectors, one.alias),
            flags and marks.hide_json(flags, one.alias),
            invalid and marks.hide_json(invalid, one.alias),
        )
        if fresh != (content, selectors, flags, invalid):
            tx.run("erase.set_task", corp=one.corp, seq=seq, content=fresh[0], selectors=fresh[1], flags=fresh[2], invalid=fresh[3])
            changed += 1
        if not alone and marks.pattern.search(content):
            mentions.append(seq)
    return Moved(end[0] if end else None, {"sends": changed}, tuple(mentions))


def _plain(userid: str) -> str:
    """As JSON writes it, without the quotes."""
    return msgspec.json.encode(userid).decode()[1:-1]


def audit_txn(tx: Tx, one: Erasure) -> Moved:
    after, marks = one.position or 0, _marks(one)
    rows = tx.all("erase.audit", after=after, limit=ROWS_AT_ONCE)
    changed = 0
    for n, subject, detail in rows:
        if marks.pattern.search(subject) or marks.pattern.search(detail):
            tx.run("erase.set_audit", n=n, subject=marks.hide(subject, one.alias), detail=marks.hide_json(detail, one.alias))
            changed += 1
    return Moved(rows[-1][0] if len(rows) == ROWS_AT_ONCE else None, {"audit_entries": changed})


def callbacks_txn(tx: Tx, one: Erasure) -> Moved:
    """Events for applications. What is yet to be told stays until it is: that the person left is among it."""
    after, marks = one.position or 0, _marks(one)
    if any(marks.pattern.search(data) for (data,) in tx.all("erase.untold", corp=one.corp, limit=SCANNED_AT_ONCE)):
        return Moved(after, waits=True)
    rows = tx.all("erase.outbox", after=after, limit=ROWS_AT_ONCE)
    changed = 0
    for n, corp, state, kind, data, biz_id in rows:
        if corp == one.corp and marks.pattern.search(f"{data} {biz_id}"):
            if state == "waiting":
                return Moved(after, {"callbacks": changed}, waits=True)
            _hide_event_txn(tx, one, n, kind, data, biz_id)
            changed += 1
    return Moved(rows[-1][0] if len(rows) == ROWS_AT_ONCE else None, {"callbacks": changed})


def _hide_event_txn(tx: Tx, one: Erasure, n: int, kind: str, data: str, biz_id: str) -> None:
    """What the person wrote goes whole; of an event about people, what names this one. So do the answers to it."""
    marks = _marks(one)
    if kind in _SAID_KINDS:
        tx.run("erase.drop_answers", n=n)
        tx.run("erase.drop_outbox", n=n)
        return
    tx.run("erase.set_outbox", n=n, data=marks.hide_json(data, one.alias), biz_id=marks.hide(biz_id, one.alias))
    for attempt, answer in tx.all("erase.answers", n=n, limit=200):
        if marks.pattern.search(answer):
            tx.run("erase.set_answer", n=n, attempt=attempt, answer=marks.hide(answer, one.alias))


def avatar_txn(tx: Tx, one: Erasure) -> Moved:
    """The person's picture, when it is an upload that nothing else shows."""
    avatar = _marks(one).avatar
    media = load_media_txn(tx, one.corp, avatar) if avatar else None
    if media is None or media_uses_txn(tx, one.corp, avatar).total:
        return Moved()
    return Moved(None, {"media": 1}, blobs=tuple(delete_media_txn(tx, one.corp, media, one.asked_at)))


# In their order; None stands for the log of calls, which is no part of the store. Events are last, because they may have to wait.
STEPS: tuple[Body | None, ...] = (
    keys_txn,
    comments_txn,
    said_txn,
    views_txn,
    entries_txn,
    lists_txn,
    subordinates_txn,
    sends_txn,
    audit_txn,
    avatar_txn,
    None,
    callbacks_txn,
)
