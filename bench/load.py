"""A load generator: many keep-alive connections, one request at a time on each, in a process of its own."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, cast

import uvloop


class Measured(NamedTuple):
    """What one run saw: answers with errcode 0, refusals, requests a second, and milliseconds."""

    ok: int
    refused: int
    per_second: float
    p50_ms: float
    p99_ms: float


class _Client(asyncio.Protocol):
    """Sends the next request when the answer to the last has come."""

    def __init__(self, next_request: Callable[[], bytes | None], took: list[float], refused: list[bytes]) -> None:
        self._next = next_request
        self._took = took
        self._refused = refused
        self._buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        request = self._next()
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._buffer.lower().find(b"content-length:", 0, head)
        length = int(self._buffer[at + 15 : self._buffer.index(b"\r\n", at)])
        if len(self._buffer) < head + 4 + length:
            return
        body, self._buffer = self._buffer[head + 4 : head + 4 + length], b""
        self._took.append(time.perf_counter() - self._sent_at)
        if b'"errcode":0' not in body:
            self._refused.append(body)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


async def run_load(port: int, requests: list[bytes], clients: int) -> Measured:
    """Send every request once, from `clients` connections."""
    waiting = iter(requests)
    took: list[float] = []
    refused: list[bytes] = []
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    made = [await loop.create_connection(lambda: _Client(lambda: next(waiting, None), took, refused), "127.0.0.1", port) for _ in range(clients)]
    await asyncio.gather(*(protocol.done for _transport, protocol in made))
    seconds = time.perf_counter() - begin
    took.sort()
    if refused:
        print("first refusal:", refused[0].decode(), file=sys.stderr)
    return Measured(len(took) - len(refused), len(refused), len(took) / seconds, took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000)


def post(path: str, body: bytes) -> bytes:
    """The bytes of one request."""
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


def main() -> None:
    """Reads a plan from standard input, `{port, clients, requests: [[path, body], …]}`, prints what it measured."""
    plan = json.load(sys.stdin)
    requests = [post(path, body.encode()) for path, body in plan["requests"]]
    print(json.dumps(uvloop.run(run_load(plan["port"], requests, plan["clients"]))._asdict()))


if __name__ == "__main__":
    main()
