"""What a server holds, as one digest for each table and for the files: a refused call must leave it as it was."""

import hashlib
from pathlib import Path

import apsw

from hongyan.app.files import BLOBS, STORE_FILE

# Written by refused calls, on purpose; or by nobody's call, at any time.
_DISPATCHED = "the dispatcher of callbacks moves rows on and sweeps them, in its own time"
MAY_CHANGE = {
    "attempt": "every use of a uuid is recorded, a refused one too: it is what makes the uuid used",
    "directory_change": _DISPATCHED,
    "outbox": _DISPATCHED,
    "callback_attempt": _DISPATCHED,
    "purge": "what is kept too long is looked for in the background",
    "suite_ticket": "a new one is made when its time has come",
}


class Footprint:
    """Reads a server's folder on a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db = apsw.Connection(str(folder / STORE_FILE), flags=apsw.SQLITE_OPEN_READONLY)
        self._version = -1
        self._tables: dict[str, str] = {}

    def close(self) -> None:
        self._db.close()

    def now(self) -> dict[str, str]:
        """Digests by table, and of the list of stored files. Cheap while nobody writes."""
        version = self._db.pragma("data_version")
        if version != self._version:
            names = [name for (name,) in self._db.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite%'")]
            self._tables = {name: self._digest(name) for name in names}
            self._version = version
        return self._tables | {"files": self._files()}

    def _digest(self, table: str) -> str:
        rows = hashlib.blake2b(digest_size=16)
        for row in sorted(map(repr, self._db.execute(f'select * from "{table}"'))):
            rows.update(row.encode("utf-8", "surrogatepass"))
        return rows.hexdigest()

    def _files(self) -> str:
        return repr(sorted(str(path) for path in (self._folder / BLOBS).rglob("*")))


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that changed though they may not."""
    return [name for name in after if before.get(name) != after[name] and name not in MAY_CHANGE]
