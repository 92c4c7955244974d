"""What a backup says of itself, and whether that is true."""

import hashlib
import os
from pathlib import Path

import msgspec

from hongyan.model.ids import EpochMs

MANIFEST = "manifest.json"
FORMAT = 1
_PIECE = 1 << 20


class BadBackup(Exception):
    """The backup cannot be used; the message says why."""


class KeptFile(msgspec.Struct, frozen=True):
    """One file: its path in the backup, its length, its SHA-256 in hexadecimal."""

    path: str
    bytes: int
    sha256: str


class Counts(msgspec.Struct, frozen=True):
    """How much the store in the backup holds."""

    organisations: int
    people: int
    sends: int
    media: int


class Manifest(msgspec.Struct, frozen=True):
    """`taken_at` is when the store was copied, in epoch milliseconds; `schema` the version of its schema; `requests` whether the log of calls is in it."""

    format: int
    hongyan: str
    schema: int
    taken_at: EpochMs
    requests: bool
    counts: Counts
    files: tuple[KeptFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def fingerprint(path: Path) -> tuple[int, str]:
    """Length and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def copy_with_fingerprint(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file, readable by its owner alone; the length and SHA-256 of what was written. Raises `FileExistsError` when the target is there."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(source, "rb", buffering=0) as file, os.fdopen(descriptor, "wb") as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def files_below(folder: Path) -> list[str]:
    """Every file's path below the folder, sorted; the manifest is not among them."""
    found = (Path(place, name).relative_to(folder).as_posix() for place, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path != MANIFEST)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    descriptor = os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)


def read_manifest(folder: Path) -> Manifest:
    """Raises `BadBackup`. Paths that lead out of the backup are refused."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BadBackup(f"{folder} is no backup: it has no {MANIFEST}") from None
    except OSError as error:
        raise BadBackup(f"{folder}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadBackup(f"{folder / MANIFEST} cannot be read: {error}") from None
    if manifest.format != FORMAT:
        raise BadBackup(f"{folder} is a backup of format {manifest.format}; this Hongyan reads format {FORMAT}")
    for file in manifest.files:
        if Path(file.path).is_absolute() or ".." in Path(file.path).parts:
            raise BadBackup(f"{folder} names a file outside of itself: {file.path}")
    return manifest


def compare_names(folder: Path, manifest: Manifest) -> None:
    """Raises `BadBackup` when a file is missing or nobody knows of it."""
    there, named = set(files_below(folder)), {file.path for file in manifest.files}
    if there != named:
        missing, strange = sorted(named - there), sorted(there - named)
        words = [*(f"{path} is missing" for path in missing[:5]), *(f"{path} does not belong to it" for path in strange[:5])]
        raise BadBackup(f"{folder} is not as it was made: {'; '.join(words)}")


def compare_file(folder: Path, file: KeptFile, found: tuple[int, str]) -> None:
    """Raises `BadBackup` when the content is another one."""
    if found != (file.bytes, file.sha256):
        raise BadBackup(f"{folder / file.path} is damaged: its content is not the one that was backed up")
