"""Writes that replace the whole file: by another one, by an empty one, by itself without its free pages."""

import contextlib
from pathlib import Path

import apsw

from hongyan.model.ids import EpochMs
from hongyan.store.interface import StoreTooNew, Tx
from hongyan.store.queries import migrations
from hongyan.store.sqlite_file import PAGE_SIZE, migrate


class Restore:
    """Replaces the whole file, inside the writer. A snapshot of an older schema is carried forward as an old file is.

    Raises `StoreTooNew`, with the file as it was.
    """

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
        try:
            schema: int = source.pragma("user_version")
            steps = migrations()
            if schema > steps[-1][0]:
                raise StoreTooNew(f"the snapshot has schema {schema}; this Hongyan knows up to {steps[-1][0]}. Use the newer Hongyan that took it")
            with self._connection.backup("main", source, "main") as backup:
                backup.step()
        finally:
            source.close()
        waiting = [(version, script) for version, script in steps if version > schema]
        if waiting:
            migrate(self._connection, waiting)  # killed before, the next start does it

    def __call__(self, tx: Tx, now: EpochMs) -> None:
        raise AssertionError("a restore is run by the writer itself")


class Compact(Restore):
    """Writes the whole file anew, without free pages and whatever they still hold, and empties the log.

    By way of a file beside it: a plain vacuum would hold everything in memory, as this connection's temporary files are.
    """

    def run(self) -> None:
        assert self._source is not None
        self._source.unlink(missing_ok=True)
        try:
            self._connection.execute("vacuum into ?", (str(self._source),))
            super().run()
        finally:
            self._source.unlink(missing_ok=True)
        with contextlib.suppress(apsw.BusyError):  # a reader is at it: whoever moves the log next finds it alone
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
