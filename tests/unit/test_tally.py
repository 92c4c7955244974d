"""Counting in bitmaps: a tally against a plain counter, the first people of an order, and who is at a limit."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from hongyan.admission.state import SenderState, Tally, Usage
from hongyan.admission.work import first_people
from hongyan.model.ids import EpochMs, Ord

PEOPLE = 6
_people = st.frozensets(st.integers(0, PEOPLE - 1))
# Sometimes the same set many times, so that the higher planes are used.
_sets = st.lists(st.tuples(_people, st.sampled_from((1, 1, 2, 3, 4, 7, 8, 9, 31))), max_size=8).map(
    lambda some: [one for one, n in some for _ in range(n)]
)
_orders = st.lists(st.integers(0, 9), max_size=12).map(lambda ords: tuple(Ord(ord_) for ord_ in ords))


def _tally(sets: list[frozenset[int]]) -> tuple[Tally, Counter[int]]:
    tally, counter = Tally(), Counter[int]()
    for one in sets:
        tally.add(BitMap(one))
        counter.update(one)
    return tally, counter


@settings(deadline=None, database=None, derandomize=True)
@given(_sets)
def test_a_tally_counts_as_a_counter_does(sets: list[frozenset[int]]) -> None:
    tally, counter = _tally(sets)

    assert tally.sets == len(sets) and tally.most == max(counter.values(), default=0)
    copy = tally.copy()
    copy.add(BitMap(range(PEOPLE)))
    assert [copy.of(Ord(who)) for who in range(PEOPLE)] == [counter[who] + 1 for who in range(PEOPLE)]
    assert [tally.of(Ord(who)) for who in range(PEOPLE)] == [counter[who] for who in range(PEOPLE)]
    for least in range(1, len(sets) + 3):
        assert set(tally.at_least(least)) == {who for who, n in counter.items() if n >= least}


@settings(deadline=None, database=None, derandomize=True)
@given(_sets, _people)
def test_a_tally_keeps_no_hold_of_the_sets_it_was_given(sets: list[frozenset[int]], more: frozenset[int]) -> None:
    tally, given_sets = Tally(), [BitMap(one) for one in sets]
    for one in given_sets:
        tally.add(one)
    before = [tally.of(Ord(who)) for who in range(PEOPLE)]
    assert given_sets == [BitMap(one) for one in sets], "counting changes no set"
    for one in given_sets:
        one |= BitMap(more)
    tally.at_least(1).add(99)

    assert [tally.of(Ord(who)) for who in range(PEOPLE)] == before and tally.of(Ord(99)) == 0


def test_a_tally_reaches_every_power_of_two_and_its_neighbours() -> None:
    tally = Tally()
    for n in range(1, 1026):
        tally.add(BitMap([7]))
        if n & (n - 1) == 0 or n & (n + 1) == 0:
            assert tally.of(Ord(7)) == n
            assert 7 in tally.at_least(n) and 7 not in tally.at_least(n + 1)


# --- the first people


@settings(deadline=None, database=None, derandomize=True)
@given(st.frozensets(st.integers(0, 9)), _orders, st.integers(-2, 12))
def test_the_first_are_those_in_the_callers_order_then_by_ordinal(people: frozenset[int], order: tuple[Ord, ...], count: int) -> None:
    walk = [who for who in dict.fromkeys([*order, *sorted(people)]) if who in people]

    assert set(first_people(BitMap(people), order, count)) == set(walk[: max(count, 0)])


@pytest.mark.parametrize(
    ("order", "count", "first"),
    [
        ((), 2, {1, 2}),
        ((9, 5), 1, {9}),
        ((9, 5), 2, {5, 9}),
        ((9, 5), 3, {1, 5, 9}),
        ((9, 9, 9, 5), 2, {5, 9}),  # named twice, taken once
        ((7, 9), 2, {1, 9}),  # 7 is not among the people
        ((9,), 0, set()),
        ((9,), -3, set()),
        ((9,), 99, {1, 2, 5, 9}),
    ],
)
def test_the_first_of_four(order: tuple[Ord, ...], count: int, first: set[int]) -> None:
    assert set(first_people(BitMap([1, 2, 5, 9]), order, count)) == first


# --- at the limit


def _state(rows: dict[int, int], sets: list[frozenset[int]]) -> tuple[SenderState, Counter[int]]:
    state, counter = SenderState(EpochMs(0), PEOPLE), Counter(rows)
    state.usage = {Ord(who): Usage(n) for who, n in rows.items()}
    for one in sets:
        state.tally.add(BitMap(one))
        counter.update(one)
    return state, counter


@settings(deadline=None, database=None, derandomize=True)
@given(st.dictionaries(st.integers(0, PEOPLE - 1), st.integers(0, 6)), st.lists(_people, max_size=8), _people, st.integers(-1, 12))
def test_at_the_limit_is_who_has_so_many_by_rows_and_bitmaps_together(
    rows: dict[int, int], sets: list[frozenset[int]], people: frozenset[int], limit: int
) -> None:
    state, counter = _state(rows, sets)

    assert set(state.at_limit(limit, BitMap(people))) == {who for who in people if counter[who] >= limit}
    assert [state.counted_for(Ord(who)) for who in range(PEOPLE)] == [counter[who] for who in range(PEOPLE)]


@pytest.mark.parametrize(
    ("rows", "bitmaps", "over"),
    [(2, 0, False), (3, 0, True), (0, 2, False), (0, 3, True), (2, 1, True), (1, 2, True), (1, 1, False), (4, 0, True), (0, 0, False)],
)
def test_three_a_day_however_they_are_stored(rows: int, bitmaps: int, over: bool) -> None:
    state, _ = _state({1: rows} if rows else {}, [frozenset([1])] * bitmaps)

    assert (1 in state.at_limit(3, BitMap([1, 2]))) is over


# --- who has a content


@settings(deadline=None, database=None, derandomize=True)
@given(st.dictionaries(st.integers(0, PEOPLE - 1), st.frozensets(st.sampled_from((b"a" * 8, b"b" * 8)))), _people, _people)
def test_who_has_a_content_by_rows_or_by_bitmaps(rows: dict[int, frozenset[bytes]], twins: frozenset[int], people: frozenset[int]) -> None:
    state = SenderState(EpochMs(0), PEOPLE)
    state.usage = {Ord(who): Usage(0, hashes) for who, hashes in rows.items()}
    state.twins[b"a" * 8] = BitMap(twins)
    by_rows = {hash_: {who for who, hashes in rows.items() if hash_ in hashes} for hash_ in (b"a" * 8, b"b" * 8)}

    assert set(state.have_content(b"a" * 8, BitMap(people))) == people & (by_rows[b"a" * 8] | twins)
    assert set(state.have_content(b"b" * 8, BitMap(people))) == people & by_rows[b"b" * 8]
