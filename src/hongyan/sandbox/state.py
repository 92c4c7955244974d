"""What a sandbox adds to a server: its clock, its faults, its delay, its snapshots."""

import re
import shutil
from pathlib import Path

import msgspec

from hongyan.model.faults import reach
from hongyan.model.ids import EpochMs
from hongyan.sandbox.clock import SandboxClock
from hongyan.sandbox.faults import SandboxFaults

_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_STORE, _BLOBS, _CLOCK = "store.db", "blobs", "clock.json"


class ClockPosition(msgspec.Struct, frozen=True):
    """Where a sandbox's clock stands: its distance from the machine's, or the moment it is frozen at."""

    offset_ms: int = 0
    frozen_at: EpochMs | None = None


class Sandbox:
    """One process's sandbox. `snapshots` is a folder of its own; `blobs`, where it is asked for, that of the blob store."""

    def __init__(self, *, clock: SandboxClock, faults: SandboxFaults, snapshots: Path, delay_ms: int = 0) -> None:
        self.clock = clock
        self.faults = faults
        self.delay_ms = delay_ms
        self._snapshots = snapshots

    def names(self) -> list[str]:
        """The snapshots there are."""
        return snapshots_in(self._snapshots)

    def store_of(self, name: str) -> Path:
        """Where a snapshot keeps the store."""
        return self._snapshots / name / _STORE

    def begin(self, name: str) -> Path:
        """An empty folder for a new snapshot; it counts only after `finish`."""
        draft = self._draft(name)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        return draft / _STORE

    def finish(self, name: str, blobs: Path) -> None:
        """Add blobs and clock to the store that lies there, and let the snapshot take the place of an earlier one of its name."""
        draft = self._draft(name)
        reach("snapshot.copied")
        if blobs.is_dir():
            shutil.copytree(blobs, draft / _BLOBS)
        position = ClockPosition(self.clock.offset_ms, self.clock.now() if self.clock.frozen else None)
        (draft / _CLOCK).write_bytes(msgspec.json.encode(position))
        target = self._snapshots / name
        reach("snapshot.finishing")
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)

    def restore_before_store(self, name: str, blobs: Path) -> None:
        """Lay a snapshot's blobs beside the present ones, so that whichever store is found after a crash has its own."""
        kept = self._snapshots / name / _BLOBS
        if kept.is_dir():
            shutil.copytree(kept, blobs, dirs_exist_ok=True, copy_function=_copy_missing)
        reach("restore.begun")

    def restore_after_store(self, name: str, blobs: Path) -> None:
        """Remove the blobs that are not the snapshot's, put back its clock, and take planted faults and the delay away."""
        reach("restore.replaced")
        kept = self._snapshots / name / _BLOBS
        for folder in [entry for entry in blobs.iterdir() if entry.is_dir()] if blobs.is_dir() else []:
            for blob in [entry for entry in folder.iterdir() if not (kept / folder.name / entry.name).exists()]:
                blob.unlink()
        self._clear()
        position = msgspec.json.decode((self._snapshots / name / _CLOCK).read_bytes(), type=ClockPosition)
        self.clock.place(offset_ms=position.offset_ms, frozen_at=position.frozen_at)

    def reset_beside_store(self, blobs: Path) -> None:
        """No blobs, no faults, no delay, the machine's time. Snapshots stay."""
        shutil.rmtree(blobs, ignore_errors=True)
        self._clear()

    def _clear(self) -> None:
        self.clock.reset()
        self.faults.remove()
        self.delay_ms = 0

    def _draft(self, name: str) -> Path:
        return self._snapshots / f".{name}.draft"


def _copy_missing(source: str, target: str) -> None:
    """A blob that is there has the same content; writing it anew could leave half of it."""
    if not Path(target).exists():
        shutil.copy2(source, target)


def snapshots_in(folder: Path) -> list[str]:
    """The names of the snapshots in their folder, which need not be there."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if is_snapshot_name(entry.name) and entry.is_dir())


def is_snapshot_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
