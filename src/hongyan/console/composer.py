"""What stands below a conversation with an account: its menu, and the line to write in."""

import asyncio
from collections import deque
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hongyan.access.records import account_by_sender_txn
from hongyan.access.sealing import Seal
from hongyan.console.bodies import find_picture_txn
from hongyan.console.doors import Reader
from hongyan.console.guard import PAGE_HEADERS
from hongyan.delivery.said import SAID_MAX, Said, Writer, button_key, press_txn, say_txn
from hongyan.engine.engine import Engine
from hongyan.messages.library import card_articles_txn, load_card_txn
from hongyan.messages.links import safe_link
from hongyan.messages.menus import VIEW, MenuButton, load_menu_txn
from hongyan.model.ids import CorpNo, SenderId
from hongyan.store.interface import Tx

BODY_MAX = SAID_MAX * 12 + 1000  # bytes: a character takes 4 of UTF-8, and a form triples each
IN_A_ROW, WITHIN_S = 10, 10.0  # messages and presses of one reader


class ButtonView(msgspec.Struct, frozen=True):
    """A button of the menu: it holds others, opens an address, or only tells the account's program."""

    name: str
    place: str
    key: str
    href: str
    inner: tuple["ButtonView", ...]


class ComposerView(msgspec.Struct, frozen=True):
    """`writable` False: the account takes no messages."""

    sender: SenderId
    writable: bool
    buttons: tuple[ButtonView, ...]
    longest: int = SAID_MAX


def composer_view_txn(tx: Tx, corp: CorpNo, sender: SenderId) -> ComposerView | None:
    """None below work notifications and accounts that are no more."""
    account = account_by_sender_txn(tx, corp, sender)
    if account is None or not account.live:
        return None
    menu = load_menu_txn(tx, corp, sender)
    buttons = tuple(_button_txn(tx, corp, one, str(at)) for at, one in enumerate(menu.button)) if menu.shown else ()
    return ComposerView(sender, menu.enable_input, buttons) if menu.enable_input or buttons else None


def _button_txn(tx: Tx, corp: CorpNo, button: MenuButton, place: str) -> ButtonView:
    inner = tuple(_button_txn(tx, corp, one, f"{place}.{at}") for at, one in enumerate(button.sub_button))
    return ButtonView(button.name, place, button_key(button), "" if inner else _target_txn(tx, corp, button), inner)


def _target_txn(tx: Tx, corp: CorpNo, button: MenuButton) -> str:
    """What pressing a button opens; empty: nothing."""
    if button.type == VIEW:
        link = safe_link(button.url) if button.url else None
        return link.href if link else f"article/{button.media_id}" if button.media_id.isdecimal() else ""
    if not button.media_id:
        return ""
    card = load_card_txn(tx, corp, button.media_id)
    if card is not None:
        published = [one for one in card_articles_txn(tx, corp, card) if one.published_at is not None]
        return f"article/{published[0].article_id}" if published else ""
    picture = find_picture_txn(tx, corp, button.media_id)
    return picture.src if picture else ""


class Pace:
    """Keeps one reader from writing faster than people do. By the machine's time: a sandbox clock that stands still must not silence anybody."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = {}

    def admit(self, reader: str) -> bool:
        now = asyncio.get_running_loop().time()
        if len(self._recent) > 10_000:
            self._recent = {key: times for key, times in self._recent.items() if times[-1] > now - WITHIN_S}
        times = self._recent.setdefault(reader, deque(maxlen=IN_A_ROW))
        if len(times) == IN_A_ROW and times[0] > now - WITHIN_S:
            return False
        times.append(now)
        return True


def _writer_txn(tx: Tx, engine: Engine, reader: Reader, sender: SenderId, base_url: str) -> Writer | None:
    account = account_by_sender_txn(tx, reader.corp.no, sender)
    return Writer(reader.corp.no, reader.person, account, Seal(engine.key), base_url) if account else None


async def find_writer(engine: Engine, reader: Reader, sender: SenderId) -> Writer | None:
    """The reader as one who writes to an account; None when there is no such account."""
    return await engine.store.read(_writer_txn, engine, reader, sender, engine.public_url)


async def read_fields(request: Request) -> dict[str, str] | None:
    """The members of a short form; None for a body that is too long or no form."""
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > BODY_MAX:
                return None
    except ClientDisconnect:
        return None
    try:
        return dict(parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10))
    except (UnicodeDecodeError, ValueError):
        return None


async def say(engine: Engine, writer: Writer, content: str) -> Said | None:
    """Keep what was written and let every open page and the apps know."""
    said = await engine.store.write(say_txn, writer, content)
    if said is not None:
        engine.bus.publish(writer.corp)
        engine.dispatcher.wake()
    return said


async def press(engine: Engine, writer: Writer, place: str, key: str) -> bool:
    pressed = await engine.store.write(press_txn, writer, place, key)
    if pressed:
        engine.dispatcher.wake()
    return pressed


def answer_to(request: Request, sender: SenderId, status: int, payload: object = None) -> Response:
    """JSON for the script; a browser without it goes back to the conversation."""
    if request.headers.get("x-requested-with") == "fetch":
        return JSONResponse(payload, status, PAGE_HEADERS) if payload is not None else Response(status_code=status, headers=PAGE_HEADERS)
    return RedirectResponse(f"./?c={sender}", 303, PAGE_HEADERS) if status < 300 else Response(status_code=status, headers=PAGE_HEADERS)
