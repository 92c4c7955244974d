"""The loop of the simulation."""

import asyncio
from random import Random

import pytest

from simulation.loop import Died, SimulatedLoop, Stuck


def _order(seed: int) -> list[int]:
    loop = SimulatedLoop(Random(seed))
    seen: list[int] = []
    for n in range(6):
        loop.call_soon(seen.append, n)
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(1))
    loop.close()
    return seen


def test_waiting_takes_no_time_and_passes_all_the_same() -> None:
    loop = SimulatedLoop(Random(1))
    loop.run_until_complete(asyncio.sleep(3_600))

    assert 3_600 <= loop.time() < 3_601
    loop.close()


def test_the_seed_decides_the_order() -> None:
    assert _order(3) == _order(3)
    assert sorted(_order(3)) == sorted(_order(4)) == [0, 1, 2, 3, 4, 5]
    assert len({tuple(_order(seed)) for seed in range(8)}) > 1


def test_waiting_for_nothing_is_noticed() -> None:
    loop = SimulatedLoop(Random(1))
    with pytest.raises(Stuck):
        loop.run_until_complete(loop.create_future())
    loop.close()


def test_what_a_thread_would_do_happens_on_the_loop_some_time_later() -> None:
    loop = SimulatedLoop(Random(1))

    async def ask() -> int:
        return await loop.run_in_executor(None, int, "7")

    assert loop.run_until_complete(ask()) == 7
    assert loop.time() > 0
    loop.close()


def test_a_death_leaves_everything_where_it_is() -> None:
    loop = SimulatedLoop(Random(1))
    done: list[int] = []

    async def work() -> None:
        for n in range(100):
            await asyncio.sleep(0)
            done.append(n)

    loop.dies_at_step = 10
    with pytest.raises(Died):
        loop.run_until_complete(work())
    reached = list(done)
    loop.abandon()

    assert 0 < len(reached) < 100
    assert done == reached


def _order_of_leaving(names: list[str]) -> list[int]:
    loop = SimulatedLoop(Random(1))
    left: list[int] = []

    async def work(n: int) -> None:
        try:
            await asyncio.sleep(1)
        finally:
            left.append(n)

    async def begin() -> None:
        group.extend(asyncio.get_running_loop().create_task(work(n), name=name) for n, name in enumerate(names))
        await asyncio.sleep(0.5)

    group: list[asyncio.Task[None]] = []
    loop.run_until_complete(begin())
    loop.abandon()
    return left


def test_how_tasks_are_called_does_not_decide_who_leaves_first() -> None:
    """Tasks are numbered for the whole process: the seventh run in it must not differ from the first."""
    left = _order_of_leaving([f"Task-{n}" for n in range(5, 13)])

    assert sorted(left) == list(range(8))
    assert left == _order_of_leaving([f"Task-{n}" for n in range(95, 103)]) == _order_of_leaving(["hub 1"] * 8)
