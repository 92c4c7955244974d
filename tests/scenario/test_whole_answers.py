"""Answers that go out in one piece are what the ordinary way would have sent."""

import gc
import re
import socket
from urllib.parse import urlsplit

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from harness import World
from hongyan.app.whole_answer import WholeAnswer

SEND = "/topapi/message/mass/send?access_token="


def _exchange(world: World, raw: bytes) -> bytes:
    """Everything that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", urlsplit(world.server.base_url).port), 10) as connection:
        connection.sendall(raw)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def _request(method: str = "POST", version: str = "1.1", *headers: str) -> bytes:
    body = b'{"unionid":""}' if method == "POST" else b""
    head = [f"{method} {SEND}wrong HTTP/{version}", "Host: localhost", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


def _shape(answer: bytes) -> tuple[str, list[str], bytes]:
    """Status line, headers in order of name, body; request id and date made equal."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    headers = [re.sub(r"^date: .*", "date", line) for line in headers]
    return status, sorted(headers), re.sub(rb'"request_id":"\w+"', b"", body)


@pytest.mark.parametrize(
    "request_", [_request("POST", "1.1", "Connection: close"), _request("POST", "1.0"), _request("HEAD", "1.1", "Connection: close")]
)
def test_an_answer_in_one_piece_is_the_ordinary_answer(world: World, monkeypatch: pytest.MonkeyPatch, request_: bytes) -> None:
    at_once = _exchange(world, request_)
    monkeypatch.setattr(WholeAnswer, "__call__", lambda *_: False)
    ordinary = _exchange(world, request_)

    assert _shape(at_once) == _shape(ordinary)
    assert at_once.startswith(b"HTTP/1.1 200 OK\r\n")


def test_requests_sent_ahead_are_answered_one_after_the_other(world: World) -> None:
    answers = _exchange(world, _request() + _request() + _request("POST", "1.1", "Connection: close"))

    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answers.count(b"connection: close") == 1


def test_a_request_leaves_nothing_to_the_cycle_collector(world: World) -> None:
    world.admin("GET", "/server")
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            world.admin("GET", "/server")
        left = sum(isinstance(one, RequestResponseCycle) for one in gc.get_objects())
    finally:
        gc.enable()
    assert left < 10, "a connection holds its last one"
