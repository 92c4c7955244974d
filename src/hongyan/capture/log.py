"""The log of calls: takes notes from the event loop in a microsecond, and writes them in a thread of its own."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import apsw

from hongyan.capture.file import BROKEN, CaptureFile, open_captures, put_aside
from hongyan.capture.reading import KEPT_BYTES, Clues, capture_of, clues_of
from hongyan.capture.records import NEWEST, Answered, Asked, Caller, Capture, Limits, Note, Summary, Wanted
from hongyan.model.clock import Clock
from hongyan.model.faults import reach
from hongyan.model.ids import EpochMs

log = logging.getLogger("hongyan.capture")
Result = TypeVar("Result")

QUEUE_MAX = 2000
LARGE_BYTES = 8 * 1024
LARGE_MAX = 200  # notes in the queue from which on large ones are dropped: each may hold twice `KEPT_BYTES`
REFUSED_PER_SECOND = 500
BATCH = 100
WRITE_EVERY_S = 0.2
PURGE_EVERY_S = 10.0
BREATH_S = 50e-6  # between two calls: the event loop gets the interpreter
RESOLVE_S = 5.0
_SECOND_NS = 1_000_000_000

Resolve = Callable[[list[Clues]], Awaitable[list[Caller | None]]]
Name = Callable[[str], str]


async def _nobody(clues: list[Clues]) -> list[Caller | None]:
    return [None] * len(clues)


class CaptureLog:
    """One per process. `left_out` counts accepted calls beyond the number a second, `dropped` those for which there was no room, `purged` old ones."""

    def __init__(self, path: Path | None, clock: Clock, limits: Limits, resolve: Resolve = _nobody, credential: Name = lambda _: "") -> None:
        """`path` None: nothing is captured. `resolve` says whose calls they were; `credential` names a token without giving it away."""
        self.limits = limits
        self.left_out = 0
        self.dropped = self.purged = 0
        self._path = path
        self._clock = clock
        self._resolve = resolve
        self._credential = credential
        self._file: CaptureFile | None = None
        self._n = 0
        self._second = self._accepted = self._refused = 0
        self._waiting: deque[Note] = deque()
        self._errands: deque[tuple[Callable[[CaptureFile], Any], Future[Any]]] = deque()
        self._wake = threading.Event()
        self._written = threading.Condition()
        self._written_n = 0
        self._stopping = False
        self._failing = False
        self._purge_at = 0.0

    @property
    def off(self) -> bool:
        return self._path is None or self.limits.off

    @property
    def last(self) -> int:
        """The newest call's number, among those written."""
        return self._written_n

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Open for notes; what waits at the end is written."""
        if self.off:
            yield
            return
        await asyncio.to_thread(self._open)
        thread = threading.Thread(target=self._run, args=(asyncio.get_running_loop(),), name="captures", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping = True
            self._wake.set()
            await asyncio.to_thread(thread.join)
            if self._file:
                self._file.close()
                self._file = None

    # --- the event loop's side

    def note(self, path: str, asked: Asked, answered: Answered) -> int:
        """Hand a call over; returns its number, 0 when it is left out. Never waits."""
        if self._file is None:
            return 0
        trail = asked.trail
        if not self._has_turn(trail.begun_ns // _SECOND_NS, accepted=answered.errcode == "0" and not trail.replay_of):
            return 0
        body, reply = len(asked.body), len(answered.body)
        if len(self._waiting) >= (LARGE_MAX if body + reply > LARGE_BYTES else QUEUE_MAX):
            self.dropped += 1
            return 0
        if body > KEPT_BYTES or reply > KEPT_BYTES:
            asked, answered = _Cut(asked), _CutAnswer(answered)
        self._n += 1
        now = trail.at if trail.at is not None else self._clock.now()
        self._waiting.append(Note(self._n, now, (time.perf_counter_ns() - trail.begun_ns) // 1000, path, asked, answered, body, reply))
        return self._n

    def _has_turn(self, second: int, *, accepted: bool) -> bool:
        if second != self._second:
            self._second, self._accepted, self._refused = second, 0, 0
        if accepted:
            self._accepted += 1
            if self._accepted > self.limits.per_second:
                self.left_out += 1
                return False
        else:
            self._refused += 1
            if self._refused > REFUSED_PER_SECOND:
                self.dropped += 1
                return False
        return True

    async def flush(self) -> None:
        """Wait until everything that was handed over is written, or given up."""
        if self._file is not None:
            await asyncio.to_thread(self._flushed, self._n)

    def _flushed(self, n: int) -> None:
        self._wake.set()
        with self._written:
            self._written.wait_for(lambda: self._written_n >= n or self._stopping, timeout=RESOLVE_S * 2)

    async def errand(self, work: Callable[[CaptureFile], Result]) -> Result | None:
        """Have the writing thread do something with the file between two writes; None when there is no file. Raises what `work` raises."""
        if self._file is None:
            return None
        done: Future[Result | None] = Future()
        self._errands.append((work, done))
        self._wake.set()
        return await asyncio.wrap_future(done)

    async def page(self, wanted: Wanted, *, before: int = NEWEST, after: int = 0, limit: int = 50) -> list[Summary]:
        """Calls, newest first, between two positions."""
        return await self._read(lambda file: file.page(wanted, before=before, after=after, limit=limit), [])

    async def one(self, n: int) -> Capture | None:
        return await self._read(lambda file: file.one(n), None)

    async def last_before(self, at: EpochMs) -> int:
        """The number of the last call before a moment; 0 without one."""
        return await self._read(lambda file: file.last_before(at), 0)

    async def count_refused(self, corp_id: str, since: EpochMs, most: int) -> int:
        """How many calls of an organisation were refused since a moment, `most` at most."""
        return await self._read(lambda file: file.count_refused(corp_id, since, most), 0)

    async def choices(self, corp_id: str) -> tuple[list[str], list[tuple[str, str]]]:
        """The codes that were answered and the apps that called, as far as they are still there."""
        return await self._read(lambda file: (file.codes(corp_id), file.apps(corp_id)), ([], []))

    async def _read(self, read: Callable[[CaptureFile], Result], nothing: Result) -> Result:
        file = self._file
        if file is None:
            return nothing
        try:
            return await asyncio.to_thread(read, file)
        except apsw.Error as error:
            log.warning("captured calls cannot be read: %s", error)
            return nothing

    # --- the thread's side

    def _open(self) -> None:
        assert self._path is not None
        try:
            self._file, reason = open_captures(self._path)
        except (apsw.Error, OSError) as error:
            # Without its log the server serves all the same.
            log.error("calls are not captured: %s: %s", self._path, error)
            return
        self._n = self._written_n = max(self._n, self._file.last)
        if reason:
            log.warning("%s was put aside (%s); a new one is begun", self._path, reason)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._file is not None and not self._file.is_sound():
            self._begin_anew()
        while not self._stopping or self._waiting:
            if not self._stopping:
                self._wake.wait(WRITE_EVERY_S)
            self._wake.clear()
            while self._waiting:
                self._write([self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))], loop)
            self._run_errands()
            if not self._stopping:
                self._purge()
        self._run_errands()

    def _run_errands(self) -> None:
        while self._errands:
            work, done = self._errands.popleft()
            try:
                done.set_result(work(self._file) if self._file else None)
            except Exception as error:  # noqa: BLE001 - it belongs to who sent for it
                done.set_exception(error)

    def _write(self, notes: list[Note], loop: asyncio.AbstractEventLoop) -> None:
        try:
            captures = self._captures(notes, loop)
            reach("captures.write")
            self._add(captures)
            reach("captures.written")
            self._failing = False
        except (apsw.Error, OSError) as error:
            self.dropped += len(notes)
            if not self._failing:
                log.error("calls are not captured: %s", error)
            self._failing = True
        except Exception:
            if len(notes) > 1:  # one of them, which must not take the others along
                for note in notes:
                    self._write([note], loop)
                return
            self.dropped += 1
            log.exception("a call could not be captured")
        with self._written:
            self._written_n = notes[-1].n
            self._written.notify_all()

    def _captures(self, notes: list[Note], loop: asyncio.AbstractEventLoop) -> list[Capture]:
        callers = self._callers(notes, loop)
        captures: list[Capture] = []
        for note in notes:
            captures.append(capture_of(note, callers.get(note.n, note.asked.trail.caller), self._credential))
            time.sleep(BREATH_S)
        return captures

    def _callers(self, notes: list[Note], loop: asyncio.AbstractEventLoop) -> dict[int, Caller | None]:
        """Whose calls those are that the gateway could not tie to an app."""
        unknown = [note for note in notes if note.asked.trail.caller is None]
        if not unknown:
            return {}
        asked = asyncio.run_coroutine_threadsafe(self._found([clues_of(note) for note in unknown]), loop)
        try:
            return dict(zip((note.n for note in unknown), asked.result(RESOLVE_S), strict=True))
        except TimeoutError:
            return {}

    async def _found(self, clues: list[Clues]) -> list[Caller | None]:
        return await self._resolve(clues)

    def _add(self, captures: list[Capture]) -> None:
        assert self._file is not None
        try:
            self._file.add(captures)
        except BROKEN:
            self._begin_anew()
            self._file.add(captures)

    def _begin_anew(self) -> None:
        assert self._file is not None
        path = self._file.path
        self._file.close()
        aside = put_aside(path)
        self._file = CaptureFile(path)
        log.warning("%s is damaged; it lies at %s now, and a new one is begun", path, aside)

    def _purge(self) -> None:
        if time.monotonic() < self._purge_at or self._file is None:
            return
        try:
            removed = self._file.purge(self.limits, self._clock.now())
        except BROKEN:
            self._begin_anew()
            return
        except apsw.Error as error:
            log.warning("old calls cannot be removed: %s", error)
            removed = 0
        self.purged += removed
        # Chunk after chunk while there is something to remove, letting calls in between.
        self._purge_at = time.monotonic() + (0 if removed else PURGE_EVERY_S)


class _Cut:
    """A request without the rest of its body."""

    def __init__(self, asked: Asked) -> None:
        self.method, self.query, self.headers, self.address, self.trail = asked.method, asked.query, asked.headers, asked.address, asked.trail
        self.body = asked.body[:KEPT_BYTES]


class _CutAnswer:
    def __init__(self, answered: Answered) -> None:
        self.status, self.errcode, self.body = answered.status, answered.errcode, answered.body[:KEPT_BYTES]
