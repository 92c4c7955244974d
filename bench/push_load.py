"""Follows many inboxes at once, and as many plain sockets, and sees when the last of them heard: a process of its own.

Reads a plan from standard input, prints the milliseconds of each round, from the answer to the last delivery.
"""

import asyncio
import json
import resource
import sys
import time
from typing import Any, cast

import uvloop

from bench.load import post as load_post
from bench.load import run_load

MARK = b"event: message"


class _Ear(asyncio.Protocol):
    """Says when a piece with the mark came; of the bytes before it nothing is kept."""

    def __init__(self, ears: "_Ears", greeting: bytes) -> None:
        self._ears, self._greeting = ears, greeting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._greeting:
            cast(asyncio.Transport, transport).write(self._greeting)
        else:
            self._ears.opened()

    def data_received(self, data: bytes) -> None:
        if MARK in data:
            self._ears.heard(data)
        elif b": following" in data:
            self._ears.opened()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ears.failed(exc or ConnectionError("the server closed a connection"))


class _Ears:
    """All connections of one kind."""

    def __init__(self) -> None:
        self.expected = 0
        self._count = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.newest = b""
        self.last = 0.0

    def expect(self, count: int) -> None:
        self.expected, self._count = count, 0
        self._done = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        async with asyncio.timeout(120):
            await self._done

    def heard(self, data: bytes) -> None:
        self.newest, self.last = data, time.perf_counter()
        self._another()

    def opened(self) -> None:
        self._another()

    def failed(self, error: Exception) -> None:
        if not self._done.done():
            self._done.set_exception(error)

    def _another(self) -> None:
        self._count += 1
        if self._count == self.expected and not self._done.done():
            self._done.set_result(None)


async def opened(plan: dict[str, Any], port: int, greetings: list[bytes]) -> _Ears:
    ears = _Ears()
    ears.expect(len(greetings))
    loop = asyncio.get_running_loop()
    for greeting in greetings:
        await loop.create_connection(lambda greeting=greeting: _Ear(ears, greeting), "127.0.0.1", port)
    await ears.wait()
    return ears


async def post(port: int, path: str, body: bytes) -> float:
    """When the answer had come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST %b HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % (path.encode(), len(body)) + body)
    answer = await reader.readuntil(b"}")
    answered = time.perf_counter()
    assert b'"errcode":0' in answer, answer
    writer.close()
    return answered


async def delivered(ears: _Ears, port: int, path: str, body: bytes) -> float:
    ears.expect(ears.expected)
    answered = await post(port, path, body)
    await ears.wait()
    return max((ears.last - answered) * 1000, 0.01)  # the last may have heard before who sent


async def load(plan: dict[str, Any], which: str) -> float:
    """Sends a second."""
    measured = await run_load(plan["port"], [load_post(path, body.encode()) for path, body in plan[which]], plan["clients"])
    assert measured.refused == 0
    return measured.per_second


async def main(plan: dict[str, Any]) -> None:
    port, inboxes = plan["port"], plan["inboxes"]
    head = "GET /hongyan/v1/corps/{}/inboxes/{}/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n"
    follow = [head.format(plan["corp"], one, plan["admin"]).encode() for one in inboxes]
    none_open = await load(plan, "none open")
    ours = await opened(plan, port, follow)
    plain = await opened(plan, plan["listeners_port"], [b""] * len(inboxes))
    took: dict[str, list[float]] = {"ours": [], "plain": []}
    for number, (path, body) in enumerate(plan["sends"]):
        milliseconds = await delivered(ours, port, path, body.encode())
        shouted = await delivered(plain, port, "/shout", ours.newest)
        if number:  # the first of each warms
            took["ours"].append(milliseconds)
            took["plain"].append(shouted)
    took |= {"none open": [none_open], "beside open": [await load(plan, "beside open")]}
    print(json.dumps({**took, "bytes": len(ours.newest)}))


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(main(json.load(sys.stdin)))
