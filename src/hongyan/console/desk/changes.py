"""Streams for pages that stay open: one tells that something happened, one brings new calls. A page has one of them, and closes it when nobody looks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from starlette.responses import Response

from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.look import still_here
from hongyan.console.events import RETRY_MS, EventStream
from hongyan.console.guard import PAGE_HEADERS
from hongyan.delivery.live import BEAT_S

GAP_S = 0.3  # what happens within it is told at once
CALLS_S = 0.5  # how often a number in memory is looked at: nobody tells of new calls
_POSITION_MAX = 64


class NewRows(msgspec.Struct, frozen=True):
    """The data of an event that brings rows of a table, newest first."""

    rows: str


async def position_of(desk: Desk, *, calls: bool = False) -> str:
    """Where the organisation's history ends; `calls`: and the log of calls."""
    position = await desk.engine.live.position(desk.corp.no)
    return f"{position}-{desk.engine.captures.last}" if calls else str(position)


def asked_position(desk: Desk, name: str = "after") -> str:
    """Where the page stands: what the browser remembers of the stream, else what the address says."""
    return (desk.request.headers.get("last-event-id") or desk.request.query_params.get(name, ""))[:_POSITION_MAX]


def open_stream(desk: Desk, chunks: AsyncIterator[bytes]) -> Response:
    """A stream for one of the operator's pages; 429 when too many are open already."""
    live, operator = desk.engine.live, desk.session.name
    if live.watches_enough(operator):
        return Response(status_code=429, headers=PAGE_HEADERS)
    return EventStream(chunks, desk.stopping, live.watching(operator))


async def follow_changes(desk: Desk) -> Response:
    """Says that the organisation changed, with the new position; what changed the page asks for itself."""
    return open_stream(desk, _changes(desk, asked_position(desk), calls="calls" in desk.request.query_params))


async def _changes(desk: Desk, after: str, *, calls: bool) -> AsyncIterator[bytes]:
    yield b"retry: %d\n: here\n\n" % RETRY_MS
    captures, silent_s = desk.engine.captures, 0.0
    with desk.engine.bus.subscribe(desk.corp.no) as subscription:
        while True:
            n, position = captures.last, await position_of(desk, calls=calls)
            if position != after:
                if not await still_here(desk):
                    return
                after, silent_s = position, 0.0
                yield b"id: %s\ndata: %s\n\n" % (position.encode(), position.encode())
                await asyncio.sleep(GAP_S)
            step_s = CALLS_S if calls else BEAT_S
            while not await subscription.wait(step_s) and not (calls and captures.last != n):
                silent_s += step_s
                if silent_s >= BEAT_S:
                    silent_s = 0.0
                    yield b": beat\n\n"


async def follow_rows(desk: Desk, after: int, rows: Callable[[int, int], Awaitable[str]]) -> AsyncIterator[bytes]:
    """New calls as rows of the page's table. `rows(after, upto)` draws those between two numbers."""
    yield b"retry: %d\n: here\n\n" % RETRY_MS
    captures, silent_s = desk.engine.captures, 0.0
    while True:
        newest = captures.last
        if newest > after:
            if not await still_here(desk):
                return
            html = await rows(after, newest)
            after, silent_s = newest, 0.0
            yield b"id: %d\n%s\n\n" % (newest, b"data: " + msgspec.json.encode(NewRows(html)) if html else b": nothing to show")
        elif silent_s >= BEAT_S:
            silent_s = 0.0
            yield b": beat\n\n"
        await asyncio.sleep(CALLS_S)
        silent_s += CALLS_S


PAGES = (Page(OF_CORP + "/changes", "home", follow_changes),)
