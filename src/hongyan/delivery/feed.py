"""What is new in one organisation after a position, for whomever it concerns."""

from collections.abc import Collection
from typing import NamedTuple

from pyroaring import BitMap

from hongyan.admission.tasks import delivered_stored
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx

CHUNK = 500


class Item(NamedTuple):
    """Something new; it concerns `people`, or where that is None the one person of `ord_`."""

    seq: Seq
    kind: str  # message, recalled, read, opened
    task: Seq
    sender: SenderId
    visible_at: EpochMs
    people: BitMap | None
    ord_: Ord | None

    def concerned(self, ords: Collection[Ord]) -> tuple[Ord, ...]:
        """Those of the people whom it concerns."""
        return tuple(ord_ for ord_ in ords if (ord_ in self.people if self.people is not None else self.ord_ == ord_))


class Feed(NamedTuple):
    """In order, and all of it up to a position."""

    upto: Seq
    items: list[Item]


def feed_txn(tx: Tx, corp: CorpNo, after: Seq) -> Feed:
    """What came after a position, or the first `CHUNK` of it."""
    state = tx.one("corp.accept_state", corp=corp)
    upto = state[0] if state else after
    tasks = tx.all("task.after", corp=corp, after=after, limit=CHUNK)
    events = tx.all("event.after", corp=corp, after=after, limit=CHUNK)
    items = [
        Item(seq, "message", seq, sender, visible_at, delivered_stored(addressed, sets), None) for seq, sender, visible_at, addressed, sets in tasks
    ]
    for seq, kind, task, sender, ord_, addressed, sets in events:
        people = delivered_stored(addressed, sets) if kind in ("recalled", "status_bar") else None
        items.append(Item(seq, kind, task, sender, EpochMs(0), people, ord_))
    items.sort()
    full = [rows[-1][0] for rows in (tasks, events) if len(rows) == CHUNK]
    if full:
        upto = min(full)
        items = [item for item in items if item.seq <= upto]
    return Feed(upto, items)


def position_txn(tx: Tx, corp: CorpNo) -> Seq:
    """Where the organisation's history ends now."""
    state = tx.one("corp.accept_state", corp=corp)
    return state[0] if state else Seq(0)
