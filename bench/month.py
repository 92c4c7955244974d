"""Thirty days of a company, made once and kept: sends to everyone and to departments, notices to single people, and one reader with 200 a day."""

import asyncio
import json
import random
import shutil
from pathlib import Path
from typing import Any

import uvloop

from bench.organisation import AGENT, CORP, DEPARTMENTS, SUITE, fill, open_office
from bench.scale import Run, Scale
from hongyan.access.records import app_by_key_txn, installation_by_agent_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.work_send import WorkSend
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.directory.audience import Selectors
from hongyan.directory.records import load_corp_txn
from hongyan.messages.bodies import MarkdownBody, TextBody
from hongyan.model.clock import DAY_MS

FACTS = "bench.json"
READER = "u123"
READERS_DAY, DEPT_SENDS = 200, 5  # notices to the reader; sends to a department for each one to everyone
AT_ONCE = 64


def month_of(run: Run) -> Path:
    """The folder of a filled server; made when it is not there."""
    scale = run.scale
    folder = run.kept / f"month-{scale.people}-{scale.days}x{scale.notices_a_day}"
    if not (folder / FACTS).exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"filling {scale.days} days of a company of {scale.people:,}, once", flush=True)
        facts = uvloop.run(_fill(folder, scale))
        (folder / FACTS).write_text(json.dumps(facts))
    return folder


async def _fill(folder: Path, scale: Scale) -> dict[str, Any]:
    application = Application(Settings(data=str(folder), sandbox=True, requests_kept_mb=0))
    assert application.sandbox is not None
    async with application.running():
        application.sandbox.clock.place(offset_ms=-scale.days * DAY_MS)
        unionid = await fill(application, scale.people)
        office = await open_office(application)
        month = await _Month.of(application, unionid)
        for day in range(scale.days):
            application.sandbox.clock.place(offset_ms=(day - scale.days) * DAY_MS)
            await month.day(scale)
        application.sandbox.clock.reset()
    return {"unionid": unionid, "reader": READER, **office}


class _Month:
    def __init__(self, application: Application, sender: Any, notifier: Any) -> None:
        self._engine = application.engine
        self._sender, self._notifier = sender, notifier
        self._random = random.Random(1)
        self._serial = 0

    @classmethod
    async def of(cls, application: Application, unionid: str) -> "_Month":
        engine = application.engine
        corp = await engine.store.read(load_corp_txn, CORP)
        app, suite = await engine.store.read(app_by_key_txn, "bench"), await engine.store.read(app_by_key_txn, SUITE)
        assert corp and app and suite
        account = await engine.access.access_account(corp.no, unionid)
        installation = await engine.store.read(installation_by_agent_txn, corp.no, AGENT)
        return cls(application, (corp, app, account), (corp, suite, installation))

    async def day(self, scale: Scale) -> None:
        """One day's sends, in an order that mixes them, so many at once."""
        everyone = [Selectors(everyone=True)] * scale.broad_a_day
        depts = [Selectors(depts=(2 + self._random.randrange(min(DEPARTMENTS, scale.people)),)) for _ in range(scale.broad_a_day * DEPT_SENDS)]
        single = [Selectors((f"u{self._random.randrange(scale.people)}",)) for _ in range(scale.notices_a_day)]
        sends: list[Selectors] = [*everyone, *depts, *single, *[Selectors((READER,))] * min(READERS_DAY, scale.notices_a_day)]
        self._random.shuffle(sends)
        waiting = iter(sends)

        async def client() -> None:
            for to in waiting:
                await self._send(to)

        await asyncio.gather(*(client() for _ in range(AT_ONCE)))

    async def _send(self, to: Selectors) -> None:
        self._serial += 1
        text = f"message {self._serial} " + "x" * 300
        if to.userids:
            outcome = await self._engine.work_sending.send(WorkSend(*self._notifier, to, MarkdownBody("bench", text)))
        else:
            outcome = await self._engine.mass_sending.send(MassSend(*self._sender, f"month-{self._serial}", to, TextBody(text)))
        assert isinstance(outcome, Accepted), outcome
