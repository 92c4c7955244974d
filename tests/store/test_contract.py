"""What a store promises its callers. Every engine runs this suite."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from hongyan.model.faults import Faults, NoFaults
from hongyan.model.ids import EpochMs
from hongyan.sandbox.faults import Fault, SandboxFaults
from hongyan.store import sqlite
from hongyan.store.interface import Batch, Store, StoreBusy, Tx
from hongyan.store.sqlite import open_sqlite


class StepClock:
    """One millisecond later at each look."""

    def __init__(self) -> None:
        self.at = EpochMs(1000)

    def now(self) -> EpochMs:
        self.at = EpochMs(self.at + 1)
        return self.at


class Refused(Exception):
    """What a body raises."""


@asynccontextmanager
async def opened(folder: Path, faults: Faults | None = None) -> AsyncIterator[Store]:
    store = open_sqlite(folder / "store.db", clock=StepClock(), faults=faults or NoFaults())
    try:
        yield store
    finally:
        await store.close()


def put_txn(tx: Tx, name: str, value: str, now: EpochMs) -> EpochMs:
    tx.run("setting.put", name=name, value=value)
    return now


def put_and_raise_txn(tx: Tx, name: str, now: EpochMs) -> None:
    tx.run("setting.put", name=name, value="half")
    raise Refused(name)


def get_txn(tx: Tx, name: str) -> str | None:
    row = tx.one("setting.get", name=name)
    return row[0] if row else None


def _put_all(tx: Tx, items: Sequence[str], now: EpochMs) -> list[str]:
    for item in items:
        tx.run("setting.put", name=item, value=str(len(items)))
        if item.startswith("bad"):
            raise Refused(item)
    return [f"{item}!" for item in items]


BATCH = Batch("put", _put_all)
Story = Callable[[Path], Awaitable[None]]


def story(body: Story) -> Callable[[Path], None]:
    def run(tmp_path: Path) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(30):
                await body(tmp_path)

        asyncio.run(bounded())

    run.__name__ = body.__name__  # type: ignore[attr-defined]
    run.__doc__ = body.__doc__
    return run


@story
async def test_what_a_body_returns_is_committed(folder: Path) -> None:
    async with opened(folder) as store:
        await store.write(put_txn, "a", "1")
        assert await store.read(get_txn, "a") == "1"
        assert store.read_quick(get_txn, "a") == "1"
    async with opened(folder) as store:
        assert await store.read(get_txn, "a") == "1"


@story
async def test_what_raises_is_rolled_back_and_reaches_its_caller(folder: Path) -> None:
    async with opened(folder) as store:
        with pytest.raises(Refused, match="a"):
            await store.write(put_and_raise_txn, "a")

        assert await store.read(get_txn, "a") is None
        await store.write(put_txn, "a", "after")
        assert await store.read(get_txn, "a") == "after"


@story
async def test_bodies_that_share_a_commit_do_not_share_its_failures(folder: Path) -> None:
    async with opened(folder) as store:
        outcomes = await asyncio.gather(
            *(store.write(put_txn, f"good{n}", "1") if n % 3 else store.write(put_and_raise_txn, f"bad{n}") for n in range(30)),
            return_exceptions=True,
        )

        assert [isinstance(outcome, Refused) for outcome in outcomes] == [n % 3 == 0 for n in range(30)]
        # One look at the clock for each commit: all that came together have one time.
        assert len({outcome for outcome in outcomes if isinstance(outcome, int)}) == 1
        for n in range(30):
            assert (await store.read(get_txn, f"good{n}"), await store.read(get_txn, f"bad{n}")) == ("1" if n % 3 else None, None)


@story
async def test_a_batch_answers_each_item_its_own_outcome(folder: Path) -> None:
    async with opened(folder) as store:
        outcomes = await asyncio.gather(*(store.write_batched(BATCH, f"i{n}") for n in range(100)))

        assert outcomes == [f"i{n}!" for n in range(100)]
        assert await store.read(get_txn, "i99") == "100"  # all in one


@story
async def test_one_bad_item_does_not_fail_the_others(folder: Path) -> None:
    async with opened(folder) as store:
        names = ["a", "b", "bad", "c"]
        outcomes = await asyncio.gather(*(store.write_batched(BATCH, name) for name in names), return_exceptions=True)

        assert [str(outcome) for outcome in outcomes] == ["a!", "b!", "bad", "c!"]
        assert [await store.read(get_txn, name) for name in names] == ["1", "1", None, "1"]


@story
async def test_a_single_bad_item_leaves_nothing(folder: Path) -> None:
    async with opened(folder) as store:
        with pytest.raises(Refused):
            await store.write_batched(BATCH, "bad")

        assert await store.read(get_txn, "bad") is None


@story
async def test_batches_and_bodies_take_turns_in_the_order_they_came(folder: Path) -> None:
    done: list[str] = []

    async def one(name: str, *, batched: bool) -> None:
        await (store.write_batched(BATCH, name) if batched else store.write(put_txn, name, "x"))
        done.append(name)

    async with opened(folder) as store:
        await asyncio.gather(*(one(f"{n}", batched=n % 5 < 2) for n in range(40)))

    assert done == [f"{n}" for n in range(40)]


@story
async def test_a_caller_who_goes_away_harms_nobody(folder: Path) -> None:
    async with opened(folder) as store:
        calls = [asyncio.ensure_future(store.write(put_txn, f"c{n}", "1")) for n in range(6)]
        await asyncio.sleep(0)
        calls[2].cancel()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

        assert [isinstance(outcome, int) for outcome in outcomes] == [True, True, False, True, True, True]


@story
async def test_too_many_waiting_writes_are_refused_at_the_door(folder: Path) -> None:
    release = threading.Event()

    def wait_txn(tx: Tx, now: EpochMs) -> None:
        release.wait(10)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "MAX_WAITING", 5)
        async with opened(folder) as store:
            first = asyncio.ensure_future(store.write(wait_txn))
            await asyncio.sleep(0.02)
            waiting = [asyncio.ensure_future(store.write(put_txn, f"w{n}", "1")) for n in range(5)]
            await asyncio.sleep(0)
            with pytest.raises(StoreBusy):
                await store.write(put_txn, "late", "1")
            with pytest.raises(StoreBusy):
                await store.write_batched(BATCH, "late")
            release.set()
            await asyncio.gather(first, *waiting)

            assert await store.read(get_txn, "late") is None
            await store.write(put_txn, "late", "now")
            assert await store.read(get_txn, "late") == "now"


@story
async def test_a_read_sees_one_moment(folder: Path) -> None:
    began, written = threading.Event(), threading.Event()

    def twice_txn(tx: Tx) -> tuple[str | None, str | None]:
        first = get_txn(tx, "a")
        began.set()
        written.wait(10)
        return first, get_txn(tx, "a")

    async with opened(folder) as store:
        await store.write(put_txn, "a", "old")
        reading = asyncio.ensure_future(store.read(twice_txn))
        await asyncio.to_thread(began.wait, 10)
        await store.write(put_txn, "a", "new")
        written.set()

        assert await reading == ("old", "old")
        assert await store.read(get_txn, "a") == "new"


@story
async def test_a_read_that_raises_does_not_spoil_the_next(folder: Path) -> None:
    def raise_txn(tx: Tx) -> None:
        raise Refused

    async with opened(folder) as store:
        for _ in range(4):
            with pytest.raises(Refused):
                await store.read(raise_txn)
        assert await store.read(get_txn, "a") is None


@story
async def test_a_backup_taken_while_writing_is_a_whole_moment(folder: Path) -> None:
    def pair_txn(tx: Tx, n: int, now: EpochMs) -> None:
        tx.run("setting.put", name="left", value=str(n))
        tx.run("setting.put", name="right", value=str(n))

    async with opened(folder) as store:
        await store.write(pair_txn, 0)
        stop = False

        async def keep_writing() -> int:
            n = 0
            while not stop:
                n += 1
                await store.write(pair_txn, n)
            return n

        writing = asyncio.ensure_future(keep_writing())
        for n in range(5):
            await store.backup(folder / f"copy{n}.db")
        stop = True
        assert await writing > 0

    for n in range(5):
        (folder / f"c{n}").mkdir()
        (folder / f"copy{n}.db").rename(folder / f"c{n}" / "store.db")
        async with opened(folder / f"c{n}") as copy:
            assert await copy.read(get_txn, "left") == await copy.read(get_txn, "right") is not None


@story
async def test_a_restore_brings_back_the_moment_of_the_backup(folder: Path) -> None:
    async with opened(folder) as store:
        await store.write(put_txn, "a", "old")
        await store.backup(folder / "copy.db")
        await store.write(put_txn, "a", "new")
        await store.write(put_txn, "b", "new")
        await store.restore(folder / "copy.db")

        assert (await store.read(get_txn, "a"), await store.read(get_txn, "b")) == ("old", None)
        assert (store.read_quick(get_txn, "a"), store.read_quick(get_txn, "b")) == ("old", None)
        await store.write(put_txn, "b", "later")
    async with opened(folder) as store:
        assert (await store.read(get_txn, "a"), await store.read(get_txn, "b")) == ("old", "later")


@story
async def test_a_kept_answer_is_that_of_the_last_write(folder: Path) -> None:
    async with opened(folder) as store:
        await store.write(put_txn, "a", "old")
        assert store.read_kept(get_txn, "a") == "old"
        await store.write(put_txn, "a", "new")

        assert store.read_kept(get_txn, "a") == "new"
        await store.restore(None)
        assert store.read_kept(get_txn, "a") is None


@story
async def test_a_kept_answer_is_not_read_again_because_of_a_batch(folder: Path) -> None:
    reads = 0

    def counted_txn(tx: Tx, name: str) -> str | None:
        nonlocal reads
        reads += 1
        return get_txn(tx, name)

    async with opened(folder) as store:
        for n in range(3):
            store.read_kept(counted_txn, "a")
            await store.write_batched(BATCH, f"item{n}")
        assert reads == 1
        with pytest.raises(Refused):
            await store.write(put_and_raise_txn, "a")
        store.read_kept(counted_txn, "a")

        assert reads == 2, "whatever may have written is believed to have written"


@story
async def test_kept_answers_are_not_kept_without_end(folder: Path) -> None:
    async with opened(folder) as store:
        for n in range(sqlite.KEPT_MAX + 5):
            store.read_kept(get_txn, f"name{n}")
        assert len(store._kept) <= sqlite.KEPT_MAX  # type: ignore[attr-defined]


@story
async def test_a_restore_from_nothing_empties_the_store(folder: Path) -> None:
    async with opened(folder) as store:
        await store.write(put_txn, "a", "old")
        await store.restore(None)

        assert await store.read(get_txn, "a") is None
        await store.write(put_txn, "a", "new")
        assert await store.read(get_txn, "a") == "new"


@story
async def test_a_restore_stands_between_the_writes_before_and_after_it(folder: Path) -> None:
    async with opened(folder) as store:
        await asyncio.gather(store.write(put_txn, "before", "1"), store.restore(None), store.write(put_txn, "after", "1"))

        assert (await store.read(get_txn, "before"), await store.read(get_txn, "after")) == (None, "1")


@story
async def test_a_failed_restore_does_not_unsay_the_commit_before_it(folder: Path) -> None:
    async with opened(folder) as store:
        calls = (store.write(put_txn, "before", "1"), store.restore(folder / "nothing.db"), store.write(put_txn, "after", "1"))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

        assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
        assert (await store.read(get_txn, "before"), await store.read(get_txn, "after")) == ("1", "1")


@story
async def test_closing_finishes_what_was_accepted_and_takes_nothing_more(folder: Path) -> None:
    store = open_sqlite(folder / "store.db", clock=StepClock(), faults=NoFaults())
    writes = [asyncio.ensure_future(store.write(put_txn, f"n{n}", "1")) for n in range(600)]
    batched = [asyncio.ensure_future(store.write_batched(BATCH, f"b{n}")) for n in range(600)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(store.close())
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy):
        await store.write(put_txn, "late", "1")
    await closing
    await asyncio.gather(*writes, *batched)

    async with opened(folder) as again:
        assert (await again.read(get_txn, "n599"), await again.read(get_txn, "b599") is not None) == ("1", True)
        assert await again.read(get_txn, "late") is None


@pytest.mark.parametrize(("point", "kept"), [("store.begin", False), ("store.commit", False), ("store.committed", True)])
@pytest.mark.parametrize("batched", [False, True])
def test_a_failing_commit_fails_everyone_in_it_and_nobody_after_it(tmp_path: Path, point: str, kept: bool, batched: bool) -> None:
    async def body() -> None:
        faults = SandboxFaults()
        async with opened(tmp_path, faults) as store:
            faults.plant(Fault(point))
            names = [f"x{n}" for n in range(5)]
            calls = (store.write_batched(BATCH, name) if batched else store.write(put_txn, name, "1") for name in names)
            outcomes = await asyncio.gather(*calls, return_exceptions=True)

            assert all(isinstance(outcome, Exception) for outcome in outcomes)
            assert [(await store.read(get_txn, name)) is not None for name in names] == [kept] * 5
            await store.write(put_txn, "next", "1")
            assert await store.read(get_txn, "next") == "1"

    asyncio.run(body())


def test_a_long_log_is_begun_anew_and_a_reader_that_stays_holds_up_few_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "RESET_PAGES", 40)
    monkeypatch.setattr(sqlite, "LOCK_WAIT_MS", 20)
    waited: list[int] = []
    monkeypatch.setattr(sqlite, "reach", lambda point: waited.append(1) if point == "store.restarting" else None)  # pyright: ignore[reportUnknownLambdaType]

    async def fill(store: Store, times: int) -> None:
        for n in range(times):
            await store.write(put_txn, "a", str(n % 10) * 3000)

    async def story() -> None:
        async with opened(tmp_path) as store:
            await fill(store, 50)
            length = (tmp_path / "store.db-wal").stat().st_size
            waited.clear()
            await fill(store, 200)
            assert 2 < len(waited) < 20  # about every twentieth commit, and the file grows no more
            assert (tmp_path / "store.db-wal").stat().st_size == length
            reader = apsw.Connection(str(tmp_path / "store.db"), flags=apsw.SQLITE_OPEN_READONLY)
            reader.execute("begin; select * from setting").fetchall()
            waited.clear()
            await fill(store, 100)
            assert (tmp_path / "store.db-wal").stat().st_size > length
            assert 2 < len(waited) < 20
            reader.close()
            await fill(store, 60)
            length = (tmp_path / "store.db-wal").stat().st_size
            await fill(store, 100)
            assert (tmp_path / "store.db-wal").stat().st_size == length

    asyncio.run(story())
