"""What a store may lack, by its own account: what retention took away, and what went with people who were forgotten."""

from collections import defaultdict
from typing import Any

import apsw
from pyroaring import BitMap

from hongyan.model.clock import DAY_MS, day_of
from hongyan.model.ids import EpochMs

_LATE_MS = 1000  # a pass reads the clock a moment after it noted when it began


class Removed:
    """Nothing younger than a day before the last pass over its kind may be missing, and nothing at all of a kind that no pass removed."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._horizons: dict[str, int] = {}
        self.forgotten: dict[int, BitMap] = defaultdict(BitMap)  # people by corp
        tables = {row[0] for row in connection.execute("select name from sqlite_schema")}
        if "purge" not in tables:
            return  # a schema before there was retention
        rows: list[tuple[Any, ...]] = connection.execute("select kind, started_at from purge where total > 0").fetchall()
        self._horizons = {kind: started_at - DAY_MS + _LATE_MS for kind, started_at in rows}
        for corp, ord_ in connection.execute("select corp, ord from erasure"):
            self.forgotten[corp].add(ord_)

    def any_of(self, *kinds: str, at: int) -> bool:
        """Whether something of that moment and of one of the kinds may be gone."""
        return any(at < self._horizons.get(kind, 0) for kind in kinds)

    def any_of_day(self, *kinds: str, day: int, zone: str) -> bool:
        return any(kind in self._horizons and day <= day_of(EpochMs(self._horizons[kind]), zone) for kind in kinds)

    def sends(self, *, at: int) -> bool:
        return self.any_of("sends", "previews", at=at)
