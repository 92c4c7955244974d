"""Tasks that are stored as one bitmap: which of them a person has.

The newest of each corp are kept in the process; older ones are read in bounded chunks, but for the stretches of time in which it is known that a
person has nothing. Only what never changes is kept.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyroaring import BitMap

from hongyan.admission.state import Tally
from hongyan.admission.tasks import delivered_stored
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Row, Tx, distinct

KEPT = 2000
SPARE = 250  # so many more are kept before the oldest are dropped, which costs as much as all that stay
CHUNK = 200
BLOCK = 64  # so many of a sender's tasks are counted by their tally
STRETCH_BITS = SEQ_COUNTER_BITS + 31  # of a seq: 25 days
PAST_MAX = 1000  # stretches; everybody's is at most a bit for each person


class Broadcast(NamedTuple):
    seq: Seq
    sender: SenderId
    visible_at: EpochMs
    delivered: BitMap

    @property
    def delayed(self) -> bool:
        return self.visible_at > self.seq >> SEQ_COUNTER_BITS


def _broadcast_of(row: Row) -> Broadcast:
    seq, sender, visible_at, addressed, sets = row
    return Broadcast(seq, sender, visible_at, delivered_stored(addressed, sets))


class _Stretch(NamedTuple):
    """A span of time, of one sender or of all."""

    corp: CorpNo
    sender: SenderId | None
    number: int

    @property
    def start(self) -> Seq:
        return Seq(self.number << STRETCH_BITS)

    @property
    def end(self) -> Seq:
        return Seq((self.number + 1) << STRETCH_BITS)


class _Block:
    """Tasks of one sender that follow each other."""

    def __init__(self) -> None:
        self.tasks: list[Broadcast] = []
        self._tally: Tally | None = None

    def count(self, ord_: Ord, above: Seq, until: Seq) -> int:
        tasks = self.tasks
        if len(tasks) < BLOCK or tasks[0].seq <= above or tasks[-1].seq >= until:
            return sum(above < task.seq < until and ord_ in task.delivered for task in tasks)
        if self._tally is None:
            tally = Tally()
            for task in tasks:
                tally.add(task.delivered)
            self._tally = tally
        return self._tally.of(ord_)


class Kept:
    """A corp's newest tasks, oldest first. It only ever grows, so that readers share it."""

    def __init__(self, tasks: Iterable[Broadcast], older_senders: Iterable[SenderId] = ()) -> None:
        self.tasks: list[Broadcast] = []
        self.older_senders = frozenset(older_senders)  # whose older tasks are stored; some of them may be purged by now
        self._of: dict[SenderId, list[Broadcast]] = {}
        self._blocks: dict[SenderId, list[_Block]] = {}
        self._counted: dict[SenderId, dict[Seq, Broadcast]] = {}
        self._delayed: dict[SenderId, list[Broadcast]] = {}
        for task in tasks:
            self.add(task)

    @property
    def oldest(self) -> Seq | None:
        return self.tasks[0].seq if self.tasks else None

    @property
    def senders(self) -> set[SenderId]:
        """Who ever wrote to many."""
        return {*self._of, *self.older_senders}

    def add(self, task: Broadcast) -> None:
        if task.delayed:
            self._delayed.setdefault(task.sender, []).append(task)
        else:
            blocks = self._blocks.setdefault(task.sender, [_Block()])
            if len(blocks[-1].tasks) == BLOCK:
                blocks.append(_Block())
            blocks[-1].tasks.append(task)
            self._counted.setdefault(task.sender, {})[task.seq] = task
        self._of.setdefault(task.sender, []).append(task)
        self.tasks.append(task)

    def newest(self, sender: SenderId | None) -> Iterator[Broadcast]:
        """Of one sender or of all, newest first."""
        return reversed(self.tasks if sender is None else self._of.get(sender, []))

    def count(self, ord_: Ord, sender: SenderId, above: Seq, until: Seq) -> int:
        """How many of the sender's tasks between the two a person has, of those that were not delayed."""
        n = 0
        for block in reversed(self._blocks.get(sender, ())):
            if block.tasks and block.tasks[-1].seq <= above:
                break
            n += block.count(ord_, above, until)
        return n

    def counted(self, ord_: Ord, sender: SenderId, seqs: set[Seq]) -> set[Seq]:
        """Those of `seqs` that `count` counts for the person, between bounds that hold them."""
        tasks = self._counted.get(sender, {})
        return {seq for seq in seqs & tasks.keys() if ord_ in tasks[seq].delivered}

    def delayed(self, ord_: Ord, sender: SenderId) -> Iterator[Broadcast]:
        """The sender's tasks that a person has and that were delayed, newest first."""
        return (task for task in reversed(self._delayed.get(sender, ())) if ord_ in task.delivered)


class Broadcasts:
    """The newest bitmap tasks of each corp, shared by the readers of a process, and who may have something older."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[CorpNo, Kept] = {}
        self._past: dict[_Stretch, BitMap] = {}

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self._past.clear()

    def forget_before(self, corp: CorpNo, seq: Seq) -> None:
        """Drop what was purged. Whoever finds it here yet finds no task to it."""
        with self._lock:
            kept = self._kept.get(corp)
            if kept is not None and kept.oldest is not None and kept.oldest < seq:
                # The newest stays, so that nothing is read again for want of a place to go on from. What was older is gone.
                *others, newest = kept.tasks
                self._kept[corp] = Kept([*(task for task in others if task.seq >= seq), newest])

    def of_person(self, tx: Tx, corp: CorpNo, ord_: Ord, kept: Kept, before: Seq, after: Seq, sender: SenderId | None = None) -> Iterator[Broadcast]:
        """What this person has between two positions, of one sender or of all, newest first."""
        for task in kept.newest(sender):
            if task.seq <= after:
                return
            if task.seq < before and ord_ in task.delivered:
                yield task
        yield from self.older(tx, corp, ord_, kept, before, after, sender)

    def older(self, tx: Tx, corp: CorpNo, ord_: Ord, kept: Kept, before: Seq, after: Seq, sender: SenderId | None = None) -> Iterator[Broadcast]:
        """What this person has between two positions and is older than all that is kept, newest first."""
        if not kept.older_senders if sender is None else sender not in kept.older_senders:
            return
        query, own = _query_of(sender)
        before = before if kept.oldest is None else min(before, kept.oldest)
        while row := tx.one(f"{query}_last", corp=corp, before=before, after=after, **own):
            stretch = _Stretch(corp, sender, row[0] >> STRETCH_BITS)
            who = self._past.get(stretch)
            if who is None or ord_ in who:
                yield from self._in_stretch(tx, ord_, kept, stretch, before, after, who is None)
            before = stretch.start

    def _in_stretch(self, tx: Tx, ord_: Ord, kept: Kept, stretch: _Stretch, before: Seq, after: Seq, unknown: bool) -> Iterator[Broadcast]:
        whole = unknown and stretch.end <= before and after < stretch.start
        query, own = _query_of(stretch.sender)
        before, after = min(before, stretch.end), max(after, Seq(stretch.start - 1))
        everybody = BitMap()
        while rows := tx.all(query, corp=stretch.corp, before=before, after=after, limit=CHUNK, **own):
            for task in map(_broadcast_of, rows):
                if whole:
                    everybody |= task.delivered
                if ord_ in task.delivered:
                    yield task
            before = rows[-1][0]
        if whole:
            self._remember(tx, kept, stretch, everybody)

    def _remember(self, tx: Tx, kept: Kept, stretch: _Stretch, everybody: BitMap) -> None:
        """For good: nothing is ever added to a stretch that is over, and what is purged may be looked for in vain."""
        state = tx.one("corp.accept_state", corp=stretch.corp)
        if state is None or kept.oldest is None or state[2] < kept.oldest:
            return  # this reader's snapshot is so old that it may lack some of the stretch
        everybody.run_optimize()
        with self._lock:
            if len(self._past) >= PAST_MAX:
                self._past.clear()
            self._past[stretch] = everybody

    def kept(self, tx: Tx, corp: CorpNo) -> Kept:
        """The newest tasks, up to the last one stored."""
        with self._lock:
            kept = self._kept.get(corp)
            last = kept.tasks[-1].seq if kept and kept.tasks else 0
            state = tx.one("corp.accept_state", corp=corp)
            if state is None or (kept is not None and state[2] <= last):
                # A reader on an older snapshot than another's sees tasks it must not know yet only until it looks again.
                return kept or Kept(())
            rows = tx.all("task.bitmaps_after", corp=corp, after=last, limit=KEPT)
            fresh = map(_broadcast_of, reversed(rows))
            if kept is None or len(rows) == KEPT:
                kept = Kept(fresh, distinct(tx, "task.next_bitmap_sender", corp=corp) if len(rows) == KEPT else ())
            else:
                for task in fresh:
                    kept.add(task)
            if len(kept.tasks) > KEPT + SPARE:
                dropped = {task.sender for task in kept.tasks[:-KEPT]}
                kept = Kept(kept.tasks[-KEPT:], kept.older_senders | dropped)
            self._kept[corp] = kept
            return kept


def _query_of(sender: SenderId | None) -> tuple[str, dict[str, SenderId]]:
    return ("task.bitmaps_between", {}) if sender is None else ("task.bitmaps_of_sender", {"sender": sender})
