"""The store without HTTP: sends to one through the real batches, beside writing and syncing the same bytes as often; sends to all beside rows."""

import asyncio
import math
import os
import statistics
import time
from pathlib import Path

import msgspec
import uvloop

from bench.figures import Anchor, Figure, Goal, beside
from bench.machine import PAGE, disk_floor
from bench.organisation import APP, CORP, fill, settled
from bench.rows import RowPerRecipient
from bench.scale import Run, Scale
from hongyan.access.records import app_by_key_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.state import Send
from hongyan.app.application import Application
from hongyan.app.server import tune_interpreter
from hongyan.app.settings import Settings
from hongyan.directory.audience import Selectors
from hongyan.directory.records import load_corp_txn
from hongyan.messages.bodies import TextBody
from hongyan.store.interface import Batch

GROUP = "store"
LEAST_MS = 0.1  # less cannot be told from the floor


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    figures = uvloop.run(_measure(run.folder / "store", scale, scale.people))
    if scale.largest:
        fewer = msgspec.structs.replace(scale, rounds=scale.large_rounds)
        figures += uvloop.run(_measure(run.folder / "largest", fewer, scale.largest, narrow=False))
    return figures


async def _measure(folder: Path, scale: Scale, people: int, *, narrow: bool = True) -> list[Figure]:
    application = Application(Settings(data=str(folder), requests_kept_mb=0))
    application.engine.store.meter.slow_s = math.inf  # filling takes as long as it takes
    async with application.running():
        company = _Company(application, await fill(application, people), people)
        tune_interpreter()  # as the server does
        await settled(people)
        return [*(await _narrow(company, folder, scale) if narrow else ()), *await _broad(company, folder, scale)]


async def _narrow(company: "_Company", folder: Path, scale: Scale) -> list[Figure]:
    """To one person each, many at once."""
    ours: list[float] = []
    floor: list[float] = []
    await company.round(scale.batched // 4 + 1, scale.clients)
    for _ in range(scale.rounds):
        commits, written = company.commits, _written()
        ours.append(scale.batched / await company.round(scale.batched, scale.clients))
        commits, written = company.commits - commits, _written() - written
        floor.append(scale.batched / _write(folder / "floor", commits, written // commits))
    anchor = Anchor("write + fdatasync of the same bytes, as many times", floor)
    return [beside(GROUP, "accepted sends to one, without HTTP", "a second", ours, anchor)]


async def _broad(company: "_Company", folder: Path, scale: Scale) -> list[Figure]:
    """To everyone, one after the other, beside rows that are written by the same process."""
    rows = RowPerRecipient(folder / "rows.db")
    ours: list[float] = []
    theirs: list[float] = []
    floor: list[float] = []
    for number in range(scale.rounds):
        written = _written()
        ours.append(statistics.median([await company.to_all() for _ in range(scale.looks)]) * 1000)
        floor.append(disk_floor(folder, max(PAGE, (_written() - written) // scale.looks)) * 1000)
        theirs.append(rows.send(f"message {number} " + "x" * 700, company.people) * 1000)
    name, anchor = f"send to {company.people:,} people, without HTTP", "a row for each recipient"
    off = [[max(value - sync, LEAST_MS) for value, sync in zip(values, floor, strict=True)] for values in (ours, theirs)]
    return [
        beside(GROUP, name, "ms", ours, Anchor(anchor, theirs), inverse=True, goal=Goal("at least", 100)),
        beside(GROUP, f"{name} and without the sync", "ms", off[0], Anchor(anchor, off[1]), inverse=True, goal=Goal("at least", 500)),
    ]


class _Company:
    """Prepares sends beforehand, so that only taking them in is measured."""

    def __init__(self, application: Application, unionid: str, people: int) -> None:
        self._engine = application.engine
        self._batch = Batch("accept", self._engine.acceptance.accept_txn)
        self._unionid, self.people = unionid, people
        self._serial = 0

    async def round(self, count: int, clients: int) -> float:
        """Seconds until all were durable."""
        waiting = iter([await self._next() for _ in range(count)])

        async def client() -> None:
            for send in waiting:
                outcome = await self._engine.store.write_batched(self._batch, send)
                assert isinstance(outcome, Accepted), outcome

        begin = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        return time.perf_counter() - begin

    async def to_all(self) -> float:
        """Seconds of one send to everyone: whom it is for, the rules, the durable commit."""
        request = await self._request(Selectors(everyone=True))
        begin = time.perf_counter()
        outcome = await self._engine.mass_sending.send(request)
        seconds = time.perf_counter() - begin
        assert isinstance(outcome, Accepted), outcome
        return seconds

    @property
    def commits(self) -> int:
        return self._engine.store.meter.groups.count

    async def _next(self) -> Send:
        request = await self._request(Selectors((f"u{self._serial * 7919 % self.people}",)))
        send = await self._engine.mass_sending.prepare(request)
        assert isinstance(send, Send), send
        return send

    async def _request(self, to: Selectors) -> MassSend:
        self._serial += 1
        engine = self._engine
        if self._serial == 1:
            self._corp = await engine.store.read(load_corp_txn, CORP)
            self._app = await engine.store.read(app_by_key_txn, APP)
            assert self._corp
            self._account = await engine.access.access_account(self._corp.no, self._unionid)
        assert self._corp and self._app and self._account
        return MassSend(self._corp, self._app, self._account, f"bench-{self._serial}", to, TextBody(f"message {self._serial} " + "x" * 700))


def _written() -> int:
    """Bytes this process wrote so far."""
    return int(dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())["wchar"])


def _write(path: Path, times: int, size: int) -> float:
    """Seconds of so many writes of so many bytes, each synced."""
    content = os.urandom(size)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    begin = time.perf_counter()
    for _ in range(times):
        os.write(descriptor, content)
        os.fdatasync(descriptor)
    seconds = time.perf_counter() - begin
    os.close(descriptor)
    path.unlink()
    return seconds
