"""What retention and erasure remove is counted, by kind."""

import time
from pathlib import Path
from typing import Any

import pytest
from figures import figures_of

from harness import World, serving
from hongyan.capture import log as capture_log
from hongyan.capture.records import Wanted
from hongyan.model.clock import DAY_MS
from hongyan.upkeep.periods import KINDS


def _server(world: World, path: str) -> Any:
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    answer = world.server.client.post(f"/hongyan/v1{path}", headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json()


def _by_kind(world: World, metric: str) -> dict[str, float]:
    figures = figures_of(world.server)
    return {dict(labels)["kind"]: value for (name, labels), value in figures.items() if name == metric}


def _purged_by_store(world: World) -> dict[str, float]:
    """Without the log of calls, which is removed beside."""
    return {kind: n for kind, n in _by_kind(world, "hongyan_purged_total").items() if kind != "requests"}


def test_what_retention_removes_is_counted_as_its_passes_count_it(world: World) -> None:
    world.observe_all_but()
    world.send_ok(userid_list="u1,u2")
    world.send_ok(is_preview=True, userid_list="u3", text_content="preview")
    assert _purged_by_store(world) == {}
    world.advance(8 * DAY_MS)
    _server(world, "/server/purge")
    world.advance(400 * DAY_MS)
    passes = _server(world, "/server/purge")["passes"]

    removed = {one["kind"]: one["total"] for one in passes if one["total"]}
    assert {"sends", "previews", "attempts", "usage"} <= set(removed) <= set(KINDS)
    assert _purged_by_store(world) == removed


def test_calls_that_the_log_forgets_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_log, "PURGE_EVERY_S", 0.01)
    with serving(tmp_path / "data") as server:
        world = World(server)
        for _ in range(3):
            world.send(userid_list="nobody")
        server.run(world.engine.captures.flush())
        kept = len(server.run(world.engine.captures.page(Wanted(world.corp_id), limit=500)))
        assert kept >= 3 and "requests" not in _by_kind(world, "hongyan_purged_total")
        world.advance(8 * DAY_MS)

        limit = time.monotonic() + 8
        while _by_kind(world, "hongyan_purged_total").get("requests", 0) < kept:
            assert time.monotonic() < limit
            time.sleep(0.01)
        assert _by_kind(world, "hongyan_purged_total")["requests"] == kept


def test_what_an_erasure_removes_is_counted_as_it_says(world: World) -> None:
    world.observe_all_but()
    world.send_ok(userid_list="u5", text_content="for you alone")
    world.admin("POST", "/inboxes/u5/token")
    world.server.run(world.engine.captures.flush())
    assert _by_kind(world, "hongyan_erased_total") == {}
    assert world.admin("POST", "/erasures", json={"userid": "u5"}).status_code == 202
    world.server.run(world.engine.keeper.eraser.go_on())
    ended = world.admin("GET", "/erasures").json()["erasures"][0]

    assert ended["state"] == "done"
    assert {"keys", "sends", "inbox_entries", "calls"} <= set(ended["removed"])
    assert _by_kind(world, "hongyan_erased_total") == ended["removed"]
