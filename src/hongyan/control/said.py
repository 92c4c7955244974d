"""What readers write to accounts, and the buttons they press: to read, and to do in somebody's place when an application is tried out."""

import msgspec

from hongyan.access.sealing import Seal
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Limit, Position, find_account_txn, find_corp_txn, find_person_txn
from hongyan.control.problems import conflict, invalid
from hongyan.delivery.inbox import END
from hongyan.delivery.said import SAID_MAX, Said, Writer, button_key, find_button, page_said_txn, press_txn, say_txn
from hongyan.directory.entries import text_problem
from hongyan.messages.menus import load_menu_txn
from hongyan.model.ids import EpochMs, Seq
from hongyan.store.interface import Tx


class SaidQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`account` is a unionid; `before` is the `next` of the page before."""

    account: str
    before: Position = END
    limit: Limit = 50


class SaidAnswer(msgspec.Struct, frozen=True):
    """One message of a person's to an account; `position` is its place among everything that happened in the organisation."""

    position: int
    text: str
    at: EpochMs


class SaidPage(msgspec.Struct, frozen=True):
    """Newest first."""

    messages: list[SaidAnswer]
    next: int | None


class SayBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: str
    text: str


class PressBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`place` counts from 0: `1` is the second button, `1.0` the first of its list."""

    account: str
    place: str


class PressAnswer(msgspec.Struct, frozen=True):
    """What the application was told: click or view, and the button's key."""

    action: str
    key: str


def _answer(said: Said) -> SaidAnswer:
    return SaidAnswer(said.seq, said.content, said.at)


def _page_txn(tx: Tx, corp_id: str, userid: str, query: SaidQuery) -> SaidPage:
    corp = find_corp_txn(tx, corp_id).no
    sender = find_account_txn(tx, corp, query.account).sender
    found = page_said_txn(tx, corp, find_person_txn(tx, corp, userid).ord, sender, Seq(query.before), query.limit)
    return SaidPage([_answer(one) for one in found], found[-1].seq if len(found) == query.limit else None)


async def list_said(call: Call[SaidQuery, None]) -> SaidPage:
    return await call.engine.store.read(_page_txn, call.path["corp"], call.path["userid"], call.query)


def _writer_txn(tx: Tx, corp_id: str, userid: str, account: str, seal: Seal, base_url: str) -> Writer:
    corp = find_corp_txn(tx, corp_id).no
    person = find_person_txn(tx, corp, userid)
    if person.left_at is not None:
        raise conflict("departed", "This person left the organisation and cannot write any more.")
    return Writer(corp, person, find_account_txn(tx, corp, account), seal, base_url)


async def _writer(call: Call[None, SayBody] | Call[None, PressBody]) -> Writer:
    base_url = call.engine.public_url
    return await call.engine.store.read(_writer_txn, call.path["corp"], call.path["userid"], call.body.account, Seal(call.engine.key), base_url)


async def say(call: Call[None, SayBody]) -> SaidAnswer:
    problem = text_problem("text", call.body.text, SAID_MAX, required=True)
    if problem:
        raise invalid(f"Correct the message: {problem}.")
    engine, writer = call.engine, await _writer(call)
    said = await engine.store.write(say_txn, writer, call.body.text)
    if said is None:
        raise conflict("not_writable", "This account takes no messages: it is disabled, or its menu switches input off.")
    engine.bus.publish(writer.corp)
    engine.dispatcher.wake()
    return _answer(said)


def _press_txn(tx: Tx, writer: Writer, place: str, now: EpochMs) -> PressAnswer:
    button = find_button(load_menu_txn(tx, writer.corp, writer.account.sender), place)
    if button is None or not press_txn(tx, writer, place, button_key(button), now):
        raise conflict("no_button", "The account's menu is not shown, or has no button there that does something.")
    return PressAnswer(button.type, button_key(button))


async def press(call: Call[None, PressBody]) -> PressAnswer:
    answer = await call.engine.store.write(_press_txn, await _writer(call), call.body.place)
    call.engine.dispatcher.wake()
    return answer


_INBOX = "/corps/{corp}/inboxes/{userid}"
ENDPOINTS = (
    Endpoint("GET", _INBOX + "/messages", "What somebody wrote to an account, newest first", list_said, SaidPage, query=SaidQuery),
    Endpoint("POST", _INBOX + "/messages", "Write to an account in somebody's name", say, SaidAnswer, request=SayBody, status=201),
    Endpoint("POST", _INBOX + "/presses", "Press a button of an account's menu in somebody's name", press, PressAnswer, request=PressBody),
)
