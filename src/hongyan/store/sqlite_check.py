"""Looks at every page of a store file and says what is damaged, without changing anything."""

import re
from itertools import islice
from pathlib import Path
from typing import Any

import apsw

from hongyan.store.interface import StoreForeign, StoreUnavailable
from hongyan.store.sqlite_file import APPLICATION_ID, translate

PROBLEMS_MAX = 100
_TREE = re.compile(r"Tree (\d+)")


def check_store(path: Path) -> list[str]:
    """Every problem found, at most `PROBLEMS_MAX`, each with its page and the table it belongs to. Works beside a running server.

    Raises `StoreForeign` when the file is none of ours or its first page is damaged, `StoreUnavailable` when it cannot be read at all.
    """
    if not path.is_file():
        raise StoreUnavailable(f"{path}: there is no such file")
    connection = _opened(path)
    try:
        schema: list[tuple[Any, ...]] = connection.execute("select type, name, rootpage from sqlite_schema where rootpage > 0").fetchall()
        names = {int(page): str(name) for _type, name, page in schema}
        tables = [(str(name), int(page)) for kind, name, page in schema if kind == "table"]
        found = (problem for table, page in tables for problem in _of_table(connection, table, page, names))
        return list(islice(found, PROBLEMS_MAX))
    except apsw.Error as error:
        raise translate(error, path) from error
    finally:
        connection.close()


def _of_table(connection: apsw.Connection, table: str, page: int, names: dict[int, str]) -> list[str]:
    """One by one: damage at the root of one table would hide what the others have."""
    try:
        texts = [str(row[0]) for row in connection.execute(f'pragma integrity_check("{table}")')]
    except apsw.CorruptError:
        return [f"{table}: page {page} or one below it cannot be read at all"]
    return [f"{table}: {_named(line, names)}" for text in texts if text != "ok" for line in text.splitlines() if not line.startswith("***")]


def _opened(path: Path) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        if connection.pragma("application_id") != APPLICATION_ID:
            connection.close()
            raise StoreForeign(f"{path} is none of Hongyan's, or its first page is damaged")
    except apsw.Error as error:
        raise translate(error, path) from error
    return connection


def _named(line: str, names: dict[int, str]) -> str:
    """SQLite names the tree by its first page; an operator knows it as a table or an index."""
    return _TREE.sub(lambda match: f"{names.get(int(match[1]), 'tree')} (tree {match[1]})", line)
