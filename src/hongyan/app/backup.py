"""Copies of a data folder: taken while its server runs or while none does, checked, and put back.

A backup has the layout of a data folder with a manifest beside it. The store is copied in one read transaction, without its free pages;
media are files that never change, so those that the copied store names are copied around it.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import apsw
import msgspec

from hongyan import __version__
from hongyan.app.drafts import folder_draft, remove_folder
from hongyan.app.files import BLOBS, CAPTURES_FILE, CLOCK_FILE, DEMO_FILE, KEY_FILE, LAST_BACKUP_FILE, STORE_FILE
from hongyan.app.manifest import (
    FORMAT,
    MANIFEST,
    BadBackup,
    Counts,
    KeptFile,
    Manifest,
    compare_file,
    compare_names,
    copy_with_fingerprint,
    fingerprint,
    read_manifest,
    write_manifest,
)
from hongyan.messages.blobs import FileBlobs
from hongyan.model.clock import Clock
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import StoreError
from hongyan.store.queries import migrations
from hongyan.store.sqlite import SqliteTx
from hongyan.store.sqlite_file import copy_compact, open_current, store_schema
from hongyan.upkeep.periods import LastBackup

_BESIDE = (KEY_FILE, DEMO_FILE, CLOCK_FILE)
_TRIES = 5
_BLOBS_AT_ONCE = 1000
_NAME = "hongyan-%Y%m%dT%H%M%SZ"


class Taken(msgspec.Struct, frozen=True):
    """A backup that was made, and the older ones that went for it."""

    path: Path
    manifest: Manifest
    removed: tuple[Path, ...] = ()


def take_backup(folder: Path, target: Path, clock: Clock, *, requests: bool = True) -> Taken:
    """Back up a data folder as `target`, which must not be there. Raises `BadBackup`, `StoreError` or `OSError`; then nothing has that name."""
    if os.path.lexists(target):
        raise BadBackup(f"{target} is there already; a backup never replaces anything. Choose another name, or keep several with --keep N")
    if not (folder / STORE_FILE).exists():
        raise BadBackup(f"{folder} holds no Hongyan data")
    if target.resolve().is_relative_to((folder / BLOBS).resolve()):
        raise BadBackup(f"{target} lies among the media of the data folder")
    begun = time.perf_counter()
    with folder_draft(target) as draft:
        manifest = _fill(folder, draft.path, clock, requests=requests)
        write_manifest(draft.path, manifest)
        draft.keep()
    _note(folder, LastBackup(str(target.resolve()), manifest.taken_at, manifest.bytes, round((time.perf_counter() - begun) * 1000)))
    return Taken(target, manifest)


def take_dated_backup(folder: Path, target: Path, clock: Clock, *, keep: int, requests: bool = True) -> Taken:
    """One more backup in the folder `target`, named by its time (UTC); the newest `keep` of them stay. Raises as `take_backup`."""
    if (target / MANIFEST).exists():
        raise BadBackup(f"{target} is a backup itself; --keep wants a folder of backups")
    name = datetime.fromtimestamp(clock.now() / 1000, UTC).strftime(_NAME)
    place = next(path for path in (target / (name if n < 2 else f"{name}-{n}") for n in range(1, 1000)) if not path.exists())
    taken = take_backup(folder, place, clock, requests=requests)
    older = [path for path in dated_backups(target) if path != place][: max(0, len(dated_backups(target)) - keep)]
    for path in older:
        remove_folder(path)
    return msgspec.structs.replace(taken, removed=tuple(older))


def dated_backups(target: Path) -> list[Path]:
    """Whole backups of the folder that were named by their time, oldest first."""
    found = (path.parent for path in target.glob(f"hongyan-*/{MANIFEST}"))
    return sorted(found, key=_age)


def _age(path: Path) -> tuple[str, int]:
    stem, _, n = path.name.removeprefix("hongyan-").partition("-")
    return stem, int(n) if n.isdecimal() else 1


def _fill(folder: Path, draft: Path, clock: Clock, *, requests: bool) -> Manifest:
    files: dict[str, KeptFile] = {}
    taken_at = _copy_store_and_media(folder, draft, files, clock)
    if requests and (folder / CAPTURES_FILE).exists():
        copy_compact(folder / CAPTURES_FILE, draft / CAPTURES_FILE)
        _add(files, CAPTURES_FILE, fingerprint(draft / CAPTURES_FILE))
    for name in _BESIDE:
        if (folder / name).exists():
            _add(files, name, copy_with_fingerprint(folder / name, draft / name))
    counts, schema = _look_at(draft / STORE_FILE)
    listed = tuple(files[path] for path in sorted(files))
    return Manifest(FORMAT, __version__, schema, taken_at, CAPTURES_FILE in files, counts, listed)


def _add(files: dict[str, KeptFile], path: str, found: tuple[int, str]) -> None:
    files[path] = KeptFile(path, *found)


def _copy_store_and_media(folder: Path, draft: Path, files: dict[str, KeptFile], clock: Clock) -> EpochMs:
    """Media first, because one may be deleted while the store is copied; then what came meanwhile. Answers when the store was copied."""
    media = FileBlobs(folder / BLOBS)
    for corp, names in media.names().items():
        _copy_media(media, draft, corp, names, files)
    for _ in range(_TRIES):
        (draft / STORE_FILE).unlink(missing_ok=True)
        taken_at = clock.now()
        copy_compact(folder / STORE_FILE, draft / STORE_FILE)
        named = _named_media(draft / STORE_FILE)
        # One that came after the first pass and went before this one is in this copy of the store and nowhere else: the next copy does without.
        whole = [_copy_media(media, draft, corp, names, files) for corp, names in named.items()]  # each, not until the first
        if all(whole):
            _drop_unnamed(draft, named, files)
            _add(files, STORE_FILE, fingerprint(draft / STORE_FILE))
            return taken_at
    raise BadBackup(f"{folder}: media that messages name are not there; look for them before you make a backup without them")


def _copy_media(media: FileBlobs, draft: Path, corp: CorpNo, names: list[str], files: dict[str, KeptFile]) -> bool:
    """Copy those that are not in the draft yet; False when one is not there any more."""
    place = draft / BLOBS / str(corp)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = True
    for name in names:
        path = f"{BLOBS}/{corp}/{name}"
        if path not in files:
            try:
                _add(files, path, copy_with_fingerprint(media.path(corp, name), place / name))
            except FileNotFoundError:
                (place / name).unlink(missing_ok=True)
                whole = False
    return whole


def _named_media(store: Path) -> dict[CorpNo, list[str]]:
    connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        tx, found = SqliteTx(connection), dict[CorpNo, list[str]]()
        corp, blob = 0, ""
        while rows := tx.all("backup.media", corp=corp, blob=blob, limit=_BLOBS_AT_ONCE):
            for corp, blob in rows:
                found.setdefault(CorpNo(corp), []).append(blob)
        return found
    finally:
        connection.close()


def _drop_unnamed(draft: Path, named: dict[CorpNo, list[str]], files: dict[str, KeptFile]) -> None:
    wanted = {f"{BLOBS}/{corp}/{name}" for corp, names in named.items() for name in names}
    for path in [path for path in files if path.startswith(f"{BLOBS}/") and path not in wanted]:
        (draft / path).unlink()
        del files[path]


def _look_at(store: Path) -> tuple[Counts, int]:
    schema = store_schema(store)
    connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        row = SqliteTx(connection).one("backup.counts")
        assert row is not None
        return Counts(*row), schema
    finally:
        connection.close()


def _note(folder: Path, last: LastBackup) -> None:
    """For the console. A folder that cannot be written to is no reason to lose the backup."""
    draft = folder / f"{LAST_BACKUP_FILE}.{os.getpid()}"
    try:
        draft.write_bytes(msgspec.json.encode(last))
        draft.replace(folder / LAST_BACKUP_FILE)
    except OSError:
        draft.unlink(missing_ok=True)


def verify_backup(backup: Path) -> Manifest:
    """Read everything; raises `BadBackup` or `StoreError` when it is not what was backed up."""
    manifest = read_manifest(backup)
    compare_names(backup, manifest)
    for file in manifest.files:
        compare_file(backup, file, fingerprint(backup / file.path))
    if store_schema(backup / STORE_FILE) != manifest.schema:
        raise BadBackup(f"{backup} says that its store has schema {manifest.schema}, which is not so")
    _check_pages(backup / STORE_FILE)
    return manifest


def _check_pages(store: Path) -> None:
    # Immutable: the look at a backup leaves no file beside it.
    connection = apsw.Connection(f"{store.resolve().as_uri()}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        verdict = connection.execute("pragma integrity_check(1)").get
    except apsw.Error as error:
        verdict = str(error)
    finally:
        connection.close()
    if verdict != "ok":
        raise BadBackup(f"{store} was damaged already when it was backed up: {verdict}")


def restore_backup(backup: Path, folder: Path, clock: Clock) -> Manifest:
    """Make `folder` a data folder with what is in the backup, of the newest schema; it must be empty or not there.

    Raises `BadBackup`, `StoreTooNew`, another `StoreError` or `OSError`; then the folder is as it was.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadBackup(f"{folder} is not empty; a backup is restored into an empty folder or a new one")
    manifest = read_manifest(backup)
    if manifest.schema > migrations()[-1][0]:
        known = migrations()[-1][0]
        raise BadBackup(
            f"{backup} has schema {manifest.schema}, made by Hongyan {manifest.hongyan}; this Hongyan knows up to {known}. Use the newer one"
        )
    compare_names(backup, manifest)
    with folder_draft(folder.resolve()) as draft:
        for file in manifest.files:
            target = draft.path / file.path
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            compare_file(backup, file, copy_with_fingerprint(backup / file.path, target))
        _check_pages(draft.path / STORE_FILE)
        _migrate(draft.path, clock)
        draft.keep()
    return manifest


def _migrate(folder: Path, clock: Clock) -> None:
    """To the newest schema; without the copy that is kept beside a store on its own, because the backup is one."""
    connection = open_current(folder / STORE_FILE, clock)
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error as error:
        raise StoreError(f"{folder / STORE_FILE}: {error}") from error
    finally:
        connection.close()
    for copy in folder.glob(f"{STORE_FILE}.schema*"):
        copy.unlink()
