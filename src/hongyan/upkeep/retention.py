"""What is too old, piece by piece: each body removes a little in one short transaction and says how much."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hongyan.access.outbox import purge_txn
from hongyan.admission.tasks import STORED_ROWS, delivered_stored
from hongyan.directory.records import Corp, list_corps_txn
from hongyan.model.clock import DAY_MS, day_of
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, Day, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx

ROWS_AT_ONCE = 100  # of a transaction: about a millisecond, which a send beside it waits
TASKS_AT_ONCE = 50
ATTEMPTS_AT_ONCE = 2000  # looked at, not removed


class Old(msgspec.Struct, frozen=True):
    """What counts as old for one kind in one organisation: everything before a moment, or a day."""

    corp: Corp
    before: EpochMs

    @property
    def seq(self) -> Seq:
        return Seq(max(0, self.before) << SEQ_COUNTER_BITS)

    @property
    def day(self) -> Day:
        return day_of(self.before, self.corp.zone)


def old_of(corp: Corp, days: int, now: EpochMs) -> Old:
    return Old(corp, EpochMs(now - days * DAY_MS))


def senders_txn(tx: Tx, corp: CorpNo) -> list[SenderId]:
    return [row[0] for row in tx.all("purge.senders", corp=corp)]


# --- sends and what hangs on them


def purge_tasks_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    """The oldest sends with the inbox entries that stand for them. A send and its entries go together, so nobody finds half of it."""
    return _purge(tx, old.corp.no, tx.all("purge.tasks", corp=old.corp.no, before=old.seq, limit=TASKS_AT_ONCE))


def purge_previews_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    return _purge(tx, old.corp.no, tx.all("purge.previews", corp=old.corp.no, before=old.seq, limit=TASKS_AT_ONCE))


def _purge(tx: Tx, corp: CorpNo, rows: Sequence[tuple[Any, ...]]) -> int:
    gone: list[tuple[CorpNo, Seq]] = []
    entries: list[tuple[CorpNo, Ord, SenderId, Seq]] = []
    for seq, storage, sender, addressed, sets in rows:
        if gone and len(entries) >= ROWS_AT_ONCE:
            break
        gone.append((corp, seq))
        if storage == STORED_ROWS:
            entries += [(corp, Ord(ord_), sender, seq) for ord_ in delivered_stored(addressed, sets)]
    tx.run_rows("purge.delete_entries", sorted(entries))
    tx.run_rows("purge.delete_tasks", gone)
    return len(gone)


def purge_receipts_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    """Receipts of broad sends that went; they may be a hundred thousand for one."""
    return tx.run("purge.receipts", corp=old.corp.no, before=_floor_txn(tx, old), limit=ROWS_AT_ONCE)


def _floor_txn(tx: Tx, old: Old) -> Seq:
    """Below this there is no send any more."""
    row = tx.one("purge.oldest_task", corp=old.corp.no)
    return Seq(min(old.seq, row[0])) if row else old.seq


def purge_events_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    """Changes of before: who reads live from a position that old reads the inbox anew anyway."""
    return tx.run("purge.events", corp=old.corp.no, before=old.seq, limit=ROWS_AT_ONCE)


def purge_said_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    return tx.run("purge.said", corp=old.corp.no, before=old.seq, limit=ROWS_AT_ONCE)


def purge_marks_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    """Until where somebody read, when nothing of that is left."""
    floor, removed = _floor_txn(tx, old), 0
    for sender in senders_txn(tx, old.corp.no):
        removed += tx.run("purge.marks", corp=old.corp.no, sender=sender, before=floor, limit=ROWS_AT_ONCE - removed)
        if removed >= ROWS_AT_ONCE:
            break
    return removed


# --- what is counted by the day


def purge_usage_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    removed = tx.run("purge.usage", corp=old.corp.no, day=old.day, limit=ROWS_AT_ONCE)
    return removed or tx.run("purge.sender_days", corp=old.corp.no, day=old.day, limit=ROWS_AT_ONCE)


def purge_rule_days_txn(tx: Tx, old: Old, now: EpochMs) -> int:
    removed = 0
    for sender in senders_txn(tx, old.corp.no):
        removed += tx.run("purge.rule_days", corp=old.corp.no, sender=sender, day=old.day, limit=ROWS_AT_ONCE - removed)
        if removed >= ROWS_AT_ONCE:
            break
    return removed


# --- attempts: looked through from end to end, off the writer


class AttemptStep(msgspec.Struct, frozen=True):
    """The old ones of a step, and where the next one begins; None: this was the last."""

    found: list[tuple[SenderId, str]]
    following: tuple[SenderId, str] | None


NO_ATTEMPT = (SenderId(0), "")


def look_at_attempts_txn(tx: Tx, old: Old, after: tuple[SenderId, str]) -> AttemptStep:
    place = {"corp": old.corp.no, "sender": after[0], "uuid": after[1]}
    end = tx.one("purge.attempts_floor", **place, scan=ATTEMPTS_AT_ONCE - 1)
    rows = tx.all("purge.attempts", **place, scan=ATTEMPTS_AT_ONCE, before=old.before)
    return AttemptStep([(sender, uuid) for sender, uuid in rows], (end[0], end[1]) if end else None)


def purge_attempts_txn(tx: Tx, corp: CorpNo, attempts: Sequence[tuple[SenderId, str]], now: EpochMs) -> int:
    """Nothing else removes or changes an attempt, so those that were old still are."""
    tx.run_rows("purge.delete_attempts", [(corp, sender, uuid) for sender, uuid in attempts])
    return len(attempts)


# --- what is no organisation's


def purge_comments_txn(tx: Tx, before: EpochMs, now: EpochMs) -> int:
    return tx.run("purge.comments", before=before, limit=ROWS_AT_ONCE)


def purge_audit_txn(tx: Tx, before: EpochMs, now: EpochMs) -> int:
    return tx.run("purge.audit", before=before, limit=ROWS_AT_ONCE)


def purge_callbacks_txn(tx: Tx, before: EpochMs, now: EpochMs) -> int:
    return purge_txn(tx, before, ROWS_AT_ONCE, now)


# --- how it went


class Pass(msgspec.Struct, frozen=True):
    """The last pass over one kind; `finished_at` None while it goes on. `removed` are things of that kind, `total` those of every pass."""

    kind: str
    started_at: EpochMs
    finished_at: EpochMs | None
    removed: int
    total: int


def passes_txn(tx: Tx) -> list[Pass]:
    return [Pass(*row) for row in tx.all("purge.all")]


def begin_pass_txn(tx: Tx, kind: str, now: EpochMs) -> list[Corp]:
    tx.run("purge.begin", kind=kind, now=now)
    return list_corps_txn(tx)


def counted_txn(tx: Tx, kind: str, body: Callable[..., int], args: tuple[Any, ...], now: EpochMs) -> int:
    """Run a piece, and count it in the same transaction."""
    removed = body(tx, *args, now)
    if removed:
        tx.run("purge.count", kind=kind, removed=removed)
    return removed


def finish_pass_txn(tx: Tx, kind: str, now: EpochMs) -> None:
    tx.run("purge.finish", kind=kind, now=now)
