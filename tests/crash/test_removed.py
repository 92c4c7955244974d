"""A store that retention or an erasure went over still adds up, and what is missing beyond that is seen."""

import shutil
from pathlib import Path

import apsw
import pytest

from crash.consistency import contradictions
from harness import World, serving
from hongyan.model.clock import DAY_MS
from hongyan.store.sqlite_check import check_store

AGES = (1, 3, 8, 91, 400)  # days, each past another period
ROWS_UP_TO = (2, 200)


def _send_of_every_sort(world: World, words: str) -> None:
    for userids, text in (("u1", "one"), ("u1,u2,u3", "several"), ("u2,u4,u5,u6", "more")):
        world.send_ok(userid_list=userids, text_content=f"{text} {words}")
    world.send_ok(is_to_all=True, userid_list=None, text_content=f"everybody {words}")
    world.send_ok(is_preview=True, userid_list="u2", text_content=f"preview {words}")
    assert world.send(userid_list="nobody")["errcode"] == 800022
    for userid in ("u1", "u2"):
        for entry in world.inbox(userid):
            assert world.admin("POST", f"/inboxes/{userid}/read", json={"task_id": entry["task_id"]}).status_code == 200


def _purge(world: World) -> None:
    world.server.run(world.engine.keeper.purge())


def _erase(world: World, userid: str) -> None:
    assert world.admin("POST", "/erasures", json={"userid": userid}).status_code == 202
    world.server.run(world.engine.keeper.eraser.go_on())
    assert world.admin("GET", "/erasures").json()["erasures"][0]["state"] == "done"


def _file(world: World) -> Path:
    return world.server.settings.folder / "hongyan.db"


def _later(world: World, days: int) -> None:
    world.advance(days * DAY_MS)
    world.token = world.get_token()


@pytest.mark.parametrize("rows_up_to", ROWS_UP_TO)
@pytest.mark.parametrize("days", AGES)
def test_what_was_purged_leaves_no_contradiction(tmp_path: Path, days: int, rows_up_to: int) -> None:
    with serving(tmp_path / "data", rows_up_to=rows_up_to) as server:
        world = World(server)
        world.observe_all_but()
        _send_of_every_sort(world, "old")
        _later(world, days)
        _purge(world)
        assert contradictions(_file(world), same_content_enforced=False) == []
        _send_of_every_sort(world, "old")  # contents and uuids come again
        _purge(world)

        assert contradictions(_file(world), same_content_enforced=False) == []
        assert check_store(_file(world)) == []


@pytest.mark.parametrize("setting", ["sends_kept_days", "usage_kept_days", "attempts_kept_days", "previews_kept_days"])
def test_any_kind_may_be_kept_shortest(tmp_path: Path, setting: str) -> None:
    with serving(tmp_path / "data", **{setting: 1}) as server:
        world = World(server)
        world.observe_all_but()
        for _ in range(3):
            _send_of_every_sort(world, "again")
            _later(world, 1)
            _purge(world)

        assert contradictions(_file(world), same_content_enforced=False) == []
        assert check_store(_file(world)) == []


@pytest.mark.parametrize("rows_up_to", ROWS_UP_TO)
def test_who_was_erased_leaves_no_contradiction(tmp_path: Path, rows_up_to: int) -> None:
    with serving(tmp_path / "data", rows_up_to=rows_up_to) as server:
        world = World(server)
        world.observe_all_but()
        _send_of_every_sort(world, "before")
        _erase(world, "u2")
        _erase(world, "u3")
        assert contradictions(_file(world), same_content_enforced=False) == []
        world.send_ok(is_to_all=True, userid_list=None, text_content="after")
        _later(world, 91)
        _purge(world)

        assert contradictions(_file(world), same_content_enforced=False) == []
        assert check_store(_file(world)) == []


# Beside a pass that removed things and a person who was erased.
LOST: dict[str, str] = {
    "a young attempt": "delete from attempt where at = (select max(at) from attempt where outcome = 'ok')",
    "a young usage row": "delete from usage where day = (select max(day) from task)",
    "a young day counter": "delete from sender_day where day = (select max(day) from task)",
    "a young task": "delete from task where seq = (select max(seq) from task)",
    "a remaining person's entry": "delete from inbox where kind = 0 and ord = (select ord from user where userid = 'u1')",
    "an old task that is kept": "delete from task where kind = 'mass' and day < (select max(day) from task)",
}


@pytest.fixture(scope="module")
def purged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of which previews, attempts and usage are gone, sends are not, and u3 is forgotten."""
    folder = tmp_path_factory.mktemp("purged")
    with serving(folder / "data") as server:
        world = World(server)
        world.observe_all_but()
        _send_of_every_sort(world, "old")
        _erase(world, "u3")
        _later(world, 30)
        _purge(world)
        _send_some(world)
    return folder / "data" / "hongyan.db"


def _send_some(world: World) -> None:
    for userids in ("u1", "u1,u2,u4"):
        world.send_ok(userid_list=userids, text_content="young")


@pytest.mark.parametrize("name", LOST)
def test_what_nobody_removed_is_missed(purged: Path, tmp_path: Path, name: str) -> None:
    file = Path(shutil.copy(purged, tmp_path / "a.db"))
    assert contradictions(file, same_content_enforced=False) == []
    connection = apsw.Connection(str(file))
    connection.execute(LOST[name])
    assert connection.changes() > 0
    connection.close()

    assert contradictions(file, same_content_enforced=False)
