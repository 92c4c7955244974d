"""What changes in one inbox, as Server-Sent Events: each carries the HTML that the page puts in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing, nullcontext

import anyio
import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hongyan.console.doors import Reader
from hongyan.console.guard import STREAM_HEADERS
from hongyan.console.pages import render
from hongyan.console.texts import Texts
from hongyan.console.views import Lens, arrival_view_txn
from hongyan.delivery.live import Change, farewell
from hongyan.delivery.said import SAID
from hongyan.engine.engine import Engine
from hongyan.model.ids import Seq

RETRY_MS = 1500  # what the browser waits before it comes back


class Arrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """The data of one event."""

    kind: str  # message, said, recalled, status_bar, read, opened
    sender: int
    seq: int
    conversation: str  # its row of the list
    message: str = ""  # the message, for message and recalled
    summary: str = ""  # for the announcement


class EventStream(Response):
    """Sends what an iterator gives until the reader goes or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes], stopping: asyncio.Event, counted: AbstractContextManager[None] | None = None) -> None:
        super().__init__(headers=STREAM_HEADERS)
        del self.headers["content-length"]
        self._chunks = chunks
        self._stopping = stopping
        self._counted = counted or nullcontext()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._counted:
            await self._follow(receive, send)
        if self._stopping.is_set():
            await send({"type": "http.response.body", "body": farewell(), "more_body": False})

    async def _follow(self, receive: Receive, send: Send) -> None:
        # The group ends with the response: nothing of it outlives the request.
        async with anyio.create_task_group() as group:
            group.start_soon(self._until_stopping, group.cancel_scope)
            group.start_soon(_until_gone, receive, group.cancel_scope)
            await self._send_all(send)
            group.cancel_scope.cancel()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_stopping(self, scope: anyio.CancelScope) -> None:
        await self._stopping.wait()
        scope.cancel()


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def follow_inbox(engine: Engine, reader: Reader, texts: Texts, after: Seq) -> AsyncIterator[bytes]:
    """Events from a position on; ends when the reader's token does."""

    async def allowed() -> bool:
        return await engine.access.access_inbox(reader.token, engine.clock.now()) is not None

    return follow_while(engine, reader, texts, after, allowed)


async def follow_while(engine: Engine, reader: Reader, texts: Texts, after: Seq, allowed: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """Events of one inbox; `allowed` is asked before each, and its no ends them."""
    yield b"retry: %d\n: here\n\n" % RETRY_MS
    corp, ord_ = reader.corp.no, reader.person.ord
    async with aclosing(engine.live.follow(corp, ord_, after)) as changes:
        async for change in changes:
            if not await allowed():
                return
            yield await _event(engine, reader, texts, change)


async def _event(engine: Engine, reader: Reader, texts: Texts, change: Change) -> bytes:
    if change.kind == "beat":
        return b": beat\n\n"
    arrival = await arrival_of(engine, reader, texts, change)
    if arrival is None:
        return b"id: %d\n: nothing to show\n\n" % change.position
    return b"id: %d\ndata: %s\n\n" % (change.position, msgspec.json.encode(arrival))


async def arrival_of(engine: Engine, reader: Reader, texts: Texts, change: Change) -> Arrival | None:
    """What a change makes of the reader's page; None: nothing."""
    lens = Lens(reader.corp.no, reader.person.ord, reader.corp.zone, engine.clock.now(), texts)
    with_message = change.kind in ("message", "recalled", "status_bar", SAID)
    view = await engine.store.read(arrival_view_txn, engine.broadcasts, lens, change.sender, change.task, with_message)
    if view is None:
        return None
    row = render("row.html", t=texts, one=view.conversation, open_sender=None)
    message = render("message.html", t=texts, one=view.message) if view.message else ""
    return Arrival(change.kind, change.sender, change.task, row, message, view.conversation.summary)
