"""Service accounts of an organisation: who they are, whom they reach, and their end."""

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from hongyan.access.account_checks import LISTS, account_problem
from hongyan.access.accounts import edit_account_txn, make_account_txn
from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.edit import MAX_LIVE_ACCOUNTS, Conflict, NewAccount
from hongyan.access.operators import Role
from hongyan.access.records import Account, account_by_unionid_txn, account_of
from hongyan.console.desk.account_texts import account_texts
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import ids_in, numbers_in
from hongyan.console.desk.problem_words import say_problem
from hongyan.console.times import Times
from hongyan.directory.records import Corp
from hongyan.messages.library import Media, load_media_txn
from hongyan.messages.menus import Menu, load_menu_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

LISTED = 500
_TEXTS = ("name", "brief", "descr", "avatar_media_id", "preview_media_id")


class AccountView(msgspec.Struct, frozen=True):
    """An account with its menu and its picture."""

    account: Account
    menu: Menu
    avatar: Media | None


def _all_txn(tx: Tx, corp: CorpNo) -> list[tuple[Account, Menu]]:
    accounts = [account_of(row) for row in tx.all("account.every", corp=corp, limit=LISTED)]
    return [(account, load_menu_txn(tx, corp, account.sender)) for account in accounts]


def _view_txn(tx: Tx, corp: CorpNo, unionid: str) -> AccountView | None:
    account = account_by_unionid_txn(tx, corp, unionid)
    if account is None:
        return None
    avatar = load_media_txn(tx, corp, account.avatar_media_id) if account.avatar_media_id else None
    return AccountView(account, load_menu_txn(tx, corp, account.sender), avatar)


async def list_accounts(desk: Desk) -> Response:
    return await _list(desk)


async def _list(desk: Desk, problem: str = "", values: dict[str, str] | None = None) -> Response:
    found = await desk.engine.store.read(_all_txn, desk.corp.no)
    live, ended = [one for one in found if one[0].live], [one[0] for one in found if not one[0].live]
    times = Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    shown = {"live": live, "ended": ended, "problem": problem, "values": values or {}, "most": MAX_LIVE_ACCOUNTS, "times": times}
    return desk.page("desk/accounts.html", 400 if problem else 200, x=account_texts(desk), **shown)


async def show_account(desk: Desk) -> Response:
    return await _page(desk)


async def _page(desk: Desk, *, status: int = 200, problem: str = "", values: dict[str, str] | None = None) -> Response:
    view = await desk.engine.store.read(_view_txn, desk.corp.no, desk.request.path_params["unionid"])
    if view is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    x, times = account_texts(desk), Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    done = x.saved if desk.request.query_params.get("done") == "saved" else ""
    shown = {"view": view, "problem": problem, "done": done, "times": times, "values": values or _values(view.account)}
    return desk.page("desk/account.html", status, x=x, **shown)


def _values(account: Account) -> dict[str, str]:
    values = {name: getattr(account, name) for name in _TEXTS} | {"allow_all": "1" if account.allow_all else ""}
    values |= {name: ", ".join(getattr(account, name)) for name in ("operators", "blocked", "allow_userids")}
    return values | {"allow_depts": ", ".join(str(dept) for dept in account.allow_depts)}


def _given(form: dict[str, str]) -> dict[str, Any] | None:
    """What the form asks for; None when the departments are no numbers."""
    depts = numbers_in(form.get("allow_depts", ""))
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    people = {name: ids_in(form.get(name, "")) for name in ("operators", "blocked", "allow_userids")}
    return None if depts is None else {**texts, **people, "allow_all": "allow_all" in form, "allow_depts": depts}


async def _problem(desk: Desk, given: dict[str, Any] | None) -> str:
    """Why no account can be so; empty when one can."""
    x = account_texts(desk)
    problem = account_problem(given) if given is not None else None
    if given is None or problem:
        return say_problem(desk, problem) if problem else x.depts_wrong
    for media_id in (given["avatar_media_id"], given["preview_media_id"]):
        media = await desk.engine.store.read(load_media_txn, desk.corp.no, media_id) if media_id else None
        if media_id and (media is None or media.kind != "image"):
            return x.no_picture.format(media=media_id)
    return ""


async def add_account(desk: Desk) -> Response:
    form = await desk.form()
    given, unionid = _given(form | {"allow_all": "1"}), form.get("unionid", "").strip()
    problem = await _problem(desk, given and given | {"unionid": unionid})
    if problem or given is None:
        return await _list(desk, problem, form)
    new = NewAccount(given["name"], unionid, given["brief"], given["descr"], given["avatar_media_id"], given["preview_media_id"])
    made = await desk.engine.store.write(_create_txn, desk.corp, new, desk.deed("account.create", unionid, name=new.name))
    if isinstance(made, Conflict):
        return await _list(desk, say_problem(desk, made.reason), form)
    desk.engine.access.forget()
    return desk.to(f"accounts/{quote(made.unionid, safe='')}")


def _create_txn(tx: Tx, corp: Corp, new: NewAccount, deed: Deed, now: EpochMs) -> Account | Conflict:
    made = make_account_txn(tx, corp.no, corp.corp_id, new, {}, now)
    if isinstance(made, Account):
        record_deed_txn(tx, msgspec.structs.replace(deed, subject=made.unionid), now)
    return made


async def save_account(desk: Desk) -> Response:
    form, unionid = await desk.form(), desk.request.path_params["unionid"]
    given = _given(form)
    problem = await _problem(desk, given)
    if problem or given is None:
        return await _page(desk, status=400, problem=problem, values=form)
    sizes = {name: len(given[name]) for name in LISTS if isinstance(given[name], tuple)}
    deed = desk.deed("account.change", unionid, name=given["name"], allow_all=given["allow_all"], **sizes)
    return await _changed(desk, given, deed, form)


async def _changed(desk: Desk, given: dict[str, Any], deed: Deed, form: dict[str, str]) -> Response:
    unionid = desk.request.path_params["unionid"]
    conflict = await desk.engine.store.write(_change_txn, desk.corp.no, unionid, given, deed)
    if conflict:
        reason = say_problem(desk, conflict.reason) if conflict.reason else account_texts(desk).final
        return await _page(desk, status=409, problem=reason, values=form if "name" in form else None)
    desk.engine.access.forget()
    return desk.to(f"accounts/{quote(unionid, safe='')}?done=saved")


def _change_txn(tx: Tx, corp: CorpNo, unionid: str, given: dict[str, Any], deed: Deed, now: EpochMs) -> Conflict | None:
    """The reason is blank for an account that ended, or is none of this organisation's."""
    account = account_by_unionid_txn(tx, corp, unionid)
    if account is None or not account.live:
        return Conflict("")
    changed = edit_account_txn(tx, account, given | ({"disabled_at": now} if "disabled_at" in given else {}), now)
    if isinstance(changed, Conflict):
        return changed
    record_deed_txn(tx, deed, now)
    return None


async def end_account(desk: Desk) -> Response:
    """For good; the name must be typed to show that this one is meant."""
    form, unionid = await desk.form(), desk.request.path_params["unionid"]
    view = await desk.engine.store.read(_view_txn, desk.corp.no, unionid)
    if view is None or form.get("typed", "").strip() != view.account.name:
        return await _page(desk, status=400, problem=account_texts(desk).end_wrong)
    return await _changed(desk, {"disabled_at": None}, desk.deed("account.end", unionid, name=view.account.name), {})


_ACCOUNTS = OF_CORP + "/accounts"
PAGES = (
    Page(_ACCOUNTS, "accounts", list_accounts),
    Page(_ACCOUNTS, "accounts", add_account, Role.ADMINISTRATOR, "POST"),
    Page(_ACCOUNTS + "/{unionid}", "accounts", show_account),
    Page(_ACCOUNTS + "/{unionid}", "accounts", save_account, Role.ADMINISTRATOR, "POST"),
    Page(_ACCOUNTS + "/{unionid}/end", "accounts", end_account, Role.ADMINISTRATOR, "POST"),
)
