"""A folder that is made beside its place and counts only once it stands there, whole."""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path

_ENDING = ".draft"


class FolderDraft:
    """A folder on its way to `target`; nothing of that name appears before `keep`."""

    def __init__(self, path: Path, target: Path) -> None:
        self.path = path
        self._target = target

    def keep(self) -> None:
        """Sync everything and take the name. Raises `OSError` when something stands there that is no empty folder."""
        sync_tree(self.path)
        self.path.rename(self._target)
        sync_folder(self._target.parent)


@contextlib.contextmanager
def folder_draft(target: Path) -> Generator[FolderDraft]:
    """A draft for `target`, removed at the end unless it was kept; those of processes that died are removed before."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    clear_drafts(target.parent)
    path = target.parent / f".{target.name}.{secrets.token_hex(4)}{_ENDING}"
    path.mkdir(mode=0o700)
    with _held(path):
        try:
            yield FolderDraft(path, target)
        finally:
            shutil.rmtree(path, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Take a folder away so that no half of it is ever found under its name."""
    doomed = folder.parent / f".{folder.name}.{secrets.token_hex(4)}{_ENDING}"
    folder.rename(doomed)
    shutil.rmtree(doomed)


def clear_drafts(parent: Path) -> None:
    """Remove what was not finished by processes that do not live any more."""
    for entry in parent.glob(f".*{_ENDING}"):
        with contextlib.suppress(OSError), _held(entry):
            shutil.rmtree(entry)


@contextlib.contextmanager
def _held(folder: Path) -> Generator[None]:
    """The lock of a folder, which ends with the process that holds it; raises `OSError` when another does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Files and folders, from the inside out."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync(Path(place, name), os.O_RDONLY)
        sync_folder(Path(place))


def sync_folder(folder: Path) -> None:
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
