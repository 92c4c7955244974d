"""Followers of one corp share a read, and none takes a read for newer than it is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pyroaring import BitMap

from hongyan.bus.local import LocalBus
from hongyan.delivery.live import LiveInboxes
from hongyan.model.clock import SystemClock
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq

CORP = CorpNo(1)


class SlowStore:
    """A history; a read sees it as it stood when the read began, and answers when it may."""

    def __init__(self) -> None:
        self.reads = 0
        self.history: list[int] = []
        self.open = asyncio.Event()
        self.open.set()

    async def read(self, body: Callable[..., Any], corp: CorpNo, after: Seq) -> Any:
        self.reads += 1
        found = body(Rows(list(self.history)), corp, after)
        await asyncio.sleep(0)
        await self.open.wait()
        return found


class Rows:
    def __init__(self, history: list[int]) -> None:
        self.history = history

    def one(self, name: str, **params: Any) -> tuple[int] | None:
        return (self.history[-1],) if self.history else None

    def all(self, name: str, *, after: Seq, **params: Any) -> list[Any]:
        everybody = BitMap(range(1000)).serialize()
        return [(Seq(n), SenderId(1), EpochMs(0), everybody, None) for n in self.history if n > after] if name == "task.after" else []


def live(story: Callable[[SlowStore, LocalBus, LiveInboxes], Awaitable[None]]) -> None:
    async def run() -> None:
        store, bus = SlowStore(), LocalBus()
        async with asyncio.timeout(20):
            await story(store, bus, LiveInboxes(store=store, bus=bus, clock=SystemClock()))  # type: ignore[arg-type]

    asyncio.run(run())


async def _first(inboxes: LiveInboxes, ord_: int, count: int) -> list[int]:
    found: list[int] = []
    async for change in inboxes.follow(CORP, Ord(ord_), Seq(0), beat_s=60):
        found.append(change.task)
        if len(found) == count:
            return found
    raise AssertionError


def test_a_thousand_followers_share_a_few_reads() -> None:
    async def story(store: SlowStore, bus: LocalBus, inboxes: LiveInboxes) -> None:
        async with asyncio.TaskGroup() as group:
            followers = [group.create_task(_first(inboxes, n, 2)) for n in range(1000)]
            for n in (1, 2):
                await asyncio.sleep(0.01)
                store.history.append(n)
                bus.publish(CORP)
        assert all(one.result() == [1, 2] for one in followers)
        assert store.reads < 10

    live(story)


def test_a_message_that_comes_while_others_are_read_is_told_at_once() -> None:
    async def story(store: SlowStore, bus: LocalBus, inboxes: LiveInboxes) -> None:
        async with asyncio.TaskGroup() as group:
            store.open.clear()
            early = group.create_task(_first(inboxes, 1, 2))
            await asyncio.sleep(0.01)  # its read has begun, on an empty history
            late = group.create_task(_first(inboxes, 2, 2))
            await asyncio.sleep(0.01)
            for n in (1, 2):  # two hints that count as one
                store.history.append(n)
                bus.publish(CORP)
            store.open.set()
        assert early.result() == late.result() == [1, 2]

    live(story)
