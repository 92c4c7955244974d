"""Takes the body of an upload in, whatever it turns out to be."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from hongyan.messages.blobs import BlobStore
from hongyan.wire.forms import BadBody, parse_body
from hongyan.wire.http import Arrival, HttpRequest
from hongyan.wire.multipart import TEXT_MAX, Form, boundary_of, reading_form

UPLOADS_AT_ONCE = 32  # each keeps about a megabyte in memory and up to 20 on the disk
ROOM_SECONDS = 10.0


class NoRoom(Exception):
    """Too many uploads are on their way already."""


class Upload(msgspec.Struct, frozen=True):
    """What a body brought; `form` None: it was no multipart body, and nothing but parameters was looked for in it."""

    fields: dict[str, Any]
    form: Form | None = None


@contextlib.asynccontextmanager
async def taking_upload(request: HttpRequest, blobs: BlobStore, room: asyncio.Semaphore, *, strict: bool) -> AsyncGenerator[Upload]:
    """The body, whole. Raises `NoRoom`, `BadBody` when it is broken, `BodyTooLarge` and `BodyTooSlow`."""
    arrival = request.arrival
    assert arrival is not None
    try:
        async with asyncio.timeout(ROOM_SECONDS):
            await room.acquire()
    except TimeoutError:
        raise NoRoom from None
    try:
        boundary = boundary_of(request.content_type)
        if boundary is None:
            yield Upload(await _plain_fields(request, arrival, strict=strict))
            return
        async with reading_form(boundary, arrival.pieces(), blobs) as form:
            yield Upload(dict(form.fields), form)
    finally:
        room.release()


async def _plain_fields(request: HttpRequest, arrival: Arrival, *, strict: bool) -> dict[str, Any]:
    """The parameters of a body that is no multipart: the token may be among them, and a bad token is said first."""
    raw = bytearray()
    async for piece in arrival.pieces():
        raw += piece
        if len(raw) > TEXT_MAX:
            return {}
    try:
        return parse_body(request.content_type, bytes(raw), strict=strict)
    except BadBody:
        return {}
