"""How much a purge slows the sends beside it: the same sends with and without one, interleaved.

    python -m bench.purge [--sends 20000] [--rounds 3]     also a part of bench/run

One process, 64 senders at a time, one person each; the purge removes sends of a hundred days ago with their inbox entries, usage and attempts.
"""

import argparse
import asyncio
import tempfile
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import uvloop

from bench.figures import Anchor, Figure, beside
from bench.scale import Run
from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn
from hongyan.access.records import ALL_SCOPES, Account, AppKind, app_by_key_txn
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import Profile
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.directory.audience import Selectors
from hongyan.directory.edit import OrgChange, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import load_corp_txn
from hongyan.messages.bodies import TextBody
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import CorpId, EpochMs

GROUP = "purge"
SENDERS = 64
PEOPLE = 2000
MEASURED = 4000


class Bench:
    """An organisation, an account, and what sends to it."""

    def __init__(self, application: Application) -> None:
        self.engine = application.engine
        assert application.sandbox is not None
        self.clock = application.sandbox.clock

    async def prepare(self) -> None:
        store = self.engine.store
        no = await store.write(create_corp_txn, "dingbench", "bench", "Asia/Shanghai")
        people = tuple(UserEntry(f"u{n}", f"n{n}") for n in range(PEOPLE))
        await store.write(apply_org_txn, no, CorpId("dingbench"), OrgChange((), people))
        await store.write(create_app_txn, no, NewApp("key", "app", AppKind.INTERNAL, tuple(ALL_SCOPES), (), "s"))
        account = await store.write(create_account_txn, no, CorpId("dingbench"), NewAccount("news"))
        corp, app = await store.read(load_corp_txn, "dingbench"), await store.read(app_by_key_txn, "key")
        assert isinstance(account, Account)
        assert corp is not None
        assert app is not None
        self.account, self.corp, self.app = account, corp, app

    async def send(self, count: int) -> list[float]:
        """Latencies in milliseconds, sorted."""
        took: list[float] = []
        left = iter(range(count))

        async def sender() -> None:
            for n in left:
                begun = time.perf_counter()
                to, body = Selectors((f"u{n % PEOPLE}",)), TextBody(uuid.uuid4().hex)
                await self.engine.mass_sending.send(MassSend(self.corp, self.app, self.account, uuid.uuid4().hex, to, body))
                took.append((time.perf_counter() - begun) * 1000)

        await asyncio.gather(*(sender() for _ in range(SENDERS)))
        return sorted(took)

    async def fill(self, count: int) -> None:
        await self.send(count)
        self.clock.set(EpochMs(self.clock.now() + 100 * DAY_MS))


class Sent(NamedTuple):
    """One round of sends: latencies in milliseconds, sorted, and sends a second."""

    took: list[float]
    per_second: float

    @property
    def p99(self) -> float:
        return self.took[len(self.took) * 99 // 100]

    def said(self, name: str) -> str:
        return f"{name:<8} p50 {self.took[len(self.took) // 2]:7.2f} ms   p99 {self.p99:7.2f} ms   max {self.took[-1]:7.2f} ms   {self.per_second:7.0f} sends/s"


async def _sent(bench: Bench, count: int) -> Sent:
    begun = time.perf_counter()
    took = await bench.send(count)
    return Sent(took, count / (time.perf_counter() - begun))


async def _round(bench: Bench, sends: int, measured: int) -> tuple[Sent, Sent]:
    """The same sends without a purge, and beside one."""
    await bench.fill(sends)
    without = await _sent(bench, measured)
    print(without.said("without"))
    purge = asyncio.ensure_future(bench.engine.keeper.purge())
    await asyncio.sleep(0)
    beside = await _sent(bench, measured)
    print(beside.said("beside") + ("   (the purge was through before)" if purge.done() else ""))
    begun = time.perf_counter()
    passes = {one.kind: one.removed for one in await purge}
    print(f"         the rest of the purge took {time.perf_counter() - begun:.1f} s; removed {passes}")
    return without, beside


async def _main(sends: int, rounds: int, measured: int = MEASURED) -> list[tuple[Sent, Sent]]:
    with tempfile.TemporaryDirectory() as folder:
        application = Application(Settings(data=str(Path(folder) / "data"), sandbox=True, profile=Profile.OPEN, requests_kept_mb=0))
        async with application.running():
            bench = Bench(application)
            await bench.prepare()
            seen = [await _round(bench, sends, measured) for _ in range(rounds)]
            before, begun = application.engine.store.vitals().file_bytes, time.perf_counter()
            await application.engine.store.compact()
            after = application.engine.store.vitals().file_bytes
            print(f"compact: {before >> 20} MiB to {after >> 20} MiB in {time.perf_counter() - begun:.2f} s")
    return seen


def measure(run: Run) -> list[Figure]:
    seen = uvloop.run(_main(run.scale.purged, run.scale.rounds, run.scale.sends))
    slowest = Anchor("the same without a purge", [without.p99 for without, _ in seen])
    rate = Anchor("the same without a purge", [without.per_second for without, _ in seen])
    return [
        beside(GROUP, "sends to one beside a purge, p99", "ms", [one.p99 for _, one in seen], slowest),
        beside(GROUP, "sends to one beside a purge", "a second", [one.per_second for _, one in seen], rate),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    uvloop.run(_main(asked.sends, asked.rounds))
