"""More connections than there is room for."""

from contextlib import ExitStack
from pathlib import Path

from harness import World, serving
from hongyan.delivery.live import FOLLOWERS_MAX
from hostile.wires import answers_in, ask_and_read_nothing, dial, read_all, read_answer, request, until

HEALTHY = request("GET", "/x")


def test_one_address_gets_so_many_connections_and_no_more(tmp_path: Path) -> None:
    with serving(tmp_path / "data", connections_per_address=5) as server, ExitStack() as stack:
        wires = [stack.enter_context(dial(server.base_url)) for _ in range(5)]
        for wire in wires:
            wire.sendall(HEALTHY)
            assert read_answer(wire).code == 404

        with dial(server.base_url) as one_more:
            assert [(one.status, one.code) for one in answers_in(read_all(one_more))] == [(503, "full")]
        wires[0].close()
        until(lambda: len(server.doors) < 5)
        with dial(server.base_url) as instead:
            instead.sendall(HEALTHY)
            assert read_answer(instead).code == 404


def test_an_idle_connection_makes_room_for_a_new_one(tmp_path: Path) -> None:
    with serving(tmp_path / "data", connections=5) as server, ExitStack() as stack:
        for _ in range(20):
            wire = stack.enter_context(dial(server.base_url))
            wire.sendall(HEALTHY)
            assert read_answer(wire).code == 404

        assert len(server.doors) <= 5 and server.doors.tally["evicted"] >= 15


def test_a_connection_in_use_does_not_make_room(tmp_path: Path) -> None:
    with serving(tmp_path / "data", connections=5) as server, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(dial(server.base_url)).sendall(HEALTHY[:-2])
        until(lambda: len(server.doors) == 5)

        with dial(server.base_url) as one_more:
            assert [(one.status, one.code) for one in answers_in(read_all(one_more))] == [(503, "full")]
        assert server.doors.tally["evicted"] == 0


def test_unread_answers_are_bounded_together(tmp_path: Path) -> None:
    with serving(tmp_path / "data", unread_mb=1, unread_seconds=60) as server, ExitStack() as stack:
        for _ in range(12):
            wire = stack.enter_context(dial(server.base_url, receive_buffer=4096))
            waiting = len(server.doors.waiting)
            ask_and_read_nothing(wire, lambda known=waiting: len(server.doors.waiting) > known or server.doors.tally["unread_bytes"])
        until(lambda: server.doors.tally["unread_bytes"])

        assert server.doors.unread_bytes <= 1 << 20
        assert server.client.get("/x").json()["errcode"] == 404


def test_one_inbox_has_so_many_streams_and_no_more(world: World) -> None:
    admin = f"Authorization: Bearer {world.engine.key.admin_token(1)}"
    ask = request("GET", f"/hongyan/v1/corps/{world.corp_id}/inboxes/u1/events", b"", admin)
    with ExitStack() as stack:
        for _ in range(FOLLOWERS_MAX):
            wire = stack.enter_context(dial(world.server.base_url))
            wire.sendall(ask)
            assert b"200 OK" in wire.recv(1 << 16)
        until(lambda: FOLLOWERS_MAX in world.engine.live._followers.values())

        with dial(world.server.base_url) as one_more:
            one_more.sendall(ask)
            assert (read_answer(one_more)).code == "too_many_streams"
    until(lambda: world.admin("GET", "/inboxes/u1").status_code == 200 and not world.engine.live._followers)
