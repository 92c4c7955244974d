"""The few things the gateway needs of HTTP, straight on ASGI: a framework in between costs a third of the hot path."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from hongyan.capture.records import Trail
from hongyan.engine.answers import answer_whole
from hongyan.model.faults import reach
from hongyan.wire.replies import Reply

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_MAX = 4 * 1024 * 1024  # bytes; a thousand userids and the longest text stay far below
BODY_SECONDS = 10.0  # for the whole body, whatever the sender's speed
UPLOAD_MAX = 64 * 1024 * 1024  # bytes of an upload that are looked at: what stands behind a file that is too large may say what it was to be
UPLOAD_SECONDS = 300.0  # for a whole upload
PIECE_SECONDS = 15.0  # for its sender to send anything


class BodyTooLarge(Exception):
    """The body is longer than `BODY_MAX`, or an upload than `UPLOAD_MAX`."""


class BodyTooSlow(Exception):
    """The body did not come in time, or its sender went away."""


class Arrival:
    """A body that is worked on while it arrives."""

    def __init__(self, receive: Receive, length: int) -> None:
        """`length` is what the sender announced, in bytes; 0: nothing."""
        self._receive = receive
        self._left = UPLOAD_MAX if length <= UPLOAD_MAX else -1
        self.complete = False

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The body, once; raises `BodyTooLarge` or `BodyTooSlow`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + UPLOAD_SECONDS
        if self._left < 0:
            raise BodyTooLarge
        while not self.complete:
            message = await self._next(min(PIECE_SECONDS, end - loop.time()))
            piece: bytes = message.get("body", b"")
            self._left -= len(piece)
            if self._left < 0:
                raise BodyTooLarge
            self.complete = not message.get("more_body", False)
            if piece:
                yield piece

    async def _next(self, seconds: float) -> MutableMapping[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        if message["type"] == "http.disconnect":
            raise BodyTooSlow
        return message


class HttpRequest(NamedTuple):
    """A request; one with an `arrival` has its body there."""

    method: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    address: str
    trail: Trail
    arrival: Arrival | None = None

    @property
    def content_type(self) -> bytes:
        for name, value in self.headers:
            if name == b"content-type":
                return value
        return b""

    def header(self, wanted: bytes) -> str:
        return next((value.decode("latin-1") for name, value in self.headers if name == wanted), "")


async def read_request(scope: Scope, receive: Receive, trail: Trail) -> HttpRequest:
    """The whole request; raises `BodyTooLarge` or `BodyTooSlow`."""
    message = await receive() if _has_body(scope) else {}
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _rest(body, receive)
    if len(body) > BODY_MAX:
        raise BodyTooLarge
    return HttpRequest(scope["method"], scope["query_string"], scope["headers"], body, _address(scope), trail)


def unread_request(scope: Scope, trail: Trail) -> HttpRequest:
    """The request without its body, which could not be taken."""
    return HttpRequest(scope["method"], scope["query_string"], scope["headers"], b"", _address(scope), trail)


def open_request(scope: Scope, receive: Receive, trail: Trail) -> HttpRequest:
    """The request with its body still to come."""
    return HttpRequest(scope["method"], scope["query_string"], scope["headers"], b"", _address(scope), trail, Arrival(receive, _length(scope) or 0))


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def is_endless(scope: Scope) -> bool:
    """True when too much, or nobody knows how much, would have to be thrown away before the connection can go on.

    What stays unread of a body is thrown away by the server below, if its length is known and its sender does not wait to be asked for it.
    """
    length = _length(scope)
    waits = any(name == b"expect" for name, _ in scope["headers"])
    return length is None or length > UPLOAD_MAX or waits


def must_close(scope: Scope, request: HttpRequest) -> bool:
    """True when an upload was answered before it had come in, and its rest cannot be thrown away."""
    return request.arrival is not None and not request.arrival.complete and is_endless(scope)


def _length(scope: Scope) -> int | None:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else None


def _has_body(scope: Scope) -> bool:
    return scope["method"] != "GET" or any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


async def _rest(body: bytes, receive: Receive) -> bytes:
    pieces, size = [body], len(body)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyTooSlow
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > BODY_MAX:
                    raise BodyTooLarge
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError:
        raise BodyTooSlow from None


async def send_reply(send: Send, reply: Reply, *, close: bool = False, at_once: Scope | None = None) -> None:
    """`at_once` is the request's scope, where the answer may go out in one piece if the server below can do that."""
    reach("answer.before")
    whole = answer_whole(at_once) if at_once else None
    if whole is None or not whole(reply.status, reply.content_type, reply.body):
        headers = [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]
        if close:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
    reach("answer.after")
