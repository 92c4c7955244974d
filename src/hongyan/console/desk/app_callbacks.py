"""Where an app hears of events: the address, what was pushed there, and how it went."""

import secrets
import string
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.callbacks import NewCallback, delete_callback_txn
from hongyan.access.operators import Role
from hongyan.access.outbox import Attempt, Event, attempts_txn, find_event_txn, log_txn, send_again_txn
from hongyan.access.sealing import Seal
from hongyan.access.suites import is_suite_txn
from hongyan.console.desk.app_texts import app_texts
from hongyan.console.desk.apps import done_text, find_app_txn
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import kept
from hongyan.console.desk.problem_words import say_problem
from hongyan.console.times import Times
from hongyan.delivery.callback_forms import event_text
from hongyan.delivery.callback_push import OK
from hongyan.delivery.callback_setup import Asked, CallbackPlace, ask_address, callback_place_txn, decide_callback, save_asked_txn
from hongyan.directory.records import load_corp_by_no_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

PAGE = 50
TRIES_SHOWN = 50
STATES = ("waiting", "delivered", "failed", "fetched", "replaced")
_LETTERS = string.ascii_letters + string.digits


class Log(msgspec.Struct, frozen=True):
    """A page of events, newest first; `older` is the position of the next page."""

    events: tuple[tuple[Event, Attempt | None], ...]
    waiting: int
    older: int | None


class Told(msgspec.Struct, frozen=True):
    """One event with its tries and its text."""

    event: Event
    attempts: tuple[Attempt, ...]
    text: str


def _place_txn(tx: Tx, corp: CorpNo, key: str, suites: bool) -> CallbackPlace | None:
    app = find_app_txn(tx, corp, key, suites=suites)
    return callback_place_txn(tx, app, suite=is_suite_txn(tx, app.no)) if app else None


async def _place(desk: Desk) -> CallbackPlace | None:
    # A suite's callback hears of every organisation, so it is the administrators' alone.
    place = await desk.engine.store.read(_place_txn, desk.corp.no, desk.request.path_params["key"], desk.may(Role.ADMINISTRATOR))
    return place if place and (place.corp_no == desk.corp.no or desk.may(Role.ADMINISTRATOR)) else None


def _log_txn(tx: Tx, callback: int, before: int, state: str) -> Log:
    events = log_txn(tx, callback, before, PAGE + 1, state=state)
    last = [(event, next(iter(attempts_txn(tx, event.n, 1)), None)) for event in events[:PAGE]]
    waiting = tx.one("outbox.waiting", callback=callback)
    assert waiting is not None
    return Log(tuple(last), waiting[0], events[PAGE - 1].n if len(events) > PAGE else None)


async def show_callback(desk: Desk) -> Response:
    return await _page(desk)


async def _page(desk: Desk, *, status: int = 200, problem: str = "", values: dict[str, str] | None = None) -> Response:
    place = await _place(desk)
    if place is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    query = desk.request.query_params
    state = query.get("state", "") if query.get("state") in STATES else ""
    before = int(query["before"]) if query.get("before", "").isdecimal() and len(query["before"]) < 17 else 1 << 53
    log = await desk.engine.store.read(_log_txn, place.callback.no, before, state) if place.callback else None
    times = Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    shown = {"place": place, "log": log, "times": times, "problem": problem, "done": done_text(desk), "state": state, "states": STATES}
    return desk.page("desk/app_callback.html", status, x=app_texts(desk), values=values or _values(place), **shown)


def _values(place: CallbackPlace) -> dict[str, str]:
    """What stands in the form: for a first callback a token and a key to copy."""
    if place.callback:
        return {"url": place.callback.url, "token": "", "aes_key": ""} | {f"kind:{kind}": "1" for kind in place.callback.kinds}
    return {"url": "", "token": secrets.token_hex(16), "aes_key": "".join(secrets.choice(_LETTERS) for _ in range(43))}


def _back(desk: Desk, query: str = "") -> Response:
    return desk.to(f"apps/app/{quote(desk.request.path_params['key'], safe='')}/callback{query}")


async def save_callback(desk: Desk) -> Response:
    """Ask the address, then save it."""
    form, place, engine = await desk.form(), await _place(desk), desk.engine
    if place is None:
        return await _page(desk)
    kinds = tuple(kind for kind in place.kinds if f"kind:{kind}" in form)
    asked = Asked(form.get("url", "").strip(), form.get("token", "").strip(), form.get("aes_key", "").strip(), kinds)
    new = decide_callback(Seal(engine.key), place, asked)
    if isinstance(new, str):
        return await _page(desk, status=400, problem=say_problem(desk, new), values=form)
    first = place.callback is None
    _check, pushed = await ask_address(engine.dispatcher.client, new, place.corp, first=first, now=engine.clock.now())
    if pushed.outcome != OK:
        return await _page(desk, status=409, problem=app_texts(desk).check_failed.format(answer=pushed.answer), values=form)
    deed = desk.deed("callback.save", place.app.app_key, url=new.url, kinds=" ".join(kinds))
    await engine.store.write(_save_txn, Seal(engine.key), new, first, deed)
    engine.dispatcher.wake()
    return _back(desk, "?done=saved")


def _save_txn(tx: Tx, seal: Seal, new: NewCallback, first: bool, deed: Deed, now: EpochMs) -> None:
    save_asked_txn(tx, seal, new, first, now)
    record_deed_txn(tx, deed, now)


async def delete_callback(desk: Desk) -> Response:
    place = await _place(desk)
    if place and place.callback:
        deed = desk.deed("callback.delete", place.app.app_key, url=place.callback.url)
        await desk.engine.store.write(_delete_txn, desk.corp.no, place.app.app_key, deed)
    return _back(desk)


def _delete_txn(tx: Tx, corp: CorpNo, key: str, deed: Deed, now: EpochMs) -> None:
    place = _place_txn(tx, corp, key, True)
    if place and place.callback:
        delete_callback_txn(tx, place.callback, now)
        record_deed_txn(tx, deed, now)


def _told_txn(tx: Tx, place: CallbackPlace, n: int) -> Told | None:
    event = find_event_txn(tx, place.callback.no, kept(n)) if place.callback else None
    if event is None or place.callback is None:
        return None
    corp = load_corp_by_no_txn(tx, event.corp)
    return Told(event, tuple(attempts_txn(tx, event.n, TRIES_SHOWN)), event_text(place.callback, event, corp.corp_id if corp else None))


async def show_event(desk: Desk) -> Response:
    place = await _place(desk)
    told = await desk.engine.store.read(_told_txn, place, desk.request.path_params["n"]) if place else None
    if told is None or place is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    times = Times(desk.t, desk.corp.zone, desk.engine.clock.now())
    return desk.page("desk/app_event.html", x=app_texts(desk), place=place, told=told, times=times)


async def send_again(desk: Desk) -> Response:
    place, n = await _place(desk), desk.request.path_params["n"]
    if place and place.callback:
        deed = desk.deed("callback.send_again", place.app.app_key, event=n)
        await desk.engine.store.write(_again_txn, place.callback.no, n, deed)
        desk.engine.dispatcher.wake()
    return _back(desk)


def _again_txn(tx: Tx, callback: int, n: int, deed: Deed, now: EpochMs) -> None:
    event = find_event_txn(tx, callback, kept(n))
    if event is not None:
        send_again_txn(tx, event, now)
        record_deed_txn(tx, deed, now)


_CALLBACK = OF_CORP + "/apps/app/{key}/callback"
PAGES = (
    Page(_CALLBACK, "apps", show_callback),
    Page(_CALLBACK, "apps", save_callback, Role.ADMINISTRATOR, "POST"),
    Page(_CALLBACK + "/delete", "apps", delete_callback, Role.ADMINISTRATOR, "POST"),
    Page(_CALLBACK + "/{n:int}", "apps", show_event),
    Page(_CALLBACK + "/{n:int}/again", "apps", send_again, Role.ADMINISTRATOR, "POST"),
)
