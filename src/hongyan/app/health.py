"""Whether the server should be given requests just now, and why not."""

import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import NamedTuple

from hongyan.engine.engine import Engine
from hongyan.model.ids import EpochMs
from hongyan.store.interface import StoreError, Tx

STUCK_S = 10.0  # a transaction that has been running for longer will not end by itself
PROBE_S = 2.0  # that a probe may take
PROBE_EVERY_S = 1.0
_PROBE = "health.probe"  # a setting that nobody reads


class Reason(NamedTuple):
    """What is wrong: the name of the check, and a sentence without secrets."""

    check: str  # stopping, store, writer, disk
    message: str


def _probe_txn(tx: Tx, now: EpochMs) -> None:
    tx.run("setting.put", name=_PROBE, value=str(now))


class Health:
    """Of one server. `leaving` is set when it was told to stop."""

    def __init__(self, engine: Engine, folder: Path, *, disk_free_min: int) -> None:
        self.leaving = False
        self._engine = engine
        self._folder = folder
        self._disk_free_min = disk_free_min
        self._probe_at = 0.0

    def disk_free(self) -> int:
        """Bytes; 0 when the folder cannot be looked at."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0

    async def reasons(self) -> list[Reason]:
        """Why no request should come here; empty: one may."""
        store = self._engine.store
        found: list[Reason] = []
        if self.leaving:
            found.append(Reason("stopping", "the server was told to stop"))
        stuck_s = store.vitals().oldest_s
        if stuck_s > STUCK_S:
            found.append(Reason("writer", f"a transaction has been running for {round(stuck_s)} seconds"))
        elif store.trouble():
            await self._probe()
        if store.trouble():
            found.append(Reason("store", store.trouble()))
        free = self.disk_free()
        if free < self._disk_free_min:
            found.append(Reason("disk", f"{free >> 20} MB are free where the data lies; at least {self._disk_free_min >> 20} are wanted"))
        return found

    async def _probe(self) -> None:
        """Write something: without requests nothing else would find out that the disk works again."""
        now = asyncio.get_running_loop().time()
        if now >= self._probe_at:
            self._probe_at = now + PROBE_EVERY_S
            with contextlib.suppress(StoreError, TimeoutError):  # the store says itself what it is
                async with asyncio.timeout(PROBE_S):
                    await self._engine.store.write(_probe_txn)
