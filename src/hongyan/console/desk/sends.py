"""The list of sends: filters in the address, a page at a time, following what comes."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hongyan.console.desk.changes import position_of
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.sends_texts import SENDS_TEXTS, SendsTexts
from hongyan.console.desk.shown_media import show_media
from hongyan.console.framing import FRAME_HEADERS, framed_article
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.texts import Texts
from hongyan.console.times import Moment, Times
from hongyan.delivery.inbox import END, SenderName, sender_names_txn
from hongyan.delivery.sends import (
    SCAN_MAX,
    STATES,
    ReadCount,
    SendFilter,
    SendRow,
    UuidTrace,
    count_reads_txn,
    find_by_id_txn,
    page_sends_txn,
)
from hongyan.messages.library import load_article_txn
from hongyan.model.clock import day_start
from hongyan.model.errors import CATALOGUE
from hongyan.model.ids import CorpNo, Day, EpochMs, SenderId, Seq, seq_ms, wire_task_id
from hongyan.store.interface import Tx

PAGE = 50
KINDS = ("single", "mass", "broad", "preview", "notice")
TYPES = ("text", "markdown", "action_card", "link", "image", "voice", "file", "oa", "news_card", "single_news_card")
TEXT_MAX = 128
POSITION = "X-Position"  # of the organisation's history, as of the answer: the script asks again with it


class Asked(msgspec.Struct, frozen=True):
    """The filters as the address has them."""

    state: str = ""
    sender: str = ""  # unionid or agent_id
    type: str = ""
    kind: str = ""
    q: str = ""
    since: str = ""
    until: str = ""

    @property
    def any(self) -> bool:
        return self != Asked()

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in msgspec.structs.asdict(self).items() if value})


class Line(msgspec.Struct, frozen=True):
    """One row of the list as it is drawn."""

    row: SendRow
    task_id: str
    at: Moment
    sender: str
    title: str
    reads: str


class Listing(msgspec.Struct, frozen=True):
    """One page. `stopped` is how far the search came, where it ended unfinished."""

    lines: tuple[Line, ...]
    older: Seq | None
    stopped: Moment | None
    refused: tuple[str, ...]  # sentences about a uuid that was looked for


def asked_of(request: Request) -> Asked:
    """What the address asks for; what is no choice of ours is left out."""
    given = {name: request.query_params.get(name, "")[:TEXT_MAX].strip() for name in Asked.__struct_fields__}
    asked = Asked(**given)
    return msgspec.structs.replace(
        asked,
        state=asked.state if asked.state in STATES else "",
        type=asked.type if asked.type in TYPES else "",
        kind=asked.kind if asked.kind in KINDS else "",
        since=asked.since if parsed_day(asked.since) else "",
        until=asked.until if parsed_day(asked.until) else "",
    )


def before_of(request: Request) -> Seq:
    before = request.query_params.get("before", "")
    return Seq(int(before)) if before.isascii() and before.isdecimal() and len(before) < 17 else END


def parsed_day(text: str) -> Day | None:
    """A day as a date input gives it, 2026-03-05."""
    try:
        return Day(date.fromisoformat(text).toordinal()) if len(text) == 10 else None
    except ValueError:
        return None


def _filter(asked: Asked, names: dict[SenderId, SenderName], zone: str) -> SendFilter | None:
    """The filter in the store's words; None: it names a sender that there is not."""
    sender = next((one.sender for one in names.values() if one.wire_id == asked.sender), None) if asked.sender else SenderId(0)
    if sender is None:
        return None
    since, until = parsed_day(asked.since), parsed_day(asked.until)
    return SendFilter(
        state=asked.state,
        sender=sender,
        msg_type=asked.type,
        kind=asked.kind,
        text=asked.q,
        since=day_start(since, zone) if since else EpochMs(0),
        until=day_start(Day(until + 1), zone) if until else EpochMs(0),
    )


def listing_txn(tx: Tx, corp: CorpNo, asked: Asked, zone: str, before: Seq, times: Times, now: EpochMs, limit: int = PAGE) -> Listing:
    """One page of the list, ready to be drawn. A task id or uuid in the search finds what it names, whatever the other filters say."""
    names = sender_names_txn(tx, corp)
    found, traces = find_by_id_txn(tx, corp, asked.q, names, now)
    traced = [row for trace in traces if trace.seq is not None and (row := find_by_id_txn(tx, corp, str(trace.seq), (), now)[0])]
    refused = tuple(_refused(asked.q, trace, times) for trace in traces if trace.seq is None)
    if found or traced:
        rows = [found] if found else traced
        return Listing(_lines(tx, corp, rows, names, times), None, None, refused)
    wanted = _filter(asked, names, zone)
    if wanted is None:
        return Listing((), None, None, ())
    page = page_sends_txn(tx, corp, wanted, before, limit, now)
    stopped = times.moment(seq_ms(page.older)) if page.stopped and page.older else None
    return Listing(_lines(tx, corp, page.rows, names, times), page.older, stopped, refused)


def _refused(uuid: str, trace: UuidTrace, times: Times) -> str:
    row = CATALOGUE[trace.outcome]
    form = SENDS_TEXTS[times.texts.lang].uuid_refused
    return form.format(uuid=uuid, time=times.moment(trace.at).full, code=row.errcode or row.code, message=row.errmsg)


def _lines(tx: Tx, corp: CorpNo, rows: Sequence[SendRow], names: dict[SenderId, SenderName], times: Times) -> tuple[Line, ...]:
    reads = count_reads_txn(tx, corp, rows)
    x = SENDS_TEXTS[times.texts.lang]
    return tuple(_line(row, names, times, x, reads[row.seq]) for row in rows)


def _line(row: SendRow, names: dict[SenderId, SenderName], times: Times, x: SendsTexts, reads: ReadCount) -> Line:
    title = row.title or x.untitled.format(type=x.types.get(row.msg_type, row.msg_type))
    count = x.at_least.format(n=reads.n) if reads.more else str(reads.n)
    return Line(row, wire_task_id(row.surface, row.seq), times.moment(seq_ms(row.seq)), sender_label(names, row.sender), title, count)


def sender_label(names: dict[SenderId, SenderName], sender: SenderId) -> str:
    name = names.get(sender)
    return (name.name.strip() or name.wire_id) if name else ""


def times_of(desk: Desk) -> Times:
    return Times(desk.t, desk.corp.zone, desk.engine.clock.now())


def texts_of(t: Texts) -> SendsTexts:
    return SENDS_TEXTS[t.lang]


async def _load(desk: Desk) -> tuple[Asked, Listing]:
    asked, engine = asked_of(desk.request), desk.engine
    place = (desk.corp.no, asked, desk.corp.zone, before_of(desk.request), times_of(desk))
    return asked, await engine.store.read(listing_txn, *place, engine.clock.now())


async def list_sends(desk: Desk) -> Response:
    position = await position_of(desk)
    asked, listing = await _load(desk)
    names = await desk.engine.store.read(sender_names_txn, desk.corp.no)
    senders = sorted(names.values(), key=lambda one: (one.kind, one.name))
    first = before_of(desk.request) == END
    return desk.page(
        "desk/sends.html", x=texts_of(desk.t), asked=asked, listing=listing, senders=senders, first=first, position=position,
        states=STATES, kinds=KINDS, types=TYPES, scan_max=SCAN_MAX,
    )  # fmt: skip


async def live_sends(desk: Desk) -> Response:
    """The rows again, when anything happened in the organisation since a position; else nothing."""
    position = await position_after(desk)
    if position is None:
        return Response(status_code=204, headers=PAGE_HEADERS)
    asked, listing = await _load(desk)
    response = desk.page("desk/sends_rows.html", x=texts_of(desk.t), asked=asked, listing=listing, first=True)
    # Something delayed becomes visible without anything happening.
    waiting = any(line.row.state == "delayed" for line in listing.lines)
    response.headers[POSITION] = "0" if waiting else position
    return response


async def position_after(desk: Desk, *, calls: bool = False) -> str | None:
    """Where the organisation's history ends; None when that is where the page stands."""
    position = await position_of(desk, calls=calls)
    return None if desk.request.query_params.get("position") == position else position


# --- what messages refer to


async def show_article(desk: Desk) -> Response:
    """An article of a news card as its readers have it."""
    article = await desk.engine.store.read(load_article_txn, desk.corp.no, desk.request.path_params["article"])
    if article is None or article.published_at is None:
        return desk.page("desk/refused.html", status=404, why=texts_of(desk.t).article_gone)
    published = times_of(desk).moment(article.published_at)
    framed = framed_article(desk.engine, desk.request, desk.corp.no, article.title, article.content)
    response = desk.page("desk/send_article.html", article=article, framed=framed, published=published)
    response.headers.update(FRAME_HEADERS)
    return response


PAGES = (
    Page(OF_CORP + "/sends", "sends", list_sends),
    Page(OF_CORP + "/sends/rows", "sends", live_sends),
    Page(OF_CORP + "/sends/media/{media_id:path}", "sends", show_media),
    Page(OF_CORP + "/sends/article/{article:int}", "sends", show_article),
)
