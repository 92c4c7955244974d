"""Times as a chat shows them, in the organisation's time zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hongyan.console.texts import Texts
from hongyan.model.ids import EpochMs

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Moment(msgspec.Struct, frozen=True):
    """One time in the forms the pages need."""

    iso: str
    clock: str  # 14:05
    day: str  # 2026-03-05; tells days apart
    day_label: str  # Today, 3月5日 星期四
    short: str  # for a list: the clock today, else the day
    full: str


class Times:
    """Writes times for one reader: zone, language, and the present that "today" refers to."""

    def __init__(self, texts: Texts, zone: str, now: EpochMs) -> None:
        self.texts = texts
        self._zone = ZoneInfo(zone)
        self._today = self._local(now).date()

    def moment(self, at: EpochMs) -> Moment:
        local = self._local(at)
        day, clock = local.date(), f"{local:%H:%M}"
        short = clock if day == self._today else self._short(day)
        return Moment(
            local.isoformat(timespec="seconds"), clock, day.isoformat(), self._label(day), short, f"{self._written(day, year=True)} {clock}"
        )

    def _local(self, at: EpochMs) -> datetime:
        return datetime.fromtimestamp(at / 1000, self._zone)

    def _short(self, day: date) -> str:
        return self.texts.yesterday if self._is_yesterday(day) else self._written(day, year=day.year != self._today.year)

    def _label(self, day: date) -> str:
        if day == self._today:
            return self.texts.today
        if self._is_yesterday(day):
            return self.texts.yesterday
        return f"{self._written(day, year=day.year != self._today.year)} {self.texts.weekdays[day.weekday()]}"

    def _is_yesterday(self, day: date) -> bool:
        return day == self._today - timedelta(days=1)

    def _written(self, day: date, *, year: bool) -> str:
        form = self.texts.year_month_day if year else self.texts.month_day
        return form.format(year=day.year, month=day.month, day=day.day, month_name=_MONTHS[day.month - 1])
