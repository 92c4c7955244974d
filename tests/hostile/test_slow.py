"""Clients that keep the server waiting: each is closed in its time, with the documented answer where there is one to give."""

import json
import uuid
from pathlib import Path
from threading import Event, Thread

import pytest

from harness import SEND, World, serving
from hostile.conftest import SHORT
from hostile.wires import Answer, answers_in, ask_and_read_nothing, dial, exchange, read_all, read_answer, request, until

POST = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HEALTHY = request("GET", "/x")


def trickle(base_url: str, opening: bytes, drop: bytes, *, pause_s: float = 0.05) -> list[Answer]:
    """Sends on, a little at a time, until the server has had enough."""
    with dial(base_url) as wire:
        wire.sendall(opening)
        over = Event()

        def send() -> None:
            while not over.wait(pause_s):
                try:
                    wire.sendall(drop)
                except OSError:
                    return

        sender = Thread(target=send)
        sender.start()
        try:
            return answers_in(read_all(wire))
        finally:
            over.set()
            sender.join()


@pytest.mark.parametrize(
    ("opening", "drop", "outcome"),
    [
        pytest.param(b"", b"", [], id="a connection without a word"),
        pytest.param(b"GET /x HTTP/1.1\r\nHost: x\r\nA: ", b"a", [(408, "too_slow")], id="a head that never ends"),
        pytest.param(b"", b"\r\n", [(408, "too_slow")], id="empty lines"),
        pytest.param(POST % SEND.encode() + b"Content-Length: 5000\r\n\r\n", b"", [(200, 43009)], id="a body that never begins"),
        pytest.param(POST % SEND.encode() + b"Content-Length: 5000\r\n\r\n", b"{", [(200, 43009)], id="a body that never ends"),
        pytest.param(POST % SEND.encode() + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", [(200, 43009)], id="chunks of a byte"),
        pytest.param(POST % SEND.encode() + b"Transfer-Encoding: chunked\r\n\r\n1", b";a", [(200, 43009)], id="a chunk extension"),
        pytest.param(POST % b"/media/upload" + b"Content-Length: 5000\r\n\r\n", b"-", [(200, 43008)], id="an upload"),
        pytest.param(POST % b"/router/rest" + b"Content-Length: 5000\r\n\r\n", b"{", None, id="the older door"),
        pytest.param(POST % b"/v1.0/oauth2/accessToken" + b"Content-Length: 5000\r\n\r\n", b"{", [(400, "Missingbody")], id="/v1.0"),
        pytest.param(POST % b"/gettoken" + b"Content-Length: 5000\r\n\r\n", b"{", [(200, 40035)], id="the classic surface"),
    ],
)
def test_a_slow_request_is_refused_and_closed(opening: bytes, drop: bytes, outcome: list[tuple[int, object]] | None, impatient: World) -> None:
    tally = impatient.server.doors.tally
    before = tally["too_slow"] + tally["silent"]
    answers = trickle(impatient.server.base_url, opening, drop)

    if outcome is not None:
        assert [(one.status, one.code) for one in answers] == outcome
    assert len(answers) <= 1
    assert tally["too_slow"] + tally["silent"] == before + 1


def test_a_slow_body_of_our_own_interface_is_refused_without_a_traceback(impatient: World, caplog: pytest.LogCaptureFixture) -> None:
    admin = f"Authorization: Bearer {impatient.engine.key.admin_token(1)}\r\n".encode()
    head = POST % f"/hongyan/v1/corps/{impatient.corp_id}/changes".encode() + admin

    answers = trickle(impatient.server.base_url, head + b"Content-Length: 5000\r\n\r\n", b"{")

    assert [(one.status, one.code) for one in answers] == [(408, "too_slow")]
    assert not caplog.records


def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_no_traceback(impatient: World, caplog: pytest.LogCaptureFixture) -> None:
    for path in (SEND, "/media/upload", f"/hongyan/v1/corps/{impatient.corp_id}/changes", "/console/sign-in", "/x", "/router/rest"):
        with dial(impatient.server.base_url) as wire:
            admin = f"Authorization: Bearer {impatient.engine.key.admin_token(1)}\r\n".encode()
            wire.sendall(POST % path.encode() + admin + b"Content-Length: 5000\r\n\r\n{")
            wire.shutdown(1)
            read_all(wire)

    assert exchange(impatient.server.base_url, HEALTHY)[0].code == 404
    assert not caplog.records


def test_a_body_that_comes_fast_enough_may_take_its_time(tmp_path: Path) -> None:
    """Three times as long as a body may take whatever its speed, at more than the least speed."""
    with serving(tmp_path / "data", **SHORT | {"body_rate": 100}) as server:
        world = World(server)
        body = json.dumps(world.a_send(text_content="x" * 500)).encode()
        head = request("POST", f"{SEND}?access_token={world.token}", body, "Content-Type: application/json")
        with dial(server.base_url) as wire:
            for at in range(0, len(head), max(1, len(head) // 24)):
                wire.sendall(head[at : at + max(1, len(head) // 24)])
                Event().wait(0.05)

            assert read_answer(wire).json["errcode"] == 0


def test_no_body_may_take_for_ever(tmp_path: Path) -> None:
    with serving(tmp_path / "data", **SHORT | {"body_rate": 1, "whole_body_seconds": 1.0}) as server:
        answers = trickle(server.base_url, POST % SEND.encode() + b"Content-Length: 50000\r\n\r\n", b"{" * 100)

    assert [one.code for one in answers] == [43009]


def test_what_stays_unread_of_a_body_is_not_waited_for_long(impatient: World) -> None:
    """The answer needs no body and comes at once; whoever keeps sending is cut off."""
    answers = trickle(impatient.server.base_url, b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n", b"abc")

    assert len(answers) <= 1


def test_an_idle_connection_is_closed_and_one_in_use_is_not(impatient: World) -> None:
    with dial(impatient.server.base_url) as wire:
        for _ in range(20):
            wire.sendall(HEALTHY)
            assert read_answer(wire).code == 404
            Event().wait(0.05)

        assert read_all(wire) == b""


def test_a_stream_is_not_idle(impatient: World) -> None:
    admin = f"Authorization: Bearer {impatient.engine.key.admin_token(1)}"
    with dial(impatient.server.base_url) as wire:
        wire.sendall(request("GET", f"/hongyan/v1/corps/{impatient.corp_id}/inboxes/u3/events?after=0", b"", admin))
        seen = b""
        while b"following" not in seen:
            seen += wire.recv(1 << 16)
        Event().wait(4 * SHORT["idle_seconds"])
        impatient.send_ok(userid_list="u3", text_content="still here")
        while b"still here" not in seen:
            piece = wire.recv(1 << 16)
            assert piece, "the stream was closed"
            seen += piece


def test_an_answer_that_nobody_takes_is_thrown_away(impatient: World) -> None:
    """The description has some hundred kilobytes: more than all buffers between take."""
    server = impatient.server
    size = len(server.client.get("/hongyan/v1/dingtalk/openapi.json").content)
    before = server.doors.tally["unread"]
    with dial(server.base_url, receive_buffer=4096) as wire:
        asked = ask_and_read_nothing(wire, lambda: len(server.doors.waiting) > 0)
        until(lambda: server.doors.tally["unread"] > before)

        assert len(read_all(wire)) < asked * size
    assert server.doors.unread_bytes == 0


def test_a_pipelined_request_does_not_keep_a_lost_stream_alive(impatient: World, caplog: pytest.LogCaptureFixture) -> None:
    """The stream ends when its client goes, although another request of that client came behind it."""
    admin = f"Authorization: Bearer {impatient.engine.key.admin_token(1)}"
    impatient.observe_all_but()
    running = len(impatient.server.tasks)
    with dial(impatient.server.base_url) as wire:
        wire.sendall(request("GET", f"/hongyan/v1/corps/{impatient.corp_id}/inboxes/u3/events", b"", admin))
        assert b"200 OK" in wire.recv(1 << 16)
        wire.sendall(HEALTHY)
        Event().wait(0.1)
        assert len(impatient.server.tasks) == running + 1

    def ended() -> bool:
        """Reading rests while a request waits its turn, so that only writing shows that nobody is there."""
        impatient.send_ok(userid_list="u3", text_content=uuid.uuid4().hex)
        return len(impatient.server.tasks) == running

    until(ended)
    assert not caplog.records, "it was written to as if somebody were there"
