"""The plain way, for comparison: rows for each recipient, keeping the same promises, on the same SQLite with the same settings."""

import hashlib
import time
from pathlib import Path

import apsw


class RowPerRecipient:
    """A task; for each recipient who does not have the content yet today, a row that says so and an inbox row; all in one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = apsw.Connection(str(path))
        for pragma in ("page_size = 4096", "journal_mode = wal", "synchronous = full", "wal_autocheckpoint = 0", "cache_size = -65536"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.execute("create table task(id integer primary key, content text not null)")
        self._connection.execute("create table inbox(person integer, task integer, read_at integer, primary key (person, task)) without rowid")
        self._connection.execute("create table got(day integer, person integer, hash blob, primary key (day, person, hash)) without rowid")

    def send(self, content: str, people: int) -> float:
        """Deliver to everyone who does not have it yet, and return the seconds until it was durable."""
        begin = time.perf_counter()
        hash_ = hashlib.sha256(content.encode()).digest()[:8]
        run = self._connection.execute
        run("begin immediate")
        run("insert into task(content) values (?)", (content,))
        task = self._connection.last_insert_rowid()
        run("create temp table if not exists addressed(person integer primary key)")
        run("delete from addressed")
        run(
            "with recursive all_(n) as (select 0 union all select n + 1 from all_ where n + 1 < ?) insert into addressed select n from all_",
            (people,),
        )
        run("delete from addressed where exists (select 1 from got where day = 1 and got.person = addressed.person and hash = ?)", (hash_,))
        run("insert into got select 1, person, ? from addressed", (hash_,))
        run("insert into inbox(person, task) select person, ? from addressed", (task,))
        run("commit")
        return time.perf_counter() - begin

    def size(self) -> int:
        """Bytes of the file after the log was moved into it."""
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return self._path.stat().st_size
