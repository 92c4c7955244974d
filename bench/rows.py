"""The plain way, for comparison: a row for each recipient, on the same SQLite with the same settings."""

import time
from pathlib import Path

import apsw


class RowPerRecipient:
    """A task, and an inbox row with its unread index for each recipient, in one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = apsw.Connection(str(path))
        for pragma in ("page_size = 4096", "journal_mode = wal", "synchronous = full", "wal_autocheckpoint = 0", "cache_size = -65536"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.execute("create table task(id integer primary key, content text not null)")
        self._connection.execute("create table inbox(person integer, task integer, read_at integer, primary key (person, task)) without rowid")

    def send(self, content: str, people: int) -> float:
        """Deliver to everyone and return the seconds it took until it was durable."""
        begin = time.perf_counter()
        self._connection.execute("begin immediate")
        self._connection.execute("insert into task(content) values (?)", (content,))
        task = self._connection.last_insert_rowid()
        self._connection.executemany("insert into inbox(person, task) values (?, ?)", ((person, task) for person in range(people)))
        self._connection.execute("commit")
        return time.perf_counter() - begin

    def size(self) -> int:
        """Bytes of the file after the log was moved into it."""
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return self._path.stat().st_size
