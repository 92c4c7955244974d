"""What is kept of the newest broadcasts: counted in blocks as it would be one by one, and what is not kept is read."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from hongyan.admission.tasks import packed
from hongyan.delivery import broadcasts
from hongyan.delivery.broadcasts import Broadcast, Broadcasts, Kept
from hongyan.model.ids import SEQ_COUNTER_BITS, CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx

PEOPLE, SENDERS = 4, (SenderId(1), SenderId(2))
# For each: whom it has, whose it is, and by how much it was delayed.
_sends = st.lists(st.tuples(st.frozensets(st.integers(0, PEOPLE - 1)), st.sampled_from(SENDERS), st.sampled_from((0, 0, 0, 5))), max_size=24)


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, size in {"KEPT": 6, "SPARE": 2, "CHUNK": 2, "BLOCK": 3}.items():
        monkeypatch.setattr(broadcasts, name, size)
    yield


def _tasks(sends: list[tuple[frozenset[int], SenderId, int]]) -> list[Broadcast]:
    return [
        Broadcast(Seq(at << SEQ_COUNTER_BITS), sender, EpochMs(at + delay), BitMap(people)) for at, (people, sender, delay) in enumerate(sends, 1)
    ]


@settings(deadline=None, database=None, derandomize=True)
@given(_sends, st.integers(0, 25), st.integers(0, 26))
def test_blocks_count_as_one_looks_at_each(sends: list[tuple[frozenset[int], SenderId, int]], first: int, end: int) -> None:
    tasks = _tasks(sends)
    kept = Kept(tasks, complete=True)
    above, until = Seq(first << SEQ_COUNTER_BITS), Seq(end << SEQ_COUNTER_BITS)
    for ord_ in map(Ord, range(PEOPLE)):
        for sender in SENDERS:
            theirs = [task for task in tasks if task.sender == sender and ord_ in task.delivered]
            assert kept.count(ord_, sender, above, until) == sum(above < task.seq < until and not task.delayed for task in theirs)
            assert list(kept.delayed(ord_, sender)) == [task for task in reversed(theirs) if task.delayed]
        counted = [task.seq for task in tasks if kept.counts(task.seq, ord_)]
        assert counted == [task.seq for task in tasks if ord_ in task.delivered and not task.delayed]
        assert not kept.counts(Seq(7), ord_), "no such task"


def test_a_block_that_grows_after_it_was_counted_is_counted_anew() -> None:
    everyone = [(frozenset(range(PEOPLE)), SENDERS[0], 0)] * 8
    tasks = _tasks(everyone)
    kept = Kept([], complete=True)
    for n, task in enumerate(tasks, 1):
        kept.add(task)
        assert kept.count(Ord(0), SENDERS[0], Seq(0), Seq(1 << 53)) == n
    assert kept.oldest == tasks[0].seq and kept.tasks == tasks


class _Stored:
    """Tasks as a transaction reads them."""

    def __init__(self) -> None:
        self.tasks: list[Broadcast] = []

    def one(self, name: str, **_: Any) -> tuple[Any, ...]:
        assert name == "corp.accept_state"
        return (0, 0, self.tasks[-1].seq if self.tasks else 0)

    def all(self, name: str, *, limit: int, after: int = 0, before: int = 1 << 53, **_: Any) -> list[tuple[Any, ...]]:
        assert name in ("task.bitmaps_after", "task.bitmaps_before")
        found = [task for task in reversed(self.tasks) if after < task.seq < before]
        return [(task.seq, task.sender, task.visible_at, packed(task.delivered), None) for task in found[:limit]]


@settings(deadline=None, database=None, derandomize=True)
@given(_sends, st.lists(st.integers(0, 24), max_size=3), st.sets(st.integers(0, 24), max_size=6))
def test_whatever_is_kept_everything_is_found(sends: list[tuple[frozenset[int], SenderId, int]], purges: list[int], unseen: set[int]) -> None:
    stored, known = _Stored(), Broadcasts()
    tx, corp = cast(Tx, stored), CorpNo(1)
    for at, task in enumerate(_tasks(sends)):
        stored.tasks.append(task)
        if at in purges:
            oldest = stored.tasks[len(stored.tasks) // 2].seq
            stored.tasks = [one for one in stored.tasks if one.seq >= oldest]
            known.forget_before(corp, oldest)
        if at not in unseen:
            for ord_ in map(Ord, range(PEOPLE)):
                theirs = [one for one in stored.tasks if ord_ in one.delivered]
                found = list(known.of_person(tx, corp, ord_, Seq(1 << 53)))
                assert [one for one in found if one in stored.tasks] == theirs[::-1]
                assert len(found) <= len(theirs) + 1, "the last one that was known may stay for longer than it is stored"
