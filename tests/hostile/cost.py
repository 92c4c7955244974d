"""What the watch over connections costs each request: CPU time of a server with it and without it, in turns.

From the checkout's root: `python -m tests.hostile.cost [--requests 20000] [--rounds 5]`. The endpoint does nothing, so that all that is
left is the protocol; the head is that of a usual client.
"""

import argparse
import asyncio
import multiprocessing
import socket
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvicorn
import uvloop

from hongyan.app.server import server_config, tune_interpreter

REQUEST = (
    b"POST /topapi/message/mass/send?access_token=0123456789abcdef HTTP/1.1\r\nHost: oapi.dingtalk.com\r\nUser-Agent: python-requests/2.34\r\n"
    b"Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n"
    + b"x"
    * 200
)
ANSWER = b'{"errcode":0,"errmsg":"ok"}'
CLIENTS = 64


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"27")]})
    await send({"type": "http.response.body", "body": ANSWER})


def serve(listener: socket.socket, pipe: Connection, watched: bool) -> None:
    async def main() -> None:
        config = server_config(nothing)
        if not watched:
            config.http = "httptools"
        server = uvicorn.Server(config)
        task = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        tune_interpreter()
        while True:
            pipe.send(time.process_time())
            if await asyncio.get_running_loop().run_in_executor(None, pipe.recv) == "stop":
                break
        server.should_exit = True
        await task

    uvloop.run(main())


async def fire(port: int, requests: int) -> None:
    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(requests // CLIENTS):
            writer.write(REQUEST)
            await reader.readuntil(ANSWER)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    servers: dict[bool, tuple[Any, Connection, int]] = {}
    for watched in (False, True):
        listener = socket.create_server(("127.0.0.1", 0))
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(listener, theirs, watched), daemon=True)
        process.start()
        servers[watched] = (process, ours, listener.getsockname()[1])
    spent: dict[bool, list[float]] = {False: [], True: []}
    last = {watched: pipe.recv() for watched, (_, pipe, _) in servers.items()}
    for turn in range(asked.rounds + 1):
        for watched, (_, pipe, port) in servers.items():
            uvloop.run(fire(port, asked.requests))
            pipe.send("time")
            now = pipe.recv()
            if turn:  # the first round warms up
                spent[watched].append((now - last[watched]) / asked.requests * 1e6)
            last[watched] = now
    for process, pipe, _ in servers.values():
        pipe.send("stop")
        process.join()
    for watched, figures in spent.items():
        print(f"{'watched' if watched else 'plain  '}: {min(figures):.1f} / {statistics.median(figures):.1f} / {max(figures):.1f} µs CPU per request")
    print(f"difference of the medians: {statistics.median(spent[True]) - statistics.median(spent[False]):+.2f} µs")


if __name__ == "__main__":
    main()
