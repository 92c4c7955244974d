"""Where the contents of media lie. Everything here blocks: call it off the event loop."""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from hongyan.model.faults import reach
from hongyan.model.ids import CorpNo
from hongyan.store.interface import StoreFull, StoreUnavailable

_BLOB = re.compile(r"[0-9a-f]{32}")
_DRAFTS = ".drafts"


class Draft(Protocol):
    """Content on its way in: written piece by piece, then kept or dropped. Nobody sees it before it is kept.

    What the disk does not take raises `StoreError`; then it can only be dropped.
    """

    def write(self, piece: bytes | bytearray) -> None: ...

    def keep(self, corp: CorpNo) -> str:
        """Sync it and make it a blob of the organisation; answers its id. A row that names it may be committed from here on."""
        ...

    def drop(self) -> None:
        """Throw it away; nothing happens when it was kept."""
        ...


class BlobStore(Protocol):
    """Contents by organisation and id. What is put is on the disk when the id is answered."""

    @property
    def folder(self) -> Path:
        """What a copy of the whole takes along."""
        ...

    def draft(self) -> Draft:
        """Begin one. Raises `StoreError` as it does."""
        ...

    def put(self, corp: CorpNo, content: bytes) -> str: ...

    def path(self, corp: CorpNo, blob: str) -> Path:
        """A file of this machine with the content; it need not exist."""
        ...

    def get(self, corp: CorpNo, blob: str) -> bytes:
        """The content. Raises `OSError` when there is none."""
        ...

    def drop(self, corp: CorpNo, blob: str) -> None:
        """Remove a content that no row names."""
        ...

    def give_way(self, corp: CorpNo, spare: str, kept: str) -> None:
        """Remove `spare`, whose content `kept` has as well; where that one was lost, `spare` takes its place."""
        ...

    def names(self) -> dict[CorpNo, list[str]]:
        """Every blob there is."""
        ...

    def clear_drafts(self) -> None:
        """Remove what was on its way when the server ended. Only before the first draft of this process."""
        ...


class FileBlobs:
    """Blobs as files: `FOLDER/CORP/ID`, drafts beside them on the same file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder

    def draft(self) -> "FileDraft":
        return FileDraft(self)

    def put(self, corp: CorpNo, content: bytes) -> str:
        draft = self.draft()
        try:
            draft.write(content)
            return draft.keep(corp)
        finally:
            draft.drop()

    def path(self, corp: CorpNo, blob: str) -> Path:
        return self._folder / str(corp) / blob

    def get(self, corp: CorpNo, blob: str) -> bytes:
        return self.path(corp, blob).read_bytes()

    def drop(self, corp: CorpNo, blob: str) -> None:
        self.path(corp, blob).unlink(missing_ok=True)

    def give_way(self, corp: CorpNo, spare: str, kept: str) -> None:
        if self.path(corp, kept).is_file():
            with suppress(OSError):  # it is committed, and what no row names goes at the next start
                self.drop(corp, spare)
        else:
            self.path(corp, spare).rename(self.path(corp, kept))

    def names(self) -> dict[CorpNo, list[str]]:
        if not self._folder.is_dir():
            return {}
        folders = [entry for entry in self._folder.iterdir() if entry.name.isascii() and entry.name.isdigit() and entry.is_dir()]
        # Other names are not ours: an operator may keep a note there.
        return {CorpNo(int(folder.name)): [file.name for file in folder.iterdir() if _BLOB.fullmatch(file.name)] for folder in folders}

    def clear_drafts(self) -> None:
        shutil.rmtree(self._folder / _DRAFTS, ignore_errors=True)


class FileDraft:
    """A draft as a file that is renamed when it is kept."""

    def __init__(self, blobs: FileBlobs) -> None:
        self._blobs = blobs
        self._blob = secrets.token_hex(16)
        folder = blobs.folder / _DRAFTS
        self._path = folder / self._blob
        with _refusing(blobs.folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = open(self._path, "xb", buffering=0)  # noqa: SIM115 - open until it is kept or dropped

    def write(self, piece: bytes | bytearray) -> None:
        rest = memoryview(piece)
        reach("media.write", lambda: self._file.write(rest[: len(rest) // 2]))
        with _refusing(self._blobs.folder):
            while rest:
                rest = rest[self._file.write(rest) :]

    def keep(self, corp: CorpNo) -> str:
        with _refusing(self._blobs.folder):
            reach("media.sync")
            os.fsync(self._file.fileno())
            self._file.close()
            reach("media.rename")
            target = self._blobs.path(corp, self._blob)
            _make_folder(target.parent)
            self._path.rename(target)
            self._sync_name(target)
        return self._blob

    def _sync_name(self, target: Path) -> None:
        try:
            reach("media.named")
            _sync_folder(target.parent)
        except BaseException:
            with suppress(OSError):
                target.unlink()  # nobody will hear its id
            raise

    def drop(self) -> None:
        for step in (self._file.close, self._path.unlink):
            with suppress(OSError):  # it was kept; or the disk fails, and what is left goes at the next start
                step()


@contextmanager
def _refusing(folder: Path) -> Generator[None]:
    """What the disk does not take, as a refusal that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"{folder}: the disk is full; free some space and try again") from error
        raise StoreUnavailable(f"{folder}: the disk fails ({error.strerror or error}); look at the system's log") from error


def _make_folder(folder: Path) -> None:
    """A folder that is there after a power cut too."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            _sync_folder(folder.parent)
        except OSError:
            with suppress(OSError):
                folder.rmdir()  # the next one makes and syncs it again
            raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
