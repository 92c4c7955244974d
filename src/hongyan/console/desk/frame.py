"""A page of the desk as a row of data: where it stands, who may see it, and what answers.

Every page needs a session; every change needs a role and a request from one of our own pages, and is recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hongyan.access.audit import Deed
from hongyan.access.operators import Role, Session, load_session_txn, saw_session_txn
from hongyan.console.cookies import cookie_name
from hongyan.console.desk.words import Words, words_of
from hongyan.console.guard import PAGE_HEADERS, from_our_page
from hongyan.console.pages import keep_choices, render, theme_of
from hongyan.console.texts import Texts, texts_of
from hongyan.directory.records import Corp, corp_of, load_corp_txn
from hongyan.engine.engine import Engine
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

PREFIX = "/console"
# The menu, in order; the last ones are the server's, the others each organisation's. A role hides what its holder may not open.
SECTIONS = ("home", "inboxes", "sends", "requests", "compose", "limits", "organisation", "apps", "accounts", "templates", "media")
SERVER_SECTIONS = ("operators", "data", "audit")
OF_CORP = "/o/{corp}"
COOKIE = "hongyan_session"
FORM_MAX = 1 << 20  # bytes of a form without files
FIELDS_MAX = 400
CORPS_SHOWN = 200


class Desk(msgspec.Struct, frozen=True):
    """One request of a signed-in operator. `corp` is the organisation that the address names, if it names one."""

    engine: Engine
    request: Request
    session: Session
    t: Texts
    w: Words
    corps: tuple[Corp, ...]
    section: str
    named: Corp | None
    stopping: asyncio.Event  # streams end when it is set

    @property
    def corp(self) -> Corp:
        assert self.named is not None, "this page's address names an organisation"
        return self.named

    @property
    def menu(self) -> list[tuple[str, str]]:
        """Names of sections with their addresses; of the organisation in view, else of the first."""
        corp = self.named or (self.corps[0] if self.corps else None)
        shown = [name for name in SECTIONS if name != "compose" or self.may(Role.SENDER)]
        own = [(name, _section_address(corp, name)) for name in shown] if corp else []
        return own + [(name, f"{PREFIX}/{name}") for name in SERVER_SECTIONS if self.may(Role.ADMINISTRATOR)]

    def may(self, role: str) -> bool:
        return self.session.role.covers(Role(role))

    def deed(self, action: str, subject: str, **detail: Any) -> Deed:
        """What the operator is about to do, for the log; put no secret into it."""
        corp = self.named.no if self.named else CorpNo(0)
        return Deed(self.session.name, action, subject, corp, detail, address_of(self.request))

    def page(self, template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the operator's language and theme."""
        request = self.request
        html = render(template, t=self.t, w=self.w, theme=theme_of(request), desk=self, path=request.url.path, **values)
        response = HTMLResponse(html, status_code=status, headers=PAGE_HEADERS)
        keep_choices(request, response)
        return response

    async def form(self) -> dict[str, str]:
        """The text fields of the form that was sent; the last of a repeated name wins."""
        return await read_form(self.request)

    def link(self, path: str) -> str:
        """An address below the organisation, such as `sends`."""
        return f"{PREFIX}/o/{quote(self.corp.corp_id, safe='')}/{path}"

    def to(self, path: str) -> Response:
        """Go on to a page below the organisation after a change."""
        return go_to(self.link(path))


class Page(msgspec.Struct, frozen=True):
    """`path` stands below `PREFIX`; those of an organisation begin with `OF_CORP`. `section` is the menu's entry. What is not a GET is a change."""

    path: str
    section: str
    handler: Callable[[Desk], Awaitable[Response]]
    role: Role = Role.VIEWER
    method: str = "GET"


def _section_address(corp: Corp, name: str) -> str:
    return f"{PREFIX}/o/{quote(corp.corp_id, safe='')}/" + ("" if name == "home" else name)


def go_to(address: str) -> Response:
    return RedirectResponse(address, 303, PAGE_HEADERS)


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def page_routes(engine: Engine, pages: Iterable[Page], stopping: asyncio.Event) -> list[BaseRoute]:
    return [Route(PREFIX + page.path, _serve(engine, page, stopping), methods=[page.method]) for page in pages]


def _serve(engine: Engine, page: Page, stopping: asyncio.Event) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        desk = await _open_desk(engine, request, page.section, stopping)
        if isinstance(desk, Response):
            return desk
        if page.method != "GET" and not from_our_page(request):
            return desk.page("desk/refused.html", status=403, why=desk.w.foreign_request)
        if not desk.may(page.role):
            return desk.page("desk/refused.html", status=403, why=desk.w.needs_role.format(role=desk.w.roles[page.role]))
        if "{corp}" in page.path and desk.named is None:
            return desk.page("desk/refused.html", status=404, why=desk.w.no_corp)
        return await page.handler(desk)

    return serve


async def _open_desk(engine: Engine, request: Request, section: str, stopping: asyncio.Event) -> Desk | Response:
    token, corp_id = request.cookies.get(cookie_name(request, COOKIE), ""), request.path_params.get("corp", "")
    found = engine.store.read_quick(_open_txn, token, corp_id, engine.clock.now()) if token else None
    if found is None:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go_to(f"{PREFIX}/sign-in?next={quote(here, safe='')}" if request.method == "GET" else f"{PREFIX}/sign-in")
    session, note, corps, named = found
    if note:
        await engine.store.write(saw_session_txn, token)
    return Desk(engine, request, session, texts_of(request), words_of(request), corps, section, named, stopping)


def _open_txn(tx: Tx, token: str, corp_id: str, now: EpochMs) -> tuple[Session, bool, tuple[Corp, ...], Corp | None] | None:
    """Who asks, whether to note that they came, the organisations to choose from, and the one that the address names: a few rows by their keys."""
    found = load_session_txn(tx, token, now)
    if found is None:
        return None
    corps = tuple(corp_of(row) for row in tx.all("desk.corps", limit=CORPS_SHOWN))
    return *found, corps, load_corp_txn(tx, corp_id) if corp_id else None


async def read_form(request: Request, most: int = FORM_MAX) -> dict[str, str]:
    """The text fields of a form without files, at most `most` bytes."""
    announced = request.headers.get("content-length", "")
    if not announced.isdecimal() or int(announced) > most:
        raise HTTPException(413)
    async with request.form(max_files=0, max_fields=FIELDS_MAX, max_part_size=most) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


async def session_of(engine: Engine, request: Request) -> Session | None:
    """The operator whose cookie this browser holds."""
    token = request.cookies.get(cookie_name(request, COOKIE), "")
    found = await engine.store.read(load_session_txn, token, engine.clock.now()) if token else None
    if found is None:
        return None
    session, note = found
    if note:
        await engine.store.write(saw_session_txn, token)
    return session
