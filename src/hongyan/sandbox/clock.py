"""A clock that can be moved and stopped."""

import json
from pathlib import Path

from hongyan.model.clock import SystemClock
from hongyan.model.ids import EpochMs


class SandboxClock:
    """Runs with the machine's clock at a distance, or stands still. It goes back only through a reset or a snapshot.

    With a `file` it stands after a restart where it stood before: an organisation's history never runs backwards, and what was sent on
    a later day would otherwise lie in the future.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._system = SystemClock()
        self._offset_ms = 0
        self._frozen_at: EpochMs | None = None
        self._file = file
        if file is not None and file.exists():
            kept = json.loads(file.read_text("utf-8"))
            self._offset_ms, self._frozen_at = int(kept["offset_ms"]), kept["frozen_at"]

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
        self.place(offset_ms=at - self._system.now(), frozen_at=at if self.frozen else None)
        return True

    def freeze(self) -> None:
        self.place(offset_ms=self.offset_ms, frozen_at=self.now())

    def resume(self) -> None:
        """Run on from where the clock stands."""
        self.place(offset_ms=self.offset_ms)

    def reset(self) -> None:
        """Back to the machine's time, running."""
        self.place()

    def place(self, *, offset_ms: int = 0, frozen_at: EpochMs | None = None) -> None:
        """Stand where a snapshot says, whichever direction that is."""
        self._offset_ms = offset_ms
        self._frozen_at = frozen_at
        if self._file is not None:
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps({"offset_ms": offset_ms, "frozen_at": frozen_at}), "utf-8")
            draft.replace(self._file)
