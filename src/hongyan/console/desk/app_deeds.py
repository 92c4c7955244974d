"""Changes of an app: what it may, where from, its secret, its tokens, its tickets, whether it lives."""

from urllib.parse import quote

import msgspec
from starlette.responses import Response

from hongyan.access.app_checks import app_problem
from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.edit import new_secret_txn, revoke_tokens_txn, save_app_txn
from hongyan.access.operators import Role
from hongyan.access.records import ALL_SCOPES, App
from hongyan.access.sealing import Seal
from hongyan.access.suites import is_suite_txn, issue_ticket_txn, renew_suite_secret_txn
from hongyan.console.desk.apps import app_page, find_app_txn
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import ids_in
from hongyan.console.desk.problem_words import say_problem
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx


def _asked(desk: Desk) -> tuple[CorpNo, str]:
    return desk.corp.no, desk.request.path_params["key"]


def _mine_txn(tx: Tx, corp: CorpNo, key: str) -> App | None:
    # Every change is an administrator's, whose business the server's suites are too.
    return find_app_txn(tx, corp, key, suites=True)


def _back(desk: Desk, done: str) -> Response:
    return desk.to(f"apps/app/{quote(desk.request.path_params['key'], safe='')}?done={done}")


async def save_settings(desk: Desk) -> Response:
    """The name, the permissions that have a box or stand in the field of others, the addresses."""
    form = await desk.form()
    scopes = tuple(scope for scope in ALL_SCOPES if f"scope:{scope}" in form) + ids_in(form.get("more_scopes", ""))
    name, allow_ips = form.get("name", "").strip(), ids_in(form.get("allow_ips", ""))
    problem = app_problem(name, scopes, allow_ips)
    if problem:
        return await app_page(desk, status=400, problem=say_problem(desk, problem))
    detail = {"name": name, "scopes": " ".join(scopes), "allow_ips": " ".join(allow_ips)}
    deed = desk.deed("app.change", desk.request.path_params["key"], **detail)
    await desk.engine.store.write(_save_txn, *_asked(desk), name, frozenset(scopes), allow_ips, deed)
    desk.engine.access.forget()
    return _back(desk, "saved")


def _save_txn(tx: Tx, corp: CorpNo, key: str, name: str, scopes: frozenset[str], allow_ips: tuple[str, ...], deed: Deed, now: EpochMs) -> None:
    app = _mine_txn(tx, corp, key)
    if app is not None:
        save_app_txn(tx, msgspec.structs.replace(app, name=name, scopes=scopes, allow_ips=allow_ips), now)
        record_deed_txn(tx, deed, now)


async def switch(desk: Desk) -> Response:
    """Disable the app, or enable it again: `to` says which."""
    live = (await desk.form()).get("to") == "live"
    deed = desk.deed("app.enable" if live else "app.disable", desk.request.path_params["key"])
    await desk.engine.store.write(_switch_txn, *_asked(desk), live, deed)
    desk.engine.access.forget()
    desk.engine.dispatcher.wake()
    return _back(desk, "saved")


def _switch_txn(tx: Tx, corp: CorpNo, key: str, live: bool, deed: Deed, now: EpochMs) -> None:
    app = _mine_txn(tx, corp, key)
    if app is not None and (app.disabled_at is None) != live:
        save_app_txn(tx, msgspec.structs.replace(app, disabled_at=None if live else now), now)
        record_deed_txn(tx, deed, now)


async def renew(desk: Desk) -> Response:
    deed = desk.deed("app.secret", desk.request.path_params["key"])
    secret = await desk.engine.store.write(_renew_txn, Seal(desk.engine.key), *_asked(desk), deed)
    desk.engine.access.forget()
    return await app_page(desk, secret=secret)


def _renew_txn(tx: Tx, seal: Seal, corp: CorpNo, key: str, deed: Deed, now: EpochMs) -> str:
    app = _mine_txn(tx, corp, key)
    if app is None:
        return ""
    record_deed_txn(tx, deed, now)
    if is_suite_txn(tx, app.no):
        return renew_suite_secret_txn(tx, seal, app, now)
    secret = new_secret_txn(tx, key, now)
    assert isinstance(secret, str)
    return secret


async def revoke(desk: Desk) -> Response:
    deed = desk.deed("app.revoke_tokens", desk.request.path_params["key"])
    await desk.engine.store.write(_revoke_txn, *_asked(desk), deed)
    desk.engine.access.forget()
    return _back(desk, "revoked")


def _revoke_txn(tx: Tx, corp: CorpNo, key: str, deed: Deed, now: EpochMs) -> None:
    app = _mine_txn(tx, corp, key)
    if app is not None:
        revoke_tokens_txn(tx, app, now)
        record_deed_txn(tx, deed, now)


async def issue_ticket(desk: Desk) -> Response:
    deed = desk.deed("suite.ticket", desk.request.path_params["key"])
    ticket = await desk.engine.store.write(_ticket_txn, *_asked(desk), deed)
    desk.engine.dispatcher.wake()
    return await app_page(desk, ticket=ticket)


def _ticket_txn(tx: Tx, corp: CorpNo, key: str, deed: Deed, now: EpochMs) -> str:
    app = _mine_txn(tx, corp, key)
    if app is None or not is_suite_txn(tx, app.no):
        return ""
    record_deed_txn(tx, deed, now)
    return issue_ticket_txn(tx, app.no, now).ticket


_APP = OF_CORP + "/apps/app/{key}"
PAGES = (
    Page(_APP, "apps", save_settings, Role.ADMINISTRATOR, "POST"),
    Page(_APP + "/switch", "apps", switch, Role.ADMINISTRATOR, "POST"),
    Page(_APP + "/secret", "apps", renew, Role.ADMINISTRATOR, "POST"),
    Page(_APP + "/revoke", "apps", revoke, Role.ADMINISTRATOR, "POST"),
    Page(_APP + "/ticket", "apps", issue_ticket, Role.ADMINISTRATOR, "POST"),
)
