"""A small organisation with an inbox page in front of it."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette

from hongyan.access.edit import NewAccount, NewApp, add_reader_txn, create_account_txn, create_app_txn
from hongyan.access.keys import ServerKey, token_hash
from hongyan.access.records import Account, App, app_by_no_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import Profile
from hongyan.bus.local import LocalBus
from hongyan.console.doors import COOKIE_PREFIX, inbox_key
from hongyan.console.routes import routes
from hongyan.delivery.inbox import Inbox
from hongyan.delivery.recall import recall_mass_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.edit import OrgChange, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import Corp, load_corp_by_no_txn, load_person_txn
from hongyan.engine.engine import Engine
from hongyan.messages.blobs import FileBlobs
from hongyan.messages.bodies import AnyBody, TextBody
from hongyan.messages.library import Article, Card, Media, put_article_txn, put_card_txn, put_media_txn
from hongyan.model.ids import CorpId, CorpNo, EpochMs, Ord, Seq
from hongyan.sandbox.clock import SandboxClock
from hongyan.sandbox.faults import SandboxFaults
from hongyan.store.interface import Tx
from hongyan.store.sqlite import open_sqlite

ORIGIN = "http://here.test"
FROM_PAGE = {"Sec-Fetch-Site": "same-origin"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class World:
    """Corp `dinga` with people anna and ben, account News; corp `dingb` with anna; one client per reader."""

    def __init__(self, folder: Path) -> None:
        self.clock = SandboxClock()
        self.store = open_sqlite(folder / "store.sqlite", clock=self.clock, faults=SandboxFaults())
        key, blobs = ServerKey(secrets.token_bytes(32)), FileBlobs(folder / "blobs")
        self.engine = Engine(
            store=self.store, bus=LocalBus(), clock=self.clock, faults=SandboxFaults(), key=key, blobs=blobs, profile=Profile.OPEN, delay_ms=lambda: 0
        )
        self.stopping = asyncio.Event()
        self.app = Starlette(routes=routes(self.engine, self.stopping))

    async def start(self) -> "World":
        self.clock.freeze()  # at midnight "today" must not become "yesterday"
        await self.engine.start()
        self.corp = await self._corp("dinga", "Acme <b>", ("anna", "ben"))
        self.other_corp = await self._corp("dingb", "Other", ("anna",))
        number, _ = self.done(await self.store.write(create_app_txn, self.corp.no, NewApp("key", "app")))
        app = await self.store.read(app_by_no_txn, number)
        assert app is not None
        self.caller: App = app
        self.account: Account = await self.add_account("News")
        return self

    async def _corp(self, corp_id: str, name: str, userids: tuple[str, ...]) -> Corp:
        number = await self.store.write(create_corp_txn, corp_id, name, "Asia/Shanghai")
        users = tuple(UserEntry(userid, userid.title()) for userid in userids)
        await self.store.write(apply_org_txn, number, CorpId(corp_id), OrgChange(users=users))
        corp = await self.store.read(load_corp_by_no_txn, number)
        assert corp is not None
        return corp

    @staticmethod
    def done(value):  # type: ignore[no-untyped-def]
        assert type(value).__name__ != "Conflict", value
        return value

    async def add_account(self, name: str) -> Account:
        return self.done(await self.store.write(create_account_txn, self.corp.no, self.corp.corp_id, NewAccount(name)))

    async def ord_of(self, userid: str, corp: CorpNo | None = None) -> Ord:
        person = await self.store.read(load_person_txn, corp or self.corp.no, userid)
        assert person is not None
        return person.ord

    async def token(self, userid: str, corp: CorpNo | None = None) -> str:
        token = secrets.token_urlsafe(16)
        await self.store.write(add_reader_txn, token_hash(token), corp or self.corp.no, await self.ord_of(userid, corp))
        return token

    def client(self, base: str = ORIGIN) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=base)

    async def inbox(self, userid: str, corp: CorpNo | None = None) -> httpx.AsyncClient:
        """A client that went through the door; its paths begin at the inbox."""
        key = inbox_key(self.engine, corp or self.corp.no, await self.ord_of(userid, corp))
        client = self.client(f"{ORIGIN}/inbox/{key}/")
        client.cookies.set(COOKIE_PREFIX + key, await self.token(userid, corp))
        client.headers["accept-language"] = "en"
        return client

    async def send(self, body: AnyBody | str, *, to: str = "anna", account: Account | None = None, preview: bool = False) -> Seq:
        content = TextBody(body) if isinstance(body, str) else body
        sent = MassSend(self.corp, self.caller, account or self.account, secrets.token_hex(8), Selectors(userids=(to,)), content, preview=preview)
        outcome = await self.engine.mass_sending.send(sent)
        assert isinstance(outcome, Accepted), outcome
        return outcome.seq

    async def recall(self, seq: Seq) -> None:
        assert await self.store.write(recall_mass_txn, self.corp.no, self.account.sender, seq) is None
        self.engine.bus.publish(self.corp.no)

    async def unread(self, userid: str = "anna") -> int:
        ord_ = await self.ord_of(userid)

        def count(tx: Tx) -> int:
            return Inbox(tx, self.engine.broadcasts, self.corp.no, ord_, self.clock.now()).unread(self.account.sender)

        return await self.store.read(count)

    async def add_media(self, media_id: str, mime: str, content: bytes = PNG, *, name: str = "a.bin", kind: str = "image") -> None:
        blob = self.engine.blobs.put(self.corp.no, content)
        media = Media(media_id, kind, name, mime, len(content), blob, EpochMs(0))
        await self.store.write(put_media_txn, self.corp.no, media, hashlib.sha256(content).digest())

    async def add_card(self, card: str, *contents: str, title: str = "Title", published: bool = True) -> None:
        """A card whose articles are numbered from 1."""
        at = self.clock.now() if published else None
        for number, content in enumerate(contents, 1):
            article = Article(number, self.account.sender, title, "digest", content, "", at, EpochMs(0))
            await self.store.write(put_article_txn, self.corp.no, article)
        await self.store.write(put_card_txn, self.corp.no, Card(card, self.account.sender, tuple(range(1, len(contents) + 1))))

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The application on a free loopback port: streams need a real server."""
        server = uvicorn.Server(uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            finally:
                self.stopping.set()
                server.should_exit = True


class Events:
    """Reads a stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.aiter_lines()
        self.position = ""

    async def next(self) -> dict[str, str]:
        async with asyncio.timeout(5):
            async for line in self.lines:
                if line.startswith("id: "):
                    self.position = line[4:]
                if line.startswith("data: "):
                    return json.loads(line[6:])
        raise AssertionError("the stream ended")
