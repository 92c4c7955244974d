"""A server of our own interface over a store in a temporary folder, called without a network."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from hongyan.access.keys import ServerKey
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import Profile
from hongyan.bus.local import LocalBus
from hongyan.control.endpoints import PREFIX, ControlSettings
from hongyan.control.lookups import find_account_txn, find_app_txn, find_corp_txn
from hongyan.control.routes import routes
from hongyan.directory.audience import Selectors
from hongyan.engine.engine import Engine
from hongyan.messages.blobs import FileBlobs
from hongyan.messages.bodies import TextBody
from hongyan.model.ids import mass_task_id
from hongyan.sandbox.clock import SandboxClock
from hongyan.sandbox.faults import SandboxFaults
from hongyan.sandbox.http import sandbox_endpoints
from hongyan.sandbox.state import Sandbox
from hongyan.store.sqlite import open_sqlite

COMPANY = b"\n".join(
    [
        b'{"kind":"corp","corp_id":"acme","name":"Acme","zone":"Asia/Shanghai"}',
        b'{"kind":"department","dept":2,"name":"Sales"}',
        b'{"kind":"department","dept":3,"name":"North","parent":2,"position":1}',
        b'{"kind":"user","userid":"ann","name":"Ann","depts":[3]}',
        b'{"kind":"user","userid":"bob","name":"Bob"}',
        b'{"kind":"user","userid":"cid","name":"Cid","active":false,"depts":[1,2]}',
        b'{"kind":"role","role":7,"name":"Lead","group":"Jobs","userids":["ann"]}',
        b'{"kind":"account","unionid":"acc","name":"News","blocked":["bob"]}',
        b'{"kind":"media","media_id":"@pic","type":"image","name":"a.png","data":"aGVsbG8="}',
        b'{"kind":"article","article_id":1,"account":"acc","title":"T","content":"C","published":true}',
        b'{"kind":"card","media_id":"@card","account":"acc","articles":[1]}',
    ]
)


class Caller:
    """Speaks to the interface as an operator does, and to the engine behind it."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.clock, self.faults = SandboxClock(), SandboxFaults()
        store = open_sqlite(folder / "store.db", clock=self.clock, faults=self.faults)
        key, blobs = ServerKey(b"k" * 32), FileBlobs(folder / "blobs")
        self.sandbox = Sandbox(clock=self.clock, faults=self.faults, snapshots=folder / "snapshots")
        self.engine = Engine(
            store=store,
            bus=LocalBus(),
            clock=self.clock,
            faults=self.faults,
            key=key,
            blobs=blobs,
            profile=Profile.DINGTALK,
            delay_ms=lambda: self.sandbox.delay_ms,
        )
        self.token = key.admin_token(1)
        self.reseeded = 0
        self.app = Starlette(routes=routes(self.engine, ControlSettings(sandbox=True), sandbox_endpoints(self.engine, self.sandbox, self._reseed)))
        self.run(self.engine.start())

    async def _reseed(self) -> None:
        self.reseeded += 1

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self.engine.store.close())
        self._runner.close()

    def request(self, method: str, path: str, *, status: int = 200, token: str | None = None, **options: Any) -> httpx.Response:
        """Send a request and expect a status; `token` blank sends none."""
        headers = {"authorization": f"Bearer {self.token if token is None else token}", **options.pop("headers", {})}
        answer = self.run(self._request(method, PREFIX + path, headers, options))
        assert answer.status_code == status, answer.text
        return answer

    async def _request(self, method: str, path: str, headers: dict[str, str], options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://server") as client:
            return await client.request(method, path, headers=headers, **options)

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        return self.request("GET", path, status=status, **options).json()

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        return self.request("POST", path, status=status, content=msgspec.json.encode(body) if body is not None else b"").json()

    def put(self, path: str, body: object, status: int = 200) -> Any:
        return self.request("PUT", path, status=status, content=msgspec.json.encode(body)).json()

    def patch(self, path: str, body: object, status: int = 200) -> Any:
        return self.request("PATCH", path, status=status, content=msgspec.json.encode(body)).json()

    def bring_in(self, content: bytes, corp: str = "acme", **query: str) -> Any:
        """Import a file and answer the last line."""
        text = self.request("POST", f"/corps/{corp}/import", content=content, params=query).text
        return msgspec.json.decode(text.splitlines()[-1])

    def export(self, corp: str = "acme", format_: str = "jsonl") -> bytes:
        return self.request("GET", f"/corps/{corp}/export", params={"format": format_}).content

    def code(self, method: str, path: str, status: int, **options: Any) -> str:
        """The code of an error."""
        return self.request(method, path, status=status, **options).json()["error"]["code"]

    def send(self, to: Selectors, text: str = "hello", uuid: str = "u1", app_key: str = "key") -> str:
        """Have the account `acc` send a text; answers the task id."""
        accepted = self.run(self._send(to, text, uuid, app_key))
        return mass_task_id(accepted.seq)

    async def _send(self, to: Selectors, text: str, uuid: str, app_key: str) -> Any:
        store = self.engine.store
        corp = await store.read(find_corp_txn, "acme")
        account, app = await store.read(find_account_txn, corp.no, "acc"), await store.read(find_app_txn, app_key)
        return await self.engine.mass_sending.send(MassSend(corp, app, account, uuid, to, TextBody(text)))


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    found = Caller(tmp_path)
    yield found
    found.close()


@pytest.fixture
def acme(caller: Caller) -> Caller:
    """A small company with an account and an app."""
    caller.bring_in(COMPANY)
    caller.post("/corps/acme/apps", {"app_key": "key", "name": "App"}, 201)
    return caller


@pytest.fixture
def company() -> bytes:
    """The file that `acme` was made from."""
    return COMPANY
