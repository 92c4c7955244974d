"""Windows of the gateway: calls by app and interface, by interface, by address, by organisation and month.

Kept in memory: they protect the server and are no promise to anybody. A refused call is not counted.
"""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from hongyan.admission import rules
from hongyan.admission.limits import aligned
from hongyan.admission.rules import WINDOW_MS, Effective
from hongyan.model.clock import HOUR_MS
from hongyan.model.ids import AppNo, CorpNo, EpochMs

BAN_MS = 300_000  # call-frequency-limit: five minutes
KEPT_KEYS = 50_000
_CHINA = timezone(timedelta(hours=8))

Key = tuple[str | int, ...]
_NEVER = (-1, 0)


class Refused(NamedTuple):
    """The rule that refused, its limit, and the window."""

    rule: str
    limit: int
    begins_at: EpochMs
    ends_at: EpochMs


class Counted(NamedTuple):
    """One window in which a call counts. `limit` None: it is counted and refuses nobody."""

    rule: str
    key: Key
    limit: int | None
    stated: int  # the limit as the rule has it
    monthly: bool


def windows_of(app: AppNo, corp: CorpNo, api: str, effective: dict[str, Effective]) -> tuple[Counted, ...]:
    """In which windows the calls of an app on an interface count."""
    counted: list[Counted] = []
    for rule, key in ((rules.APP_API_QPS, app), (rules.API_QPS, 0), (rules.CORP_MONTH, corp)):
        holds, monthly = effective[rule.id], rule is rules.CORP_MONTH
        if holds.mode is not rules.Mode.OFF:
            place = (rule.id, key) if monthly else (rule.id, key, api)
            counted.append(Counted(rule.id, place, holds.limit if holds.enforced else None, holds.limit, monthly))
    return tuple(counted)


class GatewayWindows:
    """Counts calls in aligned windows."""

    def __init__(self) -> None:
        self._counts: dict[Key, tuple[int, int]] = {}
        self._banned: dict[str, EpochMs] = {}

    def forget(self) -> None:
        self._counts.clear()
        self._banned.clear()

    def admit_address(self, address: str, effective: Effective, now: EpochMs) -> bool:
        """False while the address is banned; going over the budget bans it for five minutes."""
        if not effective.enforced:
            return True
        until = self._banned.get(address)
        if until is not None:
            if now < until:
                return False
            del self._banned[address]
        start = aligned(now, WINDOW_MS[rules.IP_BUDGET.window])
        if self._count((rules.IP_BUDGET.id, address), start, effective):
            return True
        self._banned[address] = EpochMs(now + BAN_MS)
        return False

    def admit_call(self, windows: tuple[Counted, ...], now: EpochMs) -> Refused | None:
        """Count a call in its windows, or say which of them is full. A refused call is counted nowhere."""
        counts = self._counts
        counted: list[tuple[Key, EpochMs, int]] = []
        for rule, key, limit, stated, monthly in windows:
            start = _month(now)[0] if monthly else EpochMs(now - now % 1000)
            last, n = counts.get(key, _NEVER)
            n = n if last == start else 0
            if limit is not None and n >= limit:
                return Refused(rule, stated, *(_month(now) if monthly else _second(now)))
            counted.append((key, start, n + 1))
        for key, start, n in counted:
            self._put(key, start, n)
        return None

    def month_used(self, corp: CorpNo, now: EpochMs) -> tuple[int, EpochMs]:
        """Calls of an organisation counted in this month, and when the month ends."""
        start, end = _month(now)
        last, n = self._counts.get((rules.CORP_MONTH.id, corp), _NEVER)
        return (n if last == start else 0), end

    def _count(self, key: Key, start: EpochMs, effective: Effective) -> bool:
        last, n = self._counts.get(key, _NEVER)
        n = n if last == start else 0
        if n >= effective.limit:
            return False
        self._put(key, start, n + 1)
        return True

    def _put(self, key: Key, start: EpochMs, n: int) -> None:
        if len(self._counts) > KEPT_KEYS:
            oldest = start - WINDOW_MS[rules.IP_BUDGET.window]
            newest = {known: value for known, value in self._counts.items() if value[0] >= oldest or known[0] == rules.CORP_MONTH.id}
            self._counts = newest if len(newest) < KEPT_KEYS else {}
        self._counts[key] = (start, n)


def _second(now: EpochMs) -> tuple[EpochMs, EpochMs]:
    start = aligned(now, 1000)
    return start, EpochMs(start + 1000)


def _month(now: EpochMs) -> tuple[EpochMs, EpochMs]:
    """The calendar month; DingTalk counts in China's time."""
    return _month_of_hour(now // HOUR_MS)


@lru_cache(maxsize=4)
def _month_of_hour(hour: int) -> tuple[EpochMs, EpochMs]:
    here = datetime.fromtimestamp(hour * HOUR_MS / 1000, _CHINA)
    first = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return EpochMs(int(first.timestamp()) * 1000), EpochMs(int(following.timestamp()) * 1000)
