"""Many callers at once, on raw connections: nothing on the caller's side puts them in a row."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from harness import SEND, World

CONNECTIONS = 64


async def _serve_queue(port: int, head: str, bodies: "asyncio.Queue[tuple[int, bytes]]", answers: dict[int, Any]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not bodies.empty():
        at, body = bodies.get_nowait()
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:"))
        answers[at] = json.loads(await reader.readexactly(length))
    writer.close()


async def _crowd(port: int, head: str, bodies: Sequence[bytes], connections: int) -> list[Any]:
    queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
    for entry in enumerate(bodies):
        queue.put_nowait(entry)
    answers: dict[int, Any] = {}
    await asyncio.gather(*(_serve_queue(port, head, queue, answers) for _ in range(min(connections, len(bodies)))))
    return [answers[at] for at in range(len(bodies))]


def crowd(
    world: World, bodies: Iterable[dict[str, Any]], *, path: str = SEND, connections: int = CONNECTIONS, token: str = ""
) -> list[dict[str, Any]]:
    """Post all of these at once and return the answers in the order of the bodies."""
    port = int(world.server.base_url.rsplit(":", 1)[1])
    head = f"POST {path}?access_token={token or world.token} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    return asyncio.run(_crowd(port, head, [json.dumps(body).encode() for body in bodies], connections))


def codes(answers: Iterable[dict[str, Any]]) -> Counter[str]:
    """How often each errcode, with its sub_code, was answered."""
    return Counter(f"{answer['errcode']}/{answer['sub_code']}" if "sub_code" in answer else str(answer.get("errcode", "?")) for answer in answers)
