"""The file behind the embedded engine: its lock, whether it is ours, its schema, copies of it, and what its errors mean."""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import apsw

from hongyan.model.clock import Clock
from hongyan.model.faults import reach
from hongyan.store.interface import StoreForeign, StoreFull, StoreLocked, StoreTooNew, StoreUnavailable
from hongyan.store.queries import migrations

APPLICATION_ID = 0x484F4E47  # "HONG"
OLDEST_SAFE = (3, 51, 3)  # older ones have the WAL-reset bug when a second connection checkpoints or writes
PAGE_SIZE = 4096
SYNCHRONOUS = "full"  # with normal, a power cut takes commits away that were answered
_MAGIC = b"SQLite format 3\0"
_PAGES, _COOKIE, _VERSION, _APPLICATION = (
    slice(28, 32),
    slice(40, 44),
    slice(60, 64),
    slice(68, 72),
)  # fields of the file's header (sqlite.org/fileformat.html)


def take_lock(path: Path) -> int:
    """The descriptor that keeps other processes out for as long as it is open; raises `StoreLocked` or `StoreUnavailable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise translate(error, path) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreLocked(f"{path} is in use by another Hongyan (process {owner}); stop it, or choose another data folder") from None
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        os.close(descriptor)
        raise translate(error, path) from error
    return descriptor


def open_current(path: Path, clock: Clock) -> apsw.Connection:
    """A connection to a store of the newest schema, migrated where it was older; raises a `StoreError`. A file that is not ours stays as it is."""
    _refuse_foreign(path)
    connection = open_file(path)
    try:
        if connection.readonly("main"):
            raise StoreUnavailable(f"{path} may not be written; give the server's user the right to write it and its folder")
        _check_and_migrate(connection, path, clock)
    except (apsw.Error, OSError) as error:
        connection.close()
        raise translate(error, path) from error
    except BaseException:
        with contextlib.suppress(apsw.Error):  # it must not hide why
            connection.close()
        raise
    return connection


def _refuse_foreign(path: Path) -> None:
    """Look at the header before SQLite does: opening switches a file to WAL, and a foreign one must not be touched."""
    try:
        with open(path, "rb") as file:
            header = file.read(100)
            size = file.seek(0, os.SEEK_END)
        log_holds_more = Path(f"{path}-wal").exists()
    except FileNotFoundError:
        return
    except OSError as error:
        raise translate(error, path) from error
    if header and not header.startswith(_MAGIC):
        raise StoreForeign(f"{path} is no SQLite database, or it is damaged")
    missing = int.from_bytes(header[_PAGES]) * PAGE_SIZE - size
    has_schema, ours = any(header[_COOKIE]), header[_APPLICATION] == APPLICATION_ID.to_bytes(4, "big")
    if has_schema and not ours and not log_holds_more:
        raise StoreForeign(f"{path} is an SQLite file, but none of Hongyan's")
    if ours and missing > 0 and not log_holds_more:
        raise StoreUnavailable(f"{path} is cut short: {missing} bytes are missing at its end; restore a backup")


def open_file(path: Path) -> apsw.Connection:
    """A connection with the settings that every one of ours has; raises a `StoreError`."""
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST_SAFE:
        raise StoreUnavailable(f"SQLite {apsw.sqlite_lib_version()} can lose data in WAL mode; at least {'.'.join(map(str, OLDEST_SAFE))} is needed")
    try:
        connection = apsw.Connection(str(path), statementcachesize=1024)
        connection.set_busy_timeout(5000)
        connection.execute(f"pragma page_size = {PAGE_SIZE}")
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {SYNCHRONOUS}")
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.execute("pragma secure_delete = on")  # what is removed or changed is overwritten, not only given free
        connection.execute("pragma cache_size = -65536")
        connection.execute("pragma temp_store = memory")
    except apsw.Error as error:
        raise translate(error, path) from error
    return connection


def _check_and_migrate(connection: apsw.Connection, path: Path, clock: Clock) -> None:
    application = connection.pragma("application_id")
    current = connection.pragma("user_version")
    empty = connection.execute("select count(*) from sqlite_schema").get == 0
    if not empty and application != APPLICATION_ID:
        raise StoreForeign(f"{path} is an SQLite file, but none of Hongyan's")
    steps = migrations()
    newest = steps[-1][0]
    if current > newest:
        raise StoreTooNew(f"{path} has schema {current}; this Hongyan knows up to {newest}. Use the newer Hongyan that wrote it")
    waiting = [(version, script) for version, script in steps if version > current]
    if empty:
        migrate(connection, waiting)
    elif waiting:
        _migrate_beside_copy(connection, path, Path(f"{path}.schema{current}.{clock.now()}"), waiting)


def _migrate_beside_copy(connection: apsw.Connection, path: Path, copy: Path, steps: Sequence[tuple[int, str]]) -> None:
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    try:
        shutil.copy2(path, copy)
        migrate(connection, steps)
    except BaseException:
        # The file is as it was; one more copy at each attempt would fill the disk.
        copy.unlink(missing_ok=True)
        raise


def migrate(connection: apsw.Connection, steps: Sequence[tuple[int, str]]) -> None:
    """All steps in one transaction: the newest schema, or the present one."""
    with connection:
        for version, script in steps:
            connection.execute(script)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", version)
        reach("store.migrating")
    reach("store.migrated")


def log_of(path: Path) -> Path:
    """The write-ahead log beside a file."""
    return Path(f"{path}-wal")


def size_of(path: Path) -> int:
    """In bytes; 0 when there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def copy_file(path: Path, target: Path) -> None:
    """A consistent copy of a store in use; raises a `StoreError`."""
    try:
        source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        copy = apsw.Connection(str(target))
        with copy.backup("main", source, "main") as backup:
            backup.step()
        copy.close()
        source.close()
    except apsw.Error as error:
        raise translate(error, target) from error


def copy_compact(path: Path, target: Path) -> None:
    """The same without free pages, in their order, and so without what they still hold; `target` must not be there. From any process.

    The source is read in one transaction, on a connection that can neither write nor checkpoint. Raises a `StoreError`.
    """
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            source.set_busy_timeout(5000)
            source.execute("vacuum into ?", (str(target),))
        finally:
            source.close()
    except (apsw.Error, OSError) as error:
        raise translate(error, path) from error


def store_schema(path: Path) -> int:
    """The version of a store's schema, from its header; raises `StoreForeign`, or another `StoreError` when it cannot be read."""
    try:
        with open(path, "rb") as file:
            header = file.read(100)
    except OSError as error:
        raise translate(error, path) from error
    if not header.startswith(_MAGIC) or header[_APPLICATION] != APPLICATION_ID.to_bytes(4, "big"):
        raise StoreForeign(f"{path} is none of Hongyan's stores")
    return int.from_bytes(header[_VERSION], "big")


def is_fatal(error: Exception) -> bool:
    """What concerns the file, not the item, fails the whole commit."""
    return isinstance(error, apsw.FullError | apsw.IOError | apsw.CorruptError | apsw.ReadOnlyError | apsw.CantOpenError)


def translate(error: BaseException, path: Path | None = None) -> BaseException:
    """What an error of the file means to the caller; whatever else it is stays itself."""
    place = f"{path}: " if path else ""
    match error:
        case apsw.FullError():
            return StoreFull(f"{place}the disk is full; free some space and try again")
        case apsw.BusyError() | apsw.LockedError():
            return StoreLocked(f"{place}the file is locked by another process")
        case apsw.NotADBError():
            return StoreForeign(f"{place}the file is no SQLite database, or it is damaged")
        case apsw.CorruptError():
            return StoreUnavailable(f"{place}a page of the file is damaged; stop the server, run `hongyan store check` and restore a backup")
        case apsw.ReadOnlyError():
            return StoreUnavailable(f"{place}the file may not be written; give the server's user the right to write it and its folder")
        case apsw.IOError():
            return StoreUnavailable(f"{place}the disk fails ({error}); nothing is accepted until it works again: look at the system's log")
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StoreFull(f"{place}the disk is full; free some space and try again")
        case OSError():
            return StoreUnavailable(f"{place}{error.strerror or error}")
        case apsw.Error():
            return StoreUnavailable(f"{place}{error}")
        case _:
            return error
