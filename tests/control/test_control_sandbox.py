"""The sandbox: clock, faults, delay, reset and snapshots."""

from typing import Any

from hongyan.directory.audience import Selectors
from hongyan.model.clock import DAY_MS


def test_the_clock_moves_on_and_never_back(caller: Any) -> None:
    frozen = caller.put("/sandbox/clock", {"freeze": True})
    moved = caller.put("/sandbox/clock", {"advance_ms": DAY_MS})

    assert moved["now"] == frozen["now"] + DAY_MS
    assert caller.put("/sandbox/clock", {"now": moved["now"] + 5})["now"] == moved["now"] + 5
    assert caller.code("PUT", "/sandbox/clock", 409, json={"now": frozen["now"]}) == "clock_goes_back"
    assert caller.put("/sandbox/clock", {"resume": True})["frozen"] is False
    assert caller.get("/sandbox/clock")["now"] >= moved["now"] + 5


def test_a_clock_change_must_make_sense(caller: Any) -> None:
    for body in ({"now": 1, "advance_ms": 1}, {"freeze": True, "resume": True}, {"now": 1 << 60}, {"advance_ms": -1}):
        assert caller.code("PUT", "/sandbox/clock", 422, json=body) == "invalid"


def test_a_planted_fault_strikes_as_often_as_it_was_told(caller: Any) -> None:
    caller.post("/sandbox/faults", {"point": "store.begin", "times": 1}, 201)
    assert caller.get("/sandbox/faults") == {"faults": [{"point": "store.begin", "times": 1}]}

    caller.post("/corps", {"corp_id": "a", "name": "A"}, 500)
    caller.post("/corps", {"corp_id": "a", "name": "A"}, 201)
    caller.post("/sandbox/faults", {"point": "api:/x", "times": None}, 201)
    assert caller.request("DELETE", "/sandbox/faults", params={"point": "api:/x"}).json() == {"faults": []}


def test_a_delay_hides_messages_until_it_is_over(acme: Any) -> None:
    acme.put("/sandbox/clock", {"freeze": True})
    acme.put("/sandbox/delay_ms", {"delay_ms": 1000})
    task = acme.send(Selectors(userids=("ann",)))

    assert acme.get(f"/corps/acme/tasks/{task}")["progress_percent"] == 0
    assert acme.get("/corps/acme/inboxes/ann")["entries"] == []
    acme.put("/sandbox/clock", {"advance_ms": 1000})
    assert acme.get("/corps/acme/inboxes/ann")["unread"] == 1


def test_a_reset_empties_everything_and_seeds_again(acme: Any) -> None:
    acme.put("/sandbox/clock", {"advance_ms": DAY_MS})
    acme.post("/sandbox/faults", {"point": "store.begin", "times": None}, 201)

    acme.post("/sandbox/reset")

    assert acme.get("/corps") == {"corps": []}
    assert acme.reseeded == 1
    assert abs(acme.get("/sandbox/clock")["offset_ms"]) < 1000


def test_a_snapshot_brings_back_store_files_and_clock(acme: Any) -> None:
    acme.put("/sandbox/clock", {"freeze": True})
    task = acme.send(Selectors(userids=("ann",)))
    before, now = acme.export(), acme.get("/sandbox/clock")["now"]
    acme.post("/sandbox/snapshots", {"name": "start"}, 201)
    acme.put("/sandbox/clock", {"advance_ms": DAY_MS})
    acme.bring_in(b'{"kind":"media","media_id":"@pic","type":"image","name":"a.png","data":"bmV3"}', remove_absent="true")

    acme.post("/sandbox/snapshots/start/restore")

    assert acme.export() == before
    assert acme.get("/sandbox/clock")["now"] == now
    assert acme.get("/corps/acme/inboxes/ann")["entries"][0]["task_id"] == task
    assert acme.get("/sandbox/snapshots") == {"snapshots": ["start"]}


def test_a_snapshot_must_exist_and_have_a_plain_name(caller: Any) -> None:
    assert caller.code("POST", "/sandbox/snapshots/none/restore", 404) == "unknown_snapshot"
    for name in ("", "../x", "A", "x" * 65):
        assert caller.code("POST", "/sandbox/snapshots", 422, json={"name": name}) == "invalid"
