"""Uploads, for readers of the organisation they belong to."""

import asyncio
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from hongyan.console.bodies import INLINE_IMAGES, PLAYABLE, VIDEOS, plain_mime
from hongyan.console.doors import access_reader
from hongyan.console.guard import MEDIA_HEADERS
from hongyan.engine.engine import Engine
from hongyan.messages.library import Media, load_media_txn
from hongyan.model.ids import CorpNo


async def serve_media(engine: Engine, request: Request) -> Response:
    """The file behind a media id: pictures and sound to show, everything else to save."""
    reader = await access_reader(engine, request)
    if reader is None:
        return no_media(401)
    media = await engine.store.read(load_media_txn, reader.corp.no, request.path_params["media_id"])
    return await media_response(engine, request, reader.corp.no, media)


def no_media(status: int) -> Response:
    return Response(status_code=status, headers=MEDIA_HEADERS | {"Cache-Control": "no-store"})


async def media_response(engine: Engine, request: Request, corp: CorpNo, media: Media | None) -> Response:
    """The content of an upload that may be seen."""
    path = engine.blobs.path(corp, media.blob) if media else None
    if media is None or path is None or not await asyncio.to_thread(path.is_file):
        return no_media(404)
    wanted = "download" in request.query_params
    return FileResponse(path, media_type=_shown_as(media), headers=MEDIA_HEADERS | {"Content-Disposition": _disposition(media, save=wanted)})


def _inline(media: Media) -> bool:
    return plain_mime(media.mime) in INLINE_IMAGES | PLAYABLE | VIDEOS


def _shown_as(media: Media) -> str:
    return plain_mime(media.mime) if _inline(media) else "application/octet-stream"


def _disposition(media: Media, *, save: bool) -> str:
    kind = "inline" if _inline(media) and not save else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(media.name or media.kind, safe='')}"
