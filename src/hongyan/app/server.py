"""Runs the application: uvicorn with uvloop and httptools, one process."""

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import msgspec
import uvicorn
import uvloop
from uvicorn.server import HANDLED_SIGNALS

from hongyan.app.application import Application
from hongyan.app.doors import DoorLimits, Doors, affordable
from hongyan.app.doorway import Doorway
from hongyan.app.files import SERVER_FILE
from hongyan.app.loop import loop_with
from hongyan.app.outside import is_loopback
from hongyan.app.settings import Settings
from hongyan.app.tls import BadCertificate, renew, server_context
from hongyan.app.whole_answer import LEAVING
from hongyan.console.pages import compile_pages
from hongyan.observe.events import tell

log = logging.getLogger("hongyan.server")

DRAIN_S = 5
PAGES_AFTER_S = 1  # the first answers come first
BACKLOG = 2048
SWITCH_S = 0.0005

OnListening = Callable[[Application, str], Awaitable[None]]


class CannotListen(Exception):
    """The address cannot be had; the message says why."""


class _Server(uvicorn.Server):
    """Says when it listens, and lets live streams end when it should stop."""

    def __init__(
        self, config: uvicorn.Config, application: Application, on_listening: Callable[[], Awaitable[None]], cleanup: contextlib.ExitStack
    ) -> None:
        config.timeout_graceful_shutdown = None  # `_cut_off` ends the wait
        super().__init__(config)
        self.cut_off = 0
        self._loop = asyncio.get_running_loop()
        self._application = application
        self._on_listening = on_listening
        self._cleanup = cleanup

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._on_listening()

    @property
    def ended_by(self) -> int:
        return self._captured_signals[0] if self._captured_signals else 0

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals, and do not raise them again at the end: who finished what it accepted did not die of a signal."""
        before = {sig: signal.signal(sig, self.handle_exit) for sig in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._captured_signals.append(sig)
        if len(self._captured_signals) > 1:
            # At once: what was answered is on the disk, and the next start finds everything else as after a power cut.
            self._cleanup.close()
            os._exit(128 + sig)
        self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        """Say that the end is near, to who asks at /readyz and to who would go on using a connection."""
        settings = self._application.settings
        tell(log, logging.INFO, "server.stopping", "told to stop", grace_seconds=settings.stop_grace_seconds, limit_seconds=settings.stop_seconds)
        self._application.health.leaving = True
        # Those that are being answered have the newest list, later ones are made from the first.
        for headers in (self.config.encoded_headers, self.server_state.default_headers):
            headers.append(LEAVING)
        self._loop.call_later(settings.stop_grace_seconds, self._stop_taking)

    def _stop_taking(self) -> None:
        self._application.stopping.set()
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        limit = self._loop.call_later(self._application.settings.stop_seconds, self._cut_off)
        try:
            await super().shutdown(sockets)
        finally:
            limit.cancel()
            self._cleanup.close()
        tell(log, logging.INFO, "server.stopped", "stopped", cut_off=self.cut_off)

    def _cut_off(self) -> None:
        """Give up what is not finished: no answer, and whether it was done is for the next try with the same uuid to find out."""
        running = [task for task in self.server_state.tasks if not task.done()]
        self.cut_off = len(running)
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # pyright: ignore[reportOptionalMemberAccess]
        for task in running:
            task.cancel()
        if running:
            tell(log, logging.WARNING, "server.cut_off", f"{len(running)} requests were not finished in time", requests=len(running))


class End(NamedTuple):
    """How a server came to its end: the signal (0: none), and how many requests it did not finish."""

    signal: int
    cut_off: int


def serve(settings: Settings, on_listening: OnListening) -> End:
    """Serve until a signal; `on_listening(application, base_url)` runs once requests are taken.

    Raises `CannotListen`, `BadCertificate`, and `StoreError` or `KeyFileError` when the data folder cannot be used.
    """
    os.umask(0o077)  # whatever the folder's own mode is, what lies in it is the server's alone
    warn_of(settings)
    context = server_context(*tls_files(settings)) if settings.tls_cert else None
    with _listen(settings.host, settings.port) as listener:
        # Until the handshake is done there is no connection that `Doors` could watch.
        return uvloop.run(_serve(settings, listener, context, on_listening), loop_factory=loop_with(settings.head_seconds))


def warn_of(settings: Settings) -> None:
    """Say what others can reach, when the settings let them."""
    if is_loopback(settings.host):
        return
    if not settings.tls_cert:
        log.warning(
            "listening on %s without TLS: tokens and secrets pass in the clear. Set tls_cert and tls_key, or put a proxy that speaks TLS in front.",
            settings.host,
        )
    if settings.sandbox:
        log.warning(
            "the sandbox interface is open on %s: whoever has the admin token moves the clock, plants faults and empties the server", settings.host
        )


def tls_files(settings: Settings) -> tuple[Path, Path]:
    """The certificate and its key, where the settings name them."""
    return Path(settings.tls_cert).expanduser(), Path(settings.tls_key).expanduser()


def _renew_tls(settings: Settings, context: ssl.SSLContext) -> None:
    """Connections from now on get the certificate that lies there now; a wrong one changes nothing."""
    try:
        renew(context, *tls_files(settings))
    except BadCertificate as error:
        log.error("the certificate stays as it was: %s", error)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(f"cannot listen on {host} port {port}: {os.strerror(error.errno) if error.errno else error}") from None


def _base_url(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    # A wildcard is no address to connect to.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host) or str(host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def make_doors(application: object) -> Doors:
    """What every connection to an application passes."""
    if not isinstance(application, Application):
        return Doors(DoorLimits())
    limits = application.settings.door_limits
    connections = affordable(limits.connections)
    if connections < limits.connections:
        log.warning("only %d connections at once: the system lets this process open no more files (ulimit -n)", connections)
    application.doors = Doors(msgspec.structs.replace(limits, connections=connections), application.late_form, application.direct)
    return application.doors


def server_config(application: object, context: ssl.SSLContext | None = None, doors: Doors | None = None) -> uvicorn.Config:
    """How every server here runs, the one that a benchmark compares with included."""
    return uvicorn.Config(
        application,  # pyright: ignore[reportArgumentType]
        loop="none",
        http=partial(Doorway, doors=make_doors(application) if doors is None else doors),  # pyright: ignore[reportArgumentType]
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )


def tune_interpreter() -> None:
    """Keep the cycle collector off what stays for ever, and let it look at what a burst of requests leaves behind less often.

    With the defaults it walked everything alive several times in every hundred requests; the slowest percent took twice as long. And a
    thread that waits for the interpreter, such as one with a commit to make, asks for it ten times sooner than by default.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


async def _serve(settings: Settings, listener: socket.socket, context: ssl.SSLContext | None, on_listening: OnListening) -> End:
    application = Application(settings)
    tune_interpreter()
    base_url = _base_url(listener, settings.scheme)
    if not settings.port and not settings.public_url:
        application.engine.public_url = base_url  # only now is the port known
    if context:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _renew_tls, settings, context)
    with contextlib.ExitStack() as cleanup:

        async def listening() -> None:
            cleanup.enter_context(_announced(settings, base_url))
            asyncio.get_running_loop().call_later(PAGES_AFTER_S, compile_pages)
            await on_listening(application, base_url)

        config = server_config(application, context)
        if application.tracing:
            config.app = application.tracing.around(application, application.engine.calls)  # pyright: ignore[reportAttributeAccessIssue]
        server = _Server(config, application, listening, cleanup)
        await server.serve(sockets=[listener])
        return End(server.ended_by, server.cut_off)


@contextlib.contextmanager
def _announced(settings: Settings, base_url: str) -> Generator[None]:
    """Commands on the same machine find the running server here, and the certificate by which they know it."""
    path = settings.folder / SERVER_FILE
    certificate = str(tls_files(settings)[0].resolve()) if settings.tls_cert else ""
    path.write_text(json.dumps({"base_url": base_url, "pid": os.getpid(), "tls_cert": certificate}), "utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
