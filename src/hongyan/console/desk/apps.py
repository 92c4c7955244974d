"""Apps of an organisation: what there is, new ones, and one of them with its credentials."""

import secrets

import msgspec
from msgspec import UNSET
from starlette.responses import Response

from hongyan.access.app_checks import APP_KEY_MAX, app_problem
from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.callbacks import Callback
from hongyan.access.edit import Conflict, NewApp
from hongyan.access.installing import create_installed_app_txn
from hongyan.access.operators import Role
from hongyan.access.records import ALL_SCOPES, SCOPE_BASE, App, AppKind, Installation, app_by_key_txn, installations_txn, list_apps_txn
from hongyan.access.sealing import Seal
from hongyan.access.suites import NewSuite, Suite, create_suite_txn, is_suite_txn, list_suites_txn
from hongyan.console.desk.app_texts import app_texts
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import number_in
from hongyan.console.desk.problem_words import say_problem
from hongyan.console.times import Times
from hongyan.delivery.callback_setup import callback_place_txn
from hongyan.directory.entries import id_problem, text_problem
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.store.interface import Tx

TOKENS_COUNTED = 1000


class Overview(msgspec.Struct, frozen=True):
    """Every app that may act in an organisation, and the suites that may be installed."""

    own: tuple[App, ...]
    installed: tuple[tuple[Installation, App], ...]
    suites: tuple[tuple[App, int], ...]  # with their suite ids


class AppView(msgspec.Struct, frozen=True):
    """One app in an organisation."""

    app: App
    suite: bool
    installed: tuple[Installation, ...]  # here
    callback: Callback | None
    may_call_back: bool
    tokens: int
    pinned: int


def _overview_txn(tx: Tx, corp: CorpNo) -> Overview:
    apps = list_apps_txn(tx, corp)
    by_no = {app.no: app for app in apps}
    installed = tuple((one, by_no[one.app]) for one in installations_txn(tx, corp) if one.app in by_no)
    return Overview(tuple(app for app in apps if app.corp == corp), installed, tuple(list_suites_txn(tx)))


def find_app_txn(tx: Tx, corp: CorpNo, key: str, *, suites: bool) -> App | None:
    """An app of the organisation's own or installed in it; with `suites` also a suite that is not, which is the server's."""
    app = app_by_key_txn(tx, key)
    if app is None or app.corp == corp or any(one.app == app.no for one in installations_txn(tx, corp)):
        return app
    return app if suites and is_suite_txn(tx, app.no) else None


def _view_txn(tx: Tx, corp: CorpNo, key: str, suites: bool, now: EpochMs) -> AppView | None:
    app = find_app_txn(tx, corp, key, suites=suites)
    if app is None:
        return None
    suite = is_suite_txn(tx, app.no)
    place = callback_place_txn(tx, app, suite=suite)
    installed = tuple(one for one in installations_txn(tx, corp) if one.app == app.no)
    tokens, pinned = _tokens_txn(tx, app.no, now)
    return AppView(app, suite, installed, place.callback if place else None, place is not None, tokens, pinned)


def _tokens_txn(tx: Tx, app: AppNo, now: EpochMs) -> tuple[int, int]:
    """How many tokens are valid, and how many of them never end."""
    rows = tx.all("token.of_app", app=app, now=now, limit=TOKENS_COUNTED)
    return len(rows), sum(row[2] for row in rows)


async def list_apps(desk: Desk) -> Response:
    return await _list(desk)


async def _list(desk: Desk, problem: str = "", values: dict[str, str] | None = None) -> Response:
    overview = await desk.engine.store.read(_overview_txn, desk.corp.no)
    agents: dict[int, list[int]] = {}
    for one, app in overview.installed:
        agents.setdefault(app.no, []).append(one.agent_id)
    status, times = 400 if problem else 200, Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    shown = {"overview": overview, "agents": agents, "problem": problem, "values": values or {}, "times": times}
    return desk.page("desk/apps.html", status, x=app_texts(desk), scopes=ALL_SCOPES, base=SCOPE_BASE, **shown)


async def show_app(desk: Desk) -> Response:
    return await app_page(desk)


async def app_page(desk: Desk, *, status: int = 200, problem: str = "", secret: str = "", ticket: str = "") -> Response:
    """The page of the app that the address names; a secret on it is there for this one answer."""
    key, suites = desk.request.path_params["key"], desk.may(Role.ADMINISTRATOR)
    view = await desk.engine.store.read(_view_txn, desk.corp.no, key, suites, desk.engine.clock.now())
    if view is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    times = Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    shown = {"problem": problem, "done": done_text(desk), "secret": secret, "ticket": ticket, "times": times}
    return desk.page("desk/app.html", status, x=app_texts(desk), view=view, scopes=ALL_SCOPES, **shown)


def done_text(desk: Desk) -> str:
    """What to say after a change that led back to this page."""
    x = app_texts(desk)
    return {"saved": x.saved, "revoked": x.revoked}.get(desk.request.query_params.get("done", ""), "")


# --- new ones


def _asked_app(form: dict[str, str], prefix: str) -> tuple[NewApp, int | None, str | None]:
    """The app that a form asks for, the number beside it, and the first reason why it cannot be."""
    name, key = form.get("name", "").strip(), form.get("key", "").strip() or prefix + secrets.token_hex(8)
    scopes = tuple(scope for scope in ALL_SCOPES if f"scope:{scope}" in form)
    number = number_in(form["number"]) if form.get("number", "").strip() else None
    problem = text_problem("AppKey", key, APP_KEY_MAX, required=True) or app_problem(name, scopes, UNSET)
    if form.get("number", "").strip():
        problem = problem or id_problem("AgentId", number or 0)
    return NewApp(key, name, AppKind.INTERNAL, scopes), number, problem or ("AppKey contains a slash" if "/" in key else None)


async def add_app(desk: Desk) -> Response:
    form = await desk.form()
    new, agent_id, problem = _asked_app(form, "ding")
    if problem:
        return await _list(desk, say_problem(desk, problem), form)
    deed = desk.deed("app.create", new.app_key, name=new.name, scopes=" ".join(new.scopes), **({"agent_id": agent_id} if agent_id else {}))
    made = await desk.engine.store.write(_create_txn, desk.corp.no, new, agent_id, deed)
    desk.engine.access.forget()
    return await _made(desk, new.app_key, made, form)


def _create_txn(tx: Tx, corp: CorpNo, new: NewApp, agent_id: int | None, deed: Deed, now: EpochMs) -> str | Conflict:
    secret = create_installed_app_txn(tx, corp, new, agent_id, now)
    if isinstance(secret, str):
        record_deed_txn(tx, deed, now)
    return secret


async def add_suite(desk: Desk) -> Response:
    form = await desk.form()
    asked, suite_id, problem = _asked_app(form, "suite")
    if problem:
        return await _list(desk, say_problem(desk, problem), form)
    new = NewSuite(asked.app_key, asked.name, asked.scopes, suite_id=suite_id or 0)
    deed = desk.deed("suite.create", new.suite_key, name=new.name, scopes=" ".join(new.scopes))
    made = await desk.engine.store.write(_create_suite_txn, Seal(desk.engine.key), new, deed)
    return await _made(desk, new.suite_key, made if isinstance(made, Conflict) else made.secret, form)


def _create_suite_txn(tx: Tx, seal: Seal, new: NewSuite, deed: Deed, now: EpochMs) -> Suite | Conflict:
    suite = create_suite_txn(tx, seal, new, now)
    if isinstance(suite, Suite):
        record_deed_txn(tx, deed, now)
    return suite


async def _made(desk: Desk, key: str, made: str | Conflict, form: dict[str, str]) -> Response:
    """The new app's page with its secret. No redirect: the secret must not stand in an address, and is kept nowhere."""
    if isinstance(made, Conflict):
        return await _list(desk, say_problem(desk, made.reason), form)
    desk.request.path_params["key"] = key
    return await app_page(desk, secret=made)


_APPS = OF_CORP + "/apps"
PAGES = (
    Page(_APPS, "apps", list_apps),
    Page(_APPS, "apps", add_app, Role.ADMINISTRATOR, "POST"),
    Page(_APPS + "/suites", "apps", add_suite, Role.ADMINISTRATOR, "POST"),
    Page(_APPS + "/app/{key}", "apps", show_app),
)
