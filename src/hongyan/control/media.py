"""Uploads of an organisation: list, look at, bring in, remove."""

import asyncio
import contextlib
from typing import Annotated, Literal

import msgspec
from starlette.responses import FileResponse, Response

from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Done, Limit, find_corp_txn
from hongyan.control.problems import ControlError, conflict, invalid, too_large, unknown
from hongyan.messages.library import Media, delete_media_txn, load_media_txn, media_of
from hongyan.messages.media_kinds import KINDS, LARGEST, MediaProblem, check_media
from hongyan.messages.media_uses import MediaUses, media_uses_txn
from hongyan.messages.uploads import Incoming, keep_upload
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

KindName = Literal["image", "voice", "video", "file"]
_END = "9223372036854775807."


class MediaEntry(msgspec.Struct, frozen=True):
    """An upload; `size` in bytes, `mime` what its content is."""

    media_id: str
    kind: str
    name: str
    mime: str
    size: int
    created_at: EpochMs


class MediaDetail(msgspec.Struct, frozen=True):
    media: MediaEntry
    uses: MediaUses


class MediaPage(msgspec.Struct, frozen=True):
    """Newest first; `next` is what to pass as `after` for the page behind."""

    media: list[MediaEntry]
    next: str | None


class MediaQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after` is the `next` of the page before."""

    kind: KindName | None = None
    after: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}\.")] = _END
    limit: Limit = 100


class UploadQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the bytes of the body are; the extension of `name` must be one that `kind` allows."""

    kind: KindName
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class DeleteQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`force`: also when something refers to it, which then shows that the file is gone."""

    force: bool = False


class _Found(msgspec.Struct, frozen=True):
    """An upload with where it lies."""

    corp: CorpNo
    media: Media
    uses: MediaUses


def _entry(media: Media) -> MediaEntry:
    return MediaEntry(media.media_id, media.kind, media.name, media.mime, media.size, media.created_at)


def _page_txn(tx: Tx, corp_id: str, query: MediaQuery) -> MediaPage:
    at, _, media_id = query.after.partition(".")
    # A position behind the last number there is: nothing lies behind it either way.
    place = {"at": min(int(at), (1 << 63) - 1), "media_id": media_id}
    rows = tx.all("media.page", corp=find_corp_txn(tx, corp_id).no, kind=query.kind, limit=query.limit + 1, **place)
    found = [media_of(row) for row in rows[: query.limit]]
    return MediaPage([_entry(one) for one in found], f"{found[-1].created_at}.{found[-1].media_id}" if len(rows) > query.limit else None)


async def list_media(call: Call[MediaQuery, None]) -> MediaPage:
    return await call.engine.store.read(_page_txn, call.path["corp"], call.query)


def _find_txn(tx: Tx, corp_id: str, media_id: str) -> _Found:
    corp = find_corp_txn(tx, corp_id).no
    media = load_media_txn(tx, corp, media_id)
    if media is None:
        raise unknown("media", media_id)
    return _Found(corp, media, media_uses_txn(tx, corp, media_id))


async def get_media(call: Call[None, None]) -> MediaDetail:
    found = await call.engine.store.read(_find_txn, call.path["corp"], call.path["media_id"])
    return MediaDetail(_entry(found.media), found.uses)


async def get_content(call: Call[None, None]) -> Response:
    """Always to save: an upload is never a page of this server's."""
    found = await call.engine.store.read(_find_txn, call.path["corp"], call.path["media_id"])
    path = call.engine.blobs.path(found.corp, found.media.blob)
    headers = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}
    return FileResponse(path, media_type="application/octet-stream", filename=found.media.name or found.media.kind, headers=headers)


def _refusal(problem: MediaProblem, kind: str) -> ControlError:
    rule = KINDS[kind]
    match problem:
        case MediaProblem.EMPTY:
            return invalid("Send the file's bytes as the body.", code="empty")
        case MediaProblem.BAD_FORMAT:
            return invalid(f"As {kind} only {', '.join(sorted(rule.extensions))} can be uploaded, by name and by content.", code="bad_format")
        case MediaProblem.TOO_LARGE:
            return too_large(rule.limit)


async def upload_media(call: Call[UploadQuery, None]) -> MediaEntry:
    engine, kind = call.engine, KINDS[call.query.kind]
    corp = (await engine.store.read(find_corp_txn, call.path["corp"])).no
    incoming = Incoming(engine.blobs, call.query.name)
    async with contextlib.AsyncExitStack() as cleanup:
        cleanup.push_async_callback(incoming.drop)
        async for piece in call.request.stream():
            incoming.add(piece)
            await incoming.settle()
            if incoming.size > LARGEST:
                raise too_large(kind.limit)
        problem = check_media(kind, incoming.name, incoming.head, incoming.size, strict=engine.strict)
        if problem:
            raise _refusal(problem, kind.name)
        return _entry(await keep_upload(engine.store, engine.blobs, corp, kind, incoming))


def _delete_txn(tx: Tx, corp_id: str, media_id: str, force: bool, now: EpochMs) -> tuple[CorpNo, list[str]]:
    found = _find_txn(tx, corp_id, media_id)
    if found.uses.total and not force:
        uses = found.uses
        text = f"It is shown by {uses.messages} messages, {uses.articles} articles and {uses.accounts} accounts"
        raise conflict("media_in_use", f"{text}; force removes it all the same (force=true, or --force on the command line).")
    return found.corp, delete_media_txn(tx, found.corp, found.media, now)


async def delete_media(call: Call[DeleteQuery, None]) -> Done:
    engine = call.engine
    corp, spare = await engine.store.write(_delete_txn, call.path["corp"], call.path["media_id"], call.query.force)
    for blob in spare:
        await asyncio.to_thread(engine.blobs.drop, corp, blob)
    return Done()


_MEDIA = "/corps/{corp}/media"
_ONE = _MEDIA + "/{media_id:path}"
_CONTENT: tuple[str, ...] = ("application/octet-stream",)
ENDPOINTS = (
    Endpoint("GET", _MEDIA, "Page through the uploads, newest first", list_media, MediaPage, query=MediaQuery),
    Endpoint("POST", _MEDIA, "Upload a file, whose bytes are the body", upload_media, MediaEntry, query=UploadQuery, status=201, body_types=_CONTENT),
    Endpoint("GET", _ONE + "/content", "The bytes of an upload", get_content, streams=_CONTENT),
    Endpoint("GET", _ONE, "One upload and what refers to it", get_media, MediaDetail),
    Endpoint("DELETE", _ONE, "Remove an upload", delete_media, Done, query=DeleteQuery),
)
