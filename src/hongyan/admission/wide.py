"""Today's counted tasks that are stored as bitmaps: each is read once, not again for every batch."""

from typing import NamedTuple

from hongyan.admission.state import Tally
from hongyan.admission.tasks import delivered_stored
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, Day, EpochMs, SenderId, Seq
from hongyan.store.interface import Tx

SENDERS_KEPT = 500  # a tally of a thousand tasks among a million people is at most a megabyte


class WideDay(NamedTuple):
    """What a sender's day holds so far, up to a place in the corp's sequence. Never changed, so that whoever decides takes a copy."""

    starts_at: EpochMs
    last: Seq
    tally: Tally


class WideDays:
    """The days of the senders that sent last. Kept from commit to commit: a day that was read is kept once its transaction stands."""

    def __init__(self) -> None:
        self._days: dict[tuple[CorpNo, SenderId], WideDay] = {}

    def forget(self) -> None:
        self._days.clear()

    def load_txn(self, tx: Tx, corp: CorpNo, sender: SenderId, day: Day, starts_at: EpochMs) -> WideDay:
        """The day as this transaction finds it."""
        known = self._days.get((corp, sender))
        if known is None or known.starts_at != starts_at:
            known = _begun(starts_at)
        return _extended_txn(tx, corp, sender, day, known)

    def keep(self, corp: CorpNo, sender: SenderId, day: WideDay) -> None:
        """For later transactions. Only once the one that read it is committed: it may have read what it wrote."""
        if len(self._days) >= SENDERS_KEPT and (corp, sender) not in self._days:
            self._days.clear()
        self._days[corp, sender] = day


def wide_day_txn(tx: Tx, corp: CorpNo, sender: SenderId, day: Day, starts_at: EpochMs) -> WideDay:
    """The day read from its beginning."""
    return _extended_txn(tx, corp, sender, day, _begun(starts_at))


def _begun(starts_at: EpochMs) -> WideDay:
    return WideDay(starts_at, Seq((starts_at << SEQ_COUNTER_BITS) - 1), Tally())


def _extended_txn(tx: Tx, corp: CorpNo, sender: SenderId, day: Day, known: WideDay) -> WideDay:
    """The same with what came since."""
    rows = tx.all("task.counted_bitmaps", corp=corp, sender=sender, after=known.last, day=day)
    if not rows:
        return known
    tally = known.tally.copy()
    for _seq, addressed, sets in rows:
        tally.add(delivered_stored(addressed, sets))
    return WideDay(known.starts_at, rows[-1][0], tally)
