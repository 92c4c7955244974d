"""A message into each inbox's subject of a stream on file, each acknowledged; runs with the peers' Python.

The server syncs its files every two minutes, as it does unless told otherwise: its answers promise less than ours.
"""

import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import nats
from nats.js import JetStreamContext
from nats.js.api import StorageType, StreamConfig

IN_FLIGHT = 2000


async def main(folder: Path) -> None:
    process, port = start(folder)
    try:
        client = await connected(port)
        stream = client.jetstream(publish_async_max_pending=IN_FLIGHT * 2)
        await stream.add_stream(StreamConfig(name="inbox", subjects=["inbox.>"], storage=StorageType.FILE))
        for line in sys.stdin:
            asked = json.loads(line)
            before = size(folder)
            took = [await send(stream, asked["people"], asked["content"].encode()) for _ in range(asked["times"])]
            print(json.dumps({"seconds": statistics.median(took), "bytes": (size(folder) - before) / asked["times"]}), flush=True)
        await client.close()
    finally:
        process.terminate()
        process.wait(10)


def start(folder: Path) -> tuple["subprocess.Popen[bytes]", int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Path(sysconfig.get_path("scripts")) / "nats-server"
    command = [str(server), "--addr", "127.0.0.1", "--port", str(port), "--jetstream", "--store_dir", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), port


async def connected(port: int) -> nats.NATS:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return await nats.connect(f"nats://127.0.0.1:{port}", pending_size=64 << 20, allow_reconnect=False)
            await asyncio.sleep(0.05)


async def send(stream: JetStreamContext, people: int, content: bytes) -> float:
    """Seconds until the last was acknowledged."""
    begin = time.perf_counter()
    waiting: list[asyncio.Future] = []
    for person in range(people):
        waiting.append(await stream.publish_async(f"inbox.u{person}", content))
        if len(waiting) >= IN_FLIGHT:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    return time.perf_counter() - begin


def size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
