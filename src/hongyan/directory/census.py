"""One organisation as sets of ordinals, kept in the process and checked against its version."""

import asyncio
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from pyroaring import BitMap

from hongyan.directory.records import ords_of_txn
from hongyan.directory.rosters import Rosters
from hongyan.model.ids import ROOT_DEPT, CorpNo, Ord
from hongyan.store.interface import Store, Tx


class Census(msgspec.Struct, frozen=True):
    """Who is in the organisation and below which department, as of one version.

    `ordinals` lists the members of every department in depth-first order, so that a subtree is the slice that `spans` names.
    """

    version: int
    headcount: int
    live: BitMap
    inactive: BitMap
    ordinals: "array[int]"
    spans: dict[int, tuple[int, int]]
    parents: dict[int, int]
    roles: dict[int, BitMap]

    def below(self, dept: int) -> BitMap | None:
        """Live people of a department and all below it; None when there is no such department."""
        span = self.spans.get(dept)
        if span is None:
            return None
        if dept == ROOT_DEPT:
            return self.live
        return BitMap(self.ordinals[span[0] : span[1]])

    def within(self, dept: int, tops: Collection[int]) -> bool:
        """Whether a department is one of `tops` or below one; by the tree, because spans of empty departments tell nothing."""
        above: int | None = dept
        while above is not None and above not in tops:
            above = self.parents.get(above)
        return above is not None


def load_census_txn(tx: Tx, corp: CorpNo) -> Census:
    people = tx.one("corp.people", corp=corp)
    counters = tx.one("corp.counters", corp=corp)
    assert people is not None and counters is not None
    live = BitMap.deserialize(people[0])
    rows = tx.all("department.all", corp=corp)
    ordinals, spans = _flatten([(dept, parent, position, members) for dept, parent, _name, position, members in rows])
    parents = {dept: parent for dept, parent, *_rest in rows}
    roles = {role: BitMap.deserialize(members) & live for role, _name, _group, members in tx.all("role.all", corp=corp)}
    return Census(counters[2], len(live), live, BitMap.deserialize(people[1]), ordinals, spans, parents, roles)


def _flatten(departments: Iterable[tuple[int, int, int, bytes]]) -> tuple["array[int]", dict[int, tuple[int, int]]]:
    children: dict[int, list[int]] = {}
    members: dict[int, bytes] = {}
    for dept, parent, _position, people in sorted(departments, key=lambda row: (row[2], row[0])):
        children.setdefault(parent, []).append(dept)
        members[dept] = people
    ordinals: array[int] = array("I")
    spans: dict[int, tuple[int, int]] = {}
    begins: dict[int, int] = {}
    stack: list[tuple[int, bool]] = [(int(ROOT_DEPT), False)]
    while stack:
        dept, done = stack.pop()
        if done:
            spans[dept] = (begins[dept], len(ordinals))
            continue
        begins[dept] = len(ordinals)
        ordinals.extend(BitMap.deserialize(members[dept]).to_array() if dept in members else ())
        stack.append((dept, True))
        stack += [(child, False) for child in reversed(children.get(dept, []))]
    return ordinals, spans


class Directory:
    """Answers who is who, from memory where it can. One per process.

    A census may be older than the store; who relies on it hands its version to the transaction that decides.
    """

    KEPT_ORDS = 200_000  # userid → ordinal pairs kept for each corp; about 20 MB

    def __init__(self, store: Store) -> None:
        self._store = store
        self._censuses: dict[CorpNo, Census] = {}
        self._ords: dict[CorpNo, dict[str, Ord]] = {}
        self._loading: dict[CorpNo, asyncio.Lock] = {}
        self.rosters = Rosters()

    def forget(self, corp: CorpNo | None = None) -> None:
        """Drop what is remembered of a corp, or of all."""
        self.rosters.forget()
        if corp is None:
            self._censuses.clear()
            self._ords.clear()
        else:
            self._censuses.pop(corp, None)
            self._ords.pop(corp, None)

    def forget_other_than(self, corp: CorpNo, version: int) -> None:
        """Drop what is remembered of a corp unless it is of this version: the first of many who find it outdated is enough."""
        census = self._censuses.get(corp)
        if census is not None and census.version != version:
            self.forget(corp)

    def known_census(self, corp: CorpNo) -> Census | None:
        """The census, when it is in memory."""
        return self._censuses.get(corp)

    async def census(self, corp: CorpNo) -> Census:
        census = self._censuses.get(corp)
        if census is not None:
            return census
        # Many find it missing at once after a change: one loads, the others wait for that.
        async with self._loading.setdefault(corp, asyncio.Lock()):
            census = self._censuses.get(corp)
            if census is None:
                census = self._censuses[corp] = await self._store.read(load_census_txn, corp)
                # Pairs looked up before this census may be older than it, and its version would vouch for them.
                self._ords.pop(corp, None)
            return census

    def ords(self, corp: CorpNo, userids: Sequence[str]) -> dict[str, Ord]:
        """The ordinals of live people; unknown userids are absent. May hold more than was asked for."""
        return self._known_ords(corp, userids, self._store.read_quick)

    def ords_txn(self, tx: Tx, corp: CorpNo, userids: Sequence[str]) -> dict[str, Ord]:
        """The same within a transaction that changes no organisation."""
        return self._known_ords(corp, userids, lambda body, *args: body(tx, *args))

    def _known_ords(self, corp: CorpNo, userids: Sequence[str], read: Callable[..., dict[str, Ord]]) -> dict[str, Ord]:
        known = self._ords.get(corp)
        if known is None:
            known = self._ords[corp] = {}
        missing = [userid for userid in userids if userid not in known]
        if missing:
            if len(known) > self.KEPT_ORDS:
                known.clear()
                missing = userids
            known |= read(ords_of_txn, corp, missing)
        return known
