"""A real server on loopback inside the test process, and an organisation to send to."""

import asyncio
import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
import uvloop

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, install_app_txn
from hongyan.access.records import ALL_SCOPES, Account, AppKind
from hongyan.admission.rules import RULES, Mode, Profile, RuleSetting
from hongyan.app.application import Application
from hongyan.app.server import make_doors, server_config
from hongyan.app.settings import Settings
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import load_corp_txn
from hongyan.engine.engine import Engine
from hongyan.model.ids import CorpId, CorpNo, EpochMs
from recording import record_direct, recorded
from replies import check_response

T = TypeVar("T")

# A Wednesday, 10:00 in Shanghai; far enough ahead that the sandbox clock may go there.
MORNING = EpochMs(1_900_000_000_000 - 1_900_000_000_000 % 86_400_000 + 2 * 3_600_000)
SEND = "/topapi/message/mass/send"


class _Uvicorn(uvicorn.Server):
    """Stops when it is told to. The original looks ten times a second, and leaves its connections as long again to close."""

    async def main_loop(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(50):
            if not self.server_state.connections:
                break
            await asyncio.sleep(0.002)
        await self._wait_tasks_to_complete()
        await self.lifespan.shutdown()

    def stop(self) -> None:
        """From another thread."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._told.set)


class Server:
    """One application served by uvicorn in a thread of its own."""

    def __init__(
        self, folder: Path, *, profile: Profile = Profile.DINGTALK, rows_up_to: int | None = None, userid_policy: str = "any", **settings: Any
    ) -> None:
        self.settings = Settings(data=str(folder), port=0, profile=profile, sandbox=True, userid_policy=userid_policy, **settings)
        self._rows_up_to = rows_up_to
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=lambda: uvloop.run(self._main()), daemon=True)

    async def _main(self) -> None:
        try:
            self.application = Application(self.settings, rows_up_to=self._rows_up_to)
            self.loop = asyncio.get_running_loop()
            self.doors = make_doors(self.application)
            if self.doors.direct:
                record_direct(self.doors.direct)
            config = server_config(self.application, doors=self.doors)
            config.host, config.port, config.app = "127.0.0.1", 0, recorded(self.application)
            self._server = _Uvicorn(config)
            self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            serving = asyncio.ensure_future(self._server.serve())
            while not self._server.started and not serving.done():
                await asyncio.sleep(0.001)
            self.base_url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
            self._started.set()
            await serving
        except BaseException as error:
            self._error = error
            self._started.set()
            raise

    def start(self) -> "Server":
        self._thread.start()
        self._started.wait(20)
        if self._error:
            raise self._error
        # Every reply to a DingTalk client, in every test, keeps the rules that real clients break on.
        self.client = httpx.Client(base_url=self.base_url, timeout=30, verify=False, event_hooks={"response": [check_response]})
        return self

    def stop(self) -> None:
        self.client.close()
        self.application.stopping.set()
        self._server.stop()
        self._thread.join(20)

    @property
    def engine(self) -> Engine:
        return self.application.engine

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """Those of requests that are being answered."""
        return self._server.server_state.tasks

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


@contextlib.contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Server]:
    server = Server(folder, **options).start()
    try:
        yield server
    finally:
        server.stop()


class World:
    """An organisation of a few people on a running server, its clock standing at 10:00."""

    def __init__(self, server: Server, *, users: int = 12, corp_id: str = "dingtest") -> None:
        self.server = server
        self.engine = server.engine
        self.corp_id = corp_id
        assert server.application.sandbox is not None
        self.clock = server.application.sandbox.clock
        self.faults = server.application.sandbox.faults
        self.clock.set(MORNING)
        self.clock.freeze()
        self.corp: CorpNo = self.write(create_corp_txn, corp_id, "测试公司", "Asia/Shanghai")
        departments = (DeptEntry(10, "研发"), DeptEntry(11, "后端", 10), DeptEntry(20, "市场"), DeptEntry(30, "空部门"))
        people = tuple(UserEntry(f"u{i}", f"人{i}", ((10, 11, 20)[i % 3],)) for i in range(1, users + 1))
        self.change(OrgChange(departments, people, (RoleEntry(7, "主管", "默认", ("u1", "u2")),)))
        self.app_key, self.secret = f"key-{corp_id}", f"secret-{corp_id}"
        self.add_app(self.app_key, secret=self.secret)
        self.account = self.add_account("服务号")
        self.unionid = self.account.unionid
        self.token = self.get_token()

    # --- set-up

    def write(self, body: Callable[..., T], *args: Any) -> T:
        return self.server.run(self.engine.store.write(body, *args))

    def read(self, body: Callable[..., T], *args: Any) -> T:
        return self.server.run(self.engine.store.read(body, *args))

    def change(self, change: OrgChange) -> None:
        report = self.write(apply_org_txn, self.corp, CorpId(self.corp_id), change)
        assert not isinstance(report, list), report
        self.engine.directory.forget(self.corp)

    def add_app(
        self, app_key: str, *, kind: AppKind = AppKind.INTERNAL, secret: str = "s", scopes: Sequence[str] = ALL_SCOPES, allow_ips: Sequence[str] = ()
    ) -> None:
        owner = self.corp if kind is AppKind.INTERNAL else None
        made = self.write(create_app_txn, owner, NewApp(app_key, app_key, kind, tuple(scopes), tuple(allow_ips), secret))
        assert isinstance(made, tuple)
        if kind is not AppKind.INTERNAL:
            self.write(install_app_txn, self.corp, made[0], 1000 + made[0], app_key)

    def add_account(self, name: str) -> Account:
        account = self.write(create_account_txn, self.corp, CorpId(self.corp_id), NewAccount(name))
        assert isinstance(account, Account)
        self.engine.access.forget()
        return account

    def rule(self, rule: str, *, mode: Mode | None = None, limit: int | None = None) -> None:
        self.server.run(self.engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, rule, mode, limit)))

    def observe_all_but(self, *rules: str) -> None:
        """Edge tests look at one rule; the others count, and refuse nothing."""
        for name in RULES:
            if name not in rules:
                self.rule(name, mode=Mode.OBSERVE)

    def advance(self, ms: int) -> None:
        assert self.clock.set(EpochMs(self.clock.now() + ms))

    # --- calls

    def get_token(self, app_key: str = "", secret: str = "") -> str:
        reply = self.server.client.get("/gettoken", params={"appkey": app_key or self.app_key, "appsecret": secret or self.secret})
        return reply.json()["access_token"]

    def corp_token(self, app_key: str, secret: str = "s") -> str:
        body = {"client_id": app_key, "client_secret": secret, "grant_type": "client_credentials"}
        return self.server.client.post(f"/v1.0/oauth2/{self.corp_id}/token", json=body).json()["access_token"]

    def post(self, path: str, body: Any = None, *, token: str | None = None, **options: Any) -> httpx.Response:
        params = {"access_token": self.token if token is None else token}
        if body is not None:
            options |= {
                "content": json.dumps(body, ensure_ascii=False).encode(),
                "headers": {"content-type": "application/json"} | options.get("headers", {}),
            }
        return self.server.client.post(path, params=params, **options)

    def v1(self, path: str, body: Any = None, *, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {"x-acs-dingtalk-access-token": self.token if token is None else token} if token != "" else {}
        return (
            self.server.client.post(path, json=body, headers=headers, **options)
            if body is not None
            else self.server.client.post(path, headers=headers, **options)
        )

    def a_send(self, **changes: Any) -> dict[str, Any]:
        """A valid request to one person; None takes a member away."""
        body: dict[str, Any] = {
            "unionid": self.unionid,
            "is_to_all": False,
            "msg_type": "text",
            "text_content": "hello",
            "uuid": uuid.uuid4().hex,
            "userid_list": "u1",
        }
        return {name: value for name, value in {**body, **changes}.items() if value is not None}

    def send(self, **changes: Any) -> dict[str, Any]:
        return self.post(SEND, self.a_send(**changes)).json()

    def send_ok(self, **changes: Any) -> str:
        reply = self.send(**changes)
        assert reply["errcode"] == 0, reply
        return reply["task_id"]

    def admin(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Our own interface, below the corp."""
        headers = {"authorization": f"Bearer {self.engine.key.admin_token(1)}"}
        return self.server.client.request(method, f"/hongyan/v1/corps/{self.corp_id}{path}", headers=headers, **options)

    def people(self, task_id: str, which: str) -> set[str]:
        reply = self.admin("GET", f"/tasks/{task_id}/people", params={"list": which, "limit": 1000}).json()
        return {person["userid"] for person in reply["people"]}

    def inbox(self, userid: str) -> list[dict[str, Any]]:
        return self.admin("GET", f"/inboxes/{userid}").json()["entries"]

    def corp_now(self) -> Any:
        return self.read(load_corp_txn, self.corp_id)
