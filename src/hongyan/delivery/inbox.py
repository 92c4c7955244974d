"""A person's inbox: one conversation for each sender, newest first, read up to a mark."""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import msgspec

from hongyan.admission.tasks import STORED_BITMAP, Flags, decode_flags, delivered_stored
from hongyan.delivery.broadcasts import Broadcasts, Kept
from hongyan.messages.bodies import AnyBody, OaBody, decode_body
from hongyan.model.clock import DAY_MS
from hongyan.model.faults import reach
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, EpochMs, Ord, SenderId, Seq, next_seq
from hongyan.store.interface import Row, Tx, distinct

END = Seq(1 << 53)
DELAY_MAX_MS = DAY_MS  # a sandbox shows a message at most this long after it was accepted
UNREAD_MAX = 999  # counting stops here
UNUSUAL_MAX = 500  # recalled or delayed tasks above a mark; beyond, every unread row is looked at
_SEQS = msgspec.json.Decoder(list[Seq])


class Entry(msgspec.Struct, frozen=True, dict=True):
    """One message as its reader has it, with its body as it is stored: canonical JSON, and the status bar beside it. A recalled one keeps its place."""

    seq: Seq
    sender: SenderId
    msg_type: str
    content: str
    bar_value: str | None
    bar_color: str | None
    flags: Flags
    preview: bool
    surface: str  # mass, work
    at: EpochMs
    read_at: EpochMs | None
    recalled_at: EpochMs | None

    @cached_property
    def body(self) -> AnyBody | None:
        """Decoded, with the status bar it has now; None once it was recalled."""
        return None if self.recalled_at is not None else with_bar(decode_body(self.content), self.bar_value, self.bar_color)


class SenderName(msgspec.Struct, frozen=True):
    """Who speaks in a conversation."""

    sender: SenderId
    kind: str  # account, installation
    wire_id: str  # unionid or agent_id
    name: str
    avatar: str  # media id


class Conversation(msgspec.Struct, frozen=True):
    """One sender's messages to one person."""

    sender: SenderName
    last: Entry
    unread: int  # at most UNREAD_MAX


class ReadMark(msgspec.Struct, frozen=True):
    """Everything up to `seq` that was visible at `at` has been opened."""

    seq: Seq
    at: EpochMs

    def covers(self, seq: Seq, visible_at: EpochMs) -> bool:
        return self.seq >= seq and self.at >= visible_at

    @property
    def surely_below(self) -> Seq:
        """Up to here the mark covers everything, whatever was delayed."""
        return Seq(max(0, min(self.seq, (self.at - DELAY_MAX_MS) << SEQ_COUNTER_BITS)))


NO_MARK = ReadMark(Seq(0), EpochMs(0))


def sender_names_txn(tx: Tx, corp: CorpNo) -> dict[SenderId, SenderName]:
    return {row[0]: SenderName(*row) for row in tx.all("sender.names", corp=corp)}


class Inbox:
    """One person's inbox in one transaction that only reads."""

    def __init__(self, tx: Tx, broadcasts: Broadcasts, corp: CorpNo, ord_: Ord, now: EpochMs) -> None:
        self._tx, self._broadcasts, self._corp, self._ord, self._now = tx, broadcasts, corp, ord_, now
        self._marks: dict[SenderId, ReadMark] = {}

    @cached_property
    def _kept(self) -> Kept:
        return self._broadcasts.kept(self._tx, self._corp)

    @cached_property
    def _row_senders(self) -> list[SenderId]:
        """Whose messages lie here as rows."""
        return distinct(self._tx, "inbox.next_sender", corp=self._corp, ord=self._ord)

    @cached_property
    def _oldest(self) -> Seq | None:
        """Of the tasks stored as bitmaps, whomever they went to."""
        row = self._tx.one("task.first_bitmap", corp=self._corp)
        return row[0] if row else None

    @property
    def senders(self) -> set[SenderId]:
        """Who may have written to this person; most of an organisation's senders never did."""
        return {*self._row_senders, *self._kept.senders}

    def _mark(self, sender: SenderId) -> ReadMark:
        if sender not in self._marks:
            self._marks[sender] = load_mark_txn(self._tx, self._corp, sender, self._ord)
        return self._marks[sender]

    # --- pages

    def page(self, *, sender: SenderId | None = None, before: Seq = END, limit: int = 50) -> list[Entry]:
        """A page, newest first: of one conversation, or of all together."""
        entries: list[Entry] = []
        while len(entries) < limit:
            newest = self._newest(sender, before, limit)
            entries += self._entries(newest)
            if len(newest) < limit:
                break
            before = newest[-1][0]
        return entries[:limit]

    def _newest(self, sender: SenderId | None, before: Seq, limit: int) -> list[tuple[Seq, SenderId]]:
        """What lies here before a position, newest first, whether or not it is visible and still stored."""
        found: list[tuple[Seq, SenderId]] = []
        for one in self._row_senders if sender is None else (sender,):
            row = self._tx.one("inbox.page", corp=self._corp, ord=self._ord, sender=one, before=before, limit=limit)
            found += [(seq, one) for seq in _SEQS.decode(row[0])] if row else []
        found.sort(reverse=True)
        after = found[limit - 1][0] if len(found) >= limit else Seq(0)
        broad = self._broadcasts.of_person(self._tx, self._corp, self._ord, self._kept, before, after, sender)
        found += [(task.seq, task.sender) for task in islice(broad, limit)]
        found.sort(reverse=True)
        return found[:limit]

    def _entries(self, wanted: list[tuple[Seq, SenderId]]) -> Iterator[Entry]:
        # One statement for the page: fifty single reads cost thirty times as much as the rows.
        keys = [(self._corp, self._ord, sender, seq) for seq, sender in wanted]
        found = {row[0]: row for row in self._tx.by_keys("task.as_entries", keys)}
        for seq, sender in wanted:
            row = found.get(seq)
            if row is not None and row[5] <= self._now:
                yield _entry(sender, row, self._mark(sender))

    # --- conversations and what is unread

    def conversations(self, names: dict[SenderId, SenderName]) -> list[Conversation]:
        """Every conversation the person has, the one with the newest message first."""
        found: list[Conversation] = []
        for sender in self.senders & names.keys():
            newest = self.page(sender=sender, limit=1)
            if newest:
                found.append(Conversation(names[sender], newest[0], self.unread(sender)))
        return sorted(found, key=lambda one: one.last.seq, reverse=True)

    def unread_of_all(self) -> int:
        """The sum over conversations; it stops at `UNREAD_MAX` too."""
        count = 0
        for sender in self.senders:
            if count < UNREAD_MAX:
                count += self.unread(sender, UNREAD_MAX - count)
        return count

    def unread(self, sender: SenderId, most: int = UNREAD_MAX) -> int:
        """Visible, not recalled, not read; counting stops at `most`."""
        count = self._unread_broadcasts(sender, most)
        if count < most and sender in self._row_senders:
            count += self._unread_rows(sender, most - count)
        return min(count, most)

    def _unread_broadcasts(self, sender: SenderId, most: int) -> int:
        """Of the tasks stored as bitmaps: those that are visible, not covered by the mark, and neither recalled nor purged nor read one by one.

        Counted in blocks, from which the few that are gone are taken; what was delayed, or is older than what is kept, is looked at one by one.
        """
        tx, corp, ord_, now, kept, mark = self._tx, self._corp, self._ord, self._now, self._kept, self._mark(sender)
        above, until = _not_delayed(mark, now)
        singly = [task for task in kept.delayed(ord_, sender) if task.visible_at <= now and not mark.covers(task.seq, task.visible_at)]
        if sender not in kept.older_senders and not singly and not kept.count(ord_, sender, above, until):
            return 0  # as for everybody who has read all
        if self._oldest is None:
            return 0
        below = max(mark.surely_below, Seq(self._oldest - 1))
        above = max(above, below)
        gone = _gone(tx, corp, ord_, sender, below)
        count = kept.count(ord_, sender, above, until) - sum(above < seq < until for seq in kept.counted(ord_, sender, gone))
        count += sum(task.seq > below and task.seq not in gone for task in singly)
        older = self._broadcasts.older(tx, corp, ord_, kept, END, mark.surely_below, sender)
        unread = (task.visible_at <= now and not mark.covers(task.seq, task.visible_at) and task.seq not in gone for task in older)
        return count + sum(islice(filter(None, unread), max(0, most - count)))

    def _unread_rows(self, sender: SenderId, most: int) -> int:
        return _unread_rows(self._tx, self._corp, self._ord, sender, self._mark(sender), self._now, most)


def load_mark_txn(tx: Tx, corp: CorpNo, sender: SenderId, ord_: Ord) -> ReadMark:
    row = tx.one("read_mark.of_person", corp=corp, sender=sender, ord=ord_)
    return ReadMark(*row) if row else NO_MARK


def _entry(sender: SenderId, row: list[Any], mark: ReadMark) -> Entry:
    seq, msg_type, content, stored, kind, visible_at, recalled_at, bar_value, bar_color, read_at = row
    if read_at is None and mark.covers(seq, visible_at):
        read_at = mark.at
    surface, flags = "work" if kind == "notice" else "mass", decode_flags(stored)
    return Entry(seq, sender, msg_type, content, bar_value, bar_color, flags, kind == "preview", surface, visible_at, read_at, recalled_at)


def with_bar(body: AnyBody, value: str | None, color: str | None) -> AnyBody:
    """An OA message with the status bar it has now."""
    if value is None or not isinstance(body, OaBody):
        return body
    return msgspec.structs.replace(body, status_value=value, status_color=color or "")


def _gone(tx: Tx, corp: CorpNo, ord_: Ord, sender: SenderId, after: Seq) -> set[Seq]:
    """Recalled, or read one by one."""
    recalled = tx.one("task.bitmaps_recalled", corp=corp, sender=sender, after=after)
    read = tx.one("inbox.receipts", corp=corp, ord=ord_, sender=sender, after=after)
    return {seq for row in (recalled, read) if row for seq in _SEQS.decode(row[0])}


def _unread_rows(tx: Tx, corp: CorpNo, ord_: Ord, sender: SenderId, mark: ReadMark, now: EpochMs, most: int) -> int:
    """Counted on the rows alone, mended by what the few recalled or delayed tasks say."""
    reader = {"corp": corp, "ord": ord_, "sender": sender}
    above, until = _not_delayed(mark, now)
    unusual: Row | None = (0, 0, 0)
    if tx.one("inbox.any_unusual", corp=corp, sender=sender, after=mark.surely_below):
        bounds = {"after": mark.surely_below, "above": above, "until": until, "mark_at": mark.at, "now": now, "limit": UNUSUAL_MAX}
        unusual = tx.one("inbox.unread_unusual", **reader, **bounds)
    assert unusual is not None
    found, hidden, late = unusual
    if found == UNUSUAL_MAX:
        row = tx.one("inbox.unread_each", **reader, after=mark.surely_below, mark=mark.seq, mark_at=mark.at, now=now, limit=most)
        return row[0] if row else 0
    row = tx.one("inbox.unread_rows", **reader, above=above, until=until, limit=most + hidden)
    return (row[0] if row else 0) - hidden + late


def _not_delayed(mark: ReadMark, now: EpochMs) -> tuple[Seq, Seq]:
    """Between which seqs a task is visible and not covered by the mark, if it was not delayed: it is visible from the moment in its seq on."""
    return min(mark.seq, Seq(_first_seq(mark.at + 1) - 1)), _first_seq(now + 1)


def _first_seq(at: int) -> Seq:
    return Seq(at << SEQ_COUNTER_BITS)


def open_conversation_txn(tx: Tx, corp: CorpNo, ord_: Ord, sender: SenderId, up_to: Seq, now: EpochMs) -> ReadMark:
    """Mark everything up to `up_to` as read. A mark never goes back."""
    mark = load_mark_txn(tx, corp, sender, ord_)
    if up_to < mark.seq or (up_to == mark.seq and not _came_late(tx, corp, ord_, sender, mark, now)):
        return mark
    tx.run("read_mark.put", corp=corp, sender=sender, ord=ord_, seq=up_to, at=now)
    reach("read.marked")
    add_event_txn(tx, corp, "opened", sender=sender, task=up_to, ord_=ord_, now=now)
    return ReadMark(up_to, now)


def _came_late(tx: Tx, corp: CorpNo, ord_: Ord, sender: SenderId, mark: ReadMark, now: EpochMs) -> bool:
    """Whether something is unread that the mark does not cover: what was delayed may become visible below it."""
    if _unread_rows(tx, corp, ord_, sender, mark, now, 1):
        return True
    delayed = tx.all("task.bitmaps_delayed", corp=corp, sender=sender, after=mark.surely_below, mark=mark.seq, mark_at=mark.at, now=now)
    return any(ord_ in delivered_stored(*row) for row in delayed)


def read_one_txn(tx: Tx, corp: CorpNo, ord_: Ord, seq: Seq, now: EpochMs) -> bool:
    """Mark one message as read. False when the person does not have it, or it was recalled; a second time changes nothing."""
    row = tx.one("task.by_seq_short", corp=corp, seq=seq)
    if row is None:
        return False
    sender, storage, visible_at, recalled_at = row
    if recalled_at is not None or visible_at > now:
        return False
    delivered = tx.one("task.delivered_to", corp=corp, seq=seq)
    if delivered is None or ord_ not in delivered_stored(*delivered):
        return False
    write = "inbox.add_receipt" if storage == STORED_BITMAP else "inbox.read_one"
    if tx.run(write, corp=corp, ord=ord_, sender=sender, seq=seq, now=now):
        reach("read.marked")
        add_event_txn(tx, corp, "read", sender=sender, task=seq, ord_=ord_, now=now)
    return True


def add_event_txn(tx: Tx, corp: CorpNo, kind: str, *, sender: SenderId, task: Seq, ord_: Ord | None, now: EpochMs) -> Seq:
    """Record a change that live readers must see, at the next place in the corp's sequence."""
    state = tx.one("corp.accept_state", corp=corp)
    assert state is not None
    seq = next_seq(state[0], now)
    tx.run("corp.moved", corp=corp, last_seq=seq, last_bitmap=state[2])
    tx.run("event.insert", corp=corp, seq=seq, kind=kind, task=task, sender=sender, ord=ord_, now=now)
    return seq
