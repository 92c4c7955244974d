"""Named statements on one SQLite connection."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import apsw
import msgspec

from hongyan.store.interface import Row, chunks
from hongyan.store.queries import UnknownQuery, expand_rows, load_queries

MAX_BATCH = 256
MAX_VARIABLES = 30_000  # SQLite allows 32766
_DECODE_ROWS = msgspec.json.Decoder(list[list[Any]]).decode


class SqliteTx:
    """Statements on one connection, inside whatever transaction it has open."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._queries = load_queries("sqlite")
        self.hooks: list[Callable[[], None]] = []

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
            self._connection.execute(expand_rows(text, len(piece)), list(chain.from_iterable(piece)))

    def by_keys(self, name: str, keys: Sequence[Sequence[Any]], /) -> list[list[Any]]:
        text = self._text(name)
        found: list[list[Any]] = []
        for piece in chunks(keys, MAX_BATCH):
            # One step for the whole answer: each step gives the interpreter lock away, and getting it back is what costs.
            answer = self._connection.execute(expand_rows(text, len(piece)), list(chain.from_iterable(piece))).fetchone()
            if answer and answer[0]:
                found += _DECODE_ROWS(answer[0])
        return found

    def on_commit(self, hook: Callable[[], None], /) -> None:
        self.hooks.append(hook)

    def _text(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError:
            raise UnknownQuery(name) from None
