"""Time enters here and nowhere else."""

import time
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from hongyan.model.ids import Day, EpochMs

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DEFAULT_ZONE = "Asia/Shanghai"


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> EpochMs: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> EpochMs:
        return EpochMs(time.time_ns() // 1_000_000)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """True when the time zone database knows `name`."""
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def day_of(now: EpochMs, zone: str) -> Day:
    """The natural day of `now` in a time zone."""
    return Day(datetime.fromtimestamp(now / 1000, _zone(zone)).toordinal())


def day_start(day: Day, zone: str) -> EpochMs:
    """The first millisecond of a natural day."""
    midnight = datetime.combine(date.fromordinal(day), datetime.min.time(), _zone(zone))
    return EpochMs(int(midnight.timestamp()) * 1000)


def day_end(day: Day, zone: str) -> EpochMs:
    """The first millisecond after a natural day: when its counters are free again."""
    return day_start(Day(day + 1), zone)


def iso(at: EpochMs, zone: str) -> str:
    """A time as people of that zone write it, to the second."""
    return (datetime.fromtimestamp(0, _zone(zone)) + timedelta(milliseconds=at)).astimezone(_zone(zone)).isoformat(timespec="seconds")
