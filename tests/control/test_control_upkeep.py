"""What is too old goes, a little at a time, and nobody finds half of it."""

import json
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import apsw
import pytest

from harness import SEND, World, serving
from hongyan.access.edit import install_app_txn
from hongyan.access.records import app_by_key_txn
from hongyan.admission.tasks import delivered_stored
from hongyan.app.settings import BadSetting, load_settings
from hongyan.messages.library import load_media_txn
from hongyan.model.clock import DAY_MS
from hongyan.upkeep import retention
from hongyan.upkeep.periods import KINDS, Periods
from media_samples import PNG

ROOT = Path(__file__).parents[2]
PURGE_TABLES = ("task", "inbox", "event", "said", "read_mark", "attempt", "usage", "sender_day", "rule_day")


def _server(world: World, method: str, path: str, **options: Any) -> Any:
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    answer = world.server.client.request(method, f"/hongyan/v1{path}", headers=headers, **options)
    assert answer.status_code < 300, answer.text
    return answer.json()


def _purge(world: World) -> dict[str, int]:
    """How many of each kind the pass removed."""
    return {one["kind"]: one["removed"] for one in _server(world, "POST", "/server/purge")["passes"]}


def _counts(world: World) -> dict[str, int]:
    connection = apsw.Connection(str(world.server.settings.folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {table: int(connection.execute(f"select count(*) from {table}").get) for table in PURGE_TABLES}  # type: ignore[arg-type]
    finally:
        connection.close()


def _halves(world: World) -> list[str]:
    """Sends without the entries that stand for them, and the other way round. Receipts of broad sends may outlive them for a while: nobody sees them."""
    connection = apsw.Connection(str(world.server.settings.folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        tasks = {(row[0], row[1]): row[2:] for row in connection.execute("select corp, seq, storage, addressed, sets from task")}
        entries = set(connection.execute("select corp, seq, ord from inbox where kind = 0"))
        receipts = set(connection.execute("select corp, seq from inbox where kind = 1"))
    finally:
        connection.close()
    wanted = {(*key, ord_) for key, (storage, *sets) in tasks.items() if storage == 0 for ord_ in delivered_stored(*sets)}
    oldest = min(tasks, default=(9, 0))
    return [
        *(f"{one} stands alone" for one in entries ^ wanted),
        *(f"{one} is a receipt of nothing" for one in receipts - tasks.keys() if one > oldest),
    ]


def _read_all(world: World, userid: str) -> None:
    for entry in world.inbox(userid):
        assert world.admin("POST", f"/inboxes/{userid}/read", json={"task_id": entry["task_id"]}).status_code == 200


def _filled(world: World) -> dict[str, str]:
    """Sends of every sort, some of them read; names with task ids."""
    world.observe_all_but()
    return {
        "one": world.send_ok(userid_list="u1"),
        "several": world.send_ok(userid_list="u1,u2,u3", text_content="several"),
        "everybody": world.send_ok(is_to_all=True, userid_list=None, text_content="everybody"),
        "preview": world.send_ok(is_preview=True, userid_list="u2", text_content="preview"),
        "recalled": world.send_ok(userid_list="u4", text_content="recalled"),
    }


@pytest.fixture
def bitmaps(tmp_path: Path) -> Any:
    """A server that keeps every send to more than two people as a bitmap."""
    with serving(tmp_path / "data", rows_up_to=2) as server:
        yield World(server)


def test_what_is_kept_how_long_can_be_seen(world: World) -> None:
    answer = _server(world, "GET", "/server/upkeep")

    assert answer["kept_days"] == json.loads(json.dumps({name: getattr(Periods(), name) for name in Periods.__struct_fields__}))
    assert answer["passes"] == []
    assert answer["last_backup"] is None


def test_nothing_goes_before_its_time_and_everything_after(bitmaps: World) -> None:
    world = bitmaps
    sent = _filled(world)
    for userid in ("u1", "u2", "u3"):
        _read_all(world, userid)
    full = _counts(world)

    assert set(_purge(world).values()) == {0}
    assert _counts(world) == full
    world.advance(90 * DAY_MS - 1)
    world.token = world.get_token()
    last = world.send_ok(userid_list="u5", text_content="last")
    removed = _purge(world)
    assert (removed["sends"], removed["previews"], removed["attempts"], removed["usage"] > 0) == (0, 1, len(sent), True)
    assert _halves(world) == []
    world.advance(2)
    _purge(world)

    assert _counts(world) == {"task": 1, "inbox": 1, "event": 0, "said": 0, "read_mark": 0, "attempt": 1, "usage": 1, "sender_day": 1, "rule_day": 0}
    assert [entry["task_id"] for entry in world.inbox("u5")] == [last]
    assert world.inbox("u1") == []
    assert _halves(world) == []


def test_a_purged_send_is_unknown_to_everybody(world: World) -> None:
    sent = _filled(world)
    world.advance(91 * DAY_MS)
    world.token = world.get_token()
    _purge(world)

    gone = world.admin("GET", f"/tasks/{sent['one']}")
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "unknown_task"
    # The uuid may be used again, and the same text reaches the person.
    assert world.send_ok(userid_list="u1", text_content="again")


def test_the_result_of_a_purged_notice_is_that_of_one_that_never_was(world: World) -> None:
    app = world.read(app_by_key_txn, world.app_key)
    assert app is not None
    world.write(install_app_txn, world.corp, app.no, 4711, "app")
    world.observe_all_but()
    place, body = "/topapi/message/corpconversation", {"agent_id": 4711}
    sent = world.post(f"{place}/asyncsend_v2", {**body, "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": "x"}}}).json()
    assert world.post(f"{place}/getsendresult", {**body, "task_id": sent["task_id"]}).json()["errcode"] == 0
    world.advance(91 * DAY_MS)
    world.token = world.get_token()
    _purge(world)

    gone = world.post(f"{place}/getsendresult", {**body, "task_id": sent["task_id"]}).json()
    never = world.post(f"{place}/getsendresult", {**body, "task_id": 1}).json()
    assert gone["errcode"] != 0
    assert {name: value for name, value in gone.items() if name != "request_id"} == {
        name: value for name, value in never.items() if name != "request_id"
    }


def test_a_uuid_is_used_as_long_as_it_is_kept(world: World) -> None:
    body = world.a_send(uuid="once")
    assert world.post(SEND, body).json()["errcode"] == 0
    world.advance(7 * DAY_MS)
    world.token = world.get_token()
    _purge(world)
    assert world.post(SEND, body).json()["errcode"] != 0
    world.advance(1)
    _purge(world)

    assert world.post(SEND, body).json()["errcode"] == 0


def test_days_are_those_of_the_organisation(world: World) -> None:
    world.send_ok(userid_list="u1")
    world.advance(2 * DAY_MS)
    assert _purge(world)["usage"] == 0  # the day before yesterday
    world.advance(DAY_MS)

    assert _purge(world)["usage"] == 2


def test_a_broad_sends_many_receipts_go_in_pieces(bitmaps: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 2)
    world = bitmaps
    _filled(world)
    for n in range(1, 13):
        _read_all(world, f"u{n}")
    world.advance(91 * DAY_MS)
    _purge(world)

    assert (_counts(world)["inbox"], _counts(world)["event"], _counts(world)["task"]) == (0, 0, 0)


def _upload(world: World, content: bytes) -> str:
    files = {"media": ("a.png", content, "image/png")}
    answer = world.server.client.post("/media/upload", params={"access_token": world.get_token(), "type": "image"}, files=files).json()
    assert answer["errcode"] == 0, answer
    return answer["media_id"]


def _is_there(world: World, media_id: str) -> bool:
    media = world.read(load_media_txn, world.corp, media_id)
    return media is not None and world.engine.blobs.path(world.corp, media.blob).is_file()


def test_uploads_go_when_nothing_shows_them(world: World) -> None:
    unused, shown, in_markdown, twin = (_upload(world, PNG + bytes([n])) for n in (1, 2, 3, 1))
    world.advance(365 * DAY_MS - 3)
    world.token = world.get_token()
    world.observe_all_but()
    fresh = _upload(world, PNG + b"fresh")
    world.send_ok(msg_type="image", text_content=None, media_id=shown)
    world.send_ok(msg_type="markdown", text_content=None, msg_body={"markdown": {"title": "t", "text": f"![]({in_markdown})"}})
    assert _purge(world)["media"] == 0
    world.advance(4)

    assert _purge(world)["media"] == 2
    assert [_is_there(world, one) for one in (unused, twin, shown, in_markdown, fresh)] == [False, False, True, True, True]
    assert len(list((world.server.settings.folder / "blobs" / str(world.corp)).iterdir())) == 3


def test_what_is_kept_for_ever_stays(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        world = World(server)
        server.engine.keeper.periods = Periods(**dict.fromkeys(KINDS, 0))
        _filled(world)
        before = _counts(world)
        world.advance(5000 * DAY_MS)

        assert _purge(world) == {}
        assert _counts(world) == before


def test_a_pass_is_due_every_hour_of_the_stores_clock(world: World) -> None:
    keeper = world.engine.keeper
    world.send_ok(userid_list="u1")
    world.advance(100 * DAY_MS)
    first = {one.kind: one for one in world.server.run(keeper.purge(due_only=True))}
    assert first["sends"].removed == 1
    again = {one.kind: one for one in world.server.run(keeper.purge(due_only=True))}
    assert again == first
    world.advance(3_600_000)
    later = {one.kind: one for one in world.server.run(keeper.purge(due_only=True))}

    assert later["sends"].started_at == first["sends"].started_at + 3_600_000
    assert (later["sends"].removed, later["sends"].total) == (0, 1)
    assert later["media"] == first["media"]


@pytest.mark.parametrize("name", [f"{kind}_kept_days" for kind in Periods.__struct_fields__])
def test_periods_are_settings(name: str) -> None:
    assert getattr(load_settings({}, environ={f"HONGYAN_{name.upper()}": "12"}).periods, name.removesuffix("_kept_days")) == 12
    with pytest.raises(BadSetting, match=name):
        load_settings({name: -1}, environ={})


# --- kills

_KILLED = """
import asyncio, os, signal, sys
from hongyan.app.application import Application
from hongyan.admission.tasks import delivered_stored
from hongyan.app.settings import Settings
from hongyan.upkeep import keeper, retention

retention.ROWS_AT_ONCE = 5
left = int(sys.argv[2])

async def main():
    global left
    application = Application(Settings(data=sys.argv[1], sandbox=True))
    async with application.running():
        store, write = application.engine.store, application.engine.store.write
        async def counted(body, *args):
            global left
            outcome = await write(body, *args)
            if body is retention.counted_txn and outcome:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
            return outcome
        store.write = counted
        await application.engine.keeper.purge()

asyncio.run(main())
"""


@pytest.mark.parametrize("pieces", [1, 2, 4, 7])
def test_killed_in_a_pass_the_next_start_finds_nothing_half_and_goes_on(tmp_path: Path, pieces: int) -> None:
    with serving(tmp_path / "data", rows_up_to=2) as server:
        world = World(server)
        world.observe_all_but()
        for n in range(30):
            world.send_ok(userid_list=",".join(f"u{m}" for m in range(1, n % 12 + 2)), text_content=uuid.uuid4().hex)
        for n in range(1, 13):
            _read_all(world, f"u{n}")
        total = _counts(world)["task"]
        world.advance(91 * DAY_MS)
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "data"), str(pieces)], cwd=ROOT, env={"PYTHONPATH": "src"}, check=False)
    assert ended.returncode == -signal.SIGKILL

    with serving(tmp_path / "data", rows_up_to=2) as server:
        world.server, world.engine = server, server.engine
        assert _halves(world) == []
        assert sum(one["removed"] for one in _server(world, "GET", "/server/upkeep")["passes"]) > 0
        removed = _purge(world)
        assert (removed["sends"] >= total, _counts(world)["task"], _counts(world)["inbox"]) == (True, 0, 0)
