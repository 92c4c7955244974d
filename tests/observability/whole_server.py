"""A server of its own process on a folder with an organisation in it, and HTTP spoken by hand, so that what happened to each request is known."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from harness import World, serving
from hongyan.admission.rules import Profile

ROOT = Path(__file__).parents[2]


class Seeded(NamedTuple):
    """What is in the folder."""

    folder: Path
    unionid: str
    token: str
    app_key: str
    corp_id: str
    admin: str


class Process(NamedTuple):
    process: "subprocess.Popen[str]"
    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def end(self, seconds: float = 30) -> tuple[int, str]:
        """Wait until it ended: exit code and what it said on stderr."""
        _, said = self.process.communicate(timeout=seconds)
        return self.process.returncode, said


def seed(folder: Path) -> Seeded:
    with serving(folder, profile=Profile.OPEN) as server:
        world = World(server)
        return Seeded(folder, world.unionid, world.token, world.app_key, world.corp_id, world.engine.key.admin_token(1))


@contextmanager
def started(seeded: Seeded, **settings: object) -> Iterator[Process]:
    """`hongyan serve --sandbox` on the folder, killed at the end if it still runs."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HONGYAN_", "OTEL_"))}
    # A disk that is slow just now is no failure of what is tested.
    environ |= {"PYTHONPATH": str(ROOT / "src"), "HONGYAN_SLOW_TRANSACTION_MS": "3600000"} | {
        f"HONGYAN_{name.upper()}": str(value) for name, value in settings.items()
    }
    command = [sys.executable, "-m", "hongyan", "serve", "--sandbox", "--profile", "open", "--port", "0", "--data", str(seeded.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                found = re.search(r"listens on http://127\.0\.0\.1:(\d+)", line)
                if found:
                    break
            else:
                raise AssertionError(process.communicate())
            yield Process(process, int(found[1]))
        finally:
            if process.poll() is None:
                process.kill()


class Http:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, server: Process) -> "Http":
        return cls(*await asyncio.open_connection("127.0.0.1", server.port))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The whole answer; raises `IncompleteReadError` with what came of it, or `ConnectionError`."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, _, rest = head.partition("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest.splitlines() if line)}
        return int(status.split()[1]), headers, await self.reader.readexactly(int(headers.get("content-length", "0")))

    def close(self) -> None:
        self.writer.close()


def a_send(seeded: Seeded, uuid: str) -> bytes:
    """A request whole, head and body."""
    fields = {"unionid": seeded.unionid, "is_to_all": False, "msg_type": "text", "text_content": f"t {uuid}", "uuid": uuid, "userid_list": "u1"}
    body = json.dumps(fields).encode()
    path = f"/topapi/message/mass/send?access_token={seeded.token}"
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
