"""The real store without its threads: the loop decides when a commit happens, and everything that was done to it is written down."""

import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import msgspec

from hongyan.model.clock import Clock
from hongyan.model.faults import NoFaults
from hongyan.model.ids import EpochMs
from hongyan.store import sqlite
from simulation.loop import WAIT_S, SimulatedLoop


class Entry(msgspec.Struct):
    """One thing done to the store, in the order in which it took effect. `batch` holds sends and their outcomes."""

    name: str
    args: tuple[Any, ...]
    result: Any
    now: EpochMs
    position: int = 0  # where the organisation's history stood afterwards
    rules_version: int = 0  # of the process at that moment


class _NoThread:
    """Never starts: the loop does its work."""

    def __init__(self, **_arguments: Any) -> None: ...

    def start(self) -> None: ...

    def join(self) -> None: ...


_THREADLESS = SimpleNamespace(Thread=_NoThread, local=threading.local, Event=threading.Event, Lock=threading.Lock)


class _Steps:
    """The way to the writer: each piece of work becomes a step of the loop."""

    def __init__(self, store: "SimulatedStore", loop: SimulatedLoop) -> None:
        self._store = store
        self._loop = loop
        self._turn: deque[Any] = deque()

    def put(self, work: Any) -> None:
        if work is not None:
            self._loop.call_later(self._loop.random.random() * WAIT_S, self._step, work)

    def get(self) -> Any:
        return self._turn.popleft() if self._turn else None

    def _step(self, work: Any) -> None:
        if not self._store.gone:
            self._turn.append(work)
            self._store._write_loop()


class SimulatedStore(sqlite.SqliteStore):
    """`log` is what was committed and read, in order; it outlives the process that wrote it."""

    def __init__(self, path: Path, *, clock: Clock, loop: SimulatedLoop, log: list[Entry], watched: Callable[[str], bool]) -> None:
        with mock.patch.object(sqlite, "threading", _THREADLESS):
            super().__init__(path, clock=clock, faults=NoFaults())
        self._inbound = _Steps(self, loop)  # type: ignore[assignment]
        self.gone = False
        self.rules_version: Callable[[], int] = int
        self._log = log
        self._watched = watched
        self._pending: list[Entry] = []

    def begun(self) -> None:
        self._pending.clear()

    def committed(self) -> None:
        self._log += self._pending
        self._pending.clear()

    def _run_jobs(self, group: list[Any], now: EpochMs) -> None:
        batch = group[0].batch
        if batch is None and len(group) > 1:
            for job in group:  # one after the other, as the real one does, but with a look at each
                self._run_jobs([job], now)
            return
        super()._run_jobs(group, now)
        row = self._tx.one("corp.accept_state", corp=1)
        position = row[0] if row else 0
        if batch is not None:
            done = Entry(batch.name, (tuple(job.item for job in group),), tuple(job.result for job in group), now, position, self.rules_version())
        else:
            job = group[0]
            done = Entry(_name(job.body), job.args, job.result, now, position, self.rules_version())
        self._pending.append(done)

    def _try_group(self, group: list[Any], now: EpochMs) -> Exception | None:
        before = len(self._pending)
        raised = super()._try_group(group, now)
        if raised is not None:
            del self._pending[before:]
        return raised

    def _read(self, body: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        result = super()._read(body, args)
        if self._watched(_name(body)):
            self._log.append(Entry(_name(body), args, result, self._clock.now()))
        return result

    def die(self) -> None:
        """As when the process ends: what is not committed is gone, and so are its connections and its lock."""
        self.gone = True
        self._pending.clear()
        for connection in (*self._reader_connections, self._writer):
            connection.close(True)
        os.close(self._lock_file)


def _name(body: Callable[..., Any]) -> str:
    return getattr(body, "__name__", type(body).__name__)
