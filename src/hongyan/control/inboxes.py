"""Inboxes as their readers have them: pages, conversations, reading, a reader's key, and what is new."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import anyio
import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from hongyan.access.edit import add_reader_txn
from hongyan.access.keys import token_hash
from hongyan.admission.tasks import Flags
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Limit, Position, find_account_txn, find_corp_txn, find_person_txn, find_task_txn
from hongyan.control.problems import ControlError, conflict, invalid, unknown
from hongyan.control.tasks import Speaker, speaker
from hongyan.delivery.broadcasts import Broadcasts
from hongyan.delivery.inbox import (
    END,
    Entry,
    Inbox,
    open_conversation_txn,
    read_one_txn,
    sender_names_txn,
)
from hongyan.delivery.live import BEAT_S, FOLLOWERS_MAX, Change, farewell
from hongyan.engine.engine import Engine
from hongyan.messages.bodies import AnyBody
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq, wire_task_id
from hongyan.store.interface import Tx


class InboxQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`account` is a unionid and means one conversation; `before` is the `next` of the page before."""

    account: str = ""
    before: Position = END
    limit: Limit = 50


class EntryAnswer(msgspec.Struct, frozen=True):
    """A message as its reader has it; a recalled one has no body."""

    task_id: str
    sender: Speaker
    msg_type: str
    body: AnyBody | None
    flags: Flags
    preview: bool
    at: EpochMs
    read_at: EpochMs | None
    recalled_at: EpochMs | None


class InboxPage(msgspec.Struct, frozen=True):
    """Newest first; `unread` counts the whole inbox, or the conversation that was asked for (999: or more)."""

    entries: list[EntryAnswer]
    unread: int
    next: int | None


class ConversationAnswer(msgspec.Struct, frozen=True):
    sender: Speaker
    last: EntryAnswer
    unread: int


class ConversationList(msgspec.Struct, frozen=True):
    conversations: list[ConversationAnswer]


class ReadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message (`task_id`), one conversation (`account`, a unionid), or without either all conversations."""

    account: str = ""
    task_id: str = ""


class ReadAnswer(msgspec.Struct, frozen=True):
    unread: int


class ReaderToken(msgspec.Struct, frozen=True):
    """A key to this one inbox, shown once; `path` opens it in a browser."""

    token: str
    path: str
    expires_at: EpochMs


class EventsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Go on after this position; absent, and without a Last-Event-ID header: what comes from now on."""

    after: Position | None = None


class InboxEvent(msgspec.Struct, frozen=True):
    """A change of an inbox; `kind` is message, recalled, read or opened."""

    kind: str
    position: int
    task_id: str
    sender: Speaker
    entry: EntryAnswer | None


class _Reader(msgspec.Struct, frozen=True):
    corp: CorpNo
    ord: Ord
    live: bool


def _reader_txn(tx: Tx, corp_id: str, userid: str) -> _Reader:
    corp = find_corp_txn(tx, corp_id).no
    person = find_person_txn(tx, corp, userid)
    return _Reader(corp, person.ord, person.left_at is None)


def _entry(entry: Entry, who: Speaker) -> EntryAnswer:
    """The stored form of a body is what the answer has: it is copied, not decoded and encoded again."""
    plain = entry.recalled_at is None and entry.bar_value is None
    body: Any = msgspec.Raw(entry.content.encode()) if plain else entry.body
    times = (entry.at, entry.read_at, entry.recalled_at)
    return EntryAnswer(wire_task_id(entry.surface, entry.seq), who, entry.msg_type, body, entry.flags, entry.preview, *times)


def _inbox_txn(tx: Tx, broadcasts: Broadcasts, corp_id: str, userid: str, query: InboxQuery, now: EpochMs) -> InboxPage:
    reader = _reader_txn(tx, corp_id, userid)
    names = sender_names_txn(tx, reader.corp)
    sender = find_account_txn(tx, reader.corp, query.account).sender if query.account else None
    inbox = Inbox(tx, broadcasts, reader.corp, reader.ord, now)
    page = inbox.page(sender=sender, before=Seq(query.before), limit=query.limit)
    unread = inbox.unread_of_all() if sender is None else inbox.unread(sender)
    speakers = {sender: speaker(names, sender) for sender in {one.sender for one in page}}
    return InboxPage([_entry(one, speakers[one.sender]) for one in page], unread, page[-1].seq if len(page) == query.limit else None)


async def get_inbox(call: Call[InboxQuery, None]) -> InboxPage:
    engine = call.engine
    return await engine.store.read(_inbox_txn, engine.broadcasts, call.path["corp"], call.path["userid"], call.query, engine.clock.now())


def _conversations_txn(tx: Tx, broadcasts: Broadcasts, corp_id: str, userid: str, now: EpochMs) -> ConversationList:
    reader = _reader_txn(tx, corp_id, userid)
    names = sender_names_txn(tx, reader.corp)
    found = Inbox(tx, broadcasts, reader.corp, reader.ord, now).conversations(names)
    said_by = [(speaker(names, one.sender.sender), one) for one in found]
    return ConversationList([ConversationAnswer(who, _entry(one.last, who), one.unread) for who, one in said_by])


async def list_conversations(call: Call[None, None]) -> ConversationList:
    engine = call.engine
    return await engine.store.read(_conversations_txn, engine.broadcasts, call.path["corp"], call.path["userid"], engine.clock.now())


def _newest_txn(tx: Tx, broadcasts: Broadcasts, corp_id: str, userid: str, account: str, now: EpochMs) -> tuple[_Reader, dict[SenderId, Seq]]:
    """The newest visible message of the conversation, or of every one."""
    reader = _reader_txn(tx, corp_id, userid)
    inbox = Inbox(tx, broadcasts, reader.corp, reader.ord, now)
    newest: dict[SenderId, Seq] = {}
    for sender in {find_account_txn(tx, reader.corp, account).sender} if account else inbox.senders:
        page = inbox.page(sender=sender, limit=1)
        if page:
            newest[sender] = page[0].seq
    return reader, newest


def _open_txn(tx: Tx, reader: _Reader, newest: dict[SenderId, Seq], now: EpochMs) -> None:
    for sender, seq in newest.items():
        open_conversation_txn(tx, reader.corp, reader.ord, sender, seq, now)


def _read_one_txn(tx: Tx, reader: _Reader, task_id: str, now: EpochMs) -> None:
    task = find_task_txn(tx, reader.corp, task_id)
    if not read_one_txn(tx, reader.corp, reader.ord, task.seq, now):
        raise conflict("not_readable", "This person does not have the message, or it was recalled.")


async def mark_read(call: Call[None, ReadBody]) -> ReadAnswer:
    engine, body = call.engine, call.body
    if body.account and body.task_id:
        raise invalid("Give account or task_id, not both.")
    now = engine.clock.now()
    # Looked up before the write: inside it, the shared cache of broadcasts could take in what is not committed yet.
    reader, newest = await engine.store.read(_newest_txn, engine.broadcasts, call.path["corp"], call.path["userid"], body.account, now)
    if not reader.live:
        raise conflict("departed", "This person left the organisation and cannot read any more.")
    await (engine.store.write(_read_one_txn, reader, body.task_id) if body.task_id else engine.store.write(_open_txn, reader, newest))
    engine.bus.publish(reader.corp)
    query = InboxQuery(limit=1)
    page = await engine.store.read(_inbox_txn, engine.broadcasts, call.path["corp"], call.path["userid"], query, engine.clock.now())
    return ReadAnswer(page.unread)


async def mint_token(call: Call[None, None]) -> ReaderToken:
    engine = call.engine
    reader = await engine.store.read(_reader_txn, call.path["corp"], call.path["userid"])
    if not reader.live:
        raise unknown("user", call.path["userid"])
    token = secrets.token_hex(16)
    expires_at = await engine.store.write(add_reader_txn, token_hash(token), reader.corp, reader.ord)
    return ReaderToken(token, f"/inbox?token={token}", expires_at)


def _event_txn(tx: Tx, broadcasts: Broadcasts, reader: _Reader, change: Change, now: EpochMs) -> InboxEvent:
    names = sender_names_txn(tx, reader.corp)
    page = Inbox(tx, broadcasts, reader.corp, reader.ord, now).page(sender=change.sender, before=Seq(change.task + 1), limit=1)
    found = page[0] if page and page[0].seq == change.task else None
    who = speaker(names, change.sender)
    entry = _entry(found, who) if found else None
    return InboxEvent(change.kind, change.position, wire_task_id(found.surface if found else "mass", change.task), who, entry)


async def event_stream(engine: Engine, reader: _Reader, after: Seq, beat_s: float = BEAT_S) -> AsyncIterator[bytes]:
    """Server-sent events, each with its position as id; a comment keeps a silent connection open."""
    yield b"id: %d\n: following\n\n" % after
    async for change in engine.live.follow(reader.corp, reader.ord, after, beat_s):
        if change.kind == "beat":
            yield b"id: %d\n: beat\n\n" % change.position
            continue
        # One row by its key: a thread would take longer to hand it over than it takes to read.
        event = engine.store.read_quick(_event_txn, engine.broadcasts, reader, change, engine.clock.now())
        yield b"id: %d\nevent: %s\ndata: %s\n\n" % (change.position, change.kind.encode(), msgspec.json.encode(event))


class EventStream(StreamingResponse):
    """Sends until the reader goes or the server stops, so that a shutdown need not wait for readers."""

    def __init__(self, events: AsyncIterator[bytes], stopping: asyncio.Event | None) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        self._stopping = stopping or asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._until_stopping, group.cancel_scope)
            await super().__call__(scope, receive, send)
            group.cancel_scope.cancel()
        if self._stopping.is_set():
            await send({"type": "http.response.body", "body": farewell(), "more_body": False})

    async def _until_stopping(self, scope: anyio.CancelScope) -> None:
        await self._stopping.wait()
        scope.cancel()


async def follow(call: Call[EventsQuery, None]) -> Response:
    engine = call.engine
    reader = await engine.store.read(_reader_txn, call.path["corp"], call.path["userid"])
    if engine.live.crowded(reader.corp, reader.ord):
        raise ControlError(429, "too_many_streams", f"This inbox has {FOLLOWERS_MAX} streams already; close some.")
    last = call.request.headers.get("last-event-id", "")
    after = call.query.after
    if last:
        if not last.isascii() or not last.isdecimal() or int(last) > END:
            raise invalid("Last-Event-ID must be the id of an event of this stream.")
        after = int(last)
    start = await engine.live.position(reader.corp) if after is None else Seq(after)
    return EventStream(event_stream(engine, reader, start), call.settings.stopping)


_INBOX = "/corps/{corp}/inboxes/{userid}"
ENDPOINTS = (
    Endpoint("GET", _INBOX, "Page through somebody's messages, newest first", get_inbox, InboxPage, query=InboxQuery),
    Endpoint("GET", _INBOX + "/conversations", "Somebody's conversations, the newest message first", list_conversations, ConversationList),
    Endpoint("POST", _INBOX + "/read", "Read a message, a conversation, or everything", mark_read, ReadAnswer, request=ReadBody),
    Endpoint("POST", _INBOX + "/token", "Mint a key to this inbox; it holds for 30 days", mint_token, ReaderToken, status=201),
    Endpoint("GET", _INBOX + "/events", "Follow the changes of an inbox", follow, query=EventsQuery, streams=("text/event-stream",)),
)
