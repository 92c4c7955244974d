"""Several inboxes side by side: what a send looks like on every screen at once. Nothing is ever marked as read here."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from hongyan.console.acts import is_number, lens_of
from hongyan.console.articles import look_at_article
from hongyan.console.desk.changes import open_stream
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.inbox_texts import TEXTS
from hongyan.console.desk.look import find_reader, has_ticket, record_look, still_here, ticket_of
from hongyan.console.doors import Reader
from hongyan.console.events import RETRY_MS, Arrival, arrival_of
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.views import Lens, MessageView, conversation_views_txn, flow_view_txn
from hongyan.delivery.broadcasts import Broadcasts
from hongyan.delivery.live import Change
from hongyan.directory.records import Person, page_people_txn
from hongyan.model.ids import CorpNo, Ord, Seq
from hongyan.store.interface import Tx

PEOPLE_MAX = 6
NAME_MAX = 64
MESSAGES_SHOWN = 20  # of each person
_WALL = "wall"


class PaneView(msgspec.Struct, frozen=True):
    """One person's screen. `unread` counts by sender, for the script; `without` is the wall's address when the pane is taken away."""

    reader: Reader
    messages: tuple[MessageView, ...]
    unread: dict[int, int]
    without: str

    @property
    def total(self) -> int:
        return sum(self.unread.values())

    @property
    def unread_json(self) -> str:
        return msgspec.json.encode(self.unread).decode()


class WallEvent(msgspec.Struct, frozen=True):
    """What changed on the screens of these people; each one's arrival beside the ordinal."""

    panes: list[tuple[Ord, Arrival]]


def asked_people(desk: Desk) -> list[str]:
    """The userids that the address names, each once."""
    return list(dict.fromkeys(one.strip() for one in desk.request.query_params.getlist("u") if one.strip()))


async def show_wall(desk: Desk) -> Response:
    """The wall of the people in the address; every opening is recorded."""
    asked = asked_people(desk)
    found = [(wanted, await _find(desk, wanted)) for wanted in asked[: PEOPLE_MAX + 1]]
    readers = list({reader.person.ord: reader for _, reader in found if reader is not None}.values())[:PEOPLE_MAX]
    await record_look(desk, [reader.person for reader in readers])
    position = await desk.engine.live.position(desk.corp.no)
    panes = [await _pane(desk, readers, reader) for reader in readers]
    ords = [reader.person.ord for reader in readers]
    query = urlencode([*(("u", reader.person.userid) for reader in readers), ("after", position), ("k", ticket_of(desk, ords, _WALL))])
    unknown = [userid for userid, reader in found if reader is None]
    values: dict[str, Any] = {
        "panes": panes,
        "unknown": unknown,
        "most": PEOPLE_MAX,
        "too_many": len(asked) > PEOPLE_MAX,
        "events": f"wall/events?{query}",
    }
    return desk.page("desk/wall.html", x=TEXTS[desk.t.lang], **values)


async def _find(desk: Desk, wanted: str) -> Reader | None:
    """Somebody by userid, or by a part of a name that only one person has."""
    reader = await find_reader(desk, wanted)
    if reader is not None:
        return reader
    alike = await desk.engine.store.read(_alike_txn, desk.corp.no, wanted)
    return await find_reader(desk, alike[0].userid) if len(alike) == 1 else None


def _alike_txn(tx: Tx, corp: CorpNo, wanted: str) -> list[Person]:
    return page_people_txn(tx, corp, after="", limit=2, search=wanted[:NAME_MAX])


async def _pane(desk: Desk, readers: Sequence[Reader], reader: Reader) -> PaneView:
    lens = lens_of(desk.engine, desk.request, reader)
    messages, unread = await desk.engine.store.read(_pane_txn, desk.engine.broadcasts, lens)
    others = [("u", one.person.userid) for one in readers if one is not reader]
    return PaneView(reader, messages, unread, "?" + urlencode(others))


def _pane_txn(tx: Tx, broadcasts: Broadcasts, lens: Lens) -> tuple[tuple[MessageView, ...], dict[int, int]]:
    conversations = conversation_views_txn(tx, broadcasts, lens)
    return flow_view_txn(tx, broadcasts, lens, MESSAGES_SHOWN), {one.face.sender: one.unread for one in conversations if one.unread}


async def follow_wall(desk: Desk) -> Response:
    """One stream for all panes: browsers open six connections to a server and no more."""
    query = desk.request.query_params
    readers = [reader for userid in asked_people(desk)[:PEOPLE_MAX] if (reader := await find_reader(desk, userid)) is not None]
    wanted = ticket_of(desk, [reader.person.ord for reader in readers], _WALL)
    if not readers or not has_ticket(query.get("k", ""), wanted):
        return Response(status_code=401, headers=PAGE_HEADERS)
    last = desk.request.headers.get("last-event-id") or query.get("after", "")
    after = Seq(int(last)) if is_number(last) else await desk.engine.live.position(desk.corp.no)
    if desk.engine.live.crowded(desk.corp.no, *(reader.person.ord for reader in readers)):
        return Response(status_code=429, headers=PAGE_HEADERS)
    return open_stream(desk, _events(desk, {reader.person.ord: reader for reader in readers}, after))


async def _events(desk: Desk, readers: dict[Ord, Reader], after: Seq) -> AsyncIterator[bytes]:
    yield b"retry: %d\n: here\n\n" % RETRY_MS
    async with aclosing(desk.engine.live.follow_several(desk.corp.no, tuple(readers), after)) as changes:
        async for change, ords in changes:
            if not await still_here(desk):
                return
            yield await _event(desk, change, [readers[ord_] for ord_ in ords]) if ords else b": beat\n\n"


async def _event(desk: Desk, change: Change, readers: Sequence[Reader]) -> bytes:
    arrivals = [(reader.person.ord, await arrival_of(desk.engine, reader, desk.t, change)) for reader in readers]
    event = WallEvent([(ord_, arrival) for ord_, arrival in arrivals if arrival is not None])
    return b"id: %d\ndata: %s\n\n" % (change.position, msgspec.json.encode(event))


async def show_article(desk: Desk) -> Response:
    """A published article, as a card on a page of the desk leads to it."""
    return await look_at_article(desk.engine, desk.request, desk.corp, None)


PAGES = (
    Page(OF_CORP + "/wall", "inboxes", show_wall),
    Page(OF_CORP + "/wall/events", "inboxes", follow_wall),
    Page(OF_CORP + "/article/{article:int}", "inboxes", show_article),
)
