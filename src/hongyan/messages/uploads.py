"""An upload on its way: piece by piece into a blob, then a row."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable

import msgspec

from hongyan.messages.blobs import BlobStore, Draft
from hongyan.messages.library import Media, put_media_txn
from hongyan.messages.media_kinds import HEAD_BYTES, LARGEST, MediaKind, mime_of, plain_name
from hongyan.model.faults import reach
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Store, Tx

PIECE_BYTES = 1 << 20  # what one upload keeps in memory


class Incoming:
    """One file as it arrives. Of one larger than any kind may be, only the size is kept. `drop` it in any case."""

    def __init__(self, blobs: BlobStore, name: str) -> None:
        self.name = plain_name(name)
        self.size = 0  # bytes
        self.head = b""
        self._blobs = blobs
        self._draft: Draft | None = None
        self._waiting = bytearray()
        self._hash = hashlib.sha256()

    def add(self, piece: bytes | memoryview) -> None:
        """Take a piece without waiting; call `settle` before the next ones."""
        self.size += len(piece)
        if len(self.head) < HEAD_BYTES:
            self.head += bytes(piece[: HEAD_BYTES - len(self.head)])
        if self.size <= LARGEST:
            self._waiting += piece

    async def settle(self) -> None:
        """Write down what has gathered, in a thread, when it is worth it."""
        if self.size > LARGEST:
            await self.drop()
        elif len(self._waiting) >= PIECE_BYTES:
            await asyncio.to_thread(self._write)

    async def keep(self, corp: CorpNo) -> tuple[str, bytes]:
        """Write the rest and sync; answers the blob and the SHA-256 of the content."""
        return await asyncio.to_thread(self._keep, corp)

    async def drop(self) -> None:
        """Remove what was not kept."""
        self._waiting = bytearray()  # another one: a write that failed may hold this one still
        draft, self._draft = self._draft, None
        if draft is not None:
            await asyncio.to_thread(draft.drop)

    def _write(self) -> None:
        draft = self._draft = self._draft or self._blobs.draft()
        draft.write(self._waiting)
        self._hash.update(self._waiting)
        self._waiting = bytearray()

    def _keep(self, corp: CorpNo) -> tuple[str, bytes]:
        self._write()
        assert self._draft is not None
        return self._draft.keep(corp), self._hash.digest()


Also = Callable[[Tx, Media, EpochMs], None]


class _NewMedia(msgspec.Struct, frozen=True):
    """What is to be committed: a row whose moment is not known yet, and what belongs into the same transaction."""

    media: Media
    sha256: bytes
    also: Also | None = None


def _add_txn(tx: Tx, corp: CorpNo, new: _NewMedia, now: EpochMs) -> tuple[Media, list[str]]:
    spare = put_media_txn(tx, corp, new.media, new.sha256, now)
    row = tx.one("media.by_id", corp=corp, media_id=new.media.media_id)
    assert row is not None
    if new.also is not None:
        new.also(tx, Media(*row), now)
    return Media(*row), spare


async def keep_upload(store: Store, blobs: BlobStore, corp: CorpNo, kind: MediaKind, incoming: Incoming, also: Also | None = None) -> Media:
    """Make a checked file media of the organisation, under an id that nobody can guess. Raises `StoreError`; then nothing is kept.

    `also` runs in the transaction that adds it.
    """
    blob, sha256 = await incoming.keep(corp)
    reach("media.kept")
    media_id = f"@lA{kind.letter}{secrets.token_urlsafe(16)}"
    media = Media(media_id, kind.name, incoming.name, mime_of(incoming.name, incoming.head), incoming.size, blob, EpochMs(0))
    try:
        kept, spare = await store.write(_add_txn, corp, _NewMedia(media, sha256, also))
    except Exception:
        # Nothing was committed, so nothing names it. (A cancelled wait is no such case: the commit goes on.)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(blobs.drop, corp, blob)
        raise
    reach("media.row")
    for one in spare:
        await asyncio.to_thread(blobs.give_way, corp, one, kept.blob)
    return kept


async def sweep_blobs(store: Store, blobs: BlobStore) -> int:
    """Remove what a crash left behind: drafts, and blobs that no row names; answers how many. Only before the first request."""
    await asyncio.to_thread(blobs.clear_drafts)
    removed = 0
    for corp, names in (await asyncio.to_thread(blobs.names)).items():
        known = await store.read(_known_txn, corp, names)
        for blob in set(names) - known:
            await asyncio.to_thread(blobs.drop, corp, blob)
            removed += 1
    return removed


def _known_txn(tx: Tx, corp: CorpNo, names: list[str]) -> set[str]:
    return {row[0] for row in tx.by_keys("media.named_blobs", [(corp, blob) for blob in names])}
