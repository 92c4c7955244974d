"""One interception from start to end: certificates, proxy, command, and nothing left behind."""

import asyncio
import contextlib
import signal
import ssl
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from pathlib import Path

import msgspec

from hongyan.app.failures import CommandFailed
from hongyan.app.intercept import namespace
from hongyan.app.intercept.authority import HOSTS, Issued, issue
from hongyan.app.intercept.beyond import Beyond
from hongyan.app.intercept.environment import Files, child_environment
from hongyan.app.intercept.proxy import Ports, Proxy, Server
from hongyan.app.intercept.trust import bundle, java_store, known_roots
from hongyan.model.clock import SystemClock

NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as shells say it
_PRELOAD = Path(__file__).with_name("node_preload.js")


class Plan(msgspec.Struct, frozen=True):
    """What to run, and how. `private`: in a network of its own; `forward` are ports of this machine that it may reach there."""

    command: Sequence[str]
    server: Server
    environ: Mapping[str, str]
    private: bool = False
    forward: Sequence[int] = ()


class Result(msgspec.Struct, frozen=True):
    """How the command ended, and what the proxy saw."""

    status: int
    asked: int
    served: int


async def intercept(plan: Plan) -> Result:
    """Run the command. Raises `CommandFailed` when the server does not answer, `OSError` when the run's files cannot be had.

    A signal before the command has started cancels the task; later ones go to the command.
    """
    with _signals() as signals:
        await _check(plan.server)
        return await _intercept(plan, signals)


async def _intercept(plan: Plan, signals: "_Signals") -> Result:
    issued = issue(HOSTS, SystemClock().now())
    # Made for this user alone, and gone at the end of the block however it ends.
    with tempfile.TemporaryDirectory(prefix="hongyan-intercept-") as name:
        folder = Path(name)
        proxy = Proxy(plan.server, frozenset(HOSTS), _context(issued, folder), Beyond(plan.environ))
        files = _write(folder, issued, plan.environ)
        async with proxy.listening() as ports, _prepared(plan, proxy, folder, files, ports) as (command, environ):
            status = await _run(command, environ, signals)
        return Result(status, max(proxy.asked, proxy.served), proxy.served)


async def _check(server: Server) -> None:
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(server.host, server.port, ssl=server.tls)
    except (OSError, TimeoutError) as error:
        raise CommandFailed(f"{server.url} does not answer: {error or 'no connection within 5 s'}") from None
    writer.close()


def _context(issued: Issued, folder: Path) -> ssl.SSLContext:
    """The certificate as the listener wants it: from a file, which no one needs afterwards."""
    path = folder / "leaf.pem"
    path.touch(mode=0o600)
    path.write_bytes(issued.chain + issued.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.set_alpn_protocols(["http/1.1"])
    path.unlink()
    return context


def _write(folder: Path, issued: Issued, environ: Mapping[str, str]) -> Files:
    roots = known_roots(environ)
    files = Files(folder / "authority.pem", folder / "bundle.pem", folder / "trust.p12", folder / "php", folder / "preload.cjs")
    before = environ.get("NODE_EXTRA_CA_CERTS")
    extra = Path(before).read_bytes() if before and Path(before).is_file() else b""
    files.authority.write_bytes(issued.authority + extra)
    files.bundle.write_bytes(bundle(roots, issued.authority))
    files.java_store.write_bytes(java_store(roots, issued.authority))
    files.php_folder.mkdir()
    (files.php_folder / "hongyan.ini").write_text(f'curl.cainfo = "{files.bundle}"\nopenssl.cafile = "{files.bundle}"\n', "utf-8")
    files.node_preload.write_bytes(_PRELOAD.read_bytes())
    return files


@contextlib.asynccontextmanager
async def _prepared(plan: Plan, proxy: Proxy, folder: Path, files: Files, ports: Ports) -> AsyncGenerator[tuple[Sequence[str], Mapping[str, str]]]:
    if not plan.private:
        yield plan.command, child_environment(plan.environ, HOSTS, ports, files)
        return
    hosts = folder / "hosts"
    hosts.write_text(namespace.hosts_file(namespace.HOSTS_FILE.read_text("utf-8", "replace"), HOSTS), "utf-8")
    inside = Ports(ports.proxy, 443, 80)
    with namespace.short_path(folder) as doors:
        async with proxy.listening_in(doors):
            yield namespace.command_inside(folder, ports.proxy, plan.forward, plan.command), child_environment(plan.environ, HOSTS, inside, files)


async def _run(command: Sequence[str], environ: Mapping[str, str], signals: "_Signals") -> int:
    """The command's exit status as a shell would give it."""
    # Flushed before, because the command writes to the same places.
    sys.stdout.flush()
    try:
        signals.child = child = await asyncio.create_subprocess_exec(*command, env=dict(environ))
    except FileNotFoundError:
        print(f"hongyan: {command[0]}: no such command", file=sys.stderr)
        return NOT_FOUND
    except OSError as error:
        print(f"hongyan: {command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_EXECUTABLE
    status = await child.wait()
    return status if status >= 0 else 128 - status


class _Signals:
    """Signals go to the command, which decides; before there is one they end the run."""

    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self.child: asyncio.subprocess.Process | None = None

    def take(self, number: signal.Signals) -> None:
        if self.child is None:
            self._task.cancel()
        elif not namespace.has_it_already(number):
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(number)


@contextlib.contextmanager
def _signals() -> Generator[_Signals]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    signals = _Signals(task)
    for number in namespace.PASSED_ON:
        loop.add_signal_handler(number, signals.take, number)
    try:
        yield signals
    finally:
        for number in namespace.PASSED_ON:
            loop.remove_signal_handler(number)
