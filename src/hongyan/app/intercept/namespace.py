"""A network and a hosts file of its own for one command (Linux): whatever it does, DingTalk's hosts are Hongyan.

Runs as a program of its own inside the new namespaces, with nothing but the standard library: `python namespace.py FOLDER PORT PORTS -- COMMAND`.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Collection, Coroutine, Generator, Sequence
from pathlib import Path
from typing import Any

HOSTS_FILE = Path("/etc/hosts")
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_FROM_KEYS = (signal.SIGINT, signal.SIGQUIT)
PASSED_ON = (signal.SIGTERM, signal.SIGHUP, *_FROM_KEYS)
_CHUNK = 64 * 1024
_REFUSED = 125  # this program's own failure
_ADVICE = "--private needs user namespaces: sysctl kernel.unprivileged_userns_clone=1 (Debian) or kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), in a container --cap-add SYS_ADMIN and a seccomp profile that allows unshare"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Opening = Callable[[], Coroutine[Any, Any, Stream]]


def hosts_file(text: str, hosts: Collection[str]) -> str:
    """A hosts file that sends the hosts to 127.0.0.1 and says everything else as before."""
    kept = [line for line in (_without(line, hosts) for line in text.splitlines()) if line is not None]
    return "\n".join([*kept, f"127.0.0.1 {' '.join(hosts)}", ""])


def _without(line: str, hosts: Collection[str]) -> str | None:
    """A line of a hosts file without these names; None when it then names nobody."""
    address, *names = line.partition("#")[0].split() or [""]
    rest = [name for name in names if name.lower() not in hosts]
    if len(rest) == len(names):
        return line
    return " ".join((address, *rest)) if rest else None


def command_inside(folder: Path, port: int, forward: Sequence[int], command: Sequence[str]) -> list[str]:
    """The command line that runs a command inside; `folder` holds the sockets and the hosts file, `port` is the proxy's, inside as outside."""
    ports = ",".join(str(one) for one in forward)
    return [sys.executable, "-I", str(Path(__file__)), str(folder), str(port), ports, "--", *command]


@contextlib.contextmanager
def short_path(folder: Path) -> Generator[Path]:
    """The folder under a name that leaves room in a socket's address, which holds about a hundred bytes whatever TMPDIR says."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter(hosts: Path, *, uid: int, gid: int) -> None:
    """Leave the machine's network and hosts file. Raises `OSError` where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    # Root may do without a user namespace, unless its rights were cut down.
    if uid != 0 or libc.unshare(_CLONE_NEWNET | _CLONE_NEWNS) != 0:
        _checked(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWNS), "unshare")
        _map(0, uid, 0, gid)
    _checked(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount")
    _checked(libc.mount(os.fsencode(hosts), os.fsencode(HOSTS_FILE), None, _MS_BIND, None), f"mount {HOSTS_FILE}")
    _bring_loopback_up()


def _map(inside_uid: int, outside_uid: int, inside_gid: int, outside_gid: int) -> None:
    Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (inside_uid, outside_uid))
    # Already denied in a namespace within one where it is.
    with contextlib.suppress(PermissionError):
        Path("/proc/self/setgroups").write_bytes(b"deny")
    Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (inside_gid, outside_gid))


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


async def _relay(opening: Opening, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        far = await opening()
    except (OSError, asyncio.IncompleteReadError):
        writer.close()
        return
    await asyncio.gather(_pump(reader, far[1]), _pump(far[0], writer))
    for one in (writer, far[1]):
        one.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
        return
    writer.close()


async def _listen(port: int, opening: Opening) -> None:
    """Carry what comes to a port inside out through a socket of the folder."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the command has ended with a connection open; asyncio of Python 3.11 would print a traceback for it.
        with contextlib.suppress(asyncio.CancelledError):
            await _relay(opening, reader, writer)

    await asyncio.start_server(carry, "127.0.0.1", port)


def _door(path: Path) -> Opening:
    return lambda: asyncio.open_unix_connection(path)


def _beyond(proxy: Path, port: int) -> Opening:
    """A port of the machine outside, by way of the proxy."""

    async def opening() -> Stream:
        reader, writer = await asyncio.open_unix_connection(proxy)
        writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.split(b"\r\n")[0]:
            writer.close()
            raise ConnectionRefusedError
        return reader, writer

    return opening


async def _inside(folder: Path, port: int, forward: Sequence[int], command: Sequence[str], become: Callable[[], None] | None) -> int:
    with short_path(folder) as doors:
        for own, opening in ((443, _door(doors / "443")), (80, _door(doors / "80")), (port, _door(doors / "proxy"))):
            await _listen(own, opening)
        for one in forward:
            await _listen(one, _beyond(doors / "proxy", one))
        return await _run(command, become)


async def _run(command: Sequence[str], become: Callable[[], None] | None) -> int:
    """The command's exit status as a shell would give it; signals go to the command, also those that come before it has started."""
    arrived: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in PASSED_ON:
        loop.add_signal_handler(number, arrived.put_nowait, number)
    try:
        child = await asyncio.create_subprocess_exec(*command, preexec_fn=become)
    except FileNotFoundError:
        print(f"hongyan: {command[0]}: no such command", file=sys.stderr)
        return 127
    except OSError as error:
        print(f"hongyan: {command[0]}: {error.strerror}", file=sys.stderr)
        return 126
    passing = asyncio.ensure_future(_pass_on(arrived, child))
    status = await child.wait()
    passing.cancel()
    return status if status >= 0 else 128 - status


async def _pass_on(arrived: "asyncio.Queue[int]", child: asyncio.subprocess.Process) -> None:
    while True:
        number = await arrived.get()
        if not has_it_already(number):
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)


def has_it_already(number: int) -> bool:
    """True when the signal comes from a terminal's key, which reaches the command without us: it stands in the same group."""
    if number not in _FROM_KEYS:
        return False
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


def _as_before(uid: int, gid: int) -> None:
    """The command is who its caller is, not the root of the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.unshare(_CLONE_NEWUSER), "unshare")
    _map(uid, 0, gid, 0)


def main(arguments: Sequence[str]) -> int:
    """Exit status of the command; 125 when the namespaces cannot be had."""
    folder, port, ports = Path(arguments[0]), int(arguments[1]), arguments[2]
    uid, gid = os.getuid(), os.getgid()
    try:
        enter(folder / "hosts", uid=uid, gid=gid)
    except OSError as error:
        print(f"hongyan: this system does not allow a private network ({error.strerror}); {_ADVICE}", file=sys.stderr)
        return _REFUSED
    become = None if uid == 0 else lambda: _as_before(uid, gid)
    forward = [int(one) for one in ports.split(",") if one]
    return asyncio.run(_inside(folder, port, forward, arguments[4:], become))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
