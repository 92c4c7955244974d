"""Tasks that are stored as one bitmap: which of them a person has.

The newest of each corp are kept in the process; older ones are read in bounded chunks. Only what never changes is kept.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyroaring import BitMap

from hongyan.admission.tasks import delivered_stored
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Row, Tx

KEPT = 2000
CHUNK = 200


class Broadcast(NamedTuple):
    seq: Seq
    sender: SenderId
    visible_at: EpochMs
    delivered: BitMap


def _broadcast_of(row: Row) -> Broadcast:
    seq, sender, visible_at, addressed, sets = row
    return Broadcast(seq, sender, visible_at, delivered_stored(addressed, sets))


class Broadcasts:
    """The newest bitmap tasks of each corp, shared by the readers of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[CorpNo, list[Broadcast]] = {}  # ascending
        self._complete: dict[CorpNo, bool] = {}

    def forget(self) -> None:
        with self._lock:
            self._newest.clear()
            self._complete.clear()

    def forget_before(self, corp: CorpNo, seq: Seq) -> None:
        """Drop what was purged. Whoever finds it here yet finds no task to it."""
        with self._lock:
            kept = self._newest.get(corp)
            if kept:
                # The newest stays, so that nothing is read again for want of a place to go on from.
                self._newest[corp] = [task for task in kept[:-1] if task.seq >= seq] + kept[-1:]

    def of_person(self, tx: Tx, corp: CorpNo, ord_: Ord, before: Seq, sender: SenderId | None = None) -> Iterator[Broadcast]:
        """What this person has, of one sender or of all, newest first, older than `before`."""
        for tasks in self._all(tx, corp, before):
            for task in tasks:
                if (sender is None or task.sender == sender) and task.seq < before and ord_ in task.delivered:
                    yield task

    def _all(self, tx: Tx, corp: CorpNo, before: Seq) -> Iterator[Iterable[Broadcast]]:
        kept, complete = self._refreshed(tx, corp)
        yield reversed(kept)
        if complete:
            return
        oldest = min(before, kept[0].seq if kept else before)
        while rows := tx.all("task.bitmaps_before", corp=corp, before=oldest, limit=CHUNK):
            yield [_broadcast_of(row) for row in rows]
            oldest = rows[-1][0]

    def _refreshed(self, tx: Tx, corp: CorpNo) -> tuple[list[Broadcast], bool]:
        with self._lock:
            kept = self._newest.get(corp)
            last = kept[-1].seq if kept else 0
            state = tx.one("corp.accept_state", corp=corp)
            if state is None or (kept is not None and state[2] <= last):
                # A reader on an older snapshot than another's sees tasks it must not know yet only until it looks again.
                return kept or [], self._complete.get(corp, True)
            rows = tx.all("task.bitmaps_after", corp=corp, after=last, limit=KEPT)
            fresh = [_broadcast_of(row) for row in reversed(rows)]
            merged = ((kept or []) + fresh)[-KEPT:]
            self._complete[corp] = self._complete.get(corp, True) and len((kept or []) + fresh) <= KEPT and len(rows) < KEPT
            self._newest[corp] = merged
            return merged, self._complete[corp]
