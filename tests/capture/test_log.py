"""The log: never in the way, bounded in age and size, and a broken file is no reason to stop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from hongyan.capture import log as log_module
from hongyan.capture.file import CaptureFile, statements
from hongyan.capture.log import CaptureLog
from hongyan.capture.records import Caller, Capture, Limits, Note, Trail, Wanted
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import EpochMs
from hongyan.wire.http import HttpRequest
from hongyan.wire.replies import Reply

CALLER = Caller("corp", "key", "App")


class HandClock:
    def __init__(self) -> None:
        self.at = EpochMs(1_900_000_000_000)

    def now(self) -> EpochMs:
        return self.at


def a_request(body: bytes = b'{"userid":"u1"}', *, caller: Caller | None = CALLER) -> HttpRequest:
    trail = Trail()
    trail.caller = caller
    return HttpRequest("POST", b"", [(b"content-type", b"application/json")], body, "10.0.0.1", trail)


OK, BAD = Reply(200, b'{"errcode":0,"errmsg":"ok"}'), Reply(200, b'{"errcode":40,"errmsg":"Missing required arguments:x"}', "40")


def running(path: Path, body: Callable[[CaptureLog], Awaitable[None]], clock: HandClock | None = None, limits: Limits | None = None) -> CaptureLog:
    log = CaptureLog(path, clock or HandClock(), limits or Limits(per_second=100_000))

    async def main() -> None:
        async with log.running():
            await body(log)

    asyncio.run(main())
    return log


def test_calls_come_back_newest_first_and_by_every_filter(tmp_path: Path) -> None:
    async def story(log: CaptureLog) -> None:
        log.note("/a", a_request(), OK)
        log.note("/b", a_request(b'{"userid":"u2"}'), BAD)
        log.note("/b", a_request(caller=Caller("other", "key2", "B")), OK)
        await log.flush()

        async def numbers(**wanted: object) -> list[int]:
            return [one.n for one in await log.page(Wanted("corp", **wanted))]  # type: ignore[arg-type]

        assert await numbers() == [2, 1]
        assert await numbers(refused=True) == [2]
        assert await numbers(code="40") == [2]
        assert await numbers(app="key") == [2, 1]
        assert await numbers(app="key2") == []
        assert await numbers(userid="u1") == [1]
        assert await numbers(userid="u2", refused=True, path="/b", code="40", app="key") == [2]
        assert await numbers(path="a") == [1]
        assert [one.n for one in await log.page(Wanted("corp"), before=2)] == [1]
        assert [one.n for one in await log.page(Wanted("corp"), after=1)] == [2]
        assert await log.choices("corp") == (["0", "40"], [("key", "App")])
        assert await log.choices("nobody") == ([], [])

    running(tmp_path / "r.db", story)


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    async def one(log: CaptureLog) -> None:
        log.note("/a", a_request(), OK)

    running(tmp_path / "r.db", one)

    async def two(log: CaptureLog) -> None:
        assert log.note("/a", a_request(), OK) == 2

    running(tmp_path / "r.db", two)
    assert (tmp_path / "r.db").stat().st_mode & 0o777 == 0o600


def test_accepted_calls_beyond_the_number_a_second_are_left_out_and_refusals_stay(tmp_path: Path) -> None:
    async def story(log: CaptureLog) -> None:
        while time.perf_counter_ns() % 1_000_000_000 > 500_000_000:
            await asyncio.sleep(0.01)
        for _ in range(10):
            log.note("/a", a_request(), OK)
            log.note("/a", a_request(), BAD)
        await log.flush()
        assert len(await log.page(Wanted("corp"))) == 13
        assert len(await log.page(Wanted("corp", refused=True))) == 10

    assert running(tmp_path / "r.db", story, limits=Limits(per_second=3)).left_out == 7


def test_a_full_queue_drops_and_counts_and_never_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "QUEUE_MAX", 5)
    monkeypatch.setattr(log_module, "WRITE_EVERY_S", 30)

    async def story(log: CaptureLog) -> None:
        await asyncio.sleep(0.1)
        for _ in range(12):
            log.note("/a", a_request(), OK)
        assert log.dropped == 7
        await log.flush()
        assert len(await log.page(Wanted("corp"))) == 5

    running(tmp_path / "r.db", story)


def test_old_calls_go_in_chunks(tmp_path: Path) -> None:
    clock = HandClock()

    async def story(log: CaptureLog) -> None:
        for _ in range(700):
            log.note("/a", a_request(), OK)
        await log.flush()
        clock.at = EpochMs(clock.at + 8 * DAY_MS)
        log.note("/new", a_request(), OK)
        await log.flush()

    running(tmp_path / "r.db", story, clock)
    file = CaptureFile(tmp_path / "r.db")
    assert file.purge(Limits(days=7), clock.now()) == 500
    assert file.purge(Limits(days=7), clock.now()) == 200
    assert file.purge(Limits(days=7), clock.now()) == 0
    assert [one.path for one in file.page(Wanted("corp"), before=9999, after=0, limit=50)] == ["/new"]
    assert file.page(Wanted("corp", userid="u1"), before=9999, after=0, limit=50)[0].n == 701
    file.close()


def test_the_size_is_bounded(tmp_path: Path) -> None:
    async def story(log: CaptureLog) -> None:
        for _ in range(150):
            log.note("/a", a_request(b'{"x":"' + b"y" * 60_000 + b'"}'), OK)
            await log.flush()

    running(tmp_path / "r.db", story)
    file, limits = CaptureFile(tmp_path / "r.db"), Limits(megabytes=1)
    assert file.used_bytes() > 1 << 20
    while file.purge(limits, HandClock().now()):
        pass
    assert file.used_bytes() <= 1 << 20
    file.close()


def test_nothing_is_kept_when_it_is_off(tmp_path: Path) -> None:
    async def story(log: CaptureLog) -> None:
        assert log.note("/a", a_request(), OK) == 0
        await log.flush()
        assert await log.page(Wanted("corp")) == []

    running(tmp_path / "r.db", story, limits=Limits(megabytes=0))
    assert not (tmp_path / "r.db").exists()


@pytest.mark.parametrize("damage", ["garbage", "torn", "other", "newer"])
def test_a_file_that_cannot_be_used_is_put_aside_and_a_new_one_begun(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "r.db"

    async def fill(log: CaptureLog) -> None:
        for _ in range(300):
            log.note("/a", a_request(), OK)

    running(path, fill)
    match damage:
        case "garbage":
            path.write_bytes(b"this is no database" * 1000)
        case "torn":
            raw = bytearray(path.read_bytes())
            raw[4096 : len(raw) // 2] = b"\xa5" * (len(raw) // 2 - 4096)
            path.write_bytes(raw)
        case "other":
            path.unlink()
            connection = apsw.Connection(str(path))
            connection.execute("create table t(a)")
            connection.close()
        case _:
            connection = apsw.Connection(str(path))
            connection.pragma("user_version", 99)
            connection.close()

    async def story(log: CaptureLog) -> None:
        log.note("/again", a_request(), OK)
        await log.flush()
        assert [one.path for one in await log.page(Wanted("corp"))] == ["/again"]

    running(path, story)
    assert (tmp_path / "r.db.broken").exists()


def test_damage_while_it_runs_costs_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.db"

    async def story(log: CaptureLog) -> None:
        log.note("/a", a_request(), OK)
        await log.flush()
        broken = []

        def add(self: CaptureFile, captures: object) -> None:
            if not broken:
                broken.append(1)
                raise apsw.CorruptError("malformed")
            original(self, captures)  # type: ignore[arg-type]

        original = CaptureFile.add
        monkeypatch.setattr(CaptureFile, "add", add)
        log.note("/b", a_request(), OK)
        await log.flush()
        assert [one.path for one in await log.page(Wanted("corp"))] == ["/b"]

    assert running(path, story).dropped == 0


def test_a_call_that_cannot_be_kept_takes_no_other_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    original = log_module.capture_of

    def capture_of(note: Note, caller: Caller | None, credential: Callable[[str], str]) -> Capture:
        if note.path == "/bad":
            raise UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed")
        return original(note, caller, credential)

    monkeypatch.setattr(log_module, "capture_of", capture_of)

    async def story(log: CaptureLog) -> None:
        for path in ("/a", "/bad", "/b", "/c"):
            log.note(path, a_request(), OK)
        await log.flush()
        assert [one.path for one in await log.page(Wanted("corp"))] == ["/c", "/b", "/a"]

    assert running(tmp_path / "r.db", story).dropped == 1
    assert "a call could not be captured" in caplog.text


def test_a_full_disk_drops_and_the_log_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, full = CaptureFile.add, [True]

    def add(self: CaptureFile, captures: object) -> None:
        if full[0]:
            raise apsw.FullError("disk full")
        original(self, captures)  # type: ignore[arg-type]

    monkeypatch.setattr(CaptureFile, "add", add)

    async def story(log: CaptureLog) -> None:
        log.note("/a", a_request(), OK)
        await log.flush()
        assert log.dropped == 1
        full[0] = False
        log.note("/b", a_request(), OK)
        await log.flush()
        assert [one.path for one in await log.page(Wanted("corp"))] == ["/b"]

    running(tmp_path / "r.db", story)


def test_every_page_goes_through_an_index_and_sorts_nothing(tmp_path: Path) -> None:
    file = CaptureFile(tmp_path / "r.db")
    file.close()
    connection = apsw.Connection(str(tmp_path / "r.db"))
    values = dict.fromkeys(("corp", "code", "app", "userid", "path", "task"), "x") | dict.fromkeys(
        ("refused", "before", "after", "limit", "most", "n", "upto"), 1
    )
    for name, text in statements().items():
        if text.lstrip().startswith("insert") or name == "capture.last":
            continue
        plan = " / ".join(row[3] for row in connection.execute("explain query plan " + text, values))
        assert "TEMP B-TREE" not in plan, (name, plan)
        narrowed = {
            "code": "capture_of_code (corp=? AND code=?",
            "app": "capture_of_app (corp=? AND app=?",
            "task": "capture_of_task (corp=? AND task=?",
        }
        assert narrowed.get(name.removeprefix("capture.page_of_"), "") in plan, (name, plan)
        assert not any(step.startswith("SCAN capture") and "INDEX" not in step for step in plan.split(" / ")) or name == "capture.oldest", (
            name,
            plan,
        )
    connection.close()
