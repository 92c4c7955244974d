"""The composition root: picks the engines, wires the rooms, and is the ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hongyan.access.keys import load_key
from hongyan.admission.accept import ROWS_UP_TO
from hongyan.app.direct import Direct
from hongyan.app.doors import Doors, LateForm
from hongyan.app.files import BLOBS, CAPTURES_FILE, CLOCK_FILE, KEY_FILE, LAST_BACKUP_FILE, SNAPSHOTS, STORE_FILE
from hongyan.app.health import Health
from hongyan.app.observing import PATHS, Observing
from hongyan.app.outside import Outside
from hongyan.app.settings import Settings
from hongyan.app.surfaces import description_endpoint, shown_coverage
from hongyan.app.watching import watched
from hongyan.bus.local import LocalBus
from hongyan.console.coverage import coverage_routes
from hongyan.console.routes import routes as console_routes
from hongyan.console.trouble import failed, store_refuses
from hongyan.control.routes import ControlSettings
from hongyan.control.routes import routes as control_routes
from hongyan.delivery.callback_client import TOTAL_S
from hongyan.engine.engine import Engine
from hongyan.messages.blobs import FileBlobs
from hongyan.model import errors
from hongyan.model.clock import Clock, SystemClock
from hongyan.model.errors import Refusal
from hongyan.model.faults import Faults, NoFaults, reach
from hongyan.sandbox.clock import SandboxClock
from hongyan.sandbox.demo import FACTS_FILE, seed_demo
from hongyan.sandbox.faults import SandboxFaults
from hongyan.sandbox.http import sandbox_endpoints
from hongyan.sandbox.state import Sandbox, snapshots_in
from hongyan.store.interface import StoreError
from hongyan.store.sqlite import open_sqlite
from hongyan.wire.replay import replay_through
from hongyan.wire.replies import refuse
from hongyan.wire.surface import gateway

if TYPE_CHECKING:
    from hongyan.app.telemetry import Tracing

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_OUR_PATHS = ("/console", "/inbox", "/hongyan/", "/article", "/static")  # pages and our own interface: none of DingTalk's


class Application:
    """One server's rooms. Raises `StoreError` or `KeyFileError` when the data folder cannot be used."""

    def __init__(self, settings: Settings, *, rows_up_to: int | None = None) -> None:
        folder = settings.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings = settings
        self.stopping = asyncio.Event()
        self.sandbox = _make_sandbox(folder) if settings.sandbox else None
        clock: Clock = self.sandbox.clock if self.sandbox else SystemClock()
        faults: Faults = self.sandbox.faults if self.sandbox else NoFaults()
        sandbox = self.sandbox
        self.engine = Engine(
            store=open_sqlite(folder / STORE_FILE, clock=clock, faults=faults),
            bus=LocalBus(),
            clock=clock,
            faults=faults,
            key=load_key(folder / KEY_FILE),
            blobs=FileBlobs(folder / BLOBS),
            profile=settings.profile,
            delay_ms=(lambda: sandbox.delay_ms) if sandbox else (lambda: 0),
            any_bad_userid_refuses=settings.userid_policy == "any",
            internal_templates=settings.internal_templates,
            private_callbacks=settings.private_callbacks,
            rows_up_to=ROWS_UP_TO if rows_up_to is None else rows_up_to,
            public_url=settings.public_address,
            captures=folder / CAPTURES_FILE,
            capture_limits=settings.capture_limits,
            guess_limits=settings.guess_limits,
            periods=settings.periods,
            sandbox=settings.sandbox,
        )
        self._gateway = gateway(self.engine)
        self.engine.keeper.last_backup_file = folder / LAST_BACKUP_FILE
        self.engine.keeper.eraser.leftovers = lambda: leftovers_of(folder, settings)
        self.engine.keeper.eraser.snapshots = lambda: snapshots_in(folder / SNAPSHOTS)
        self.engine.replay = replay_through(self._gateway, self.engine)
        self._pages = self._starlette()
        self.engine.calls.access_log = settings.access_log
        self.engine.store.meter.slow_s = settings.slow_transaction_ms / 1000
        self.engine.dispatcher.finish_s = min(settings.stop_seconds, TOTAL_S)
        self.tracing = _start_tracing(settings.otlp_endpoint, self.engine) if settings.otlp_endpoint else None
        self.health = Health(self.engine, folder, disk_free_min=settings.disk_free_mb << 20)
        self.doors: Doors | None = None  # what connections pass; set by who listens
        self._observing = Observing(self)
        self._outside = Outside(settings.public_url)
        self.direct = None if self.tracing else Direct(self._gateway, self._outside)

    def _starlette(self) -> Starlette:
        extra = sandbox_endpoints(self.engine, self.sandbox, self.reseed) if self.sandbox else ()
        control = control_routes(
            self.engine, ControlSettings(sandbox=self.sandbox is not None, stopping=self.stopping), (*extra, description_endpoint())
        )
        return Starlette(
            routes=[*control, *console_routes(self.engine, self.stopping), *coverage_routes(shown_coverage)],
            exception_handlers={404: self._not_found, ClientDisconnect: _gone, StoreError: store_refuses, Exception: failed},
        )

    async def _not_found(self, request: Request, error: Exception) -> Response:
        """Paths of the classic surface stand at the root, so an unknown one is answered in its manner."""
        reply = refuse(Refusal(errors.CLASSIC_UNKNOWN))
        if not request.url.path.startswith(_OUR_PATHS):
            self._gateway.note_unknown(request.scope, reply)
        return Response(reply.body, media_type="application/json", status_code=reply.status)

    def late_form(self, path: str) -> LateForm | None:
        """What is answered on this path to a body that broke or stayed away; None: as our own interface says it."""
        reply = self._gateway.refuse_late(path)
        return LateForm(reply.status, reply.content_type, reply.body) if reply else None

    async def reseed(self) -> None:
        """Fill an emptied sandbox with the demo company again, if it was one."""
        if (self.settings.folder / FACTS_FILE).exists():
            await seed_demo(self.engine, self.settings.folder)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator["Application"]:
        """Open for use, and closed in order."""
        try:
            reach("start.opened")
            await self.engine.start()
            reach("start.swept")
            async with self.engine.captures.running(), self.engine.dispatcher.running(), self.engine.keeper.running():
                yield self
        finally:
            reach("stop.begun")
            await self.engine.store.close()
            if self.tracing:
                await asyncio.to_thread(self.tracing.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            public = self._outside.look(scope)
            self._outside.tell(scope, public=public)
            send = self._outside.sending(send, public=public)
            if self._gateway.takes(scope["path"]):
                await self._gateway(scope, receive, send)
            elif scope["path"] in PATHS:
                await self._observing(scope, send)
            else:
                await watched(self._pages, self.engine.calls, scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def leftovers_of(folder: Path, settings: Settings) -> list[Path]:
    """Files with an older state of what the store holds: copies that migrations made, logs of calls that were put aside or are kept no more."""
    old = [*folder.glob(f"{STORE_FILE}.schema*"), *folder.glob(f"{STORE_FILE}.compact*"), *folder.glob(f"{CAPTURES_FILE}.broken*")]
    return [*old, *(folder.glob(f"{CAPTURES_FILE}*") if settings.capture_limits.off else ())]


async def _gone(request: Request, error: Exception) -> Response:
    """The client left in the middle of a body: nobody reads this."""
    return Response(status_code=408)


def _start_tracing(endpoint: str, engine: Engine) -> "Tracing":
    from hongyan.app.telemetry import Tracing  # an extra, and not needed where nobody traces

    tracing = Tracing(endpoint)
    tracing.watch(engine)
    return tracing


def _make_sandbox(folder: Path) -> Sandbox:
    return Sandbox(clock=SandboxClock(folder / CLOCK_FILE), faults=SandboxFaults(), snapshots=folder / SNAPSHOTS)
