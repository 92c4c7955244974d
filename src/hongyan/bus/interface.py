"""What every bus promises."""

from contextlib import AbstractContextManager
from typing import Protocol

from hongyan.model.ids import CorpNo


class Subscription(Protocol):
    """One listener for one corp."""

    async def wait(self, timeout_s: float) -> bool:
        """True when a hint came since the last call, False after the timeout. Hints that come together count once."""
        ...


class Bus(Protocol):
    """Carries hints between whoever commits and whoever waits."""

    def publish(self, corp: CorpNo) -> None:
        """Say that the corp has something new; call it after the commit. Never blocks, never raises."""
        ...

    def subscribe(self, corp: CorpNo) -> AbstractContextManager[Subscription]: ...
