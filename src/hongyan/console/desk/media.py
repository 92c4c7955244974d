"""Uploads of an organisation: looked at, brought in, removed."""

import asyncio
import logging
from urllib.parse import quote

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.operators import Role
from hongyan.console.bodies import INLINE_IMAGES, PLAYABLE, VIDEOS, plain_mime, size_label
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.material_texts import TEXTS, MaterialTexts
from hongyan.console.desk.shown_media import show_media
from hongyan.console.times import Moment, Times
from hongyan.messages.library import Media, delete_media_txn, load_media_txn, media_of
from hongyan.messages.markdown import media_address
from hongyan.messages.media_kinds import KINDS, LARGEST, MEGABYTE, MediaKind, MediaProblem, check_media, extension_of
from hongyan.messages.media_uses import MediaUsers, MediaUses, media_users_txn, media_uses_txn
from hongyan.messages.uploads import Incoming, keep_upload
from hongyan.model.ids import CorpNo, EpochMs, wire_task_id
from hongyan.store.interface import StoreError, Tx

log = logging.getLogger("hongyan.console")

SHOWN = 48
FORM_ROOM = 64 << 10  # bytes that a form needs beside its file
_PIECE = 1 << 20
_END = (1 << 63) - 1


class MediaView(msgspec.Struct, frozen=True):
    """An upload on a page; `address` is where its content is, `shown` how: image, sound, video, or not at all."""

    media: Media
    address: str
    shown: str
    size: str
    extension: str
    at: Moment


class Removal(msgspec.Struct, frozen=True):
    """What came of deleting: blobs that nothing names any more, or what still refers to the upload."""

    spare: tuple[str, ...] = ()
    uses: MediaUses | None = None


def _view(desk: Desk, media: Media, times: Times) -> MediaView:
    mime = plain_mime(media.mime)
    shown = "image" if mime in INLINE_IMAGES else "sound" if mime in PLAYABLE else "video" if mime in VIDEOS else ""
    address = desk.link(media_address(media.media_id))
    return MediaView(media, address, shown, size_label(media.size), extension_of(media.name)[:5].upper() or "?", times.moment(media.created_at))


def _times(desk: Desk) -> Times:
    return Times(desk.t, desk.corp.zone, desk.engine.clock.now())


def _page_txn(tx: Tx, corp: CorpNo, kind: str | None, at: int, media_id: str) -> list[Media]:
    return [media_of(row) for row in tx.all("media.page", corp=corp, kind=kind, at=at, media_id=media_id, limit=SHOWN + 1)]


async def list_media(desk: Desk, *, status: int = 200, problem: str = "") -> Response:
    """Newest first, of one kind or of all."""
    query = desk.request.query_params
    kind = query.get("kind", "") if query.get("kind") in KINDS else ""
    at, _, media_id = query.get("after", "").partition(".")
    position = min(int(at), _END) if at.isascii() and at.isdigit() and len(at) < 20 else _END
    found = await desk.engine.store.read(_page_txn, desk.corp.no, kind or None, position, media_id)
    shown, times = found[:SHOWN], _times(desk)
    following = f"{shown[-1].created_at}.{shown[-1].media_id}" if len(found) > SHOWN else ""
    views = [_view(desk, media, times) for media in shown]
    values = {"x": TEXTS[desk.t.lang], "views": views, "kind": kind, "kinds": KINDS, "megabyte": MEGABYTE, "following": following}
    return desk.page("desk/media.html", status, **values, problem=problem, deleted=query.get("deleted", "")[:255])


# --- one upload


async def show_upload(desk: Desk, *, status: int = 200, problem: str = "") -> Response:
    return await _show(desk, desk.request.path_params["media_id"], status=status, problem=problem)


async def _show(desk: Desk, media_id: str, *, status: int = 200, problem: str = "") -> Response:
    found = await desk.engine.store.read(_detail_txn, desk.corp.no, media_id)
    if found is None:
        return desk.page("desk/refused.html", 404, why=desk.w.not_there)
    media, uses, users = found
    messages = [wire_task_id(surface, seq) for seq, surface in users.messages]
    values = {"x": TEXTS[desk.t.lang], "view": _view(desk, media, _times(desk)), "uses": uses, "users": users, "messages": messages}
    return desk.page("desk/upload.html", status, **values, problem=problem)


def _detail_txn(tx: Tx, corp: CorpNo, media_id: str) -> tuple[Media, MediaUses, MediaUsers] | None:
    media = load_media_txn(tx, corp, media_id)
    return (media, media_uses_txn(tx, corp, media_id), media_users_txn(tx, corp, media_id)) if media else None


async def delete_upload(desk: Desk) -> Response:
    """Remove an upload; one that something refers to only when the operator says so knowingly."""
    form, engine, x = await desk.form(), desk.engine, TEXTS[desk.t.lang]
    media_id = form.get("media_id", "")
    media = await engine.store.read(load_media_txn, desk.corp.no, media_id)
    if media is None:
        return await list_media(desk, status=404, problem=desk.w.not_there)
    deed = desk.deed("media.delete", media_id, name=media.name, kind=media.kind)
    removal = await engine.store.write(_delete_txn, desk.corp.no, media, form.get("force") == "1", deed)
    if removal.uses is not None:
        return await _show(desk, media_id, status=409, problem=x.still_used.format(count=removal.uses.total))
    for blob in removal.spare:
        await asyncio.to_thread(engine.blobs.drop, desk.corp.no, blob)
    return desk.to(f"media?deleted={quote(media.name or media.media_id, safe='')}")


def _delete_txn(tx: Tx, corp: CorpNo, media: Media, force: bool, deed: Deed, now: EpochMs) -> Removal:
    uses = media_uses_txn(tx, corp, media.media_id)
    if uses.total and not force:
        return Removal(uses=uses)
    record_deed_txn(tx, msgspec.structs.replace(deed, detail=deed.detail | {"uses": uses.total}), now)
    return Removal(tuple(delete_media_txn(tx, corp, media, now)))


# --- bringing one in


async def upload(desk: Desk) -> Response:
    """A file, checked as the interface for uploads checks it."""
    announced = desk.request.headers.get("content-length", "")
    if not announced.isdecimal():
        raise HTTPException(411)
    x = TEXTS[desk.t.lang]
    if int(announced) > LARGEST + FORM_ROOM:
        return await list_media(desk, status=413, problem=x.problems[MediaProblem.TOO_LARGE].format(limit=LARGEST // MEGABYTE))
    async with desk.request.form(max_files=1, max_fields=4, max_part_size=FORM_ROOM) as form:
        file, wanted = form.get("file"), form.get("kind")
        if not isinstance(file, UploadFile):
            return await list_media(desk, status=400, problem=x.problems[MediaProblem.EMPTY])
        kind = KINDS.get(wanted if isinstance(wanted, str) else "") or _kind_of(file.filename or "")
        incoming = Incoming(desk.engine.blobs, file.filename or "")
        try:
            return await _take(desk, kind, file, incoming)
        except StoreError as error:
            log.error("%s: %s", desk.request.url.path, error)
            return await list_media(desk, status=503, problem=x.not_kept)
        finally:
            await incoming.drop()


def _kind_of(name: str) -> MediaKind:
    """What the file's name says it is; a file where it says nothing."""
    extension = extension_of(name)
    extension = "jpg" if extension == "jpeg" else extension
    return next((kind for kind in KINDS.values() if extension in kind.extensions), KINDS["file"])


async def _take(desk: Desk, kind: MediaKind, file: UploadFile, incoming: Incoming) -> Response:
    while piece := await file.read(_PIECE):
        incoming.add(piece)
        await incoming.settle()
    engine = desk.engine
    problem = check_media(kind, incoming.name, incoming.head, incoming.size, strict=engine.strict)
    if problem:
        return await list_media(desk, status=400, problem=_refusal(TEXTS[desk.t.lang], problem, kind))

    def record_txn(tx: Tx, media: Media, now: EpochMs) -> None:
        record_deed_txn(tx, desk.deed("media.upload", media.media_id, name=media.name, kind=media.kind, bytes=media.size), now)

    kept = await keep_upload(engine.store, engine.blobs, desk.corp.no, kind, incoming, record_txn)
    return desk.to(f"uploads/{quote(kept.media_id, safe='@$')}")


def _refusal(x: MaterialTexts, problem: MediaProblem, kind: MediaKind) -> str:
    said = x.problems[problem]
    return said.format(kind=x.kinds[kind.name], extensions=", ".join(sorted(kind.extensions)), limit=kind.limit // MEGABYTE)


PAGES = (
    Page(OF_CORP + "/media", "media", list_media),
    Page(OF_CORP + "/media", "media", upload, Role.SENDER, "POST"),
    Page(OF_CORP + "/media/delete", "media", delete_upload, Role.SENDER, "POST"),
    Page(OF_CORP + "/media/{media_id:path}", "media", show_media),
    Page(OF_CORP + "/uploads/{media_id:path}", "media", show_upload),
)
