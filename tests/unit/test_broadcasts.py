"""What is kept of the newest broadcasts: counted in blocks as it would be one by one, and what is not kept is read."""

from collections.abc import Iterable, Iterator
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

PEOPLE, SENDERS, CORP, END = 4, (SenderId(1), SenderId(2)), CorpNo(1), 1 << 53
# For each: whom it has, whose it is, and by how much it was delayed.
_sends = st.lists(st.tuples(st.frozensets(st.integers(0, PEOPLE - 1)), st.sampled_from(SENDERS), st.sampled_from((0, 0, 0, 5))), max_size=24)


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, size in {"KEPT": 6, "SPARE": 2, "CHUNK": 2, "BLOCK": 3, "STRETCH_BITS": SEQ_COUNTER_BITS + 2, "PAST_MAX": 5}.items():
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
    kept = Kept(tasks)
    above, until = Seq(first << SEQ_COUNTER_BITS), Seq(end << SEQ_COUNTER_BITS)
    for ord_ in map(Ord, range(PEOPLE)):
        for sender in SENDERS:
            theirs = [task for task in tasks if task.sender == sender and ord_ in task.delivered]
            assert kept.count(ord_, sender, above, until) == sum(above < task.seq < until and not task.delayed for task in theirs)
            assert list(kept.delayed(ord_, sender)) == [task for task in reversed(theirs) if task.delayed]
            everything = {task.seq for task in tasks} | {Seq(7)}  # and one that is none
            assert kept.counted(ord_, sender, everything) == {task.seq for task in theirs if not task.delayed}
            assert kept.counted(ord_, sender, set()) == set()


def test_a_block_that_grows_after_it_was_counted_is_counted_anew() -> None:
    everyone = [(frozenset(range(PEOPLE)), SENDERS[0], 0)] * 8
    tasks = _tasks(everyone)
    kept = Kept([])
    for n, task in enumerate(tasks, 1):
        kept.add(task)
        assert kept.count(Ord(0), SENDERS[0], Seq(0), Seq(END)) == n
    assert kept.oldest == tasks[0].seq and kept.tasks == tasks


class _Stored:
    """Tasks as a transaction reads them."""

    def __init__(self, tasks: Iterable[Broadcast] = ()) -> None:
        self.tasks = list(tasks)
        self.read = 0

    def one(self, name: str, *, after: int = 0, **asked: Any) -> tuple[Any, ...] | None:
        if name == "corp.accept_state":
            return (0, 0, self.tasks[-1].seq if self.tasks else 0)
        if name == "task.next_bitmap_sender":
            return next(((sender,) for sender in SENDERS if sender > after and any(task.sender == sender for task in self.tasks)), None)
        rows = self._rows(name.removesuffix("_last"), after=after, limit=1, **asked)
        return rows[0][:1] if rows else None

    def all(self, name: str, **asked: Any) -> list[tuple[Any, ...]]:
        rows = self._rows(name, **asked)
        self.read += len(rows)
        return rows

    def _rows(self, name: str, *, limit: int, after: int, before: int = END, sender: int = 0, **_: Any) -> list[tuple[Any, ...]]:
        assert name in ("task.bitmaps_after", "task.bitmaps_between", "task.bitmaps_of_sender")
        assert (name == "task.bitmaps_of_sender") == bool(sender)
        found = [task for task in reversed(self.tasks) if after < task.seq < before and sender in (0, task.sender)]
        return [(task.seq, task.sender, task.visible_at, packed(task.delivered), None) for task in found[:limit]]


def _found(known: Broadcasts, stored: _Stored, ord_: Ord, before: int = END, after: int = 0, sender: SenderId | None = None) -> list[Broadcast]:
    tx = cast(Tx, stored)
    return list(known.of_person(tx, CORP, ord_, known.kept(tx, CORP), Seq(before), Seq(after), sender))


@settings(deadline=None, database=None, derandomize=True)
@given(_sends, st.lists(st.integers(0, 24), max_size=3), st.sets(st.integers(0, 24), max_size=6), st.data())
def test_whatever_is_kept_everything_is_found(
    sends: list[tuple[frozenset[int], SenderId, int]], purges: list[int], unseen: set[int], data: st.DataObject
) -> None:
    stored, known = _Stored(), Broadcasts()
    for at, task in enumerate(_tasks(sends)):
        stored.tasks.append(task)
        if at in purges:
            oldest = stored.tasks[len(stored.tasks) // 2].seq
            stored.tasks = [one for one in stored.tasks if one.seq >= oldest]
            known.forget_before(CORP, oldest)
        if at in unseen:
            continue
        for ord_ in map(Ord, range(PEOPLE)):
            theirs = [one for one in stored.tasks if ord_ in one.delivered]
            found = _found(known, stored, ord_)
            assert [one for one in found if one in stored.tasks] == theirs[::-1]
            assert len(found) <= len(theirs) + 1, "the last one that was known may stay for longer than it is stored"
            after, before = sorted(data.draw(st.tuples(st.integers(0, 26), st.integers(0, 26)), "after, before"))
            bounds = before << SEQ_COUNTER_BITS, after << SEQ_COUNTER_BITS
            for sender in (None, *SENDERS):
                wanted = [one for one in theirs if bounds[1] < one.seq < bounds[0] and sender in (None, one.sender)]
                assert [one for one in _found(known, stored, ord_, *bounds, sender) if one in stored.tasks] == wanted[::-1]


def test_stretches_in_which_somebody_has_nothing_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of every sixteen are for the last person, the others for everybody else."""
    monkeypatch.setattr(broadcasts, "PAST_MAX", 100)
    last, others = Ord(PEOPLE - 1), frozenset(range(PEOPLE - 1))
    stored, known = _Stored(_tasks([(frozenset({last}) if at % 16 in (4, 5) else others, SENDERS[0], 0) for at in range(64)])), Broadcasts()
    assert [one.seq >> SEQ_COUNTER_BITS for one in _found(known, stored, last)] == [54, 53, 38, 37, 22, 21, 6, 5]

    read = stored.read
    assert len(_found(known, stored, last, sender=SENDERS[0])) == 8, "of one sender it is learned apart"
    assert stored.read - read > 40
    for sender in (None, SENDERS[0]):
        read = stored.read
        assert len(_found(known, stored, last, sender=sender)) == 8
        assert stored.read - read == 4 * 4 + 3 + 3, "four stretches hold something, one is not over, and one begins before all that was asked for"


def test_a_reader_of_an_old_state_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees half of a stretch that is over for everybody else."""
    monkeypatch.setattr(broadcasts, "PAST_MAX", 100)
    tasks = _tasks([(frozenset({0 if at < 10 else 1}), SENDERS[0], 0) for at in range(1, 40)])
    now, before, known = _Stored(tasks), _Stored(tasks[:9]), Broadcasts()
    kept = known.kept(cast(Tx, now), CORP)
    assert len(list(known.of_person(cast(Tx, before), CORP, Ord(0), kept, Seq(END), Seq(0)))) == 9

    assert len(_found(known, now, Ord(1))) == 30
