"""Sends as operators look for them: a filtered list that is read in bounded steps, with who read what.

The list is always a page below a position. A filter that few sends pass looks at `SCAN_MAX` sends at most and then says where it stopped, so that
one page costs the same among a thousand sends as among a million.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from pyroaring import BitMap

from hongyan.admission.tasks import STATUS_FAILED, STORED_ROWS, delivered_stored
from hongyan.delivery.inbox import END
from hongyan.delivery.records import first_title_txn
from hongyan.messages.bodies import AnyBody, decode_body, title_of
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, EpochMs, Ord, SenderId, Seq, parse_task_id
from hongyan.store.interface import Row, Tx

SCAN_MAX = 20_000  # sends looked at for one page
READS_MAX = 2000  # readers counted one by one for a list; the detail counts them all
SENT, FAILED, RECALLED, DELAYED = "sent", "failed", "recalled", "delayed"
STATES = (SENT, FAILED, RECALLED, DELAYED)
_ODD = (FAILED, RECALLED, DELAYED)
_FIRST_STEP, _LAST_STEP = 64, 4000


class SendFilter(msgspec.Struct, frozen=True):
    """What is wanted; empty or 0 is not looked at. Times are epoch milliseconds, `until` excluded."""

    state: str = ""
    sender: SenderId = SenderId(0)
    msg_type: str = ""
    kind: str = ""
    text: str = ""
    since: EpochMs = EpochMs(0)
    until: EpochMs = EpochMs(0)

    @property
    def floor(self) -> Seq:
        return Seq(self.since << SEQ_COUNTER_BITS)

    @property
    def ceiling(self) -> Seq:
        return Seq(self.until << SEQ_COUNTER_BITS) if self.until else END


class SendRow(msgspec.Struct, frozen=True):
    """One send in a list; `title` is its first line, empty where the type says it all."""

    seq: Seq
    sender: SenderId
    surface: str
    state: str
    kind: str
    storage: int
    uuid: str
    msg_type: str
    title: str
    n_addressed: int
    n_filtered: int
    n_failed: int
    visible_at: EpochMs
    recalled_at: EpochMs | None

    @property
    def n_delivered(self) -> int:
        return self.n_addressed - self.n_filtered - self.n_failed


class SendPage(msgspec.Struct, frozen=True):
    """Newest first. `older` is where the next page begins; `stopped` says that the search ended there unfinished."""

    rows: tuple[SendRow, ...]
    older: Seq | None
    stopped: bool = False


class ReadCount(msgspec.Struct, frozen=True):
    """How many read a send; `more` when counting stopped."""

    n: int
    more: bool = False


class UuidTrace(msgspec.Struct, frozen=True):
    """An attempt with a uuid; `outcome` is ok or a key of the catalogue, `seq` None: refused."""

    sender: SenderId
    at: EpochMs
    outcome: str
    seq: Seq | None


def state_of(status: int, visible_at: EpochMs, recalled_at: EpochMs | None, now: EpochMs) -> str:
    """Recalled wins over failed, failed over delayed."""
    if recalled_at is not None:
        return RECALLED
    if status == STATUS_FAILED:
        return FAILED
    return DELAYED if visible_at > now else SENT


def page_sends_txn(tx: Tx, corp: CorpNo, wanted: SendFilter, before: Seq, limit: int, now: EpochMs, *, scan_max: int = SCAN_MAX) -> SendPage:
    """The newest `limit` sends below a position that pass the filter, among the next `scan_max`."""
    found: list[Row] = []
    position, looked_at, step = min(before, wanted.ceiling), 0, max(_FIRST_STEP, limit + 1)
    while len(found) <= limit and looked_at < scan_max:
        rows, floor, counted = _step_txn(tx, corp, wanted, position, min(step, scan_max - looked_at), now)
        found += rows
        if floor is None:
            return _page(tx, corp, found, limit, None, now)
        looked_at, position, step = looked_at + counted, floor, min(step * 4, _LAST_STEP)
    return _page(tx, corp, found, limit, position, now)


def _page(tx: Tx, corp: CorpNo, found: list[Row], limit: int, position: Seq | None, now: EpochMs) -> SendPage:
    rows = tuple(_row(tx, corp, row, now) for row in found[:limit])
    if len(found) > limit:
        return SendPage(rows, rows[-1].seq)
    return SendPage(rows, position, stopped=position is not None)


def _step_txn(tx: Tx, corp: CorpNo, wanted: SendFilter, before: Seq, scan: int, now: EpochMs) -> tuple[list[Row], Seq | None, int]:
    """The matching rows of one step, the lowest position it looked at (None: there is nothing below), and how many sends that were."""
    which = "_odd" if wanted.state in _ODD else "_of_sender" if wanted.sender else ""
    place: dict[str, Any] = {"corp": corp, "before": before, "since": wanted.floor, "scan": scan}
    own = {"sender": wanted.sender} if which == "_of_sender" else {}
    needle = _needle(wanted.text)
    rows = tx.all(
        f"sends.page{which}", **place, msg_type=wanted.msg_type, kind=wanted.kind, state=wanted.state, sender=wanted.sender, text=needle, now=now
    )
    rows.sort(reverse=True)
    if len(rows) == scan:
        return _matching(rows, wanted.text), rows[-1][0], scan
    bottom = tx.one(f"sends.floor{which}", **place, **own)
    floor, counted = bottom or (None, 0)
    return _matching(rows, wanted.text), floor if counted == scan else None, counted


def _needle(text: str) -> str:
    """The words as they stand in a stored body: JSON, and lower case as far as the store can tell (ASCII)."""
    lowered = "".join(char.lower() if char.isascii() else char for char in text)
    return msgspec.json.encode(lowered).decode()[1:-1]


def _matching(rows: list[Row], text: str) -> list[Row]:
    """Those that say it in a value: the store looked at the names of members too."""
    if not text:
        return rows
    needle = text.lower()
    return [row for row in rows if any(needle in value.lower() for value in _texts(msgspec.json.decode(row[8])))]


def _texts(value: Any, name: str = "") -> Iterable[str]:
    if isinstance(value, str):
        if name != "type":
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def load_send_txn(tx: Tx, corp: CorpNo, seq: Seq, now: EpochMs) -> SendRow | None:
    row = tx.one("sends.one", corp=corp, seq=seq)
    return _row(tx, corp, row, now) if row else None


def find_by_id_txn(tx: Tx, corp: CorpNo, text: str, senders: Iterable[SenderId], now: EpochMs) -> tuple[SendRow | None, list[UuidTrace]]:
    """A send by its task id, or what became of a uuid."""
    seq = parse_task_id(text)
    found = load_send_txn(tx, corp, seq, now) if seq is not None else None
    if found is not None or not text:
        return found, []
    traces = tx.by_keys("sends.by_uuid", [(corp, sender, text) for sender in senders])
    return None, [UuidTrace(*row) for row in traces]


def _row(tx: Tx, corp: CorpNo, row: Row, now: EpochMs) -> SendRow:
    seq, sender, surface, status, kind, storage, uuid, msg_type, content, addressed, filtered, failed, visible_at, recalled_at = row
    state = state_of(status, visible_at, recalled_at, now)
    title = heading_txn(tx, corp, decode_body(content))
    return SendRow(seq, sender, surface, state, kind, storage, uuid, msg_type, title, addressed, filtered, failed, visible_at, recalled_at)


def heading_txn(tx: Tx, corp: CorpNo, body: AnyBody) -> str:
    """The first line of a message, or the title of a card's first article."""
    return " ".join((title_of(body) or first_title_txn(tx, corp, body)).split())


# --- reads of a page


def count_reads_txn(tx: Tx, corp: CorpNo, rows: Iterable[SendRow]) -> dict[Seq, ReadCount]:
    """How many read each of these sends: exact up to `READS_MAX`; recalled ones as they stood then."""
    rows = list(rows)
    delivered = {row.seq: _delivered_txn(tx, corp, row.seq) for row in rows if row.n_delivered}
    narrow = [row for row in rows if row.storage == STORED_ROWS and row.recalled_at is None and row.seq in delivered]
    keys = {(corp, row.sender, ord_) for row in narrow for ord_ in delivered[row.seq]}
    marks = {(sender, ord_): (seq, at) for sender, ord_, seq, at in tx.by_keys("sends.marks_of", sorted(keys))}
    return {row.seq: _reads_txn(tx, corp, row, delivered.get(row.seq), marks) for row in rows}


def _delivered_txn(tx: Tx, corp: CorpNo, seq: Seq) -> BitMap:
    stored = tx.one("task.delivered_to", corp=corp, seq=seq)
    assert stored is not None
    return delivered_stored(*stored)


def _reads_txn(tx: Tx, corp: CorpNo, row: SendRow, delivered: BitMap | None, marks: dict[tuple[SenderId, Ord], tuple[Seq, EpochMs]]) -> ReadCount:
    if delivered is None:
        return ReadCount(0)
    if row.recalled_at is not None:
        frozen = tx.one("sends.reads_frozen", corp=corp, seq=row.seq)
        return ReadCount(len(BitMap.deserialize(frozen[0])) if frozen and frozen[0] is not None else 0)
    readers = set(_few(tx.one("sends.readers_few", corp=corp, seq=row.seq, limit=READS_MAX)))
    if row.storage == STORED_ROWS:
        opened = [ord_ for ord_ in delivered if _covers(marks.get((row.sender, Ord(ord_))), row)]
        return ReadCount(len(readers.union(opened)))
    openers = _few(tx.one("sends.openers_few", corp=corp, sender=row.sender, seq=row.seq, visible_at=row.visible_at, limit=READS_MAX))
    more = READS_MAX in (len(readers), len(openers))
    return ReadCount(sum(ord_ in delivered for ord_ in readers.union(openers)), more)


def _covers(mark: tuple[Seq, EpochMs] | None, row: SendRow) -> bool:
    return mark is not None and mark[0] >= row.seq and mark[1] >= row.visible_at


def _few(row: Row | None) -> list[int]:
    return msgspec.json.decode(row[0], type=list[int]) if row and row[0] else []
