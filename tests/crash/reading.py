"""Who has what, read from a store file alone."""

from pathlib import Path

import apsw
import msgspec
from pyroaring import BitMap

from hongyan.admission.tasks import delivered_stored

TEMPLATE_WORDS = "你好"  # what stands before the words in a message by template


class BrokenPromise(AssertionError):
    """The server said one thing and the file another."""


class Kept(msgspec.Struct, frozen=True):
    """One send as it is stored."""

    seq: int
    uuid: str
    surface: str
    audience: frozenset[str]
    recalled: bool


def read_sends(path: Path) -> dict[str, Kept]:
    """Every send by its words; who has it is taken from inbox rows or the bitmap, as it is stored."""
    sends: dict[str, Kept] = {}
    for words, kept in _read(path):
        if words in sends:
            raise BrokenPromise(f"{words} was taken in twice")
        sends[words] = kept
    return sends


def read_audiences(path: Path) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
    """uuid → who has it; uuid → position. Mass sends only: a notice has no uuid."""
    sends = [kept for _words, kept in _read(path) if kept.uuid]
    if len({kept.uuid for kept in sends}) < len(sends):
        raise BrokenPromise("two tasks have the same uuid")
    return {kept.uuid: kept.audience for kept in sends}, {kept.uuid: kept.seq for kept in sends}


def _read(path: Path) -> list[tuple[str, Kept]]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names: dict[int, str] = dict(connection.execute("select ord, userid from user").fetchall())
        rows: dict[int, list[int]] = {}
        for seq, ord_ in connection.execute("select seq, ord from inbox where kind = 0"):
            rows.setdefault(seq, []).append(ord_)
        sends: list[tuple[str, Kept]] = []
        query = "select seq, uuid, surface, content ->> '$.text', storage, addressed, sets, recalled_at is not null from task"
        for seq, uuid, surface, text, storage, addressed, sets, recalled in connection.execute(query):
            people = delivered_stored(addressed, sets) if storage else BitMap(rows.get(seq, ()))
            audience = frozenset(names[ord_] for ord_ in people)
            sends.append((str(text).removeprefix(TEMPLATE_WORDS), Kept(seq, uuid, surface, audience, bool(recalled))))
        return sends
    finally:
        connection.close()
