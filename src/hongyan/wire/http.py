"""The few things the gateway needs of HTTP, straight on ASGI: a framework in between costs a third of the hot path."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from hongyan.wire.replies import Reply

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_MAX = 4 * 1024 * 1024  # bytes; a thousand userids and the longest text stay far below
BODY_SECONDS = 10.0  # for the whole body, whatever the sender's speed


class BodyTooLarge(Exception):
    """The body is longer than `BODY_MAX`."""


class BodyTooSlow(Exception):
    """The body did not come within `BODY_SECONDS`, or its sender went away."""


class HttpRequest(NamedTuple):
    method: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    address: str

    @property
    def content_type(self) -> bytes:
        for name, value in self.headers:
            if name == b"content-type":
                return value
        return b""

    def header(self, wanted: bytes) -> str:
        return next((value.decode("latin-1") for name, value in self.headers if name == wanted), "")


async def read_request(scope: Scope, receive: Receive) -> HttpRequest:
    """The whole request; raises `BodyTooLarge` or `BodyTooSlow`."""
    message = await receive() if _has_body(scope) else {}
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _rest(body, receive)
    if len(body) > BODY_MAX:
        raise BodyTooLarge
    client = scope.get("client")
    return HttpRequest(scope["method"], scope["query_string"], scope["headers"], body, client[0] if client else "")


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


async def send_reply(send: Send, reply: Reply, *, close: bool = False) -> None:
    headers = [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
