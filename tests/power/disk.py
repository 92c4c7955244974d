"""A disk that loses power: everything that was written to it, in order, and what could be left of it at any moment.

A VFS under the real store notes each write, cut and sync of the files beside passing them on. At a cut, what a sync had covered is
there; of what came after, each write may be there, missing, or torn at a sector, in any combination, as a disk with a cache leaves it.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec

SECTOR = 512
ENDINGS = ("", "-wal", "-journal")


class Op(msgspec.Struct, frozen=True):
    """Something that happened: `what` is write, truncate, sync, delete, or ack."""

    what: str
    name: str = ""
    at: int = 0  # bytes: where it was written, or the length it was cut to
    data: bytes = b""
    fact: Any = None


class Disk:
    """What happened to the store `path` and the files that belong to it. Facts that were promised stand between."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ops: list[Op] = []
        self.first = {f"{path}{ending}": Path(f"{path}{ending}").read_bytes() for ending in ENDINGS if Path(f"{path}{ending}").exists()}
        self._names = {f"{path}{ending}" for ending in ENDINGS}
        self._lock = threading.Lock()

    def note(self, op: Op) -> None:
        if op.what == "ack" or op.name in self._names:
            with self._lock:
                self.ops.append(op)

    def promised(self, fact: Any) -> None:
        """Somebody was told that this is so: from here on no cut may take it back."""
        self.note(Op("ack", fact=fact))


class _File:
    """One file while its history is gone through."""

    def __init__(self, durable: bytes | None = None) -> None:
        self.durable = bytearray(durable or b"")
        self.exists = durable is not None  # after a cut, surely
        self.deleted = False  # but that may be undone
        self.waiting: list[Op] = []
        self.before: bytes | None = None  # what had this name before it, and may have it again

    def sync(self) -> None:
        for op in self.waiting:
            _apply(self.durable, op)
        self.waiting.clear()
        self.exists, self.deleted, self.before = True, False, None


def _apply(content: bytearray, op: Op) -> None:
    if op.what == "truncate":
        del content[op.at :]
        return
    if len(content) < op.at:
        content.extend(bytes(op.at - len(content)))
    content[op.at : op.at + len(op.data)] = op.data


class Cut(msgspec.Struct, frozen=True):
    """What was found after a power cut, and what had been promised before it."""

    files: dict[str, bytes]
    promised: Sequence[Any]
    at: int


def cuts(disk: Disk, moments: Sequence[int], chance: random.Random) -> Iterator[Cut]:
    """The disk after a cut at each of these moments, which are numbers of operations in ascending order."""
    files = {name: _File(content) for name, content in disk.first.items()}
    promised: list[Any] = []
    done = 0
    for moment in moments:
        for op in disk.ops[done:moment]:
            _pass(files, promised, op)
        done = moment
        left = {name: _left(file, chance) for name, file in files.items()}
        yield Cut({name: content for name, content in left.items() if content is not None}, tuple(promised), moment)


def _pass(files: dict[str, _File], promised: list[Any], op: Op) -> None:
    if op.what == "ack":
        promised.append(op.fact)
        return
    file = files.setdefault(op.name, _File())
    if op.what == "sync":
        file.sync()
        # The file system writes its journal in order: with this file, every removal before it is for good.
        for name in [name for name, other in files.items() if other.deleted]:
            del files[name]
    elif op.what == "delete":
        if file.exists:
            file.deleted = True
        else:
            del files[op.name]
    else:
        if file.deleted:
            old, files[op.name] = file, _File()
            file = files[op.name]
            file.before = bytes(old.durable)
        file.waiting.append(op)


def _left(file: _File, chance: random.Random) -> bytes | None:
    """What a cut leaves of a file; None: nothing."""
    if (file.deleted or not file.exists) and chance.random() < 0.5:
        return file.before
    content = bytearray(file.durable)
    way, upto = chance.choice(("none", "prefix", "some", "some", "all")), chance.randrange(len(file.waiting) + 1)
    for n, op in enumerate(file.waiting):
        if way == "none" or (way == "prefix" and n >= upto) or (way == "some" and chance.random() < 0.5):
            continue
        _apply(content, _torn(op, chance) if chance.random() < 0.1 else op)
    return bytes(content)


def _torn(op: Op, chance: random.Random) -> Op:
    if op.what != "write":
        return op
    # The head or the tail of it, cut where a sector of the disk ends.
    ends = [at for at in range(-op.at % SECTOR, len(op.data), SECTOR) if at] or [0]
    at = chance.choice(ends)
    head = chance.random() < 0.5
    return msgspec.structs.replace(op, data=op.data[:at]) if head else msgspec.structs.replace(op, at=op.at + at, data=op.data[at:])


# --- between SQLite and the machine's files

Fault = Callable[[str, str], None]  # (operation, name of the file): raises what the disk answers


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk | None, fault: Fault | None, *, read_only: bool) -> None:
        self._disk, self._fault, self._read_only = disk, fault, read_only
        super().__init__("tried", "unix")

    def xOpen(self, name: Any, flags: list[int]) -> "apsw.VFSFile":
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        if self._fault:
            self._fault("open", path)
        if self._read_only and flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            flags[0] = flags[0] & ~(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE) | apsw.SQLITE_OPEN_READONLY
        return _VfsFile(self._disk, self._fault, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        if self._disk:
            self._disk.note(Op("delete", filename))


class _VfsFile(apsw.VFSFile):
    def __init__(self, disk: Disk | None, fault: Fault | None, path: str, name: Any, flags: list[int]) -> None:
        self._disk, self._fault, self._path = disk, fault, path
        super().__init__("unix", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._fault:
            self._fault("read", self._path)
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:
        if self._fault:
            self._fault("write", self._path)
        super().xWrite(data, offset)
        if self._disk:
            self._disk.note(Op("write", self._path, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        if self._fault:
            self._fault("truncate", self._path)
        super().xTruncate(size)
        if self._disk:
            self._disk.note(Op("truncate", self._path, size))

    def xSync(self, flags: int) -> None:
        """Nothing waits for the real disk: what is durable is what this module says."""
        if self._fault:
            self._fault("sync", self._path)
        if self._disk:
            self._disk.note(Op("sync", self._path))


def register(disk: Disk | None = None, fault: Fault | None = None, *, read_only: bool = False) -> apsw.VFS:
    """From now on every SQLite file is opened through here."""
    vfs = _Vfs(disk, fault, read_only=read_only)
    apsw.set_default_vfs("tried")
    return vfs


@contextmanager
def under(disk: Disk | None = None, fault: Fault | None = None, *, read_only: bool = False) -> Iterator[None]:
    """Every SQLite file that is opened inside goes through here."""
    vfs = register(disk, fault, read_only=read_only)
    try:
        yield
    finally:
        apsw.set_default_vfs("unix")
        vfs.unregister()
