"""A thousand slow clients and three thousand idle ones, against a real server with the deadlines it is shipped with.

From the checkout's root: `python -m tests.hostile.campaign [--seconds 40] [--minutes 10] [--slow 1000] [--idle 3000] [--port 8750]`.
Five kinds of slow clients: heads, bodies, chunks, readers that take nothing, clients that end their side in the middle. Each that the
server closes is replaced at once, until the time is over. Prints what healthy requests meanwhile took beside what they took before, within
what time slow clients were closed, and how much the server's memory grew; ends with status 1 when a promise did not hold.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import cycle
from pathlib import Path

import uvloop

HEALTHY = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
_POST = b"POST /topapi/message/mass/send HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_LARGE = b"GET /hongyan/v1/dingtalk/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
FAILED_MS, SETTLE_S = 60_000.0, 3.0
CLOSED_WITHIN_S, TIMES_IDLE_P99, GROWTH_MIB = 30.0, 3.0, 64
KINDS: dict[str, tuple[bytes, bytes]] = {
    "head": (b"GET /x HTTP/1.1\r\nHost: x\r\nA: ", b"a"),
    "body": (_POST + b"Content-Length: 100000\r\n\r\n{", b" "),
    "chunks": (_POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "reader": (_LARGE * 16, b""),
    "half-closed": (_POST + b"Content-Length: 100000\r\n\r\n{", b""),
}


class Crowd:
    """The slow and the idle, and what became of them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.closed: dict[str, list[float]] = defaultdict(list)
        self.met: Counter[str] = Counter()
        self.over = False

    async def dial(self, *, buffer: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        wire = socket.socket()
        wire.setblocking(False)
        if buffer:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", self.port))
        return await asyncio.open_connection(sock=wire, limit=4096)

    async def slow(self, kind: str) -> None:
        """One slow client after another in the same place."""
        while not self.over:
            try:
                await self._slow_once(kind)
            except OSError:
                self.met["refused"] += 1
                await asyncio.sleep(0.5)

    async def _slow_once(self, kind: str) -> None:
        opening, drop = KINDS[kind]
        reader, writer = await self.dial(buffer=4096 if kind == "reader" else 0)
        begun = time.monotonic()
        try:
            writer.write(opening)
            if kind == "half-closed":
                writer.write_eof()
            await self._until_closed(reader, writer, drop, takes=kind != "reader")
        except (OSError, RuntimeError):  # uvloop: the handler is closed
            pass
        finally:
            writer.close()
        if not self.over:
            self.closed[kind].append(time.monotonic() - begun)
            await asyncio.sleep(5.0)  # slow clients are no flood

    async def _until_closed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drop: bytes, *, takes: bool) -> None:
        while not self.over:
            if takes:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        if not await reader.read(4096):
                            return
            else:
                # Nothing is read; whether it was closed shows when writing fails.
                await asyncio.sleep(1.0)
                if writer.transport.is_closing() or reader.at_eof() or reader.exception():
                    return
                drop = b"\r\n"
            if drop:
                writer.write(drop)

    async def idle(self) -> None:
        """A connection that made one request and keeps the connection, and comes back when it was closed."""
        while not self.over:
            try:
                reader, writer = await self.dial()
                writer.write(HEALTHY)
                self.met["idle answered" if b" 200 OK" in await reader.read(4096) else "idle unanswered"] += 1
                while not self.over:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(5.0):
                            if not await reader.read(4096):
                                break
                writer.close()
            except OSError:
                self.met["idle refused"] += 1
                await asyncio.sleep(1.0)


async def healthy(port: int, seconds: float) -> list[float]:
    """Milliseconds of requests one after another, each on a connection of its own; a minute for one that failed."""
    found: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(HEALTHY)
                good = b" 200 OK" in await reader.read(4096)
                writer.close()
        except (OSError, TimeoutError):
            good = False
        found.append((time.perf_counter() - begun) * 1000 if good else FAILED_MS)
        await asyncio.sleep(0.02)
    return found


async def healthy_elsewhere(port: int, seconds: float) -> list[float]:
    """The same from a process of its own: what is measured is the server, not the crowd's own loop."""
    command = [sys.executable, "-m", "tests.hostile.campaign", "--port", str(port), "--seconds", str(seconds), "--healthy"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    return json.loads(output)


def p99(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=100)[98] if len(figures) > 1 else float("inf")


def rss_mib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def attack(crowd: Crowd, pid: int, asked: argparse.Namespace) -> int:
    await healthy_elsewhere(asked.port, 2)
    before, memory = await healthy_elsewhere(asked.port, 15.0), rss_mib(pid)
    places: list[Callable[[], Awaitable[None]]] = [crowd.idle] * asked.idle
    places += [partial(crowd.slow, kind) for kind, _ in zip(cycle(KINDS), range(asked.slow), strict=False)]
    tasks = []
    for at, place in enumerate(places):
        tasks.append(asyncio.ensure_future(place()))
        if at % 50 == 49:
            await asyncio.sleep(0.02)
    await asyncio.sleep(SETTLE_S)
    measuring = asyncio.ensure_future(healthy_elsewhere(asked.port, asked.seconds))
    peak = 0.0
    while not measuring.done():
        peak = max(peak, rss_mib(pid))
        await asyncio.sleep(0.5)
    during = measuring.result()
    crowd.over = True
    await asyncio.wait(tasks, timeout=20)
    return report(crowd, before, during, peak - memory, asked)


def report(crowd: Crowd, before: list[float], during: list[float], growth: float, asked: argparse.Namespace) -> int:
    longest = max((max(times) for times in crowd.closed.values() if times), default=float("inf"))
    failed = during.count(FAILED_MS)
    for kind, times in crowd.closed.items():
        print(f"{kind}: {len(times):,} closed, the median after {statistics.median(times):.1f} s, the last after {max(times):.1f} s")
    print(dict(crowd.met))
    held = (
        failed == 0
        and set(crowd.closed) == set(KINDS)
        and longest <= CLOSED_WITHIN_S
        and growth < GROWTH_MIB
        and p99(during) <= TIMES_IDLE_P99 * max(p99(before), 5.0)
    )
    total = sum(map(len, crowd.closed.values()))
    print(
        f"{asked.slow:,} slow clients at a time ({total:,} in all) beside {asked.idle:,} idle connections for {asked.seconds:.0f} s: "
        f"healthy p99 {p99(before):.1f} ms idle, {p99(during):.1f} ms during, {failed} of {len(during):,} failed; "
        f"slow ones closed within {longest:.1f} s; memory +{growth:.0f} MiB"
    )
    return 0 if held else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=3000)
    parser.add_argument("--port", type=int, default=8750)
    parser.add_argument("--healthy", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.healthy:
        print(json.dumps(uvloop.run(healthy(asked.port, asked.seconds))))
        return 0
    asked.seconds = 60 * asked.minutes or asked.seconds
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hongyan", "serve", "--port", str(asked.port), "--data", f"{folder}/data"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            _wait_for(asked.port)
            return uvloop.run(attack(Crowd(asked.port), server.pid, asked))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the server does not start")


if __name__ == "__main__":
    sys.exit(main())
