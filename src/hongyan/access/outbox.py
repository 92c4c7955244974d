"""Events on their way to applications: written in the transaction of what they tell, kept until answered."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hongyan.access.callbacks import EVERY_CORP, SUITE_TICKET, Callback, callbacks_in_corp_txn, load_callback_txn
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.store.interface import Row, Tx

EVENTS, TICKETS = 0, 1  # lanes: within one, an event waits for those before it
LANES = (EVENTS, TICKETS)
NO_CORP = CorpNo(0)


class Record(msgspec.Struct, frozen=True):
    """One record of a push to a suite; `data` are its own fields."""

    biz_type: int
    biz_id: str
    data: dict[str, Any]


class Event(msgspec.Struct, frozen=True):
    """An event on its way. `data` is JSON: the fields of a flat event, or a list of `Record`."""

    n: int
    callback: int
    corp: CorpNo
    kind: str
    event_id: str
    biz_id: str
    data: str
    created_at: EpochMs
    due_at: EpochMs
    attempts: int
    state: str
    ended_at: EpochMs | None


class Attempt(msgspec.Struct, frozen=True):
    """One try: `status` of HTTP (0: no answer), how long it took, how it ended, what came back."""

    attempt: int
    at: EpochMs
    status: int
    ms: int
    outcome: str
    answer: str


_JSON = msgspec.json.Encoder()


def _text(value: object) -> str:
    return _JSON.encode(value).decode()


def put_event_txn(tx: Tx, callback: Callback, corp: CorpNo, kind: str, data: object, now: EpochMs) -> None:
    """Write one event for one destination, without asking whether it wants it."""
    lane = TICKETS if kind == SUITE_TICKET else EVENTS
    ids = {"event_id": secrets.token_hex(16), "biz_id": secrets.token_hex(8)}
    tx.run("outbox.insert", callback=callback.no, lane=lane, corp=corp, kind=kind, **ids, data=_text(data), now=now)


def tell_suite_txn(tx: Tx, app: AppNo, corp: CorpNo, kind: str, records: Sequence[Record], now: EpochMs) -> None:
    """An event for a suite, if it has a callback that wants it."""
    callback = load_callback_txn(tx, app, EVERY_CORP)
    if callback is not None and callback.wants(kind):
        put_event_txn(tx, callback, corp, kind, records, now)


def tell_ticket_txn(tx: Tx, app: AppNo, suite_id: int, ticket: str, now: EpochMs) -> None:
    """A suite's new ticket; those before it end with it and need not arrive any more."""
    callback = load_callback_txn(tx, app, EVERY_CORP)
    if callback is not None and callback.wants(SUITE_TICKET):
        tx.run("outbox.replace", callback=callback.no, lane=TICKETS, now=now)
        put_event_txn(tx, callback, NO_CORP, SUITE_TICKET, [Record(2, str(suite_id), {"suiteTicket": ticket})], now)


def tell_apps_txn(tx: Tx, corp: CorpNo, kind: str, fields: Callable[[Callback], dict[str, Any]], now: EpochMs) -> int:
    """An event for the organisation's own apps that want it; `fields` may differ from app to app. Answers how many."""
    wanting = [one for one in callbacks_in_corp_txn(tx, corp) if one.wants(kind)]
    for callback in wanting:
        put_event_txn(tx, callback, corp, kind, fields(callback), now)
    return len(wanting)


# --- what the sender of events reads and writes


def event_of(row: Row) -> Event:
    return Event(*row)


def next_event_txn(tx: Tx, callback: int, lane: int, now: EpochMs) -> Event | None:
    """The first of those that wait, once it is due: nothing overtakes it."""
    row = tx.one("outbox.first", callback=callback, lane=lane)
    event = event_of(row) if row else None
    return event if event is not None and event.due_at <= now else None


def find_event_txn(tx: Tx, callback: int, n: int) -> Event | None:
    row = tx.one("outbox.by_n", callback=callback, n=n)
    return event_of(row) if row else None


def end_attempt_txn(tx: Tx, event: Event, attempt: Attempt, state: str, due_at: EpochMs, now: EpochMs) -> None:
    """Write down how a try went. Nothing of it is kept when the callback was deleted meanwhile."""
    ended_at = None if state == "waiting" else now
    if tx.run("outbox.attempted", n=event.n, attempts=attempt.attempt, state=state, due_at=due_at, ended_at=ended_at):
        tried = {"at": attempt.at, "status": attempt.status, "ms": attempt.ms, "outcome": attempt.outcome, "answer": attempt.answer}
        tx.run("callback_attempt.insert", n=event.n, attempt=attempt.attempt, **tried)


def send_again_txn(tx: Tx, event: Event, now: EpochMs) -> None:
    """Let an event be tried once more from now on, whatever became of it."""
    tx.run("outbox.again", n=event.n, now=now)


def attempts_txn(tx: Tx, n: int, limit: int) -> list[Attempt]:
    """The newest tries of an event, newest first."""
    return [Attempt(*row) for row in tx.all("callback_attempt.of_event", n=n, limit=limit)]


def log_txn(tx: Tx, callback: int, before: int, limit: int, *, state: str = "") -> list[Event]:
    """A destination's events, newest first, before a number."""
    return [event_of(row) for row in tx.all("outbox.log", callback=callback, before=before, state=state, limit=limit)]


def take_failed_txn(tx: Tx, callback: int, limit: int, now: EpochMs) -> tuple[list[Event], bool]:
    """Those that were given up, oldest first, and whether there are more. They are handed out once."""
    rows = tx.all("outbox.failed", callback=callback, limit=limit + 1)
    events = [event_of(row) for row in rows[:limit]]
    for event in events:
        tx.run("outbox.fetched", n=event.n)
    return events, len(rows) > limit


def purge_txn(tx: Tx, before: EpochMs, limit: int, now: EpochMs) -> int:
    """Forget some events that ended before a time, with their tries; answers how many."""
    tx.run("callback_attempt.purge", before=before, limit=limit)
    return tx.run("outbox.purge", before=before, limit=limit)
