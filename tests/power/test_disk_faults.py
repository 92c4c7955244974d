"""A disk that is full, refuses to sync or to read, is damaged, or belongs to another: a clear refusal, never a lie, and on again when it works."""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from crash.consistency import contradictions
from harness import World, serving
from hongyan.model.clock import SystemClock
from hongyan.model.faults import NoFaults
from hongyan.store import sqlite
from hongyan.store.interface import Batch, StoreError, StoreFull, StoreLocked, StoreUnavailable, Tx
from hongyan.store.sqlite import SqliteStore
from hongyan.store.sqlite_check import check_store
from power.campaign import make_template, short_log
from power.disk import Disk, under
from power.story import Story
from power.verdict import kept_promises

FULL, NO_SYNC, NO_WRITE, NO_READ = apsw.SQLITE_FULL, apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_READ


class Sick:
    """A disk that fails from the `after`-th operation of its kind on, `times` times; it can be healed."""

    def __init__(self, what: str, code: int, *, ending: str = "", after: int = 0, times: int = 1 << 30) -> None:
        self.what, self.code, self.ending, self.after, self.times = what, code, ending, after, times
        self.failed = 0
        self.ill = False

    def fall_ill(self) -> None:
        self.ill = True

    def __call__(self, what: str, path: str) -> None:
        if not self.ill or what != self.what or not path.endswith(f"hongyan.db{self.ending}"):
            return
        self.after -= 1
        if self.after < 0 and self.failed < self.times:
            self.failed += 1
            error = apsw.FullError("database or disk is full") if self.code == FULL else apsw.IOError("disk I/O error")
            error.extendedresult = self.code  # type: ignore[attr-defined]
            raise error


def put_txn(tx: Tx, name: str, now: int) -> None:
    tx.run("setting.put", name=name, value="x" * 5000)


def has_txn(tx: Tx, name: str) -> bool:
    return tx.one("setting.get", name=name) is not None


def _put_all(tx: Tx, names: list[str], now: int) -> list[None]:
    return [put_txn(tx, name, now) for name in names]


BATCH = Batch("put", _put_all)
Body = Callable[[SqliteStore, Sick], Awaitable[None]]


def with_sick_disk(folder: Path, sick: Sick, body: Body) -> None:
    async def run() -> None:
        store = SqliteStore(folder / "hongyan.db", clock=SystemClock(), faults=NoFaults())
        try:
            await store.write(put_txn, "before")
            await body(store, sick)
        finally:
            sick.ill = False
            await store.close()

    with under(fault=sick):
        asyncio.run(run())


async def put(store: SqliteStore, name: str, *, batched: bool) -> None:
    await (store.write_batched(BATCH, name) if batched else store.write(put_txn, name))


def stored_after_a_crash(store_path: Path, scratch: Path) -> set[str]:
    """What a restart would find if the machine stopped now."""
    scratch.mkdir(exist_ok=True)
    for ending in ("", "-wal"):
        shutil.copy(f"{store_path}{ending}", scratch / f"hongyan.db{ending}")
    connection = apsw.Connection(str(scratch / "hongyan.db"))
    names = {name for (name,) in connection.execute("select name from setting")}
    connection.close()
    return names


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("what", "code", "error", "says"),
    [
        ("write", FULL, StoreFull, "free some space"),
        ("sync", NO_SYNC, StoreUnavailable, "disk fails"),
        ("write", NO_WRITE, StoreUnavailable, "disk fails"),
    ],
)
def test_what_the_disk_does_not_keep_is_refused_and_leaves_no_trace(
    tmp_path: Path, what: str, code: int, error: type[StoreError], says: str, batched: bool
) -> None:
    async def body(store: SqliteStore, sick: Sick) -> None:
        sick.ill = True
        for name in ("one", "two"):
            with pytest.raises(error, match=says):
                await put(store, name, batched=batched)
        assert says in store.trouble() and "hongyan.db" in store.trouble()
        assert await store.read(has_txn, "before") and not await store.read(has_txn, "one")
        sick.ill = False
        await put(store, "after", batched=batched)
        assert not store.trouble()
        assert [await store.read(has_txn, name) for name in ("before", "one", "two", "after")] == [True, False, False, True]
        assert stored_after_a_crash(tmp_path / "hongyan.db", tmp_path / "copy") == {"before", "after"}

    with_sick_disk(tmp_path, Sick(what, code, ending="-wal"), body)


def test_a_disk_that_works_again_is_noticed_without_a_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOVE_EVERY_S", 0.01)

    async def body(store: SqliteStore, sick: Sick) -> None:
        sick.ill = True
        with pytest.raises(StoreFull):
            await store.write(put_txn, "one")
        while not sick.failed > 3:  # it tries, and is refused
            await asyncio.sleep(0.01)
        assert store.trouble()
        sick.ill = False
        while store.trouble():
            await asyncio.sleep(0.01)

    with_sick_disk(tmp_path, Sick("write", FULL, ending="-wal"), body)


@pytest.mark.parametrize("trusting", [False, True])
def test_a_commit_whose_sync_failed_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusting: bool) -> None:
    """One failed sync, and the machine stops right after the refusal. `trusting`: with the store as it would be without its mending."""
    if trusting:
        monkeypatch.setattr(SqliteStore, "_mend", lambda self: True)

    async def body(store: SqliteStore, sick: Sick) -> None:
        sick.ill = True
        with pytest.raises(StoreUnavailable):
            await store.write(put_txn, "refused")
        found = stored_after_a_crash(tmp_path / "hongyan.db", tmp_path / "copy")
        assert found == ({"before", "refused"} if trusting else {"before"})

    with_sick_disk(tmp_path, Sick("sync", NO_SYNC, ending="-wal", times=1), body)


def test_a_log_that_cannot_be_moved_is_told_and_costs_nothing(tmp_path: Path) -> None:
    async def body(store: SqliteStore, sick: Sick) -> None:
        sick.ill = True
        await store.write(put_txn, "one")
        await asyncio.to_thread(store.move_log)
        assert "disk fails" in store.trouble()
        await store.write(put_txn, "two")
        sick.ill = False
        await asyncio.to_thread(store.move_log)
        assert not store.trouble() and sick.failed
        assert stored_after_a_crash(tmp_path / "hongyan.db", tmp_path / "copy") == {"before", "one", "two"}

    with_sick_disk(tmp_path, Sick("sync", NO_SYNC), body)


def test_what_cannot_be_read_is_refused_until_it_can(tmp_path: Path) -> None:
    async def body(store: SqliteStore, sick: Sick) -> None:
        for n in range(40):
            await store.write(put_txn, f"n{n}")
        await asyncio.to_thread(store.move_log)
        sick.ill = True
        outcomes = await asyncio.gather(*(store.read(has_txn, f"n{n}") for n in range(40)), return_exceptions=True)
        assert sick.failed and any(isinstance(one, StoreUnavailable) for one in outcomes)
        assert all(one is True or isinstance(one, StoreUnavailable) for one in outcomes)
        sick.ill = False
        assert all([await store.read(has_txn, f"n{n}") for n in range(40)])

    with_sick_disk(tmp_path, Sick("read", NO_READ), body)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults") / "template"
    make_template(folder)
    return folder


MATRIX = [
    *((("sync", NO_SYNC, "-wal"), after) for after in (0, 3, 9)),
    *((("write", NO_WRITE, "-wal"), after) for after in (0, 7, 23)),
    *((("write", FULL, "-wal"), after) for after in (1, 11, 31)),
    *((("write", NO_WRITE, ""), after) for after in (0, 5)),
    (("sync", NO_SYNC, ""), 0),
    (("truncate", apsw.SQLITE_IOERR_TRUNCATE, "-wal"), 0),
    *((("read", NO_READ, ""), after) for after in (0, 6)),
    *((("read", NO_READ, "-wal"), after) for after in (0, 6)),
]


@pytest.mark.parametrize(("fault", "after"), MATRIX)
@pytest.mark.parametrize("times", [1, 4])
def test_the_engine_keeps_what_it_answered_whatever_the_disk_refused(
    template: Path, tmp_path: Path, fault: tuple[str, int, str], after: int, times: int
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(template, folder)
    what, code, ending = fault
    sick, disk = Sick(what, code, ending=ending, after=after, times=times), Disk(folder / "hongyan.db")

    async def run() -> None:
        story = Story(folder, disk, random.Random(after))
        refused = await story.run(40, forgiving=True, opened=sick.fall_ill)
        assert refused <= 5 * (times + 1) * 3, "it goes on by itself when the disk does"

    with under(disk, sick), short_log():
        asyncio.run(run())

    promised = [op.fact for op in disk.ops if op.what == "ack"]
    assert not kept_promises(folder / "hongyan.db", promised) and len(promised) > 20
    assert contradictions(folder / "hongyan.db") == []


# --- what lies on the disk


def filled(folder: Path, template: Path) -> Path:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return folder / "hongyan.db"


def page_of(path: Path, table: str) -> int:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    page = connection.execute("select rootpage from sqlite_schema where name = ?", (table,)).get
    connection.close()
    assert isinstance(page, int)
    return page


def spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)


def test_a_damaged_page_is_found_and_named(template: Path, tmp_path: Path) -> None:
    path = filled(tmp_path, template)
    assert check_store(path) == []
    page = page_of(path, "setting")
    spoil(path, page)

    problems = check_store(path)
    assert any("setting" in problem and f"page {page}" in problem for problem in problems), problems


def test_a_damaged_page_is_a_refusal_that_says_what_to_do(template: Path, tmp_path: Path) -> None:
    path = filled(tmp_path, template)
    spoil(path, page_of(path, "setting"))

    async def body(store: SqliteStore) -> None:
        with pytest.raises(StoreUnavailable, match="hongyan store check"):
            await store.read(has_txn, "before")
        assert "damaged" in store.trouble()
        with pytest.raises(StoreUnavailable, match="hongyan store check"):
            await store.write(put_txn, "new")

    async def run() -> None:
        store = SqliteStore(path, clock=SystemClock(), faults=NoFaults())
        await body(store)
        await store.close()

    asyncio.run(run())


def test_a_file_that_was_cut_short_does_not_open(template: Path, tmp_path: Path) -> None:
    path = filled(tmp_path, template)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size - 4096 * 5)
    before = path.read_bytes()

    with pytest.raises(StoreUnavailable, match="cut short: 20480 bytes"):
        SqliteStore(path, clock=SystemClock(), faults=NoFaults())
    assert path.read_bytes() == before


def test_a_file_that_may_not_be_written_does_not_open(template: Path, tmp_path: Path) -> None:
    path = filled(tmp_path, template)
    with under(read_only=True), pytest.raises(StoreUnavailable, match="may not be written"):
        SqliteStore(path, clock=SystemClock(), faults=NoFaults())


def test_another_program_that_holds_the_file_is_waited_for_off_the_event_loop(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_WAIT_MS", 50)
    path = filled(tmp_path, template)

    async def run() -> None:
        store = SqliteStore(path, clock=SystemClock(), faults=NoFaults())
        other = apsw.Connection(str(path))
        other.execute("begin immediate")
        for batched in (False, True):
            with pytest.raises(StoreLocked, match="locked by another process"):
                await put(store, "one", batched=batched)
        waiting = asyncio.ensure_future(put(store, "two", batched=True))
        await asyncio.sleep(0)
        other.execute("rollback")
        await asyncio.gather(waiting, return_exceptions=True)
        await put(store, "three", batched=True)
        assert await store.read(has_txn, "three") and not await store.read(has_txn, "one")
        other.close()
        await store.close()

    asyncio.run(run())


def test_a_server_says_what_is_wrong_refuses_and_goes_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOVE_EVERY_S", 3600)  # no probe: only the sends below find out
    sick = Sick("write", FULL, ending="-wal")
    with under(fault=sick), serving(tmp_path / "data") as server:
        world = World(server)
        admin = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}

        def trouble() -> str:
            return str(server.client.get("/hongyan/v1/server", headers=admin).json()["trouble"])

        before = world.send_ok()
        sick.ill = True
        refused = [world.send(uuid="refused")["errcode"] for _ in range(3)]
        assert refused == [-1] * 3 and "free some space" in trouble()
        assert [entry["task_id"] for entry in world.inbox("u1")] == [before], "reading goes on"
        sick.ill = False
        after = world.send_ok(uuid="refused", text_content="again")

        assert not trouble() and {entry["task_id"] for entry in world.inbox("u1")} == {before, after}
