"""When people read a send, and how much was sent day by day: figures for charts, bounded whatever the size of an organisation."""

from collections.abc import Sequence

import msgspec
from pyroaring import BitMap

from hongyan.admission.tasks import Task
from hongyan.model.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, day_of, day_start
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, Day, EpochMs, seq_ms
from hongyan.store.interface import Tx

EVENTS_MAX = 50_000  # changes after a send that are looked through for its readers
COUNT_MAX = 100_000  # counting of one day stops here
BUCKETS_MAX = 32
_LIST = msgspec.json.Decoder(list[int])
_STEPS = (
    SECOND_MS, 2 * SECOND_MS, 5 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS,
    HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 7 * DAY_MS,
)  # fmt: skip


class Bucket(msgspec.Struct, frozen=True):
    """A span of time, who read in it, and who had read at its end."""

    since: EpochMs
    until: EpochMs
    reads: int
    total: int


class Timeline(msgspec.Struct, frozen=True):
    """Reads over time. `unplaced` readers came after what was looked through, or their time is not known any more."""

    buckets: tuple[Bucket, ...]
    first: EpochMs | None
    last: EpochMs | None
    unplaced: int


def timeline_txn(tx: Tx, task: Task, n_read: int) -> Timeline:
    """Of the first `EVENTS_MAX` changes after the send; what came after a recall is no reading of it."""
    row = tx.one("sends.reads_after", corp=task.corp, seq=task.seq, scan=EVENTS_MAX, sender=task.sender, visible_at=task.visible_at)
    first_read: dict[int, int] = {}
    for ord_, at in zip(*(_LIST.decode(column) for column in row), strict=True) if row else ():
        first_read.setdefault(ord_, at)
    if task.recalled_at is not None:
        first_read = {ord_: at for ord_, at in first_read.items() if at <= task.recalled_at}
    for ord_ in BitMap(first_read) - task.delivered:
        del first_read[ord_]
    times = sorted(first_read.values())
    unplaced = max(0, n_read - len(times))
    if not times:
        return Timeline((), None, None, unplaced)
    return Timeline(bucketed(seq_ms(task.seq), times), EpochMs(times[0]), EpochMs(times[-1]), unplaced)


def bucketed(begin: EpochMs, times: Sequence[int]) -> tuple[Bucket, ...]:
    """At most `BUCKETS_MAX` equal spans from `begin` to the last of the sorted times."""
    span = max(1, times[-1] - begin + 1)
    step = next((one for one in _STEPS if span <= one * BUCKETS_MAX), -(-span // BUCKETS_MAX // DAY_MS) * DAY_MS)
    counts = [0] * -(-span // step)
    for at in times:
        counts[max(0, at - begin) // step] += 1
    buckets: list[Bucket] = []
    total = 0
    for index, n in enumerate(counts):
        total += n
        buckets.append(Bucket(EpochMs(begin + index * step), EpochMs(begin + (index + 1) * step), n, total))
    return tuple(buckets)


class DayCount(msgspec.Struct, frozen=True):
    """How much was accepted on a day, up to `COUNT_MAX`."""

    day: Day
    since: EpochMs
    sends: int


def days_txn(tx: Tx, corp: CorpNo, zone: str, now: EpochMs, days: int) -> list[DayCount]:
    """The last days, today the last."""
    today = day_of(now, zone)
    found: list[DayCount] = []
    for day in range(today - days + 1, today + 1):
        since, until = day_start(Day(day), zone), day_start(Day(day + 1), zone)
        row = tx.one("sends.count_between", corp=corp, since=since << SEQ_COUNTER_BITS, until=until << SEQ_COUNTER_BITS, most=COUNT_MAX)
        found.append(DayCount(Day(day), since, row[0] if row else 0))
    return found


class Today(msgspec.Struct, frozen=True):
    """What became of today's sends; numbers stop at `COUNT_MAX`."""

    accepted: int
    refused: int
    filtered: int


def today_txn(tx: Tx, corp: CorpNo, zone: str, now: EpochMs) -> Today:
    since = day_start(day_of(now, zone), zone)
    span = {"corp": corp, "since": since << SEQ_COUNTER_BITS, "until": (now + 1) << SEQ_COUNTER_BITS, "most": COUNT_MAX}
    accepted, filtered = tx.one("sends.count_between", **span), tx.one("sends.filtered_between", **span)
    refused = tx.one("sends.refused_since", corp=corp, since=since, most=COUNT_MAX)
    return Today(accepted[0] if accepted else 0, refused[0] if refused else 0, filtered[0] if filtered else 0)
