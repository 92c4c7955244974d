"""Tasks that are stored as one bitmap: which of them a person has.

The newest of each corp are kept in the process; older ones are read in bounded chunks. Only what never changes is kept.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyroaring import BitMap

from hongyan.admission.state import Tally
from hongyan.admission.tasks import delivered_stored
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Row, Tx

KEPT = 2000
SPARE = 250  # so many more are kept before the oldest are dropped, which costs as much as all that stay
CHUNK = 200
BLOCK = 64  # so many of a sender's tasks are counted by their tally


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

    def __init__(self, tasks: Iterable[Broadcast], *, complete: bool) -> None:
        self.tasks: list[Broadcast] = []
        self.complete = complete  # nothing older is stored
        self._blocks: dict[SenderId, list[_Block]] = {}
        self._delayed: dict[SenderId, list[Broadcast]] = {}
        for task in tasks:
            self.add(task)

    @property
    def oldest(self) -> Seq | None:
        return self.tasks[0].seq if self.tasks else None

    def add(self, task: Broadcast) -> None:
        if task.delayed:
            self._delayed.setdefault(task.sender, []).append(task)
        else:
            blocks = self._blocks.setdefault(task.sender, [_Block()])
            if len(blocks[-1].tasks) == BLOCK:
                blocks.append(_Block())
            blocks[-1].tasks.append(task)
        self.tasks.append(task)

    def count(self, ord_: Ord, sender: SenderId, above: Seq, until: Seq) -> int:
        """How many of the sender's tasks between the two a person has, of those that were not delayed."""
        n = 0
        for block in reversed(self._blocks.get(sender, ())):
            if block.tasks and block.tasks[-1].seq <= above:
                break
            n += block.count(ord_, above, until)
        return n

    def counts(self, seq: Seq, ord_: Ord) -> bool:
        """Whether `count` counts this task for the person, between bounds that hold it."""
        at = bisect_left(self.tasks, seq, key=lambda task: task.seq)
        return at < len(self.tasks) and self.tasks[at].seq == seq and not self.tasks[at].delayed and ord_ in self.tasks[at].delivered

    def delayed(self, ord_: Ord, sender: SenderId) -> Iterator[Broadcast]:
        """The sender's tasks that a person has and that were delayed, newest first."""
        return (task for task in reversed(self._delayed.get(sender, ())) if ord_ in task.delivered)


class Broadcasts:
    """The newest bitmap tasks of each corp, shared by the readers of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[CorpNo, Kept] = {}

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def forget_before(self, corp: CorpNo, seq: Seq) -> None:
        """Drop what was purged. Whoever finds it here yet finds no task to it."""
        with self._lock:
            kept = self._kept.get(corp)
            if kept is not None and kept.oldest is not None and kept.oldest < seq:
                # The newest stays, so that nothing is read again for want of a place to go on from.
                *others, newest = kept.tasks
                self._kept[corp] = Kept([*(task for task in others if task.seq >= seq), newest], complete=kept.complete)

    def of_person(self, tx: Tx, corp: CorpNo, ord_: Ord, before: Seq, sender: SenderId | None = None) -> Iterator[Broadcast]:
        """What this person has, of one sender or of all, newest first, older than `before`."""
        kept = self.kept(tx, corp)
        for task in reversed(kept.tasks):
            if (sender is None or task.sender == sender) and task.seq < before and ord_ in task.delivered:
                yield task
        yield from self.older(tx, corp, ord_, kept, before, sender)

    def older(self, tx: Tx, corp: CorpNo, ord_: Ord, kept: Kept, before: Seq, sender: SenderId | None) -> Iterator[Broadcast]:
        """What this person has, newest first, older than `before` and than all that is kept."""
        if kept.complete:
            return
        oldest = before if kept.oldest is None else min(before, kept.oldest)
        while rows := tx.all("task.bitmaps_before", corp=corp, before=oldest, limit=CHUNK):
            for task in map(_broadcast_of, rows):
                if (sender is None or task.sender == sender) and ord_ in task.delivered:
                    yield task
            oldest = rows[-1][0]

    def kept(self, tx: Tx, corp: CorpNo) -> Kept:
        """The newest tasks, up to the last one stored."""
        with self._lock:
            kept = self._kept.get(corp)
            last = kept.tasks[-1].seq if kept and kept.tasks else 0
            state = tx.one("corp.accept_state", corp=corp)
            if state is None or (kept is not None and state[2] <= last):
                # A reader on an older snapshot than another's sees tasks it must not know yet only until it looks again.
                return kept or Kept([], complete=True)
            rows = tx.all("task.bitmaps_after", corp=corp, after=last, limit=KEPT)
            fresh = map(_broadcast_of, reversed(rows))
            if kept is None or len(rows) == KEPT:
                kept = Kept(fresh, complete=len(rows) < KEPT)
            else:
                for task in fresh:
                    kept.add(task)
            if len(kept.tasks) > KEPT + SPARE:
                kept = Kept(kept.tasks[-KEPT:], complete=False)
            self._kept[corp] = kept
            return kept
