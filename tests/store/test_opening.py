"""Opening a file: whose it is, how old it is, and what happens when the disk is full or may not be written."""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from crash.consistency import contradictions
from harness import SEND, World
from hongyan.model.clock import SystemClock
from hongyan.model.faults import NoFaults
from hongyan.model.ids import EpochMs
from hongyan.store import sqlite_file
from hongyan.store.interface import Store, StoreError, StoreForeign, StoreFull, StoreLocked, StoreTooNew, StoreUnavailable, Tx
from hongyan.store.queries import migrations
from hongyan.store.sqlite import open_sqlite

SCHEMA1 = Path(__file__).parents[1] / "files" / "schema1.db"


def _open(path: Path) -> Store:
    return open_sqlite(path, clock=SystemClock(), faults=NoFaults())


def _open_and_close(path: Path) -> None:
    async def run() -> None:
        await _open(path).close()

    asyncio.run(run())


def _put_txn(tx: Tx, name: str, value: str, now: EpochMs) -> None:
    tx.run("setting.put", name=name, value=value)


def _get_txn(tx: Tx, name: str) -> str | None:
    row = tx.one("setting.get", name=name)
    return row[0] if row else None


def _sentence(error: StoreError, path: Path) -> None:
    """What the operator reads names the file and is one line."""
    assert str(path) in str(error) and "\n" not in str(error) and len(str(error)) > len(str(path)) + 10


def test_a_second_handle_is_locked_out_and_says_by_whom(tmp_path: Path) -> None:
    async def run() -> None:
        store = _open(tmp_path / "a.db")
        with pytest.raises(StoreLocked) as caught:
            _open(tmp_path / "a.db")
        await store.close()
        _sentence(caught.value, tmp_path / "a.db")
        assert str(os.getpid()) in str(caught.value)
        await _open(tmp_path / "a.db").close()

    asyncio.run(run())


CHILD = """
import asyncio, os, sys
from pathlib import Path
from hongyan.model.clock import SystemClock
from hongyan.model.faults import NoFaults
from hongyan.store.interface import StoreError
from hongyan.store.sqlite import open_sqlite
if len(sys.argv) > 2:  # after the imports, which another user may not be able to read
    os.setgid(65534), os.setuid(65534)
async def run():
    try:
        store = open_sqlite(Path(sys.argv[1]), clock=SystemClock(), faults=NoFaults())
    except StoreError as error:
        print(type(error).__name__, error)
    else:
        print("open", flush=True)
        sys.stdin.readline()
        await store.close()
asyncio.run(run())
"""


def _child(path: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, str(path), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_another_process_is_locked_out_until_it_is_gone_even_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with _child(path) as child:
        assert child.stdout and child.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked, match=str(child.pid)):
            _open(path)
        child.kill()

    _open_and_close(path)


def test_a_newer_schema_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    _open_and_close(path)
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 999)
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreTooNew, match="999") as caught:
        _open(path)
    _sentence(caught.value, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_foreign_database_is_refused_and_untouched(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "a.db"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", journal)
    connection.execute("create table other(x); insert into other values (1)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreForeign) as caught:
        _open(path)
    _sentence(caught.value, path)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.db", "a.db.lock"]


def test_a_foreign_database_with_a_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute("create table other(x); insert into other values (1)")

    with pytest.raises(StoreForeign):
        _open(path)
    assert connection.execute("select x from other").get == 1
    connection.close()


@pytest.mark.parametrize("content", [b"hello", b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 8176])
def test_garbage_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)

    with pytest.raises(StoreForeign) as caught:
        _open(path)
    _sentence(caught.value, path)
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()

    _open_and_close(tmp_path / "a.db")


def test_a_store_whose_schema_is_still_in_the_log_opens(tmp_path: Path) -> None:
    path, moved = tmp_path / "a.db", tmp_path / "b" / "a.db"
    with _child(path) as child:
        assert child.stdout and child.stdout.readline() == "open\n"
        child.kill()
    moved.parent.mkdir()
    for name in ("a.db", "a.db-wal"):
        shutil.copy(path.with_name(name), moved.with_name(name))

    _open_and_close(moved)


def test_a_folder_that_may_not_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    folder.chmod(0o555)
    with _child(folder / "a.db", *(("drop",) if os.getuid() == 0 else ())) as child:
        output, _ = child.communicate("\n", timeout=30)
    folder.chmod(0o755)

    assert output.startswith(f"StoreUnavailable {folder / 'a.db'}: ")


# --- a full disk


def _limit_pages(store: Store, more: int) -> None:
    writer: apsw.Connection = store._writer  # type: ignore[attr-defined]
    writer.pragma("max_page_count", writer.pragma("page_count") + more)


def _free(store: Store) -> None:
    store._writer.pragma("max_page_count", 1 << 30)  # type: ignore[attr-defined]


def test_a_full_disk_fails_the_caller_keeps_nothing_and_passes(tmp_path: Path) -> None:
    big, small = "x" * 100_000, "y"

    async def run() -> None:
        store = _open(tmp_path / "a.db")
        await store.write(_put_txn, "a", "small")
        _limit_pages(store, 3)
        for sizes in ((big,), (big, big, big), (big, small, small), (small, big, small), (small, small, big)):
            outcomes = await asyncio.gather(*(store.write(_put_txn, f"n{n}", size) for n, size in enumerate(sizes)), return_exceptions=True)
            assert all(isinstance(outcome, StoreFull) for outcome in outcomes), outcomes
            assert [await store.read(_get_txn, name) for name in ("a", "n0", "n1", "n2")] == ["small", None, None, None]
        await store.write(_put_txn, "b", "still fits")
        _free(store)
        await store.write(_put_txn, "n0", big)
        assert await store.read(_get_txn, "n0") == big
        await store.close()

    asyncio.run(run())


def test_a_full_disk_is_the_busy_code_over_http_and_leaves_no_half_send(world: World) -> None:
    world.observe_all_but()
    assert world.send()["errcode"] == 0
    path = world.server.settings.folder / "hongyan.db"
    _limit_pages(world.engine.store, 4)
    text = "满" * 30_000
    replies = [world.send(text_content=f"{n}{text}", uuid=f"full{n}", userid_list="u1,u2,u3") for n in range(6)]

    codes = [reply["errcode"] for reply in replies]
    assert codes[-1] == -1 and set(codes) <= {0, -1}
    assert replies[-1]["errmsg"] == "系统繁忙"
    assert contradictions(path) == []

    _free(world.engine.store)
    again = [world.send(text_content=f"{n}{text}", uuid=f"full{n}", userid_list="u1,u2,u3")["errcode"] for n in range(6)]
    assert again == [800035 if code == 0 else 0 for code in codes]
    assert contradictions(path) == []
    assert world.post(SEND, world.a_send()).status_code == 200


FILL = """
import asyncio, resource, sys
from pathlib import Path
from hongyan.model.clock import SystemClock
from hongyan.model.faults import NoFaults
from hongyan.store.interface import StoreFull, StoreUnavailable
from hongyan.store.sqlite import open_sqlite
def put_txn(tx, name, now):
    tx.run("setting.put", name=name, value="x" * 50_000)
async def run():
    store = open_sqlite(Path(sys.argv[1]), clock=SystemClock(), faults=NoFaults())
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    kept = []
    for n in range(40):
        try:
            await store.write(put_txn, f"n{n}")
            kept.append(n)
        except (StoreFull, StoreUnavailable):
            pass
    assert 0 < len(kept) < 40, kept
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.write(put_txn, "after")
    await store.close()
    print(*kept)
asyncio.run(run())
"""


def test_a_file_that_may_not_grow_keeps_exactly_what_it_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    done = subprocess.run([sys.executable, "-c", FILL, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    confirmed = {f"n{n}" for n in done.stdout.split()} | {"after"}

    connection = apsw.Connection(str(path))
    stored = {name for (name,) in connection.execute("select name from setting")}
    assert connection.pragma("integrity_check") == "ok"
    connection.close()
    assert stored == confirmed
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


# --- older schemas

LATER = "alter table task add column later text; create table later(x integer primary key); insert into later values (1);"
FAILING = "create table later(x); insert into nowhere values (1);"


def _with_later(monkeypatch: pytest.MonkeyPatch, *scripts: str) -> int:
    steps = migrations()
    steps += [(steps[-1][0] + n, script) for n, script in enumerate(scripts, 1)]
    monkeypatch.setattr(sqlite_file, "migrations", lambda: steps)
    return steps[-1][0]


def _columns(path: Path) -> dict[str, list[str]]:
    """The columns of every table of a file."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    tables = [name for (name,) in connection.execute("select name from sqlite_schema where type = 'table' order by name")]
    found = {table: [name for (name,) in connection.execute("select name from pragma_table_info(?)", (table,))] for table in tables}
    connection.close()
    return found


def _rows(path: Path, of: Path = SCHEMA1) -> dict[str, list[tuple[object, ...]]]:
    """The rows of a file, as far as the tables and columns of another have them: what was there must be there unchanged."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {table: connection.execute(f"select {', '.join(columns)} from {table}").fetchall() for table, columns in _columns(of).items()}
    connection.close()
    return found


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    shutil.copy(SCHEMA1, path)
    return path


def test_the_kept_file_of_the_first_schema_is_filled_and_sound(old: Path) -> None:
    rows = _rows(old)

    assert all(rows[table] for table in ("corp", "user", "task", "inbox", "attempt", "usage", "sender_day", "read_mark", "event", "rule_setting"))
    assert contradictions(old) == []


def test_today_opens_the_first_schema_and_keeps_every_row(old: Path) -> None:
    before = _rows(old)
    _open_and_close(old)

    assert _rows(old) == before
    assert contradictions(old) == []


def test_a_later_schema_keeps_every_row_and_leaves_a_copy_of_the_old_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, content = _rows(old), old.read_bytes()
    newest = _with_later(monkeypatch, LATER, "insert into later values (2);")
    _open_and_close(old)

    after = _rows(old)
    assert after == before
    connection = apsw.Connection(str(old))
    assert connection.execute("select x from later").fetchall() == [(1,), (2,)]
    assert connection.pragma("user_version") == newest
    connection.close()
    (copy,) = old.parent.glob("old.db.schema1.*")
    assert _rows(copy) == before and len(copy.read_bytes()) == len(content)


def test_a_failing_migration_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _rows(old)
    with monkeypatch.context() as patch:
        _with_later(patch, LATER, FAILING)
        with pytest.raises(StoreUnavailable) as caught:
            _open(old)
        _sentence(caught.value, old)

    assert _rows(old) == before
    assert not list(old.parent.glob("old.db.schema1.*"))
    _open_and_close(old)
    assert _rows(old) == before


def test_the_kept_file_is_what_its_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SCHEMA1.with_name("make_schema.py")), str(tmp_path / "made.db")], check=True, timeout=60)

    made, kept = _rows(tmp_path / "made.db"), _rows(SCHEMA1)
    for table in ("app", "token"):  # hashes of random secrets
        made.pop(table), kept.pop(table)
    # What a send says beside its audience stood with it until it got a column of its own.
    kept["task"] = [tuple(value.replace(',"flags":{}}', "}") if isinstance(value, str) else value for value in row) for row in kept["task"]]
    assert made == kept
