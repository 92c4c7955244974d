"""Hints within one process."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from hongyan.model.ids import CorpNo


class LocalSubscription:
    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def wait(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class LocalBus:
    """The default: one process, no network."""

    def __init__(self) -> None:
        self._listeners: dict[CorpNo, set[LocalSubscription]] = {}

    def publish(self, corp: CorpNo) -> None:
        for listener in self._listeners.get(corp, ()):
            listener.wake()

    @contextmanager
    def subscribe(self, corp: CorpNo) -> Generator[LocalSubscription]:
        subscription = LocalSubscription()
        self._listeners.setdefault(corp, set()).add(subscription)
        try:
            yield subscription
        finally:
            self._listeners[corp].discard(subscription)
