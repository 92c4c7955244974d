"""A client that sends bytes, not requests, and reads until the server hangs up."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"(?im)^content-length: (\d+)\r$")
PATIENCE_S = 20.0  # only a server that hangs is waited for so long


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    head: bytes
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> Any:
        """What the answer calls its reason, whoever gave it; blank when it gives none."""
        if not self.body:
            return ""
        body = self.json
        return body["error"]["code"] if "error" in body else body.get("errcode", body.get("code"))


def address_of(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def dial(base_url: str, *, receive_buffer: int = 0) -> socket.socket:
    """A connection; with a small receive buffer, what its client does not read soon stays with the server."""
    wire = socket.socket()
    wire.settimeout(PATIENCE_S)
    if receive_buffer:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    wire.connect(address_of(base_url))
    return wire


def read_all(wire: socket.socket) -> bytes:
    """Everything until the server closes; TimeoutError when it does not."""
    pieces: list[bytes] = []
    try:
        while piece := wire.recv(1 << 16):
            pieces.append(piece)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return b"".join(pieces)


def read_answer(wire: socket.socket) -> Answer:
    """The next answer of a connection that stays open."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _more(wire)
    head, _, body = raw.partition(b"\r\n\r\n")
    found = _LENGTH.search(head + b"\r\n")
    assert found, head
    while len(body) < int(found[1]):
        body += _more(wire)
    assert len(body) == int(found[1]), "there is more than one answer"
    return Answer(int(head[9:12]), head, body)


def _more(wire: socket.socket) -> bytes:
    piece = wire.recv(1 << 16)
    assert piece, "the server hung up"
    return piece


def answers_in(raw: bytes) -> list[Answer]:
    """The answers one after another; fails on bytes between or behind them."""
    found: list[Answer] = []
    while raw:
        assert raw.startswith(b"HTTP/1.1 "), raw[:80]
        head, end, rest = raw.partition(b"\r\n\r\n")
        assert end, raw[:80]
        length = _LENGTH.search(head + b"\r\n")
        size = int(length[1]) if length else 0
        if int(head[9:12]) == 100:
            raw = rest
            continue
        found.append(Answer(int(head[9:12]), head, rest[:size]))
        raw = rest[size:]
    return found


def exchange(base_url: str, raw: bytes) -> list[Answer]:
    """All that the server answers to these bytes before it closes the connection."""
    with dial(base_url) as wire:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            wire.sendall(raw)
        return answers_in(read_all(wire))


def request(method: str, target: str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """A request as it should be."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *headers]
    if length and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body


def until(condition: Callable[[], object]) -> None:
    """Wait for what must come about; a test that waits for longer than any deadline fails."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def ask_and_read_nothing(wire: socket.socket, enough: Callable[[], object]) -> int:
    """Ask for more and more, so that the buffers of the system are full some time; the number of requests."""
    asked = 0

    def ask() -> object:
        nonlocal asked
        if not enough():
            wire.sendall(request("GET", "/hongyan/v1/dingtalk/openapi.json") * 4)
            asked += 4
        return enough()

    until(ask)
    return asked
