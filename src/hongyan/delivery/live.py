"""Live inboxes: what is new for one person, from a position on, without a gap."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Generator
from contextlib import AbstractContextManager, aclosing, contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

from hongyan.bus.interface import Bus
from hongyan.delivery.feed import Feed, Item, feed_txn, position_txn
from hongyan.delivery.hub import Hub, Seat
from hongyan.model.clock import Clock
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Store

BEAT_S = 15.0  # silence after which a beat is sent, so that proxies keep the connection
PENDING_POLL_S = 0.1  # how often to look whether a delayed message has become visible
FOLLOWERS_MAX = 32  # streams of one inbox: a person has fewer windows
WATCHERS_MAX = 64  # streams of one operator's pages
COME_BACK_MS = (500, 4000)  # after a farewell


def farewell() -> bytes:
    """The last words of a stream that the server ends: come back, but not everybody at the same moment."""
    return b"retry: %d\n: the server stops\n\n" % random.randint(*COME_BACK_MS)


Place = TypeVar("Place")


class Change(NamedTuple):
    """Something a reader's page must show. `position` is where to go on after a lost connection."""

    position: Seq
    kind: str  # message, recalled, read, opened, beat
    task: Seq
    sender: SenderId


@contextmanager
def _counted(open_now: Counter[Place], places: Collection[Place]) -> Generator[None]:
    """Counts as a stream at each of these places."""
    open_now.update(places)
    try:
        yield
    finally:
        open_now.subtract(places)
        for place in places:
            if not open_now[place]:
                del open_now[place]


class LiveInboxes:
    """Follows inboxes. Of a corp's followers each gets what is for it; those that read from the same position share one read."""

    def __init__(self, *, store: Store, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._feeds: dict[tuple[CorpNo, Seq], Feed] = {}  # those that hold something: what was once true of the past stays so
        self._reading: dict[tuple[CorpNo, Seq], tuple[int, asyncio.Future[Feed | None]]] = {}
        self._reads = 0
        self._hubs: dict[CorpNo, Hub] = {}
        self._followers: Counter[tuple[CorpNo, Ord]] = Counter()
        self._watchers: Counter[str] = Counter()

    def forget(self) -> None:
        self._feeds.clear()

    async def position(self, corp: CorpNo) -> Seq:
        """Where the corp's history ends now."""
        return await self._store.read(position_txn, corp)

    async def follow(self, corp: CorpNo, ord_: Ord, after: Seq, beat_s: float = BEAT_S) -> AsyncGenerator[Change]:
        """Every change for this person after a position, in order, each once; a `beat` when there is nothing for a while."""
        async with aclosing(self.follow_several(corp, (ord_,), after, beat_s)) as changes:
            async for change, _ in changes:
                yield change

    def crowded(self, corp: CorpNo, *ords: Ord) -> bool:
        """True when nobody more may follow one of these inboxes."""
        return any(self._followers[corp, ord_] >= FOLLOWERS_MAX for ord_ in ords)

    def watches_enough(self, operator: str) -> bool:
        """True when no page more of this operator may be kept current."""
        return self._watchers[operator] >= WATCHERS_MAX

    def watching(self, operator: str) -> AbstractContextManager[None]:
        """Counts as a stream of this operator."""
        return _counted(self._watchers, [operator])

    async def follow_several(
        self, corp: CorpNo, ords: Collection[Ord], after: Seq, beat_s: float = BEAT_S
    ) -> AsyncGenerator[tuple[Change, tuple[Ord, ...]]]:
        """The same for several people at once, each change with those of them whom it concerns; a beat concerns nobody."""
        pending: list[Item] = []
        goal: Seq | None = None  # how far the store is read, until what lies on the seat is all there is
        with _counted(self._followers, [(corp, ord_) for ord_ in ords]), self._seated(corp, ords) as (hub, seat):
            while True:
                if seat.behind:
                    seat.catch_up()
                    goal = hub.upto
                if goal is not None:
                    before, feed = after, await self._feed(corp, after)
                    after = feed.upto
                    pending += [item for item in feed.items if item.concerned(ords)]
                    goal = goal if before < after < goal else None
                else:
                    pending += [item for item in seat.take() if item.seq > after]
                    after = max(after, hub.upto)
                ready, pending = _split(pending, self._clock.now())
                position = Seq(pending[0].seq - 1) if pending else after
                for index, item in enumerate(ready):
                    # A position is safe only when everything before it was handed out.
                    safe = min(position, item.seq) if index < len(ready) - 1 else position
                    yield Change(safe, item.kind, item.task, item.sender), item.concerned(ords)
                if goal is not None or seat.has_news:
                    continue
                if not await seat.wait(PENDING_POLL_S if pending else beat_s) and not pending:
                    yield Change(position, "beat", Seq(0), SenderId(0)), ()

    @contextmanager
    def _seated(self, corp: CorpNo, ords: Collection[Ord]) -> Generator[tuple[Hub, Seat]]:
        hub = self._hubs.get(corp)
        if hub is None:
            hub = Hub(corp, self._bus, partial(self.position, corp), partial(self._feed, corp))
            self._hubs[corp] = hub
        seat = Seat(ords)
        hub.add(seat)
        try:
            yield hub, seat
        finally:
            if hub.remove(seat):
                del self._hubs[corp]

    async def _feed(self, corp: CorpNo, after: Seq) -> Feed:
        """What is there after a position, at the moment of the call or later. Who asks for the same waits for the same read."""
        asked = self._reads
        while True:
            known = self._feeds.get((corp, after))
            if known is not None:
                return known
            reading = self._reading.get((corp, after))
            if reading is None:
                return await self._read(corp, after)
            number, answer = reading
            feed = await asyncio.shield(answer)
            # One that had begun before the call and found nothing may have missed what the caller was woken for.
            if feed is not None and (feed.upto > after or number > asked):
                return feed

    async def _read(self, corp: CorpNo, after: Seq) -> Feed:
        self._reads += 1
        answer: asyncio.Future[Feed | None] = asyncio.get_running_loop().create_future()
        self._reading[corp, after] = (self._reads, answer)
        try:
            feed = await self._store.read(feed_txn, corp, after)
        except BaseException:
            answer.set_result(None)  # who waits reads for itself
            raise
        finally:
            self._reading.pop((corp, after), None)
        answer.set_result(feed)
        if feed.upto > after:
            if len(self._feeds) > 64:
                self._feeds.clear()
            self._feeds[corp, after] = feed
        return feed


def _split(items: list[Item], now: EpochMs) -> tuple[list[Item], list[Item]]:
    """What may be shown now, and what is still delayed."""
    return [item for item in items if item.visible_at <= now], [item for item in items if item.visible_at > now]
