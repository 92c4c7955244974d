"""Getting in and out: the first administrator, name and password, a link that works once."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from hongyan.access.audit import Deed
from hongyan.access.guesses import TooManyGuesses
from hongyan.access.operators import (
    NAME_MAX,
    SESSION_MS,
    Locked,
    Session,
    Wicket,
    any_operator_txn,
    create_first_operator_txn,
    end_session_txn,
    open_session_txn,
    sign_in,
    take_link_txn,
)
from hongyan.access.passwords import password_problem
from hongyan.console.cookies import cookie_name, over_tls
from hongyan.console.desk.frame import COOKIE, PREFIX, address_of, go_to, read_form, session_of
from hongyan.console.desk.words import words_of
from hongyan.console.guard import from_our_page
from hongyan.console.pages import keep_choices, page
from hongyan.engine.engine import Engine
from hongyan.model.clock import DEFAULT_ZONE, iso
from hongyan.model.ids import EpochMs


def set_up_key(engine: Engine) -> str:
    """Lets whoever reads the server's first lines make the first administrator, and is worth nothing after that."""
    return engine.key.derive("operator:first")[:16].hex()


def sign_in_routes(engine: Engine) -> list[BaseRoute]:
    door = _Door(engine)
    return [
        Route(f"{PREFIX}/sign-in", door.ask, methods=["GET"]),
        Route(f"{PREFIX}/sign-in", door.sign_in, methods=["POST"]),
        Route(f"{PREFIX}/sign-out", door.sign_out, methods=["POST"]),
        Route(f"{PREFIX}/enter", door.enter, methods=["GET"]),
        Route(f"{PREFIX}/set-up", door.ask_first, methods=["GET"]),
        Route(f"{PREFIX}/set-up", door.create_first, methods=["POST"]),
    ]


class _Door:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ask(self, request: Request) -> Response:
        if await session_of(self._engine, request):
            return go_to(_wanted(request.query_params.get("next", "")))
        return self._form(request, next=request.query_params.get("next", ""))

    async def sign_in(self, request: Request) -> Response:
        form = await _form_of(request)
        if form is None:
            return self._form(request, 403, problem=words_of(request).foreign_request)
        name, wanted, engine, w = form.get("name", "").strip(), form.get("next", ""), self._engine, words_of(request)
        wicket = Wicket(engine.store, engine.passwords, engine.guesses, address_of(request))
        try:
            found = await sign_in(wicket, name, form.get("password", ""), engine.clock.now())
        except TooManyGuesses as refused:
            found = Locked(refused.until)
        if isinstance(found, Locked):
            return self._too_often(request, found.until, name=name, next=wanted)
        if found is None:
            return self._form(request, 401, name=name, next=wanted, problem=w.wrong)
        return await self._let_in(request, found, _wanted(wanted))

    async def _let_in(self, request: Request, session: Session, wanted: str) -> Response:
        """The session that this browser had ends with the new one."""
        before = await session_of(self._engine, request)
        if before is not None:
            await self._engine.store.write(end_session_txn, before.token)
        response = go_to(wanted)
        keep_choices(request, response)
        keep_session(response, request, session)
        return response

    async def sign_out(self, request: Request) -> Response:
        if from_our_page(request) and (session := await session_of(self._engine, request)):
            await self._engine.store.write(end_session_txn, session.token)
        response = go_to(f"{PREFIX}/sign-in")
        response.delete_cookie(cookie_name(request, COOKIE), path="/", secure=over_tls(request), httponly=True, samesite="lax")
        response.headers["clear-site-data"] = '"cache", "storage"'
        return response

    async def enter(self, request: Request) -> Response:
        """A link that works once. The page asks again, so that a preview of the link in some chat does not use it up."""
        token = request.query_params.get("token", "")
        if request.headers.get("sec-fetch-dest", "document") != "document" or request.headers.get("purpose") == "prefetch":
            return self._form(request, 400)
        try:
            session = await self._by_link(request, token)
        except TooManyGuesses as refused:
            return self._too_often(request, refused.until)
        if session is None:
            return self._form(request, 401, problem=words_of(request).link_over)
        return await self._let_in(request, session, _wanted(request.query_params.get("next", "")))

    async def _by_link(self, request: Request, token: str) -> Session | None:
        with self._engine.guesses.proving(address_of(request), "link", self._engine.clock.now()) as proof:
            session = await self._engine.store.write(take_link_txn, token, address_of(request)) if token else None
            proof.right = session is not None
        return session

    def _too_often(self, request: Request, until: EpochMs, **values: str) -> Response:
        time = iso(until, DEFAULT_ZONE)[11:19]
        response = self._form(request, 429, problem=words_of(request).locked.format(time=time), **values)
        response.headers["retry-after"] = str(TooManyGuesses(until).wait_s(self._engine.clock.now()))
        return response

    async def ask_first(self, request: Request) -> Response:
        closed = await self._closed(request, request.query_params.get("key", ""))
        return closed or self._first(request, key=request.query_params["key"])

    async def create_first(self, request: Request) -> Response:
        w, form = words_of(request), await _form_of(request)
        if form is None:
            return self._form(request, 403, problem=w.foreign_request)
        closed = await self._closed(request, form.get("key", ""))
        if closed:
            return closed
        name, password = form.get("name", "").strip(), form.get("password", "")
        problem = first_problem(name, password, form.get("again", ""))
        if problem:
            return self._first(request, 400, key=form["key"], name=name, problem=w.password_problems[problem])
        engine = self._engine
        deed = Deed(name, "operator.create", name, detail={"role": "administrator"}, address=address_of(request))
        made = await engine.store.write(create_first_operator_txn, name, await engine.passwords.hash(password), deed)
        session = await engine.store.write(open_session_txn, made.no, address_of(request)) if made else None
        return await self._let_in(request, session, PREFIX + "/") if session else self._form(request, 409, problem=w.set_up_done)

    async def _closed(self, request: Request, key: str) -> Response | None:
        w = words_of(request)
        if await self._engine.store.read(any_operator_txn):
            return self._form(request, 409, problem=w.set_up_done)
        try:
            with self._engine.guesses.proving(address_of(request), "set-up", self._engine.clock.now()) as proof:
                proof.right = hmac.compare_digest(key.encode(), set_up_key(self._engine).encode())
        except TooManyGuesses as refused:
            return self._too_often(request, refused.until)
        return None if proof.right else self._form(request, 403, problem=w.set_up_closed)

    def _form(self, request: Request, status: int = 200, *, name: str = "", next: str = "", problem: str = "") -> HTMLResponse:
        return page(request, "desk/sign_in.html", status=status, w=words_of(request), name=name, next=next, problem=problem)

    def _first(self, request: Request, status: int = 200, *, key: str, name: str = "", problem: str = "") -> HTMLResponse:
        return page(request, "desk/set_up.html", status=status, w=words_of(request), key=key, name=name, problem=problem)


def first_problem(name: str, password: str, again: str) -> str:
    """The key of what is wrong with a new name and password; empty when nothing is."""
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        return "empty_name"
    return password_problem(password, name) or ("differs" if password != again else "")


async def _form_of(request: Request) -> dict[str, str] | None:
    """The fields of a form that one of our pages sent; None when somebody else's page did."""
    if not from_our_page(request):
        return None
    return await read_form(request)


def keep_session(response: Response, request: Request, session: Session) -> None:
    """Give the browser the session's cookie."""
    # Lax: a link from a chat to a page of the console must find the operator signed in; changes have a check of their own.
    name, secure = cookie_name(request, COOKIE), over_tls(request)
    response.set_cookie(name, session.token, max_age=SESSION_MS // 1000, path="/", httponly=True, samesite="lax", secure=secure)


def _wanted(address: str) -> str:
    """Where the operator wanted to go, if that is a page of the console."""
    parts = urlsplit(address)
    safe = not parts.scheme and not parts.netloc and parts.path.startswith(PREFIX + "/") and "\\" not in address and address.isprintable()
    return address if safe else PREFIX + "/"
