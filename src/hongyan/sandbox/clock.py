"""A clock that can be moved and stopped."""

from hongyan.model.clock import SystemClock
from hongyan.model.ids import EpochMs


class SandboxClock:
    """Runs with the machine's clock at a distance, or stands still. It goes back only through a reset or a snapshot."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self._offset_ms = 0
        self._frozen_at: EpochMs | None = None

    def now(self) -> EpochMs:
        return self._frozen_at if self._frozen_at is not None else EpochMs(self._system.now() + self._offset_ms)

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None

    @property
    def offset_ms(self) -> int:
        return self.now() - self._system.now()

    def set(self, at: EpochMs) -> bool:
        """Go to a time; False, and nothing happens, when it lies in the past of this clock."""
        if at < self.now():
            return False
        if self._frozen_at is not None:
            self._frozen_at = at
        else:
            self._offset_ms = at - self._system.now()
        return True

    def freeze(self) -> None:
        self._frozen_at = self.now()

    def resume(self) -> None:
        """Run on from where the clock stands."""
        if self._frozen_at is not None:
            self._offset_ms = self._frozen_at - self._system.now()
            self._frozen_at = None

    def reset(self) -> None:
        """Back to the machine's time, running."""
        self._offset_ms = 0
        self._frozen_at = None

    def place(self, *, offset_ms: int = 0, frozen_at: EpochMs | None = None) -> None:
        """Stand where a snapshot says, whichever direction that is."""
        self._offset_ms = offset_ms
        self._frozen_at = frozen_at
