"""The file of captured calls. It is no treasure: one that cannot be used is put aside, and a new one begun."""

import os
import re
import threading
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import apsw
import msgspec

from hongyan.capture.records import Capture, Content, Limits, Summary, Wanted
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import EpochMs
from hongyan.store.queries import parse_queries
from hongyan.store.sqlite_file import OLDEST_SAFE

APPLICATION_ID = 0x484F4E52  # "HONR"
VERSION = 1
PURGE_ROWS = 500
FORGET_ROWS = 200  # looked at in one go
LISTED = 50  # codes and apps offered for choosing
_ENCODE, _DECODE = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Content).decode
BROKEN = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError)


class Unusable(Exception):
    """The file is none of ours, of another version, or damaged."""


@cache
def statements() -> dict[str, str]:
    """The named statements."""
    return parse_queries(files("hongyan.capture").joinpath("captures.sql").read_text("utf-8"))


class CaptureFile:
    """One open file: written by one thread, read by any. Raises `Unusable`, and `apsw.Error` or `OSError` when the disk fails."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        opened: list[apsw.Connection] = []
        try:
            opened.append(_connect(path))
            opened.append(_connect(path))
            self._writer, self._reader = opened
            _prepare(self._writer)
            self.last = int(self._one(self._writer, "capture.last")[0])
        except BROKEN as error:
            _close(opened)
            raise Unusable(str(error)) from None
        except BaseException:
            _close(opened)
            raise

    def close(self) -> None:
        with self._lock:
            _close([self._reader, self._writer])

    def is_sound(self) -> bool:
        """Look at every page; takes a second or so for a full file, on a connection of its own."""
        try:
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                return bool(connection.execute("pragma quick_check(1)").get == "ok")
            finally:
                connection.close()
        except BROKEN:
            return False

    # --- writing

    def add(self, captures: Sequence[Capture]) -> None:
        """Write calls, all or none. Row by row: each step lets the event loop have the interpreter."""
        with self._writer:
            for capture in captures:
                self._add(capture)

    def _add(self, capture: Capture) -> None:
        one, run = capture.summary, self._run
        code = one.errcode.rpartition("/")[2]
        row = {name: getattr(one, name) for name in ("n", "at", "app_name", "method", "path", "status", "errcode", "us", "address", "task", "said")}
        run("capture.insert", row | {"corp": one.corp_id, "app": one.app_key, "code": code, "refused": int(one.refused)})
        run("capture.insert_data", {"n": one.n, "data": _ENCODE(capture.content)})
        for userid in capture.content.userids:
            run("capture.insert_person", {"corp": one.corp_id, "userid": userid, "n": one.n})

    def purge(self, limits: Limits, now: EpochMs) -> int:
        """Remove one chunk of the oldest calls when they are too old, or when all of them are too large; returns how many."""
        oldest: list[tuple[Any, ...]] = self._writer.execute(statements()["capture.oldest"], {"limit": PURGE_ROWS}).fetchall()
        if not oldest:
            return 0
        # In the order they came: a clock that was set back leaves older times behind younger ones.
        aged = list(takewhile(lambda row: row[1] < now - limits.days * DAY_MS, oldest))
        doomed = oldest if self.used_bytes() > limits.megabytes << 20 else oldest[: len(aged)]
        if not doomed:
            return 0
        with self._writer:
            for name in ("capture.purge_persons", "capture.purge_data", "capture.purge"):
                self._run(name, {"upto": doomed[-1][0]})
        return len(doomed)

    def forget(self, corp_id: str, pattern: "re.Pattern[bytes]", after: int) -> tuple[int, int | None]:
        """Remove those of the next calls of an organisation, or of nobody's, in which a pattern is found; how many, and where to go on."""
        rows: list[tuple[Any, ...]] = self._writer.execute(
            statements()["capture.with_data"], {"corp": corp_id, "after": after, "limit": FORGET_ROWS}
        ).fetchall()
        doomed = [n for n, said, path, data in rows if _names(pattern, said, path, _DECODE(data))]
        with self._writer:
            for n in doomed:
                for name in ("capture.forget_persons", "capture.forget_data", "capture.forget"):
                    self._run(name, {"n": n})
        return len(doomed), rows[-1][0] if len(rows) == FORGET_ROWS else None

    def compact(self) -> None:
        """Write the file anew, so that nothing of what was removed is left in it."""
        self._writer.execute("vacuum")
        self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def used_bytes(self) -> int:
        """What the calls take; room that purging made free does not count."""
        pages = self._writer.pragma("page_count") - self._writer.pragma("freelist_count")
        return int(pages * self._writer.pragma("page_size"))

    def _run(self, name: str, values: dict[str, Any]) -> None:
        self._writer.execute(statements()[name], values)

    # --- reading

    def page(self, wanted: Wanted, *, before: int, after: int, limit: int) -> list[Summary]:
        """Newest first, between two positions."""
        values = {name: getattr(wanted, name) for name in ("code", "app", "userid", "path", "task")}
        values |= {"corp": wanted.corp_id, "refused": int(wanted.refused), "before": before, "after": after, "limit": limit}
        return [_summary(row) for row in self._all(_statement_for(wanted), values)]

    def last_before(self, at: EpochMs) -> int:
        """The number of the last call before a moment, 0 without one; found by halving, because numbers follow the clock as long as it does not jump."""
        low, high = 0, int(self._all("capture.last", {})[0][0])
        while low < high:
            middle = (low + high) // 2
            n, found_at = self._all("capture.at_or_after", {"n": middle + 1})[0]
            if found_at < at:
                low = n
            else:
                high = middle
        return low

    def count_refused(self, corp_id: str, since: EpochMs, most: int) -> int:
        """How many calls of an organisation were refused since a moment; counting stops at `most`."""
        (count,) = self._all("capture.count_refused", {"corp": corp_id, "after": self.last_before(since), "most": most})[0]
        return count

    def one(self, n: int) -> Capture | None:
        rows = self._all("capture.one", {"n": n})
        return Capture(_summary(rows[0][:-1]), _DECODE(rows[0][-1])) if rows else None

    def codes(self, corp_id: str) -> list[str]:
        return [row[0] for row in self._all("capture.codes", {"corp": corp_id, "limit": LISTED})]

    def apps(self, corp_id: str) -> list[tuple[str, str]]:
        """Keys with names."""
        return [(row[0], row[1]) for row in self._all("capture.apps", {"corp": corp_id, "limit": LISTED})]

    def _all(self, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._reader.execute(statements()[name], values).fetchall()

    @staticmethod
    def _one(connection: apsw.Connection, name: str) -> tuple[Any, ...]:
        row = connection.execute(statements()[name]).fetchone()
        assert row is not None
        return row


def _statement_for(wanted: Wanted) -> str:
    """The one whose index narrows most."""
    for value, name in ((wanted.userid, "person"), (wanted.task, "task"), (wanted.code, "code"), (wanted.app, "app")):
        if value:
            return f"capture.page_of_{name}"
    return "capture.page_refused" if wanted.refused else "capture.page"


def _names(pattern: "re.Pattern[bytes]", said: str, path: str, content: Content) -> bool:
    people = " ".join((*content.userids, content.unionid, content.uuid)).encode()
    parts = " ".join(f"{part.name} {part.filename or ''} {part.text}" for part in content.parts).encode()
    texts = (said.encode(), path.encode(), content.query, content.body, content.reply, people, parts)
    return any(pattern.search(text) or (b"%" in text and pattern.search(unquote_to_bytes(text))) for text in texts)


def _summary(row: Sequence[Any]) -> Summary:
    n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said = row
    return Summary(n, EpochMs(at), corp, app, app_name, method, path, status, errcode, bool(refused), us, address, task, said)


def _connect(path: Path) -> apsw.Connection:
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    assert version >= OLDEST_SAFE, "the store has refused to start with such a library"
    connection = apsw.Connection(str(path), statementcachesize=64)
    try:
        connection.set_busy_timeout(5000)
        connection.execute(
            "pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on; pragma cache_size = -4096; pragma temp_store = memory"
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: apsw.Connection) -> None:
    if connection.execute("select count(*) from sqlite_schema").get == 0:
        with connection:
            connection.execute(files("hongyan.capture").joinpath("schema.sql").read_text("utf-8"))
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", VERSION)
    elif (connection.pragma("application_id"), connection.pragma("user_version")) != (APPLICATION_ID, VERSION):
        raise Unusable("it is of another version, or none of ours")


def _close(connections: Sequence[apsw.Connection]) -> None:
    for connection in connections:
        connection.close()


def put_aside(path: Path) -> Path:
    """Give a file that cannot be used another name; the one that was put aside before is thrown away."""
    aside = path.with_name(path.name + ".broken")
    for ending in ("-wal", "-shm", ""):
        for old, new in ((Path(f"{path}{ending}"), Path(f"{aside}{ending}")),):
            new.unlink(missing_ok=True)
            if old.exists():
                old.rename(new)
    return aside


def open_captures(path: Path) -> tuple[CaptureFile, str]:
    """The file, begun anew where the present one cannot be used; with the reason, if so."""
    try:
        return CaptureFile(path), ""
    except Unusable as error:
        put_aside(path)
        return CaptureFile(path), str(error)
