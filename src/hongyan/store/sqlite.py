"""SQLite through apsw: one writing connection with group commit, readers beside it.

WAL with synchronous=FULL: NORMAL loses acknowledged commits in a power cut. The writing connection is used by one thread at a time: by
the event loop while it runs a batch, by the writer thread for everything else and for every commit.
"""

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable, Generator, Hashable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import apsw

from hongyan.model.clock import Clock
from hongyan.model.faults import Faults, reach
from hongyan.model.ids import EpochMs
from hongyan.store.interface import (
    Batch,
    Store,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    Tx,
)
from hongyan.store.meter import StoreMeter, Vitals
from hongyan.store.sqlite_file import PAGE_SIZE, copy_file, is_fatal, log_of, open_current, open_file, size_of, take_lock, translate
from hongyan.store.sqlite_jobs import Job, grouped
from hongyan.store.sqlite_replace import Compact, Restore
from hongyan.store.sqlite_tx import MAX_BATCH, SqliteTx
from hongyan.store.trouble import Troubles

Result = TypeVar("Result")
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

MAX_WAITING = 20_000
KEPT_MAX = 10_000  # answers
PASSIVE_PAGES = 4_000  # move the log into the file from here on
MOVE_EVERY_S = 1.0
RESET_PAGES = 64_000  # 256 MB of log: wait for the readers and start it anew
LOCK_WAIT_MS = 5000  # for a lock of another process, off the event loop


class SqliteStore:
    """The embedded engine: a file, one process, one writer."""

    def __init__(self, path: Path, *, clock: Clock, faults: Faults) -> None:
        self._path = path
        self._clock = clock
        self._faults = faults
        self._lock_file = take_lock(path)
        self._reader_connections: list[apsw.Connection] = []
        try:
            self._writer = open_current(path, clock)
            self._mover = self._reader_connection()
            self._quick = SqliteTx(self._reader_connection())
        except BaseException:
            for connection in self._reader_connections:
                connection.close()
            os.close(self._lock_file)
            raise
        self._writer.set_busy_timeout(0)  # the event loop must not wait for another process
        self._tx = SqliteTx(self._writer)
        self._kept: dict[tuple[Callable[..., Any], tuple[Hashable, ...]], Any] = {}
        self.meter = StoreMeter()
        self._troubles = Troubles(path)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._distrusted = False
        self._waiting: list[Job] = []
        self._writing = False
        self._closing = False
        self._dispatch_planned = False
        self._idle: asyncio.Event | None = None
        self._inbound: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, list[Job], bool] | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reader")
        self._reader = threading.local()
        self._log_pages = size_of(log_of(path)) // PAGE_SIZE
        self._restart_at = RESET_PAGES
        self._writer.set_wal_hook(self._count_pages)
        self._stop_moving = threading.Event()
        self._threads = [threading.Thread(target=target, name=target.__name__, daemon=True) for target in (self._write_loop, self._move_log_loop)]
        for thread in self._threads:
            thread.start()

    # --- the event loop's side

    async def write(self, body: Callable[..., Result], /, *args: Any) -> Result:
        return await self._enqueue(Job(self._future(), body=body, args=args))

    def write_batched(self, batch: Batch[Item, Outcome], item: Item, /) -> "asyncio.Future[Outcome]":
        return self._enqueue(Job(self._future(), batch=batch, item=item))

    async def read(self, body: Callable[..., Result], /, *args: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, body, args)

    def read_quick(self, body: Callable[..., Result], /, *args: Any) -> Result:
        try:
            return body(self._quick, *args)
        except apsw.Error as error:
            raise self._unreadable(error) from error

    def read_kept(self, body: Callable[..., Result], /, *args: Hashable) -> Result:
        key = (body, args)
        if key not in self._kept:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            self._kept[key] = self.read_quick(body, *args)
        return self._kept[key]

    async def backup(self, target: Path) -> None:
        await asyncio.to_thread(copy_file, self._path, target)

    async def restore(self, source: Path | None) -> None:
        await self.write(Restore(self._writer, source))

    async def compact(self) -> None:
        await self.write(Compact(self._writer, Path(f"{self._path}.compact")))

    def vitals(self) -> Vitals:
        return Vitals(len(self._waiting), self.meter.running_s, size_of(self._path), size_of(log_of(self._path)))

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

    def _enqueue(self, job: Job) -> "asyncio.Future[Any]":
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
        self._loop = asyncio.get_running_loop()
        batched = self._waiting[0].batch is not None
        size = next((at for at, job in enumerate(self._waiting[:MAX_BATCH]) if (job.batch is not None) is not batched), MAX_BATCH)
        jobs, self._waiting = self._waiting[:size], self._waiting[size:]
        self._writing = True
        self.meter.begin()
        loop = asyncio.get_running_loop()
        if not batched or self._distrusted:
            self._inbound.put((loop, jobs, False))
            return
        # A batch is short and runs here, on the loop: in a second thread it would fight for the interpreter lock at every statement,
        # which cost more than the statements. Only the commit, which waits for the disk, goes to the writer.
        try:
            self._run_bodies(jobs)
        except apsw.BusyError:
            self._inbound.put((loop, jobs, False))  # where it can wait
        except BaseException as error:  # noqa: BLE001 - each caller gets it
            self._fail(jobs, error)
            self._finished(jobs)
        else:
            self._inbound.put((loop, jobs, True))

    def _finished(self, jobs: list[Job]) -> None:
        self._writing = False
        if jobs[0].batch is None:
            self._kept.clear()
        reach("store.told")
        hooks, self._tx.hooks = self._tx.hooks, []
        for hook in hooks:
            hook()
        self.meter.end((job.name for job in jobs), len(jobs), next((job.error for job in jobs if isinstance(job.error, StoreError)), None))
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
            if self._distrusted:
                self._mend()
            self._restart_log()
            loop.call_soon_threadsafe(self._finished, jobs)

    def _write_all(self, jobs: list[Job]) -> None:
        """Bodies of their own. A restore replaces the whole file, so it stands alone between the commits before and after it."""
        for replaces, group in groupby(jobs, key=lambda job: isinstance(job.body, Restore)):
            for part in ([job] for job in group) if replaces else (list(group),):
                try:
                    self._run_and_commit(part)
                except BaseException as error:  # noqa: BLE001 - fails its own callers, not those whose commit stands already
                    self._fail(part, error)

    def _run_and_commit(self, jobs: list[Job]) -> None:
        if self._distrusted and not self._mend():
            raise StoreUnavailable(self.trouble())
        body = jobs[0].body
        with self._waiting_for_locks():
            self._run_there(body, jobs)

    def _run_there(self, body: Callable[..., Any] | None, jobs: list[Job]) -> None:
        if isinstance(body, Restore):
            body.run()
        else:
            self._run_bodies(jobs)
            self._commit()

    def _run_bodies(self, jobs: list[Job]) -> None:
        """Open a transaction and run the bodies in it; on an error it is rolled back."""
        self._faults.hit("store.begin")
        self._writer.execute("begin immediate")
        try:
            reach("store.begun")
            now = self._clock.now()
            groups = list(grouped(jobs))
            if len(groups) == 1:
                self._run_only_group(groups[0], now)
            else:
                for group in groups:
                    self._run_group(group, now)
        except BaseException:
            self._roll_back()
            raise

    def _commit(self) -> None:
        self.meter.begin_commit()
        try:
            self._faults.hit("store.commit")
            self._writer.execute("commit")
        except BaseException as error:
            self._distrusted |= isinstance(error, apsw.IOError)
            self._roll_back()
            raise
        if self._troubles:
            self._troubles.settle("write")
        self._faults.hit("store.committed")

    def _roll_back(self) -> None:
        self._tx.hooks.clear()
        if self._writer.in_transaction:
            self._writer.execute("rollback")

    def _fail(self, jobs: list[Job], error: BaseException) -> None:
        if isinstance(error, Exception) and is_fatal(error):
            self._note("write", error)
        failure = translate(error, self._path)
        for job in jobs:
            job.error = failure

    def _run_only_group(self, group: list[Job], now: EpochMs) -> None:
        """Without a savepoint, in which SQLite keeps a copy of every page that is changed. When a body raises, they begin again one by one."""
        try:
            self._run_jobs(group, now)
        except Exception as error:
            if len(group) == 1 or not self._writer.in_transaction or is_fatal(error):
                raise
            self._roll_back()
            self._writer.execute("begin immediate")
            for job in group:
                self._run_group([job], now)

    def _run_group(self, group: list[Job], now: EpochMs) -> None:
        error = self._try_group(group, now)
        if error is None:
            return
        if not self._writer.in_transaction or is_fatal(error):
            # A full disk makes SQLite roll back everything, not the savepoint: what ran on now would commit by itself.
            raise error
        if len(group) == 1:
            group[0].error = translate(error)
        else:
            for job in group:
                self._run_group([job], now)

    def _try_group(self, group: list[Job], now: EpochMs) -> Exception | None:
        """Run in a savepoint and return what a body raised: it belongs to its caller, not to those beside it."""
        raised: Exception | None = None
        hooks = len(self._tx.hooks)
        try:
            with self._writer:
                try:
                    self._run_jobs(group, now)
                except Exception as error:
                    raised = error
                    raise
        except Exception as error:  # noqa: BLE001 - also the savepoint's own end may fail; the first cause counts
            del self._tx.hooks[hooks:]
            return raised or error
        return None

    def _run_jobs(self, group: list[Job], now: EpochMs) -> None:
        batch = group[0].batch
        if batch is not None:
            outcomes = batch.run(self._tx, [job.item for job in group], now)
            for job, outcome in zip(group, outcomes, strict=True):
                job.result = outcome
            return
        for job in group:
            assert job.body is not None
            job.result = job.body(self._tx, *job.args, now)

    def _count_pages(self, connection: apsw.Connection, name: str, pages: int) -> int:
        """Called by SQLite after each commit. The log's file does not tell: begun anew, it keeps its length."""
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _restart_log(self) -> None:
        """Start the log anew when it has grown too long; waits for readers, so it is rare."""
        pages = self._log_pages
        if pages > self._restart_at:
            reach("store.restarting")
            try:
                with self._waiting_for_locks():
                    self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            except apsw.BusyError:
                self._restart_at = pages + RESET_PAGES // 4  # a reader takes long, a backup perhaps: not every commit shall wait for it
            except apsw.Error as error:
                self._note("log", error)  # what is committed is safe in it
            else:
                self._log_pages, self._restart_at = 0, RESET_PAGES
                self._troubles.settle("log")

    def _move_log_loop(self) -> None:
        """Move the log into the file beside the writer, which it never holds up."""
        moved = 0
        while not self._stop_moving.wait(MOVE_EVERY_S):
            self._ask_for_probe()
            pages = self._log_pages
            if (pages != moved and pages > PASSIVE_PAGES) or "log" in self._troubles:
                self.move_log()
                moved = pages

    def move_log(self) -> None:
        """Copy what the log holds into the file, as far as no reader needs the older pages. One caller at a time."""
        reach("store.moving")
        try:
            self._mover.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.BusyError:
            return  # the writer does the same just now
        except apsw.Error as error:
            # Tried again at the next turn: until a sync succeeded, SQLite copies the same pages again.
            self._note("log", error)
        else:
            self._troubles.settle("log")
            reach("store.moved")

    # --- when the disk fails

    def trouble(self) -> str:
        """What keeps the store from working, as a sentence for the operator; blank while all is well."""
        return str(self._troubles)

    def _note(self, what: str, error: BaseException) -> None:
        self._troubles.note(what, str(translate(error, self._path)))

    def _mend(self) -> bool:
        """After a commit that the disk refused: move every commit that stands into the file, sync, and cut the log off.

        The refused commit may lie in the log, whole or in part, and a restart could take it for real; and after a failed sync nobody knows
        what of it is on the disk. Both end when the log is empty. What stands was synced before, so it is written a second time, not
        trusted. Until this succeeds nothing is accepted.
        """
        reach("store.mending")
        try:
            with self._waiting_for_locks():
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            self._note("write", error)
            return False
        self._distrusted = False
        return True

    def _ask_for_probe(self) -> None:
        if "write" in self._troubles and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._probe)

    def _probe(self) -> None:
        """Commit something that changes nothing: whether the disk works again must not need a caller who is refused."""
        if not self._closing and not self._waiting:
            self._enqueue(Job(self._future(), body=self._write_nothing)).add_done_callback(asyncio.Future.exception)

    def _write_nothing(self, tx: Tx, now: EpochMs) -> None:
        self._writer.pragma("user_version", self._writer.pragma("user_version"))

    @contextlib.contextmanager
    def _waiting_for_locks(self) -> Generator[None]:
        """Off the event loop the writer waits for others, for a while."""
        self._writer.set_busy_timeout(LOCK_WAIT_MS)
        try:
            yield
        finally:
            self._writer.set_busy_timeout(0)

    def _unreadable(self, error: apsw.Error) -> BaseException:
        if isinstance(error, apsw.CorruptError):
            self._note("damage", error)
        return translate(error, self._path)

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
                if connection.in_transaction:  # an I/O error may have ended it
                    connection.execute("commit")
        except apsw.Error as error:
            raise self._unreadable(error) from error


def open_sqlite(path: Path, *, clock: Clock, faults: Faults) -> Store:
    """Open or create the store at `path`.

    Raises `StoreLocked`, `StoreTooNew`, `StoreForeign`, `StoreFull` or `StoreUnavailable`, each with a sentence for the operator.
    """
    return SqliteStore(path, clock=clock, faults=faults)


__all__ = ["SqliteStore", "SqliteTx", "StoreError", "open_sqlite"]
