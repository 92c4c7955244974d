"""What is new reaches those whom it concerns, each once and in order, and wakes nobody else."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from hongyan.bus.local import LocalBus
from hongyan.delivery import feed, hub
from hongyan.delivery.hub import Seat
from hongyan.delivery.live import Change, LiveInboxes
from hongyan.model.clock import SystemClock
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import StoreUnavailable

CORP, PEOPLE = CorpNo(1), 4


class History:
    """What was committed: at each position a message to some people, or an event of one."""

    def __init__(self) -> None:
        self.entries: list[tuple[Seq, BitMap | int]] = []
        self.failures = self.reads = 0

    def commit(self, whom: frozenset[int] | int) -> None:
        self.entries.append((Seq(len(self.entries) + 1), whom if isinstance(whom, int) else BitMap(whom)))

    async def read(self, body: Callable[..., Any], *args: Any) -> Any:
        self.reads += 1
        found = body(_Rows(list(self.entries)), *args)
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the disk fails")
        return found

    def of(self, ord_: int) -> list[int]:
        return [seq for seq, whom in self.entries if (whom == ord_ if isinstance(whom, int) else ord_ in whom)]


class _Rows:
    def __init__(self, entries: list[tuple[Seq, BitMap | int]]) -> None:
        self._entries = entries

    def one(self, name: str, **params: Any) -> tuple[int]:
        assert name == "corp.accept_state"
        return (self._entries[-1][0] if self._entries else 0,)

    def all(self, name: str, *, after: Seq, limit: int, **params: Any) -> list[Any]:
        new = [(seq, whom) for seq, whom in self._entries if seq > after]
        if name == "task.after":
            return [(seq, SenderId(1), EpochMs(0), whom.serialize(), None) for seq, whom in new if isinstance(whom, BitMap)][:limit]
        assert name == "event.after"
        return [(seq, "read", seq, SenderId(1), Ord(whom), None, None) for seq, whom in new if isinstance(whom, int)][:limit]


class _Reader:
    """Somebody who follows, sometimes slowly, and comes back where the last change left off."""

    def __init__(self, inboxes: LiveInboxes, ord_: int) -> None:
        self._inboxes, self._ord = inboxes, Ord(ord_)
        self.heard: list[int] = []
        self._position = Seq(0)
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()
        self.come()

    def come(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        async for change in self._inboxes.follow(CORP, self._ord, self._position, beat_s=0.005):
            self._hear(change)
            await self._may_go_on.wait()

    def _hear(self, change: Change) -> None:
        if change.kind != "beat":
            self.heard.append(change.task)
        assert change.position >= self._position, "a position never goes back"
        self._position = change.position

    def pause(self) -> None:
        self._may_go_on.clear()

    def go_on(self) -> None:
        self._may_go_on.set()

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def failed(self) -> bool:
        return self._task.done()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


_whom = st.one_of(st.integers(0, PEOPLE - 1), st.frozensets(st.integers(0, PEOPLE - 1)))
_deeds = st.one_of(
    st.tuples(st.just("commit"), st.lists(_whom, min_size=1, max_size=6)),
    st.tuples(st.sampled_from(("pause", "go_on", "leave", "fail", "rest")), st.integers(0, PEOPLE - 1)),
)


@settings(deadline=None, database=None, derandomize=True, max_examples=150)
@given(st.lists(_deeds, max_size=25))
def test_everybody_hears_what_is_theirs_once_and_in_order(deeds: list[tuple[str, Any]]) -> None:
    async def story() -> None:
        history, bus = History(), LocalBus()
        inboxes = LiveInboxes(store=history, bus=bus, clock=SystemClock())  # type: ignore[arg-type]
        readers = [_Reader(inboxes, ord_) for ord_ in range(PEOPLE)]
        for name, what in deeds:
            if name == "commit":
                for whom in what:
                    history.commit(whom)
                bus.publish(CORP)
            elif name == "leave":
                await readers[what].leave()
                readers[what].come()
            elif name == "fail":
                history.failures = what
            elif name == "rest":
                await asyncio.sleep(0.002)
            else:
                getattr(readers[what], name)()
            for _ in range(3):
                await asyncio.sleep(0)
        history.failures = 0
        for ord_, reader in enumerate(readers):
            reader.go_on()
            if reader.failed:
                reader.come()
            await _until(lambda reader=reader, ord_=ord_: len(reader.heard) >= len(history.of(ord_)))
        await asyncio.sleep(0.02)  # what is heard twice may come late
        assert [reader.heard for reader in readers] == [history.of(ord_) for ord_ in range(PEOPLE)]
        for reader in readers:
            await reader.leave()
        assert not inboxes._hubs and not any(bus._listeners.values()), "nobody listens when nobody follows"

    with pytest.MonkeyPatch.context() as patch:
        for place, name, size in ((hub, "SEAT_MAX", 2), (feed, "CHUNK", 3), (hub, "PACE_S", 0.0005), (hub, "RETRY_S", 0.002), (hub, "LISTEN_S", 30)):
            patch.setattr(place, name, size)
        asyncio.run(story())


def test_what_is_for_one_wakes_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Any] = []
    take = Seat.take
    monkeypatch.setattr(Seat, "take", lambda self: woken.append(tuple(self.ords)) or take(self))

    async def story() -> None:
        history, bus = History(), LocalBus()
        inboxes = LiveInboxes(store=history, bus=bus, clock=SystemClock())  # type: ignore[arg-type]
        heard: list[int] = []

        async def follow(ord_: int) -> None:
            nonlocal heard
            async for change in inboxes.follow(CORP, Ord(ord_), Seq(0), beat_s=60):
                heard += [change.task]

        tasks = [asyncio.create_task(follow(ord_)) for ord_ in range(500)]
        await asyncio.sleep(0.2)
        woken.clear()
        reads = history.reads
        for n in range(1, 31):
            history.commit(7)
            bus.publish(CORP)
            await _until(lambda n=n: len(heard) == n)
        assert heard == list(range(1, 31))
        assert set(woken) == {(7,)}
        assert history.reads - reads <= 2 * 30 + 2, "one for each that comes, and one that finds nothing more"
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    asyncio.run(story())


def test_a_beat_says_that_all_before_it_was_for_others() -> None:
    async def story() -> None:
        history, bus = History(), LocalBus()
        inboxes = LiveInboxes(store=history, bus=bus, clock=SystemClock())  # type: ignore[arg-type]
        beats: list[Seq] = []

        async def follow() -> None:
            async for change in inboxes.follow(CORP, Ord(1), Seq(0), beat_s=0.01):
                assert change.kind == "beat"
                beats.append(change.position)

        task = asyncio.create_task(follow())
        for _ in range(20):
            history.commit(2)
            bus.publish(CORP)
            await asyncio.sleep(0.005)
        await _until(lambda: beats[-1:] == [20])
        assert len(beats) > 3, "also while others hear much"
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(story())
