"""SQLite through apsw: one writing connection with group commit, readers beside it.

WAL with synchronous=FULL: NORMAL loses acknowledged commits in a power cut. The writing connection is used by one thread at a time: by
the event loop while it runs a batch, by the writer thread for everything else and for every commit.
"""

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec

from hongyan.model.clock import Clock
from hongyan.model.faults import Faults
from hongyan.model.ids import EpochMs
from hongyan.store.interface import (
    Batch,
    Row,
    Store,
    StoreBusy,
    StoreError,
    Tx,
    chunks,
)
from hongyan.store.queries import UnknownQuery, expand_rows, load_queries, migrations
from hongyan.store.sqlite_file import PAGE_SIZE, copy_file, migrate, open_current, open_file, take_lock, translate

Result = TypeVar("Result")
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

MAX_BATCH = 256
MAX_WAITING = 20_000
MAX_VARIABLES = 30_000  # SQLite allows 32766
PASSIVE_PAGES = 4_000  # move the log into the file from here on
MOVE_EVERY_S = 1.0
RESET_PAGES = 64_000  # 256 MB of log: wait for the readers and start it anew


class SqliteTx:
    """Statements on one connection, inside whatever transaction it has open."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._queries = load_queries("sqlite")

    def one(self, name: str, /, **params: Any) -> Row | None:
        return self._connection.execute(self._text(name), params).fetchone()

    def all(self, name: str, /, **params: Any) -> list[Row]:
        return self._connection.execute(self._text(name), params).fetchall()

    def run(self, name: str, /, **params: Any) -> int:
        self._connection.execute(self._text(name), params)
        return self._connection.changes()

    def run_rows(self, name: str, rows: Sequence[Sequence[Any]], /) -> None:
        if not rows:
            return
        text = self._text(name)
        for piece in chunks(rows, max(1, min(MAX_BATCH, MAX_VARIABLES // len(rows[0])))):
            self._connection.execute(expand_rows(text, len(piece)), [value for row in piece for value in row])

    def by_keys(self, name: str, keys: Sequence[Sequence[Any]], /) -> list[list[Any]]:
        text = self._text(name)
        found: list[list[Any]] = []
        for piece in chunks(keys, MAX_BATCH):
            # One step for the whole answer: each step gives the interpreter lock away, and getting it back is what costs.
            answer = self._connection.execute(expand_rows(text, len(piece)), [value for key in piece for value in key]).fetchone()
            if answer and answer[0]:
                found += msgspec.json.decode(answer[0], type=list[list[Any]])
        return found

    def _text(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError:
            raise UnknownQuery(name) from None


class _Job(msgspec.Struct):
    """A write that waits: a body of its own, or an item for a batch."""

    future: "asyncio.Future[Any]"
    body: Callable[..., Any] | None = None
    args: tuple[Any, ...] = ()
    batch: Batch[Any, Any] | None = None
    item: Any = None
    result: Any = None
    error: BaseException | None = None


class SqliteStore:
    """The embedded engine: a file, one process, one writer."""

    def __init__(self, path: Path, *, clock: Clock, faults: Faults) -> None:
        self._path = path
        self._clock = clock
        self._faults = faults
        self._lock_file = take_lock(path)
        try:
            self._writer = open_current(path, clock)
        except BaseException:
            os.close(self._lock_file)
            raise
        self._tx = SqliteTx(self._writer)
        self._waiting: list[_Job] = []
        self._writing = False
        self._closing = False
        self._dispatch_planned = False
        self._idle: asyncio.Event | None = None
        self._inbound: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, list[_Job], bool] | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reader")
        self._reader = threading.local()
        self._reader_connections: list[apsw.Connection] = []
        self._quick = SqliteTx(self._reader_connection())
        self._stop_moving = threading.Event()
        self._threads = [threading.Thread(target=target, name=target.__name__, daemon=True) for target in (self._write_loop, self._move_log_loop)]
        for thread in self._threads:
            thread.start()

    # --- the event loop's side

    async def write(self, body: Callable[..., Result], /, *args: Any) -> Result:
        return await self._enqueue(_Job(self._future(), body=body, args=args))

    async def write_batched(self, batch: Batch[Item, Outcome], item: Item, /) -> Outcome:
        return await self._enqueue(_Job(self._future(), batch=batch, item=item))

    async def read(self, body: Callable[..., Result], /, *args: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, body, args)

    def read_quick(self, body: Callable[..., Result], /, *args: Any) -> Result:
        try:
            return body(self._quick, *args)
        except apsw.Error as error:
            raise translate(error) from error

    async def backup(self, target: Path) -> None:
        await asyncio.to_thread(copy_file, self._path, target)

    async def restore(self, source: Path | None) -> None:
        await self.write(_Restore(self._writer, source))

    async def close(self) -> None:
        """Finish what was accepted, then release the file."""
        self._closing = True
        while self._writing or self._waiting:
            self._idle = asyncio.Event()
            await self._idle.wait()
        self._inbound.put(None)
        self._stop_moving.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._readers.shutdown()
        for connection in self._reader_connections:
            connection.close()
        self._writer.close()
        os.close(self._lock_file)

    def _future(self) -> "asyncio.Future[Any]":
        if self._closing:
            raise StoreBusy("the server is shutting down")
        if len(self._waiting) >= MAX_WAITING:
            raise StoreBusy(f"{MAX_WAITING} writes wait already")
        return asyncio.get_running_loop().create_future()

    def _enqueue(self, job: _Job) -> "asyncio.Future[Any]":
        self._waiting.append(job)
        if not self._writing and not self._dispatch_planned:
            # At the end of this turn of the loop, so that requests read in the same turn share the commit.
            self._dispatch_planned = True
            asyncio.get_running_loop().call_soon(self._dispatch)
        return job.future

    def _dispatch(self) -> None:
        """Start the next commit: with what waits for a batch, or with bodies of their own, whichever came first."""
        self._dispatch_planned = False
        if self._writing or not self._waiting:
            return
        batched = self._waiting[0].batch is not None
        size = next((at for at, job in enumerate(self._waiting[:MAX_BATCH]) if (job.batch is not None) is not batched), MAX_BATCH)
        jobs, self._waiting = self._waiting[:size], self._waiting[size:]
        self._writing = True
        loop = asyncio.get_running_loop()
        if not batched:
            self._inbound.put((loop, jobs, False))
            return
        # A batch is short and runs here, on the loop: in a second thread it would fight for the interpreter lock at every statement,
        # which cost more than the statements. Only the commit, which waits for the disk, goes to the writer.
        try:
            self._run_bodies(jobs)
        except BaseException as error:  # noqa: BLE001 - each caller gets it
            self._fail(jobs, error)
            self._finished(jobs)
        else:
            self._inbound.put((loop, jobs, True))

    def _finished(self, jobs: list[_Job]) -> None:
        self._writing = False
        for job in jobs:
            if job.future.done():  # the caller went away
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
        if self._waiting and not self._dispatch_planned:
            self._dispatch_planned = True
            asyncio.get_running_loop().call_soon(self._dispatch)
        if self._idle is not None and not self._waiting:
            self._idle.set()

    # --- the writer's side

    def _write_loop(self) -> None:
        while (work := self._inbound.get()) is not None:
            loop, jobs, begun = work
            try:
                if begun:
                    self._commit()
                else:
                    self._write_all(jobs)
            except BaseException as error:  # noqa: BLE001 - the writer must outlive any failure; each caller gets it
                self._fail(jobs, error)
            self._restart_log()
            loop.call_soon_threadsafe(self._finished, jobs)

    def _write_all(self, jobs: list[_Job]) -> None:
        """Bodies of their own. A restore replaces the whole file, so it stands alone between the commits before and after it."""
        for replaces, group in groupby(jobs, key=lambda job: isinstance(job.body, _Restore)):
            for part in ([job] for job in group) if replaces else (list(group),):
                try:
                    self._run_and_commit(part)
                except BaseException as error:  # noqa: BLE001 - fails its own callers, not those whose commit stands already
                    self._fail(part, error)

    def _run_and_commit(self, jobs: list[_Job]) -> None:
        body = jobs[0].body
        if isinstance(body, _Restore):
            body.run()
        else:
            self._run_bodies(jobs)
            self._commit()

    def _run_bodies(self, jobs: list[_Job]) -> None:
        """Open a transaction and run the bodies in it; on an error it is rolled back."""
        self._faults.hit("store.begin")
        self._writer.execute("begin immediate")
        try:
            now = self._clock.now()
            groups = list(_grouped(jobs))
            for group in groups:
                self._run_group(group, now, alone=len(groups) == 1 and len(group) == 1)
        except BaseException:
            self._roll_back()
            raise

    def _commit(self) -> None:
        try:
            self._faults.hit("store.commit")
            self._writer.execute("commit")
        except BaseException:
            self._roll_back()
            raise
        self._faults.hit("store.committed")

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("rollback")

    def _fail(self, jobs: list[_Job], error: BaseException) -> None:
        failure = translate(error)
        for job in jobs:
            job.error = failure

    def _run_group(self, group: list[_Job], now: EpochMs, *, alone: bool) -> None:
        if alone:
            self._run_jobs(group, now)
            return
        error = self._try_group(group, now)
        if error is None:
            return
        if not self._writer.in_transaction or _is_fatal(error):
            # A full disk makes SQLite roll back everything, not the savepoint: what ran on now would commit by itself.
            raise error
        if len(group) == 1:
            group[0].error = translate(error)
        else:
            for job in group:
                self._run_group([job], now, alone=False)

    def _try_group(self, group: list[_Job], now: EpochMs) -> Exception | None:
        """Run in a savepoint and return what a body raised: it belongs to its caller, not to those beside it."""
        raised: Exception | None = None
        try:
            with self._writer:
                try:
                    self._run_jobs(group, now)
                except Exception as error:
                    raised = error
                    raise
        except Exception as error:  # noqa: BLE001 - also the savepoint's own end may fail; the first cause counts
            return raised or error
        return None

    def _run_jobs(self, group: list[_Job], now: EpochMs) -> None:
        batch = group[0].batch
        if batch is not None:
            outcomes = batch.run(self._tx, [job.item for job in group], now)
            for job, outcome in zip(group, outcomes, strict=True):
                job.result = outcome
            return
        for job in group:
            assert job.body is not None
            job.result = job.body(self._tx, *job.args, now)

    def _log_pages(self) -> int:
        try:
            return Path(f"{self._path}-wal").stat().st_size // PAGE_SIZE
        except OSError:
            return 0

    def _restart_log(self) -> None:
        """Start the log anew when it has grown too long; waits for readers, so it is rare."""
        if self._log_pages() > RESET_PAGES:
            with contextlib.suppress(apsw.Error):  # the log stays longer; what is committed is safe in it, and the next commit tries again
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)

    def _move_log_loop(self) -> None:
        """Move the log into the file beside the writer, which it never holds up."""
        connection = open_file(self._path)
        moved = 0
        while not self._stop_moving.wait(MOVE_EVERY_S):
            pages = self._log_pages()
            if pages != moved and pages > PASSIVE_PAGES:
                with contextlib.suppress(apsw.Error):  # tried again at the next turn
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                moved = pages
        connection.close()

    # --- the readers' side

    def _reader_connection(self) -> apsw.Connection:
        connection = open_file(self._path)
        connection.execute("pragma query_only = on")
        self._reader_connections.append(connection)
        return connection

    def _read(self, body: Callable[..., Result], args: tuple[Any, ...]) -> Result:
        tx = getattr(self._reader, "tx", None)
        if tx is None:
            connection = self._reader_connection()
            self._reader.connection, self._reader.tx = connection, SqliteTx(connection)
            tx = self._reader.tx
        connection = self._reader.connection
        try:
            connection.execute("begin")
            try:
                return body(tx, *args)
            finally:
                connection.execute("commit")
        except apsw.Error as error:
            raise translate(error) from error


class _Restore:
    """Replaces the whole file, inside the writer."""

    def __init__(self, connection: apsw.Connection, source: Path | None) -> None:
        self._connection = connection
        self._source = source

    def run(self) -> None:
        if self._source is None:
            source = apsw.Connection(":memory:")
            source.execute(f"pragma page_size = {PAGE_SIZE}")
            migrate(source, migrations())
        else:
            source = apsw.Connection(str(self._source), flags=apsw.SQLITE_OPEN_READONLY)
        with self._connection.backup("main", source, "main") as backup:
            backup.step()
        source.close()

    def __call__(self, tx: Tx, now: EpochMs) -> None:
        raise AssertionError("a restore is run by the writer itself")


def _grouped(jobs: list[_Job]) -> Iterator[list[_Job]]:
    """Neighbours that share a batch stay together, in the order they came."""
    group: list[_Job] = []
    for job in jobs:
        if group and (job.batch is None or group[0].batch is not job.batch):
            yield group
            group = []
        group.append(job)
    if group:
        yield group


def _is_fatal(error: Exception) -> bool:
    """What concerns the file, not the item, fails the whole commit."""
    return isinstance(error, apsw.FullError | apsw.IOError | apsw.CorruptError | apsw.ReadOnlyError | apsw.CantOpenError)


def open_sqlite(path: Path, *, clock: Clock, faults: Faults) -> Store:
    """Open or create the store at `path`.

    Raises `StoreLocked`, `StoreTooNew`, `StoreForeign`, `StoreFull` or `StoreUnavailable`, each with a sentence for the operator.
    """
    return SqliteStore(path, clock=clock, faults=faults)


__all__ = ["SqliteStore", "SqliteTx", "StoreError", "open_sqlite"]
