"""The members of one department in the order that a list shows them."""

from typing import Any

from pyroaring import BitMap

from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx

ENTRY_ASC, ENTRY_DESC, MODIFY_ASC, MODIFY_DESC, CUSTOM = "entry_asc", "entry_desc", "modify_asc", "modify_desc", "custom"
ORDERS = (ENTRY_ASC, ENTRY_DESC, MODIFY_ASC, MODIFY_DESC, CUSTOM)

_Key = tuple[CorpNo, int, int, str]


class Rosters:
    """Sorted members of departments, kept as long as the organisation's version stands: a large one is sorted once, not for every page."""

    KEPT = 64

    def __init__(self) -> None:
        self._kept: dict[_Key, list[int]] = {}

    def forget(self) -> None:
        self._kept.clear()

    def of_txn(self, tx: Tx, corp: CorpNo, dept: int, order: str) -> list[int] | None:
        """Ordinals of the direct members; None when there is no such department. Called from reading threads, a read and a store at a time."""
        counters = tx.one("corp.counters", corp=corp)
        assert counters is not None
        key = (corp, counters[2], dept, order)
        found = self._kept.get(key)
        if found is None:
            row = tx.one("department.members", corp=corp, dept=dept)
            if row is None:
                return None
            found = sorted_txn(tx, corp, dept, BitMap.deserialize(row[0]), order)
            if len(self._kept) >= self.KEPT:
                self._kept.clear()
            self._kept[key] = found
        return found


def sorted_txn(tx: Tx, corp: CorpNo, dept: int, members: BitMap, order: str) -> list[int]:
    """Entry is the order of joining; custom puts the higher `order` of the department first."""
    ords = list(members)
    if order in (ENTRY_ASC, ENTRY_DESC):
        return ords if order == ENTRY_ASC else ords[::-1]
    rows = tx.by_keys("user.rank_by_ord", [(corp, ord_) for ord_ in ords])
    if order == CUSTOM:
        return [row[0] for row in sorted(rows, key=lambda row: (-_place(row[2], dept), row[0]))]
    return [row[0] for row in sorted(rows, key=lambda row: (row[1], row[0]), reverse=order == MODIFY_DESC)]


def _place(places: list[dict[str, Any]] | None, dept: int) -> int:
    return next((place.get("order", 0) for place in places or () if place["dept"] == dept), 0)
