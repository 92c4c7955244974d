"""A served folder in a process of its own, as an operator would run it, and raw connections to it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from crash.company import APP_KEY, CORP, SECRET
from crash.reading import BrokenPromise
from hongyan.access.keys import load_key
from hongyan.model.faults import VARIABLE

LAUNCH = Path(__file__).with_name("launch.py")
START_S = 60.0  # a hang, not a busy machine


class Process:
    """Started and killed many times. `ready_ms` is how long the newest start took, from the process's first moment to its first answer."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        self._announced = folder / "server.json"
        self._faults = folder / "faults"
        # A short log is moved and begun anew many times in a life, which otherwise takes hours.
        self._listens = {"CRASH_FAULTS": str(self._faults), "CRASH_LOG_PAGES": "100"}
        self.ready_ms = 0.0

    def start(self, faults: str = "", environ: Mapping[str, str] | None = None, *, wait_for_token: bool = True) -> bool:
        """False: it ended before it was ready, which only a planted fault may cause."""
        self._announced.unlink(missing_ok=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
        command = [sys.executable, str(LAUNCH), "serve", "--data", str(self._folder), "--port", "0", *self._options]
        begun = time.monotonic()
        with open(self._folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env={**clean, **(environ or {}), VARIABLE: faults, **self._listens})
        while not self._said():
            if self._process.poll() is not None:
                if faults:
                    return False
                raise BrokenPromise(f"the server does not start: {self.log()[-2000:]}")
            if time.monotonic() > begun + START_S:
                raise BrokenPromise("the server does not get ready")
            time.sleep(0.005)
        if wait_for_token:
            try:
                asyncio.run(get_token(self.port))
            except GONE:
                if not faults:
                    raise
                self._process.wait(30)
                return False
        self.ready_ms = (time.monotonic() - begun) * 1000
        self.admin = load_key(self._folder / "server.key").admin_token(1)
        return True

    def _said(self) -> bool:
        try:
            found = json.loads(self._announced.read_text())
            self.port = int(found["base_url"].rsplit(":", 1)[1])
        except (OSError, ValueError):
            return False
        return bool(found["pid"] == self._process.pid)

    def plant(self, faults: str) -> None:
        """Plant faults in the running process."""
        draft = self._faults.with_suffix(".draft")
        draft.write_text(faults)
        draft.rename(self._faults)
        while self._faults.exists() and not self.gone:
            time.sleep(0.002)

    def log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")

    @property
    def gone(self) -> bool:
        return self._process.poll() is not None

    def ended(self) -> bool:
        """Whether it ends by itself, at once."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        return self.gone

    def stop(self, signal_number: int) -> int:
        """End it; answers how it ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal_number)
        return self._process.wait(30)

    def kill(self) -> int:
        return self.stop(signal.SIGKILL)


class Connection:
    """One connection that asks one thing after the other."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(
        self, method: str, target: str, body: object = None, *, admin: str = "", kind: str = "application/json", raw: bytes | None = None
    ) -> dict[str, Any]:
        """The JSON that came; raises `OSError` or `IncompleteReadError` when no whole answer does."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        head = f"{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n"
        if admin:
            head += f"authorization: Bearer {admin}\r\n"
        self._writer.write(head.encode() + b"\r\n" + content)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        found = json.loads(await self._reader.readexactly(length))
        return {**found, "status": int(answer.split(b" ", 2)[1])}


GONE = (OSError, asyncio.IncompleteReadError)


async def get_token(port: int) -> str:
    async with Connection(port) as connection:
        answer = await connection.ask("GET", f"/gettoken?appkey={APP_KEY}&appsecret={SECRET}")
    return str(answer["access_token"])


async def get_suite_token(port: int, suite_key: str) -> str:
    async with Connection(port) as connection:
        body = {"client_id": suite_key, "client_secret": SECRET, "grant_type": "client_credentials"}
        answer = await connection.ask("POST", f"/v1.0/oauth2/{CORP}/token", body)
    return str(answer["access_token"])
