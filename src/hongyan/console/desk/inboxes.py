"""Inboxes as their readers see them: pick a person, then look without leaving a trace in what senders see."""

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import HTMLResponse, Response

from hongyan.access.operators import Role
from hongyan.console.acts import asked_number, asked_sender, is_number, lens_of, mark_read, press_button, say_words
from hongyan.console.articles import article_for, comment_as, look_at_article
from hongyan.console.composer import Pace
from hongyan.console.desk.changes import open_stream
from hongyan.console.desk.frame import OF_CORP, Desk, Page, go_to
from hongyan.console.desk.inbox_texts import TEXTS
from hongyan.console.desk.look import ACT, LOOK, Opened, find_inbox, follow_page, give_ticket, may_act, record_look, still_here
from hongyan.console.desk.shown_media import show_media
from hongyan.console.desk.wall import PEOPLE_MAX, asked_people
from hongyan.console.events import follow_while
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.homes import home_page
from hongyan.console.pages import render
from hongyan.console.views import ThreadView, conversation_views_txn, thread_view_txn
from hongyan.delivery.inbox import END
from hongyan.directory.names import dept_names_txn
from hongyan.directory.records import Person, page_people_txn
from hongyan.model.ids import CorpNo, DeptId, Seq
from hongyan.store.interface import Tx

PEOPLE_SHOWN = 50
SEARCH_MAX = 64
_PACE = Pace()


class PeoplePage(msgspec.Struct, frozen=True):
    """Some people, with the names of their departments, and the userid to go on behind."""

    people: list[Person]
    depts: dict[DeptId, str]
    next: str


def _people_txn(tx: Tx, corp: CorpNo, search: str, after: str) -> PeoplePage:
    found = page_people_txn(tx, corp, after=after, limit=PEOPLE_SHOWN + 1, search=search)
    people = found[:PEOPLE_SHOWN]
    depts = dept_names_txn(tx, corp, sorted({dept for person in people for dept in person.depts}))
    return PeoplePage(people, depts, people[-1].userid if len(found) > PEOPLE_SHOWN else "")


async def pick_person(desk: Desk) -> Response:
    """Everybody by userid, or who is searched for."""
    query = desk.request.query_params
    search, after = query.get("q", "").strip()[:SEARCH_MAX], query.get("after", "")[:SEARCH_MAX]
    page = await desk.engine.store.read(_people_txn, desk.corp.no, search, after)
    x = TEXTS[desk.t.lang]
    return desk.page("desk/inboxes.html", x=x, page=page, search=search, most=PEOPLE_MAX, on_wall=asked_people(desk))


async def to_look(desk: Desk) -> Response:
    return go_to(desk.link(f"inboxes/{quote(desk.request.path_params['userid'], safe='')}/{LOOK}/"))


async def show_inbox(desk: Desk) -> Response:
    """The whole page; its opening is recorded."""
    opened, engine = await find_inbox(desk), desk.engine
    if isinstance(opened, Response):
        return opened
    reader, sender = opened.reader, asked_sender(desk.request)
    await record_look(desk, [reader.person])
    lens = lens_of(engine, desk.request, reader)
    # Taken first: what happens while the page is read comes again over the stream, and the script knows it by its number.
    position = await engine.live.position(desk.corp.no)
    conversations = await engine.store.read(conversation_views_txn, engine.broadcasts, lens)
    thread = await _thread(desk, opened) if sender else None
    values: dict[str, Any] = {"opened": opened, "conversations": conversations, "thread": thread, "position": position, "may_act": may_act(desk)}
    response = desk.page("desk/inbox.html", x=TEXTS[desk.t.lang], look=LOOK, act=ACT, **values)
    give_ticket(desk, opened, response)
    return response


async def _thread(desk: Desk, opened: Opened) -> ThreadView | None:
    """The open conversation; who only looks has nothing to write with."""
    engine, before = desk.engine, Seq(asked_number(desk.request, "before", END))
    lens = lens_of(engine, desk.request, opened.reader)
    thread = await engine.store.read(thread_view_txn, engine.broadcasts, lens, asked_sender(desk.request), before)
    return thread if thread is None or opened.acting else msgspec.structs.replace(thread, composer=None)


async def list_piece(desk: Desk) -> Response:
    opened = await follow_page(desk)
    if isinstance(opened, Response):
        return opened
    lens = lens_of(desk.engine, desk.request, opened.reader)
    conversations = await desk.engine.store.read(conversation_views_txn, desk.engine.broadcasts, lens)
    return _piece(desk, "list.html", conversations=conversations, open_sender=asked_sender(desk.request))


async def thread_piece(desk: Desk) -> Response:
    return await _thread_piece(desk, "thread.html")


async def older_piece(desk: Desk) -> Response:
    return await _thread_piece(desk, "messages.html")


async def _thread_piece(desk: Desk, template: str) -> Response:
    opened = await follow_page(desk)
    if isinstance(opened, Response):
        return opened
    thread = await _thread(desk, opened)
    return _piece(desk, template, thread=thread) if thread else Response(status_code=404, headers=PAGE_HEADERS)


def _piece(desk: Desk, template: str, **values: object) -> Response:
    return HTMLResponse(render(template, t=desk.t, **values), headers=PAGE_HEADERS)


async def follow_events(desk: Desk) -> Response:
    opened = await follow_page(desk)
    if isinstance(opened, Response):
        return opened
    engine, request = desk.engine, desk.request
    last = request.headers.get("last-event-id") or request.query_params.get("after", "")
    after = Seq(int(last)) if is_number(last) else await engine.live.position(desk.corp.no)
    if engine.live.crowded(opened.reader.corp.no, opened.reader.person.ord):
        return Response(status_code=429)
    return open_stream(desk, follow_while(engine, opened.reader, desk.t, after, lambda: still_here(desk)))


async def show_article(desk: Desk) -> Response:
    opened = await follow_page(desk)
    if isinstance(opened, Response):
        return opened
    if opened.acting:
        return await article_for(desk.engine, desk.request, opened.reader)
    return await look_at_article(desk.engine, desk.request, desk.corp, opened.reader)


async def comment_for(desk: Desk) -> Response:
    opened = await follow_page(desk, acting=True)
    if isinstance(opened, Response):
        return opened
    return await comment_as(desk.engine, desk.request, opened.reader) if _in_pace(opened) else _too_fast()


async def show_account(desk: Desk) -> Response:
    return await home_page(desk.engine, desk.request, desk.corp)


async def read_as(desk: Desk) -> Response:
    opened = await follow_page(desk, acting=True)
    return opened if isinstance(opened, Response) else await mark_read(desk.engine, desk.request, opened.reader)


async def say_as(desk: Desk) -> Response:
    opened = await follow_page(desk, acting=True)
    if isinstance(opened, Response):
        return opened
    return await say_words(desk.engine, desk.request, opened.reader) if _in_pace(opened) else _too_fast()


async def press_as(desk: Desk) -> Response:
    opened = await follow_page(desk, acting=True)
    if isinstance(opened, Response):
        return opened
    return await press_button(desk.engine, desk.request, opened.reader) if _in_pace(opened) else _too_fast()


def _in_pace(opened: Opened) -> bool:
    return _PACE.admit(f"{opened.reader.corp.no}:{opened.reader.person.ord}")


def _too_fast() -> Response:
    return Response(status_code=429, headers=PAGE_HEADERS)


_ONE = OF_CORP + "/inboxes/{userid}"
_OPEN = _ONE + "/{how}"
PAGES = (
    Page(OF_CORP + "/inboxes", "inboxes", pick_person),
    Page(_ONE, "inboxes", to_look),
    Page(_OPEN + "/", "inboxes", show_inbox),
    Page(_OPEN + "/list", "inboxes", list_piece),
    Page(_OPEN + "/thread", "inboxes", thread_piece),
    Page(_OPEN + "/older", "inboxes", older_piece),
    Page(_OPEN + "/events", "inboxes", follow_events),
    Page(_OPEN + "/article/{article:int}", "inboxes", show_article),
    Page(_OPEN + "/article/{article:int}/comment", "inboxes", comment_for, Role.SENDER, "POST"),
    Page(_OPEN + "/account/{sender:int}", "inboxes", show_account),
    Page(_OPEN + "/media/{media_id:path}", "inboxes", show_media),
    Page(_OPEN + "/read", "inboxes", read_as, Role.SENDER, "POST"),
    Page(_OPEN + "/say", "inboxes", say_as, Role.SENDER, "POST"),
    Page(_OPEN + "/press", "inboxes", press_as, Role.SENDER, "POST"),
)
