"""Every call of our own interface, as routes and as a document."""

from collections.abc import Sequence
from functools import cache

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from hongyan.control import (
    accounts,
    apps,
    callbacks,
    comments,
    inboxes,
    installations,
    limits,
    login_codes,
    media,
    operators,
    organisation,
    people,
    requests,
    said,
    server,
    suites,
    tasks,
    templates,
    transfer,
    upkeep,
)
from hongyan.control.endpoints import Call, ControlSettings, Endpoint, build_routes
from hongyan.control.openapi import openapi_document
from hongyan.engine.engine import Engine

ROOMS = (
    server,
    operators,
    transfer,
    organisation,
    apps,
    suites,
    callbacks,
    installations,
    templates,
    accounts,
    media,
    comments,
    limits,
    tasks,
    requests,
    people,
    inboxes,
    said,
    login_codes,
    upkeep,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(endpoint for room in ROOMS for endpoint in room.ENDPOINTS)


def routes(engine: Engine, settings: ControlSettings, extra: Sequence[Endpoint] = ()) -> list[BaseRoute]:
    """The routes below /hongyan/v1, with those of `extra`; whatever else lies below it is answered with a 404 of ours."""
    every = (*ENDPOINTS, *extra, _DOCUMENT)

    @cache
    def document() -> bytes:
        # When it is first asked for: it takes longer than the rest of a start.
        return msgspec.json.encode(openapi_document(every))

    async def serve_document(call: Call[None, None]) -> Response:
        return Response(document(), media_type="application/json")

    return build_routes((*every[:-1], msgspec.structs.replace(_DOCUMENT, handler=serve_document)), engine, settings)


async def _not_built(call: Call[None, None]) -> Response:
    raise AssertionError("the document is served by the routes that were built from it")


_DOCUMENT = Endpoint("GET", "/openapi.json", "This document", _not_built, public=True)
