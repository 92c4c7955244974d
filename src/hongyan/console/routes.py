"""Addresses of the pages, and what answers at each."""

import asyncio
import shlex
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hongyan.console import composer
from hongyan.console.acts import asked_number, asked_sender, is_number, lens_of, mark_read, press_button, say_words
from hongyan.console.articles import open_article, show_article, write_comment
from hongyan.console.assets import serve_asset
from hongyan.console.desk.routes import desk_routes
from hongyan.console.doors import Reader, access_reader, access_token, inbox_key, known_readers, let_in
from hongyan.console.events import EventStream, follow_inbox
from hongyan.console.files import serve_media
from hongyan.console.framing import PICTURES, serve_picture
from hongyan.console.guard import PAGE_HEADERS, from_our_page
from hongyan.console.homes import show_home
from hongyan.console.pages import keep_choices, page, piece
from hongyan.console.texts import LANGUAGES, texts_of
from hongyan.console.views import conversation_views_txn, thread_view_txn
from hongyan.delivery.inbox import END
from hongyan.engine.engine import Engine
from hongyan.model.ids import Seq

__all__ = ["inbox_key", "routes"]


def routes(engine: Engine, stopping: asyncio.Event | None = None) -> list[BaseRoute]:
    """The console's routes. Streams end when `stopping` is set."""
    console = _Console(engine, stopping or asyncio.Event())
    return [
        *desk_routes(engine, console.stopping),
        Route("/", console.landing),
        Route("/static/{name}", serve_asset),
        Route("/inbox", console.enter),
        Route("/inbox/open/{corp}/{article:int}/article/", partial(open_article, engine)),
        Route(PICTURES + "/{corp:int}/{day:int}/{ticket}/{media_id:path}", partial(serve_picture, engine)),
        Route("/inbox/{key}", console.with_slash),
        Route("/inbox/{key}/", console.inbox),
        Route("/inbox/{key}/list", console.list),
        Route("/inbox/{key}/thread", console.thread),
        Route("/inbox/{key}/older", console.older),
        Route("/inbox/{key}/read", console.read, methods=["POST"]),
        Route("/inbox/{key}/say", console.say, methods=["POST"]),
        Route("/inbox/{key}/press", console.press, methods=["POST"]),
        Route("/inbox/{key}/events", console.events),
        Route("/inbox/{key}/article/{article:int}", partial(show_article, engine)),
        Route("/inbox/{key}/article/{article:int}/comment", partial(write_comment, engine), methods=["POST"]),
        Route("/inbox/{key}/account/{sender:int}", partial(show_home, engine)),
        Route("/inbox/{key}/media/{media_id:path}", partial(serve_media, engine)),
    ]


class _Console:
    def __init__(self, engine: Engine, stopping: asyncio.Event) -> None:
        self._engine = engine
        self.stopping = stopping
        self._pace = composer.Pace()

    async def landing(self, request: Request) -> Response:
        return page(request, "landing.html")

    async def enter(self, request: Request) -> Response:
        """A token becomes a cookie; without one, the inboxes this browser knows."""
        token = request.query_params.get("token")
        if token is None:
            readers = await known_readers(self._engine, request)
            if len(readers) == 1:
                return _to_inbox(request, readers[0])
            return page(request, "pick.html", readers=readers) if readers else _closed(request)
        reader = await access_token(self._engine, token)
        if reader is None:
            return _closed(request)
        response = _to_inbox(request, reader)
        let_in(response, request, reader)
        return response

    async def with_slash(self, request: Request) -> Response:
        return RedirectResponse(f"/inbox/{request.path_params['key']}/", 307, PAGE_HEADERS)

    async def inbox(self, request: Request) -> Response:
        reader = await access_reader(self._engine, request)
        if reader is None:
            return _closed(request)
        lens = lens_of(self._engine, request, reader)
        # Taken first: what happens while the page is read comes again over the stream, and the script knows it by its number.
        position = await self._engine.live.position(reader.corp.no)
        conversations = await self._engine.store.read(conversation_views_txn, self._engine.broadcasts, lens)
        sender, before = asked_sender(request), asked_number(request, "before", END)
        thread = await self._engine.store.read(thread_view_txn, self._engine.broadcasts, lens, sender, Seq(before)) if sender else None
        server = str(request.base_url).rstrip("/")
        recipient = shlex.quote(f"userid_list={reader.person.userid}")  # for the command that people copy
        return page(
            request, "inbox.html", reader=reader, conversations=conversations, thread=thread, position=position, server=server, recipient=recipient
        )

    async def list(self, request: Request) -> Response:
        reader = await access_reader(self._engine, request)
        if reader is None:
            return _no_entry()
        conversations = await self._engine.store.read(conversation_views_txn, self._engine.broadcasts, lens_of(self._engine, request, reader))
        return piece(request, "list.html", conversations=conversations, open_sender=asked_sender(request))

    async def thread(self, request: Request) -> Response:
        return await self._thread_piece(request, "thread.html")

    async def older(self, request: Request) -> Response:
        return await self._thread_piece(request, "messages.html")

    async def _thread_piece(self, request: Request, template: str) -> Response:
        reader = await access_reader(self._engine, request)
        if reader is None:
            return _no_entry()
        before = Seq(asked_number(request, "before", END))
        thread = await self._engine.store.read(
            thread_view_txn, self._engine.broadcasts, lens_of(self._engine, request, reader), asked_sender(request), before
        )
        return piece(request, template, thread=thread) if thread else Response(status_code=404, headers=PAGE_HEADERS)

    async def read(self, request: Request) -> Response:
        """The reader saw a conversation up to a message."""
        if not from_our_page(request):
            return Response(status_code=403, headers=PAGE_HEADERS)
        reader = await access_reader(self._engine, request)
        if reader is None:
            return _no_entry()
        return await mark_read(self._engine, request, reader)

    async def say(self, request: Request) -> Response:
        """The reader writes to an account."""
        reader = await self._acting_reader(request)
        if isinstance(reader, Response):
            return reader
        return await say_words(self._engine, request, reader)

    async def press(self, request: Request) -> Response:
        """The reader presses a button of an account's menu."""
        reader = await self._acting_reader(request)
        if isinstance(reader, Response):
            return reader
        return await press_button(self._engine, request, reader)

    async def _acting_reader(self, request: Request) -> Reader | Response:
        """Who acts, from a page of ours and not faster than people do; or the refusal."""
        if not from_our_page(request):
            return Response(status_code=403, headers=PAGE_HEADERS)
        reader = await access_reader(self._engine, request)
        if reader is None:
            return _no_entry()
        return reader if self._pace.admit(reader.key) else Response(status_code=429, headers=PAGE_HEADERS)

    async def events(self, request: Request) -> Response:
        reader = await access_reader(self._engine, request)
        if reader is None:
            return _no_entry()
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = Seq(int(last)) if is_number(last) else await self._engine.live.position(reader.corp.no)
        if self._engine.live.crowded(reader.corp.no, reader.person.ord):
            return Response(status_code=429)
        return EventStream(follow_inbox(self._engine, reader, texts_of(request), after), self.stopping)


def _to_inbox(request: Request, reader: Reader) -> HTMLResponse:
    language, sender = request.query_params.get("lang"), asked_sender(request)
    chosen = ({"lang": language} if language in LANGUAGES else {}) | ({"c": str(sender)} if sender else {})
    query = f"?{urlencode(chosen)}" if chosen else ""
    response = HTMLResponse(status_code=303, headers=PAGE_HEADERS | {"Location": f"/inbox/{reader.key}/{query}"})
    keep_choices(request, response)
    return response


def _closed(request: Request) -> Response:
    return page(request, "closed.html", status=401, server=str(request.base_url).rstrip("/"))


def _no_entry() -> Response:
    """For the script: the page around it says what to do."""
    return Response(status_code=401, headers=PAGE_HEADERS)
