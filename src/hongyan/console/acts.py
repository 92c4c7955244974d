"""What a reader does in an inbox: reads, writes, presses; whoever it is that the page let in."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hongyan.console import composer
from hongyan.console.doors import Reader
from hongyan.console.events import arrival_of
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.texts import texts_of
from hongyan.console.views import Lens, newest_entry_txn
from hongyan.delivery.inbox import open_conversation_txn
from hongyan.delivery.live import Change
from hongyan.delivery.said import SAID, SAID_MAX
from hongyan.engine.engine import Engine
from hongyan.model.ids import SenderId, Seq


def lens_of(engine: Engine, request: Request, reader: Reader) -> Lens:
    return Lens(reader.corp.no, reader.person.ord, reader.corp.zone, engine.clock.now(), texts_of(request))


def asked_number(request: Request, name: str, default: int) -> int:
    """A number of the address that fits into the store."""
    text = request.query_params.get(name, "")
    return int(text) if is_number(text) else default


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16


def asked_sender(request: Request) -> SenderId:
    """The conversation named by `c`; 0, which is nobody, without one."""
    return SenderId(asked_number(request, "c", 0))


async def mark_read(engine: Engine, request: Request, reader: Reader) -> Response:
    """The reader saw a conversation up to a message."""
    lens, sender, up_to = lens_of(engine, request, reader), asked_sender(request), asked_number(request, "up_to", 0)
    # Never beyond what the reader has: a mark in the future would read messages nobody saw.
    newest = await engine.store.read(newest_entry_txn, engine.broadcasts, lens, sender, Seq(up_to + 1))
    if newest is None:
        return Response(status_code=404, headers=PAGE_HEADERS)
    await engine.store.write(open_conversation_txn, lens.corp, lens.ord, sender, newest.seq)
    engine.bus.publish(lens.corp)
    return Response(status_code=204, headers=PAGE_HEADERS)


async def say_words(engine: Engine, request: Request, reader: Reader) -> Response:
    """The reader writes to an account."""
    fields = await composer.read_fields(request)
    text = (fields or {}).get("text", "").replace("\r\n", "\n").strip()
    if fields is None or not 0 < len(text) <= SAID_MAX or "\0" in text:
        return Response(status_code=400, headers=PAGE_HEADERS)
    sender = asked_sender(request)
    writer = await composer.find_writer(engine, reader, sender)
    said = await composer.say(engine, writer, text) if writer else None
    if said is None:
        return Response(status_code=404, headers=PAGE_HEADERS)
    arrival = await arrival_of(engine, reader, texts_of(request), Change(said.seq, SAID, said.seq, sender))
    return composer.answer_to(request, sender, 200, msgspec.to_builtins(arrival))


async def press_button(engine: Engine, request: Request, reader: Reader) -> Response:
    """The reader presses a button of an account's menu."""
    fields = await composer.read_fields(request) or {}
    sender = asked_sender(request)
    writer = await composer.find_writer(engine, reader, sender)
    pressed = writer is not None and await composer.press(engine, writer, fields.get("place", ""), fields.get("key", ""))
    return composer.answer_to(request, sender, 204 if pressed else 409)
