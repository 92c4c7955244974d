"""The way between the command and the world: DingTalk's hosts end here and go to Hongyan, every other host passes through as it is."""

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from hongyan.app.intercept.beyond import Beyond, login

log = logging.getLogger("hongyan.intercept")

HEAD_MAX = 64 * 1024  # bytes
HEAD_S = 60.0
CONNECT_S = 15.0
_CHUNK = 64 * 1024
_HOP = (b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization")

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Server(msgspec.Struct, frozen=True):
    """Where Hongyan listens."""

    url: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None


class Ports(msgspec.Struct, frozen=True):
    """On 127.0.0.1: the proxy, and what stands for DingTalk's ports 443 and 80."""

    proxy: int
    tls: int
    plain: int


class Proxy:
    """`asked` counts the connections wanted to DingTalk, `served` those that became one: the difference did not trust the certificate."""

    def __init__(self, server: Server, hosts: frozenset[str], context: ssl.SSLContext, beyond: Beyond) -> None:
        self._server, self._hosts, self._context, self._beyond = server, hosts, context, beyond
        self._tls_port = 0
        self.asked = self.served = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[Ports]:
        """Listen on loopback until the block ends."""
        async with contextlib.AsyncExitStack() as stack:
            tls, plain, proxy = [
                await stack.enter_async_context(
                    _closing(await asyncio.start_server(_until_the_end(handler), "127.0.0.1", 0, limit=HEAD_MAX, ssl=context))
                )
                for handler, context in ((self.direct, self._context), (self.direct, None), (self.proxied, None))
            ]
            self._tls_port = _port(tls)
            yield Ports(_port(proxy), self._tls_port, _port(plain))

    @contextlib.asynccontextmanager
    async def listening_in(self, folder: Path) -> AsyncGenerator[None]:
        """The same three as sockets `443`, `80` and `proxy` in a folder, for a network of its own."""
        async with contextlib.AsyncExitStack() as stack:
            for name, handler, context in (("443", self.direct, self._context), ("80", self.direct, None), ("proxy", self.proxied, None)):
                made = await asyncio.start_unix_server(_until_the_end(handler), folder / name, limit=HEAD_MAX, ssl=context)
                await stack.enter_async_context(_closing(made))
            yield

    async def direct(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client that believes it speaks to DingTalk."""
        self.served += 1
        try:
            far = await self._to_server()
        except (OSError, TimeoutError) as error:
            log.error("%s does not answer: %s", self._server.url, error or type(error).__name__)
            await _say(writer, 502, f"hongyan intercept: {self._server.url} does not answer")
            return
        await _relay((reader, writer), far)

    async def proxied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client that knows it speaks to a proxy."""
        try:
            async with asyncio.timeout(HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            await _say(writer, 431, "hongyan intercept: the head of the request is too long")
        except (asyncio.IncompleteReadError, TimeoutError, OSError) as error:
            log.debug("nothing was asked: %s", type(error).__name__)
        else:
            await self._open(head, (reader, writer))

    async def _open(self, head: bytes, near: Stream) -> None:
        line, _, rest = head.partition(b"\r\n")
        words = line.decode("latin-1").split(" ")
        target = _target(words) if len(words) == 3 else None
        if target is None:
            await _say(near[1], 400, "hongyan intercept: this is a proxy; it takes CONNECT and http:// addresses")
            return
        connects = words[0] == "CONNECT"
        try:
            far = await self._connect(target, tunnel=connects)
        except (OSError, TimeoutError, UnicodeError) as error:  # the last: no name that could be looked up
            await _say(near[1], 502, f"hongyan intercept: {target.hostname} cannot be reached: {error or type(error).__name__}")
            return
        if connects:
            near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            next_proxy = None if target.hostname in self._hosts else self._beyond.proxy_for(target)
            far[1].write(_origin_head(words, target, rest, next_proxy))
        await _relay(near, far)

    async def _connect(self, target: SplitResult, *, tunnel: bool) -> Stream:
        host, port = (target.hostname or "").rstrip("."), target.port or (443 if tunnel else 80)
        if host not in self._hosts:
            return await _within(self._beyond.connect(target, host, port, tunnel=tunnel))
        self.asked += 1
        if port == 80:
            self.served += 1
            return await self._to_server()
        return await asyncio.open_connection("127.0.0.1", self._tls_port)

    async def _to_server(self) -> Stream:
        server = self._server
        return await _within(asyncio.open_connection(server.host, server.port, ssl=server.tls))


async def _within(opening: Coroutine[Any, Any, Stream]) -> Stream:
    async with asyncio.timeout(CONNECT_S):
        return await opening


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


@contextlib.asynccontextmanager
async def _closing(server: asyncio.Server) -> AsyncGenerator[asyncio.Server]:
    """Take no more connections; those that are open end with the run."""
    try:
        yield server
    finally:
        server.close()


def _target(words: list[str]) -> SplitResult | None:
    """Where a proxy's request line wants to go; None when it is no such line."""
    text = f"//{words[1]}" if words[0] == "CONNECT" else words[1]
    try:
        target = urlsplit(text)
        known = target.port is None or target.port > 0
    except ValueError:
        return None
    return target if known and target.hostname and target.scheme == ("" if words[0] == "CONNECT" else "http") else None


def _origin_head(words: list[str], target: SplitResult, rest: bytes, next_proxy: SplitResult | None) -> bytes:
    """The head as the far server, or the next proxy, wants it. One request to a connection: the next may be for another host."""
    path = words[1] if next_proxy else (target.path or "/") + (f"?{target.query}" if target.query else "")
    kept = [line for line in rest.split(b"\r\n") if line and line.partition(b":")[0].strip().lower() not in _HOP]
    return b"\r\n".join(
        (f"{words[0]} {path} {words[2]}".encode("latin-1"), *kept, *(login(next_proxy) if next_proxy else ()), b"Connection: close", b"", b"")
    )


async def _relay(near: Stream, far: Stream) -> None:
    """Carry bytes both ways until both have ended."""
    try:
        await asyncio.gather(_pump(near[0], far[1]), _pump(far[0], near[1]))
    finally:
        far[1].close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # A connection that breaks ends here: the other side sees the end, as it would have without us.
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    writer.close()


async def _say(writer: asyncio.StreamWriter, status: int, message: str) -> None:
    """An answer of our own."""
    body = json.dumps({"errcode": -1, "errmsg": message}, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status} Intercept\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with contextlib.suppress(OSError):
        writer.write(head.encode() + body)
        await writer.drain()


def _until_the_end(handler: Handler) -> Handler:
    """A connection that is still open when the run ends is closed, and nobody needs to hear of it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except asyncio.CancelledError:
            log.debug("cut at the end of the run")
        finally:
            writer.close()

    return handle
