"""Where applications hear of events: addresses, what is on its way, and how it went."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from hongyan.access.callbacks import Callback, NewCallback, Style, delete_callback_txn
from hongyan.access.outbox import Attempt, Event, attempts_txn, find_event_txn, log_txn, send_again_txn
from hongyan.access.sealing import Seal
from hongyan.access.suites import is_suite_txn
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import INTEGER_MAX, Done, find_app_txn
from hongyan.control.problems import conflict, invalid, unknown
from hongyan.delivery.callback_forms import event_text
from hongyan.delivery.callback_push import OK
from hongyan.delivery.callback_setup import Asked, CallbackPlace, ask_address, callback_place_txn, decide_callback, save_asked_txn
from hongyan.directory.records import load_corp_by_no_txn
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

TRIES_SHOWN = 5
TRIES_MAX = 100


class CallbackAnswer(msgspec.Struct, frozen=True):
    """A callback without its token and key. `owner` is the key that ends each plaintext; no `kinds` means all; `waiting` counts events."""

    url: str
    style: Style
    owner: str
    kinds: list[str]
    waiting: int
    created_at: EpochMs
    updated_at: EpochMs


class CallbackBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where events go. `token` and `aes_key` (43 letters and digits) may be left out when the callback has them already."""

    url: str
    token: str = ""
    aes_key: str = ""
    kinds: tuple[str, ...] = ()


class TryAnswer(msgspec.Struct, frozen=True):
    """One try: `status` is HTTP's (0: no answer), `answer` what came back or what went wrong."""

    attempt: int
    at: EpochMs
    status: int
    ms: int
    outcome: str
    answer: str


class EventAnswer(msgspec.Struct, frozen=True):
    """An event; `state` is waiting, delivered, failed (given up), fetched (given up, then asked for) or replaced (by a newer ticket)."""

    n: int
    kind: str
    event_id: str
    state: str
    attempts: int
    created_at: EpochMs
    due_at: EpochMs
    ended_at: EpochMs | None
    tries: list[TryAnswer]


class EventDetail(EventAnswer, frozen=True):
    """With what the application reads when it decrypts it."""

    text: str


class EventLog(msgspec.Struct, frozen=True):
    """Newest first; `next` is the `before` of the next page."""

    events: list[EventAnswer]
    next: int | None


class LogQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: str = ""
    before: Annotated[int, msgspec.Meta(ge=1, le=INTEGER_MAX)] = INTEGER_MAX
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


def _place_txn(tx: Tx, key: str, suite: bool) -> CallbackPlace:
    app = find_app_txn(tx, key)
    if suite is not is_suite_txn(tx, app.no):
        raise unknown("suite", key) if suite else conflict("app_is_suite", f"{key} is a suite: its callback is /suites/{key}/callback.")
    place = callback_place_txn(tx, app, suite=suite)
    if place is None:
        raise conflict("no_callback", f"{key} is no app of an organisation's own and no suite, so it has no callback.")
    return place


def _having_txn(tx: Tx, key: str, suite: bool) -> Callback:
    callback = _place_txn(tx, key, suite).callback
    if callback is None:
        raise unknown("callback", f"of {key}")
    return callback


def _answer_txn(tx: Tx, callback: Callback) -> CallbackAnswer:
    waiting = tx.one("outbox.waiting", callback=callback.no)
    assert waiting is not None
    times = (callback.created_at, callback.updated_at)
    return CallbackAnswer(callback.url, callback.style, callback.owner, sorted(callback.kinds), waiting[0], *times)


def _read_txn(tx: Tx, key: str, suite: bool) -> CallbackAnswer:
    return _answer_txn(tx, _having_txn(tx, key, suite))


def _save_txn(tx: Tx, seal: Seal, new: NewCallback, first: bool, now: EpochMs) -> CallbackAnswer:
    return _answer_txn(tx, save_asked_txn(tx, seal, new, first, now))


async def put_callback(call: Call[None, CallbackBody], key: str, *, suite: bool) -> CallbackAnswer:
    """Ask the address, then save it; one that does not answer as it must is not saved."""
    engine = call.engine
    place = await engine.store.read(_place_txn, key, suite)
    new = decide_callback(Seal(engine.key), place, Asked(**msgspec.structs.asdict(call.body)))
    if isinstance(new, str):
        raise invalid(f"Correct the callback: {new}.")
    first = place.callback is None
    check, pushed = await ask_address(engine.dispatcher.client, new, place.corp, first=first, now=engine.clock.now())
    if pushed.outcome != OK:
        found = {"outcome": pushed.outcome, "status": pushed.status, "ms": pushed.ms, "sent": msgspec.Raw(check.text.encode())}
        raise invalid(f"Nothing was saved: {new.url} did not pass the check: {pushed.answer}.", found, code="callback_check_failed")
    answer = await engine.store.write(_save_txn, Seal(engine.key), new, first)
    engine.dispatcher.wake()
    return answer


async def get_callback(call: Call[None, None], key: str, *, suite: bool) -> CallbackAnswer:
    return await call.engine.store.read(_read_txn, key, suite)


def _delete_txn(tx: Tx, key: str, suite: bool, now: EpochMs) -> None:
    delete_callback_txn(tx, _having_txn(tx, key, suite), now)


async def delete_callback(call: Call[None, None], key: str, *, suite: bool) -> Done:
    await call.engine.store.write(_delete_txn, key, suite)
    return Done()


# --- the log


def _tries(attempts: list[Attempt]) -> list[TryAnswer]:
    return [TryAnswer(one.attempt, one.at, one.status, one.ms, one.outcome, one.answer) for one in attempts]


def _event_txn(tx: Tx, event: Event, shown: int) -> dict[str, Any]:
    own = ("n", "kind", "event_id", "state", "attempts", "created_at", "due_at", "ended_at")
    return {name: getattr(event, name) for name in own} | {"tries": _tries(attempts_txn(tx, event.n, shown))}


def _log_txn(tx: Tx, key: str, suite: bool, query: LogQuery) -> EventLog:
    callback = _having_txn(tx, key, suite)
    events = log_txn(tx, callback.no, query.before, query.limit, state=query.state)
    answers = [EventAnswer(**_event_txn(tx, event, TRIES_SHOWN)) for event in events]
    return EventLog(answers, events[-1].n if len(events) == query.limit else None)


async def get_log(call: Call[LogQuery, None], key: str, *, suite: bool) -> EventLog:
    return await call.engine.store.read(_log_txn, key, suite, call.query)


def _find_txn(tx: Tx, callback: Callback, n: str) -> Event:
    event = find_event_txn(tx, callback.no, int(n)) if n.isdecimal() and n.isascii() and len(n) <= len(str(INTEGER_MAX)) else None
    if event is None:
        raise unknown("event", n)
    return event


def _detail_txn(tx: Tx, key: str, suite: bool, n: str) -> EventDetail:
    callback = _having_txn(tx, key, suite)
    event = _find_txn(tx, callback, n)
    corp = load_corp_by_no_txn(tx, event.corp)
    return EventDetail(**_event_txn(tx, event, TRIES_MAX), text=event_text(callback, event, corp.corp_id if corp else None))


async def get_event(call: Call[None, None], key: str, *, suite: bool) -> EventDetail:
    return await call.engine.store.read(_detail_txn, key, suite, call.path["n"])


def _again_txn(tx: Tx, key: str, suite: bool, n: str, now: EpochMs) -> None:
    send_again_txn(tx, _find_txn(tx, _having_txn(tx, key, suite), n), now)


async def send_again(call: Call[None, None], key: str, *, suite: bool) -> Done:
    await call.engine.store.write(_again_txn, key, suite, call.path["n"])
    call.engine.dispatcher.wake()
    return Done()


def _of(handler: Callable[..., Awaitable[object]], *, suite: bool) -> Callable[[Call[Any, Any]], Awaitable[object]]:
    """The handler for apps, or the same for suites."""
    name = "suite_key" if suite else "app_key"

    async def handle(call: Call[Any, Any]) -> object:
        return await handler(call, call.path[name], suite=suite)

    return handle


def _endpoints(root: str, *, suite: bool) -> tuple[Endpoint, ...]:
    path = f"{root}/callback"
    whose = "a suite's" if suite else "an app's"
    return (
        Endpoint("GET", path, f"Where {whose} events go", _of(get_callback, suite=suite), CallbackAnswer),
        Endpoint(
            "PUT", path, f"Set where {whose} events go; the address is asked first", _of(put_callback, suite=suite), CallbackAnswer, CallbackBody
        ),
        Endpoint("DELETE", path, f"Stop {whose} events; the log goes with it", _of(delete_callback, suite=suite), Done),
        Endpoint("GET", f"{path}/events", f"List {whose} events and their tries", _of(get_log, suite=suite), EventLog, query=LogQuery),
        Endpoint("GET", f"{path}/events/{{n}}", f"One of {whose} events, as it is read", _of(get_event, suite=suite), EventDetail),
        Endpoint("POST", f"{path}/events/{{n}}/again", f"Send one of {whose} events again", _of(send_again, suite=suite), Done),
    )


ENDPOINTS = (*_endpoints("/apps/{app_key}", suite=False), *_endpoints("/suites/{suite_key}", suite=True))
