"""Registering for events over the older interface, and answering a reader through the address that an event carries.

Pages: registers-event-callback-interfaces and its neighbours, list-of-events-where-historical-push-notifications-failed,
service-number-receiving-single-chat-message (sessionWebhook).
"""

import secrets
from typing import Any

import msgspec

from hongyan.access.callback_crypto import is_aes_key
from hongyan.access.callbacks import (
    ACCOUNT_EVENT,
    ACCOUNT_MESSAGE,
    APP_KINDS,
    Callback,
    NewCallback,
    Style,
    delete_callback_txn,
    load_callback_txn,
    open_aes_key,
    open_token,
)
from hongyan.access.outbox import Event, take_failed_txn
from hongyan.access.records import SCOPE_BASE, Account, App, AppKind, account_by_sender_txn, app_by_no_txn
from hongyan.access.sealing import Seal
from hongyan.access.sessions import SESSION_PATH, Session, open_session
from hongyan.access.suites import is_suite_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.delivery.callback_client import URL_MAX, url_problem
from hongyan.delivery.callback_push import OK
from hongyan.delivery.callback_setup import ask_address, save_asked_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.records import Corp, Person, load_corp_by_no_txn, load_person_by_ord_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.store.interface import Tx
from hongyan.wire import lax
from hongyan.wire.endpoint import Call, Endpoint, OpenCall, OpenEndpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.forms import BadBody, parse_body
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.replies import Reply, ok_plain, refuse, refuse_classic
from hongyan.wire.work_bodies import decode_msg

TOKEN_MAX = 64
FAILED_MAX = 200  # events answered at once
# Events that may be asked for, though nothing here makes them.
_SILENT = (
    *("org_admin_add", "org_admin_remove", "org_change", "org_remove", "check_in", "bpms_task_change", "bpms_instance_change"),
    *("chat_add_member", "chat_remove_member", "chat_quit", "chat_update_owner", "chat_update_title", "chat_disband", "chat_disband_microapp"),
)
TAGS = frozenset((*APP_KINDS, *_SILENT))
# What readers write to an organisation's accounts is for its own apps only.
_FOREIGN_TAGS = TAGS - {ACCOUNT_EVENT, ACCOUNT_MESSAGE}
_DONE = {"errcode": 0, "errmsg": "ok"}


class _Asked(msgspec.Struct, frozen=True):
    """What a call names; what it leaves out is empty."""

    tags: tuple[str, ...]
    token: str
    aes_key: str
    url: str


def _read(params: Params) -> _Asked | Refusal:
    try:
        return _Asked(params.ids("call_back_tag"), params.text("token"), params.text("aes_key"), params.text("url").strip())
    except BadArgument:
        return Refusal(errors.CALLBACK_PARAMETERS)


def _check(asked: _Asked, app: App) -> Refusal | None:
    if not asked.tags or not 0 < len(asked.token) <= TOKEN_MAX or not is_aes_key(asked.aes_key) or not asked.url or "\0" in asked.token:
        return Refusal(errors.CALLBACK_PARAMETERS)
    if not (TAGS if app.kind is AppKind.INTERNAL else _FOREIGN_TAGS).issuperset(asked.tags):
        return Refusal(errors.BAD_CALLBACK_TAG)
    return Refusal(errors.BAD_CALLBACK_URL) if url_problem(asked.url) else None


def _present_txn(tx: Tx, app: AppNo, corp: CorpNo) -> tuple[Callback | None, bool]:
    return load_callback_txn(tx, app, corp), is_suite_txn(tx, app)


async def register(call: Call) -> Reply:
    """Take an address for the organisation's events. An app has one; it is asked before it is taken."""
    asked = _read(call.params)
    refusal = asked if isinstance(asked, Refusal) else _check(asked, call.grant.app)
    if refusal or isinstance(asked, Refusal):
        return refuse(refusal or Refusal(errors.CALLBACK_PARAMETERS))
    corp, app = call.grant.corp, call.grant.app
    present, is_suite = await call.engine.store.read(_present_txn, app.no, corp.no)
    if present is not None:
        return refuse(Refusal(errors.CALLBACK_EXISTS))
    # An organisation's own app decrypts under its corp id, a suite under its key.
    owner = app.app_key if is_suite else corp.corp_id
    return await _save(call, NewCallback(app.no, corp.no, Style.CLASSIC, owner, asked.url, asked.token, asked.aes_key, asked.tags), first=True)


async def update(call: Call) -> Reply:
    """Change what is named; the rest stays."""
    asked = _read(call.params)
    if isinstance(asked, Refusal):
        return refuse(asked)
    present, _ = await call.engine.store.read(_present_txn, call.grant.app.no, call.grant.corp.no)
    if present is None:
        return refuse(Refusal(errors.NO_CALLBACK))
    seal = Seal(call.engine.key)
    whole = _Asked(
        asked.tags or tuple(sorted(present.kinds)) or APP_KINDS,
        asked.token or open_token(seal, present),
        asked.aes_key or open_aes_key(seal, present),
        asked.url or present.url,
    )
    refusal = _check(whole, call.grant.app)
    if refusal:
        return refuse(refusal)
    new = NewCallback(present.app, present.corp, present.style, present.owner, whole.url, whole.token, whole.aes_key, whole.tags)
    return await _save(call, new, first=False)


async def _save(call: Call, new: NewCallback, *, first: bool) -> Reply:
    engine = call.engine
    _, pushed = await ask_address(engine.dispatcher.client, new, call.grant.corp, first=first, now=engine.clock.now())
    if pushed.outcome == "forbidden_address":
        return refuse(Refusal(errors.CALLBACK_FORBIDDEN))
    if pushed.outcome in ("unreachable", "no_answer", "http_status"):
        # Not what the address said: whoever may register one may not read the answers of machines that only this server reaches.
        return refuse(Refusal(errors.CALLBACK_UNREACHABLE, {"reason": f"HTTP {pushed.status}" if pushed.status else pushed.answer}))
    if pushed.outcome != OK:
        return refuse(Refusal(errors.CALLBACK_NOT_SUCCESS))
    await engine.store.write(save_asked_txn, Seal(engine.key), new, first)
    engine.dispatcher.wake()
    return ok_plain(_DONE)


async def get(call: Call) -> Reply:
    """What is registered, with token and key, as the page has it."""
    present, _ = await call.engine.store.read(_present_txn, call.grant.app.no, call.grant.corp.no)
    if present is None:
        return refuse(Refusal(errors.NO_CALLBACK))
    seal = Seal(call.engine.key)
    own = {"call_back_tag": sorted(present.kinds), "token": open_token(seal, present), "aes_key": open_aes_key(seal, present), "url": present.url}
    return ok_plain(_DONE | own)


def _delete_txn(tx: Tx, app: AppNo, corp: CorpNo, now: EpochMs) -> bool:
    present = load_callback_txn(tx, app, corp)
    if present is not None:
        delete_callback_txn(tx, present, now)
    return present is not None


async def delete(call: Call) -> Reply:
    deleted = await call.engine.store.write(_delete_txn, call.grant.app.no, call.grant.corp.no)
    return ok_plain(_DONE) if deleted else refuse(Refusal(errors.NO_CALLBACK))


def _failed_txn(tx: Tx, app: AppNo, corp: CorpNo, now: EpochMs) -> tuple[list[Event], bool]:
    present = load_callback_txn(tx, app, corp)
    return take_failed_txn(tx, present.no, FAILED_MAX, now) if present else ([], False)


async def failed(call: Call) -> Reply:
    """Events that were given up. They are handed out once: what was answered is not answered again."""
    events, more = await call.engine.store.write(_failed_txn, call.grant.app.no, call.grant.corp.no)
    return ok_plain(_DONE | {"failed_list": [_failure(event, call.grant.corp) for event in events], "has_more": more})


def _failure(event: Event, corp: Corp) -> dict[str, Any]:
    """An event under its own name: its people as the sample has them, and all of it as the table has it."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    inner = "roleLabelChange" if event.kind.startswith("label_") else "callbackData"
    people = {"userid": data["userId"]} if "userId" in data else {}
    return {event.kind: {**people, inner: data, "corpid": corp.corp_id}, "call_back_tag": event.kind, "event_time": event.created_at}


# --- answering a reader


class _Answering(msgspec.Struct, frozen=True):
    """Everything that the session's numbers stand for."""

    corp: Corp
    app: App
    account: Account
    person: Person


def _answering_txn(tx: Tx, session: Session) -> _Answering | None:
    """None when one of them is no more."""
    corp, app = load_corp_by_no_txn(tx, session.corp), app_by_no_txn(tx, session.app)
    account, person = account_by_sender_txn(tx, session.corp, session.sender), load_person_by_ord_txn(tx, session.corp, session.ord)
    if corp is None or app is None or account is None or person is None:
        return None
    gone = app.disabled_at is not None or not account.live or person.left_at is not None
    return None if gone else _Answering(corp, app, account, person)


async def send_by_session(call: OpenCall) -> Reply:
    """Send one message to the reader who wrote, in the account's name, the ordinary way of a send to one person."""
    if call.method != "POST":
        return refuse(Refusal(errors.CLASSIC_NEED_POST))
    session = open_session(Seal(call.engine.key), call.query.get("session", ""))
    found = await call.engine.store.read(_answering_txn, session) if session and session.expires_at > call.now else None
    if found is None:
        return refuse(Refusal(errors.BAD_SESSION))
    try:
        values = parse_body(call.content_type, call.body, strict=False)
    except BadBody:
        return refuse(Refusal(errors.CLASSIC_NOT_JSON))
    # Bots write to the same kind of address; only what they call by other names is not read.
    body = decode_msg(Params({**values, "msgtype": lax.as_text(values.get("msgtype"))}))
    if isinstance(body, Refusal):
        return refuse_classic(body)
    to = Selectors(userids=(found.person.userid,))
    outcome = await call.engine.mass_sending.send(MassSend(found.corp, found.app, found.account, secrets.token_hex(16), to, body))
    return ok_plain(_DONE) if isinstance(outcome, Accepted) else refuse_classic(outcome)


_REGISTER, _FAILED = "registers-event-callback-interfaces", "list-of-events-where-historical-push-notifications-failed"
_KINDS = frozenset((AppKind.INTERNAL, AppKind.THIRD_PARTY))


def _fields(*, required: bool) -> tuple[Field, ...]:
    return (
        Field("call_back_tag", Kind.IDS, required=required, choices=tuple(sorted(TAGS))),
        Field("token", required=required, most=TOKEN_MAX, least=1),
        Field("aes_key", required=required, most=43, least=43),
        Field("url", required=required, most=URL_MAX),
    )


ENDPOINTS = (
    Endpoint(
        "/call_back/register_call_back",
        Family.CLASSIC,
        SCOPE_BASE,
        register,
        _REGISTER,
        kinds=_KINDS,
        purpose="take an address for events",
        fields=_fields(required=True),
    ),
    Endpoint(
        "/call_back/update_call_back",
        Family.CLASSIC,
        SCOPE_BASE,
        update,
        "update-event-callback-interfaces",
        kinds=_KINDS,
        purpose="change the address for events",
        fields=_fields(required=False),
    ),
    Endpoint(
        "/call_back/get_call_back",
        Family.CLASSIC,
        SCOPE_BASE,
        get,
        "query-event-callback-interfaces",
        kinds=_KINDS,
        reads=True,
        purpose="read the address for events",
    ),
    Endpoint(
        "/call_back/delete_call_back",
        Family.CLASSIC,
        SCOPE_BASE,
        delete,
        "delete-event-callback-interfaces",
        kinds=_KINDS,
        reads=True,
        purpose="stop the events",
    ),
    Endpoint(
        "/call_back/get_call_back_failed_result", Family.CLASSIC, SCOPE_BASE, failed, _FAILED, kinds=_KINDS, reads=True, purpose="events given up"
    ),
)
_MESSAGE = (
    Field("session", required=True, in_query=True),
    Field("msgtype", required=True, choices=("text", "markdown", "link", "image", "voice", "file", "action_card", "oa")),
    Field("text", Kind.OBJECT, inner=(Field("content", required=True, most=5000),)),
    Field("markdown", Kind.OBJECT, inner=(Field("title", required=True), Field("text", required=True, most=5000))),
)
OPEN_ENDPOINTS = (
    OpenEndpoint(
        SESSION_PATH,
        Family.CLASSIC,
        send_by_session,
        "service-number-receiving-single-chat-message",
        "answer a reader through the sessionWebhook of an event",
        fields=_MESSAGE,
    ),
)
