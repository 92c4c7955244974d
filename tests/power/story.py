"""A short life of the real engine on a disk that is watched: sends of both kinds, recalls, reads, joiners, uploads, template steps.

Whatever the engine answered is noted as promised, between the writes that had been made by then.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from crash.company import AGENT, APP_KEY, CORP, PEOPLE, SUITE_AGENT, SUITE_KEY, UNIONID
from hongyan.access.records import Account, App, Installation, app_by_key_txn, installation_by_agent_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.work_send import WorkSend
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.delivery.inbox import read_one_txn
from hongyan.delivery.recall import recall_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.edit import OrgChange, UserEntry, apply_org_txn
from hongyan.directory.records import Corp, load_corp_txn, ords_of_txn
from hongyan.messages.bodies import TextBody
from hongyan.messages.media_kinds import KINDS
from hongyan.messages.template_book import TemplateOwner, create_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.messages.uploads import Incoming, keep_upload
from hongyan.model.ids import CorpNo, Ord, Seq
from hongyan.store.interface import StoreError
from hongyan.store.sqlite import SqliteStore
from power.disk import Disk, under

LARGE = frozenset(name for name, dept in PEOPLE.items() if dept == 10)
Fact = tuple[str, ...]  # ("sent", words, userid…), ("recalled", words), ("read", words, userid), ("joined", userid), ("media", id), ("template", id)


class Story:
    """One engine on one data folder, and what it is asked to do."""

    def __init__(self, folder: Path, disk: Disk, chance: random.Random) -> None:
        self._application = Application(Settings(data=str(folder), requests_kept_mb=0))
        self._engine = self._application.engine
        self._disk = disk
        self._chance = chance
        self._sent: dict[str, int] = {}  # by their words: where they stand
        self._audiences: dict[str, list[str]] = {}
        self._recalled: set[str] = set()

    async def run(self, steps: int, *, forgiving: bool = False, opened: Callable[[], None] = lambda: None) -> int:
        """Answers how many steps the store refused; not `forgiving`, none may be. `opened` is called before the first."""
        refused = 0
        async with self._running():
            opened()
            for _ in range(steps):
                width = self._chance.choice((1, 1, 2, 5))
                for outcome in await asyncio.gather(*(self._step() for _ in range(width)), return_exceptions=True):
                    if isinstance(outcome, StoreError) and forgiving:
                        refused += 1
                    elif isinstance(outcome, BaseException):
                        raise outcome
        return refused

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        try:
            await self._engine.start()
            await self._open()
            yield
        finally:
            await self._engine.store.close()

    async def _open(self) -> None:
        engine = self._engine
        corp, app, suite = (
            await engine.store.read(load_corp_txn, CORP),
            *[await engine.store.read(app_by_key_txn, key) for key in (APP_KEY, SUITE_KEY)],
        )
        installations = [await engine.store.read(installation_by_agent_txn, corp.no, agent) for agent in (AGENT, SUITE_AGENT)] if corp else []
        account = await engine.access.access_account(corp.no, UNIONID) if corp else None
        assert corp and app and suite and account and all(installations)
        self._corp: Corp = corp
        self._apps: list[App] = [app, suite]
        self._account: Account = account
        self._installations: list[Installation] = [one for one in installations if one]

    async def _step(self) -> None:
        doing = self._chance.choice(
            (self._mass, self._mass, self._mass, self._notice, self._notice, self._recall, self._read, self._join, self._upload)
        )
        if self._chance.random() < 0.04:
            doing = self._move_log
        if self._chance.random() < 0.03:
            doing = self._template
        await doing()

    def _selectors(self) -> tuple[Selectors, list[str]]:
        way = self._chance.random()
        if way < 0.1:
            return Selectors(depts=(10,)), list(LARGE)
        people = self._chance.sample(sorted(PEOPLE), self._chance.choice((1, 1, 3, 12)))
        return Selectors(userids=tuple(people)), people

    async def _mass(self) -> None:
        words = f"{self._chance.getrandbits(64):x}"
        selectors, people = self._selectors()
        request = MassSend(self._corp, self._apps[0], self._account, words, selectors, TextBody(words), False)
        self._accepted(words, people, await self._engine.mass_sending.send(request))

    async def _notice(self) -> None:
        words = f"{self._chance.getrandbits(64):x}"
        selectors, people = self._selectors()
        which = self._chance.randrange(2)
        request = WorkSend(self._corp, self._apps[which], self._installations[which], selectors, TextBody(words))
        self._accepted(words, people, await self._engine.work_sending.send(request))

    def _accepted(self, words: str, people: list[str], outcome: object) -> None:
        assert isinstance(outcome, Accepted), outcome
        self._sent[words], self._audiences[words] = outcome.seq, people
        self._disk.promised(("sent", words, *sorted(people)))

    async def _recall(self) -> None:
        waiting = [words for words in self._sent if words not in self._recalled]
        if not waiting:
            return
        words = self._chance.choice(waiting)
        self._recalled.add(words)
        for sender, surface in ((self._account.sender, "mass"), *((one.sender, "work") for one in self._installations)):
            if await self._engine.store.write(recall_txn, self._corp.no, sender, Seq(self._sent[words]), surface):
                self._disk.promised(("recalled", words))

    async def _read(self) -> None:
        if not self._sent:
            return
        words = self._chance.choice(list(self._sent))
        userid = self._chance.choice(self._audiences[words])
        ord_ = (await self._engine.store.read(ords_of_txn, self._corp.no, [userid]))[userid]
        if await self._engine.store.write(read_one_txn, self._corp.no, Ord(ord_), Seq(self._sent[words])):
            self._disk.promised(("read", words, userid))

    async def _join(self) -> None:
        userid = f"new{self._chance.getrandbits(48):x}"
        change = OrgChange(users=(UserEntry(userid, "新", (1,)),))
        report = await self._engine.store.write(apply_org_txn, self._corp.no, CORP, change)
        assert not isinstance(report, list), report
        self._engine.directory.forget(self._corp.no)
        self._disk.promised(("joined", userid))

    async def _upload(self) -> None:
        incoming = Incoming(self._engine.blobs, "a.txt")
        incoming.add(self._chance.randbytes(300))
        media = await keep_upload(self._engine.store, self._engine.blobs, self._corp.no, KINDS["file"], incoming)
        await incoming.drop()
        self._disk.promised(("media", media.media_id, media.blob))

    async def _template(self) -> None:
        name = f"t{self._chance.getrandbits(48):x}"
        owner = TemplateOwner(self._apps[1].no, CorpNo(0))
        made = await self._engine.store.write(create_template_txn, owner, MarkdownTemplate(name=name, title="通知", content="你好"), name)
        assert made
        self._disk.promised(("template", name))

    async def _move_log(self) -> None:
        store = self._engine.store
        assert isinstance(store, SqliteStore)
        await asyncio.to_thread(store.move_log)


def watched_life(folder: Path, chance: random.Random, *, steps: int) -> Disk:
    """Everything that a life of `steps` steps does to the store in `folder`."""
    disk = Disk(folder / "hongyan.db")
    with under(disk):
        asyncio.run(Story(folder, disk, chance).run(steps))
    return disk
