"""Calls an application's address: bounded in time and size, to no address that is forbidden, and to no other than was asked for."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

from hongyan.delivery.addresses import is_public

READ_S = 1.2  # an application answers within 1.2 s (http-callback-overview)
CONNECT_S = 2.0
TOTAL_S = CONNECT_S + READ_S + 0.3
ANSWER_MAX = 64 * 1024  # bytes read of an answer
CONNECTIONS = 100
URL_MAX = 1000


# Given the address: a block around the call, and headers to send with it.
Calling = Callable[[str], AbstractContextManager[Sequence[tuple[bytes, bytes]]]]


class Unreachable(Exception):
    """There is no answer; `outcome` is a word for programs, the message for people."""

    def __init__(self, outcome: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class Answer(NamedTuple):
    """What came back; at most `ANSWER_MAX` bytes of it."""

    status: int
    body: bytes


def url_problem(url: str) -> str | None:
    """Why an address can be no callback's."""
    if len(url) > URL_MAX:
        return f"it is longer than {URL_MAX} characters"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "it contains characters that an address cannot have"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must begin with http:// or https:// and name a host"
    if parts.username is not None or parts.fragment:
        return "it must not hold a user name or a fragment"
    return "its port must be 1 to 65535" if port == 0 else None


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only. It looks the name up itself and connects to what it found, so that a second look cannot differ."""

    def __init__(self) -> None:
        self._inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of the library
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await _public_address(host, port)
        return await self._inner.connect_tcp(address, port, timeout=timeout, local_address=local_address, socket_options=socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of the library
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("sockets of this machine are not called")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _public_address(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from None
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among several is enough: which of them is taken is not ours to choose.
    if not addresses or not all(map(is_public, addresses)):
        raise Unreachable("forbidden_address", f"{host} is an address of a private network, which this server does not call")
    return addresses[0]


class CallbackClient:
    """Posts to applications. No redirect is followed, no proxy of the environment is used."""

    def __init__(self, *, private: bool) -> None:
        self.calling: Calling | None = None  # traces want to see each call
        self._private = private
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def post(self, url: str, body: bytes) -> Answer:
        """The answer of one POST of JSON. Raises `Unreachable`."""
        try:
            async with asyncio.timeout(TOTAL_S):
                if self.calling is None:
                    return await self._post(url, body)
                with self.calling(url) as more:
                    return await self._post(url, body, more)
        except (TimeoutError, httpcore.TimeoutException):
            raise Unreachable("no_answer", f"no answer within {READ_S} seconds") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise Unreachable("unreachable", f"no connection: {str(error) or type(error).__name__}") from None

    async def _post(self, url: str, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
        headers = [(b"content-type", b"application/json;charset=utf-8"), (b"user-agent", b"Hongyan"), (b"accept", b"application/json"), *more]
        limits = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": CONNECT_S}
        content = bytearray()
        async with self._open().stream("POST", url, headers=headers, content=body, extensions={"timeout": limits}) as response:
            async for chunk in response.aiter_stream():
                content += chunk
                if len(content) >= ANSWER_MAX:
                    break
        return Answer(response.status, bytes(content[:ANSWER_MAX]))

    def _open(self) -> httpcore.AsyncConnectionPool:
        # Made at the first call: certificates take a while to load, and most servers call nobody.
        if self._pool is None:
            backend = None if self._private else _Guarded()
            self._pool = httpcore.AsyncConnectionPool(
                max_connections=CONNECTIONS, max_keepalive_connections=20, keepalive_expiry=30, network_backend=backend
            )
        return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None
