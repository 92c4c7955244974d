"""One listener for each organisation, who reads what is new once and hands it to those of the followers whom it concerns.

If each follower listened for itself, a send to one person would wake everybody whose inbox stands open.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import chain

from pyroaring import BitMap

from hongyan.bus.interface import Bus, Subscription
from hongyan.delivery.feed import Feed, Item
from hongyan.model.ids import CorpNo, Ord, Seq
from hongyan.store.interface import StoreError

log = logging.getLogger(__name__)

SEAT_MAX = 500  # what waits for a follower who reads slowly; beyond, it reads the store for itself
PACE_S = 0.005  # between two reads: sends that come thick share one
LISTEN_S = 5.0  # a lost hint delays for so long
RETRY_S = 0.5  # after the store failed


class Seat:
    """A follower's place: what came for these people and was not taken yet."""

    def __init__(self, ords: Collection[Ord]) -> None:
        self.ords = ords
        self.behind = True  # more is new than lies here: read the store up to where the hub is, after `catch_up`
        self._items: list[Item] = []
        self._news = asyncio.Event()

    @property
    def has_news(self) -> bool:
        return self._news.is_set()

    def give(self, item: Item) -> None:
        if self.behind:
            return
        if len(self._items) >= SEAT_MAX:
            self.fall_behind()
        else:
            self._items.append(item)
            self._news.set()

    def fall_behind(self) -> None:
        self.behind = True
        self._items.clear()
        self._news.set()

    def catch_up(self) -> None:
        """From now on everything is put here."""
        self.behind = False
        self._news.clear()

    def take(self) -> list[Item]:
        items, self._items = self._items, []
        self._news.clear()
        return items

    async def wait(self, timeout_s: float) -> bool:
        """True as soon as there is something; False after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return self.has_news  # it may have come in the same moment
        return True


class Hub:
    """Listens for one organisation as long as somebody follows.

    `upto` is where everything before was handed out; it goes back only when the store's content was replaced by something older.
    """

    def __init__(self, corp: CorpNo, bus: Bus, position: Callable[[], Awaitable[Seq]], read: Callable[[Seq], Awaitable[Feed]]) -> None:
        self.upto = Seq(0)
        self._corp, self._bus, self._position, self._read = corp, bus, position, read
        self._seats: dict[Ord, dict[Seat, None]] = {}  # the first come are the first told
        self._ords = BitMap()
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"hub {corp}")

    def add(self, seat: Seat) -> None:
        for ord_ in seat.ords:
            self._seats.setdefault(ord_, {})[seat] = None
            self._ords.add(ord_)

    def remove(self, seat: Seat) -> bool:
        """True when nobody follows any more, and it listens no longer."""
        for ord_ in seat.ords:
            seats = self._seats.get(ord_, {})
            seats.pop(seat, None)
            if not seats and self._seats.pop(ord_, None) is not None:
                self._ords.discard(ord_)
        if not self._seats:
            self._task.cancel()
        return not self._seats

    async def _run(self) -> None:
        with self._bus.subscribe(self._corp) as subscription:
            while True:
                try:
                    self.upto = await self._position()
                    self._leave_behind()
                    await self._hand_out(subscription)
                except Exception as failure:  # each follower reads for itself now; a store that fails is told there
                    if not isinstance(failure, StoreError):
                        log.exception("what is new in organisation %d could not be handed out", self._corp)
                    self._leave_behind()
                    await subscription.wait(RETRY_S)

    async def _hand_out(self, subscription: Subscription) -> None:
        while True:
            feed = await self._read(self.upto)
            if feed.upto < self.upto:
                self.upto = feed.upto
                self._leave_behind()
            elif feed.upto > self.upto:
                for item in feed.items:
                    for seat in self._concerned(item):
                        seat.give(item)
                self.upto = feed.upto
                await asyncio.sleep(PACE_S)  # the hint that ended the last wait may have stood for more than this
                continue
            await subscription.wait(LISTEN_S)

    def _concerned(self, item: Item) -> Iterable[Seat]:
        if item.people is None:
            return self._seats.get(item.ord_, ()) if item.ord_ is not None else ()
        found = [self._seats[Ord(ord_)] for ord_ in item.people & self._ords]
        return found[0] if len(found) == 1 else dict.fromkeys(chain.from_iterable(found))

    def _leave_behind(self) -> None:
        for seat in dict.fromkeys(chain.from_iterable(self._seats.values())):
            seat.fall_behind()
