"""How an operator gets to see somebody's inbox: by a page that is written down, and from there on by its ticket.

Only a page that was recorded gives out tickets, and the pieces and streams below it ask for them: there is no way past the log.
In a sandbox nobody's real inbox is looked at, and nothing is recorded.
"""

import hmac
from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from hongyan.access.audit import record_deed_txn
from hongyan.access.operators import SESSION_MS, Role
from hongyan.console.cookies import cookie_name, over_tls
from hongyan.console.desk.frame import Desk, session_of
from hongyan.console.doors import Reader
from hongyan.console.guard import PAGE_HEADERS
from hongyan.directory.records import Person, load_person_txn
from hongyan.model.ids import Ord

TICKET_COOKIE = "hongyan_look"
LOOK, ACT = "look", "act"


class Opened(msgspec.Struct, frozen=True):
    """Somebody's inbox in front of an operator. `acting`: as if the operator were the reader, in a sandbox."""

    reader: Reader
    acting: bool


def may_act(desk: Desk) -> bool:
    """Reading for somebody changes what their senders see, so it is for trying things out."""
    return desk.engine.sandbox and desk.may(Role.SENDER)


async def find_inbox(desk: Desk) -> Opened | Response:
    """The inbox that the address names, or why it is not shown."""
    person, how = await find_reader(desk, desk.request.path_params["userid"]), desk.request.path_params["how"]
    if person is None or how not in (LOOK, ACT):
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    if how == ACT and not may_act(desk):
        return desk.page("desk/refused.html", status=403, why=desk.w.needs_role.format(role=desk.w.roles[Role.SENDER]))
    return Opened(person, how == ACT)


async def find_reader(desk: Desk, userid: str) -> Reader | None:
    """Somebody who is in the organisation; without a key to the inbox, which stays the reader's own."""
    person = await desk.engine.store.read(load_person_txn, desk.corp.no, userid)
    return Reader("", "", desk.corp, person) if person is not None and person.left_at is None else None


async def record_look(desk: Desk, people: Sequence[Person]) -> None:
    """Write down whose inboxes are opened."""
    if desk.engine.sandbox:
        return
    for person in people:
        await desk.engine.store.write(record_deed_txn, desk.deed("inbox.open", person.userid, name=person.name))


def ticket_of(desk: Desk, ords: Sequence[Ord], how: str) -> str:
    """Holds for these inboxes as long as the session does."""
    people = ",".join(map(str, ords))
    return desk.engine.key.derive(f"look:{desk.session.token}:{desk.corp.no}:{people}:{how}")[:16].hex()


def has_ticket(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def give_ticket(desk: Desk, opened: Opened, response: Response) -> None:
    """Let the page's own requests follow it."""
    how = ACT if opened.acting else LOOK
    folder = desk.link(f"inboxes/{quote(opened.reader.person.userid, safe='')}/{how}/")
    response.set_cookie(
        cookie_name(desk.request, TICKET_COOKIE, path=folder),
        ticket_of(desk, (opened.reader.person.ord,), how),
        max_age=SESSION_MS // 1000,
        path=folder,
        httponly=True,
        samesite="strict",
        secure=over_tls(desk.request),
    )


async def follow_page(desk: Desk, *, acting: bool = False) -> Opened | Response:
    """The inbox, for a request that a recorded page makes; `acting`: one that only a reader makes."""
    opened = await find_inbox(desk)
    if isinstance(opened, Response):
        return opened
    wanted = ticket_of(desk, (opened.reader.person.ord,), ACT if opened.acting else LOOK)
    given = desk.request.cookies.get(cookie_name(desk.request, TICKET_COOKIE, path=desk.request.url.path), "")
    if not has_ticket(given, wanted) or (acting and not opened.acting):
        return Response(status_code=401, headers=PAGE_HEADERS)
    return opened


async def still_here(desk: Desk) -> bool:
    """The session goes on; asked before each event of a stream."""
    return await session_of(desk.engine, desk.request) is not None
