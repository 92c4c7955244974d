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
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop

from hongyan.app.application import Application
from hongyan.app.files import SERVER_FILE
from hongyan.app.settings import Settings
from hongyan.app.tls import BadCertificate, renew, server_context

log = logging.getLogger("hongyan.server")

KEEP_ALIVE_S = 75
DRAIN_S = 5
BACKLOG = 2048

OnListening = Callable[[Application, str], Awaitable[None]]


class CannotListen(Exception):
    """The address cannot be had; the message says why."""


class _Server(uvicorn.Server):
    """Says when it listens, and lets live streams end when it should stop."""

    def __init__(
        self, config: uvicorn.Config, application: Application, on_listening: Callable[[], Awaitable[None]], cleanup: contextlib.ExitStack
    ) -> None:
        super().__init__(config)
        self._application = application
        self._on_listening = on_listening
        self._cleanup = cleanup

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._on_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # A signal that was caught is raised again before `serve` returns, and SIGTERM then ends the process: this is the last chance.
        self._cleanup.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._application.stopping.set()
        super().handle_exit(sig, frame)


def serve(settings: Settings, on_listening: OnListening) -> None:
    """Serve until a signal; `on_listening(application, base_url)` runs once requests are taken.

    Raises `CannotListen`, `BadCertificate`, and `StoreError` or `KeyFileError` when the data folder cannot be used.
    """
    context = server_context(*tls_files(settings)) if settings.tls_cert else None
    with _listen(settings.host, settings.port) as listener:
        uvloop.run(_serve(settings, listener, context, on_listening))


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


def server_config(application: object, context: ssl.SSLContext | None = None) -> uvicorn.Config:
    """How every server here runs, the one that a benchmark compares with included."""
    return uvicorn.Config(
        application,  # pyright: ignore[reportArgumentType]
        loop="none",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )


def calm_collector() -> None:
    """Keep the cycle collector off what stays for ever, and let it look at what a burst of requests leaves behind less often.

    With the defaults it walked everything alive several times in every hundred requests; the slowest percent took twice as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(settings: Settings, listener: socket.socket, context: ssl.SSLContext | None, on_listening: OnListening) -> None:
    application = Application(settings)
    calm_collector()
    base_url = _base_url(listener, settings.scheme)
    if not settings.port and not settings.public_url:
        application.engine.public_url = base_url  # only now is the port known
    if context:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _renew_tls, settings, context)
    with contextlib.ExitStack() as cleanup:

        async def listening() -> None:
            cleanup.enter_context(_announced(settings, base_url))
            await on_listening(application, base_url)

        await _Server(server_config(application, context), application, listening, cleanup).serve(sockets=[listener])


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
