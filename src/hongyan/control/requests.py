"""Captured calls, for programs that look for what an application did wrong."""

import msgspec

from hongyan.capture.meaning import meaning_of
from hongyan.capture.records import NEWEST, Capture, Stage, Summary, Wanted
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import INTEGER_MAX, Limit, Position, find_corp_txn
from hongyan.control.problems import unknown
from hongyan.model.ids import EpochMs


class RequestsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`errcode` is a code or its last part, `path` any part of a path, `user` a userid; `refused` leaves accepted calls out.

    `before` is the `next` of the page before; with `after` only calls above that number.
    """

    errcode: str = ""
    app: str = ""
    user: str = ""
    path: str = ""
    task: str = ""
    refused: bool = False
    before: Position = INTEGER_MAX
    after: Position = 0
    limit: Limit = 50


class RequestSummary(msgspec.Struct, frozen=True):
    """A call in a list. `errcode` is 0, a code, `88/` and a code, or a code of /v1.0; `ms` is how long the answer took."""

    n: int
    at: EpochMs
    app_key: str
    method: str
    path: str
    status: int
    errcode: str
    said: str
    ms: float
    address: str
    task_id: str


class RequestPage(msgspec.Struct, frozen=True):
    """`left_out` counts calls since the server started that were not kept."""

    requests: list[RequestSummary]
    next: int | None
    left_out: int


class HeaderAnswer(msgspec.Struct, frozen=True):
    name: str
    value: str


class RequestDetail(msgspec.Struct, frozen=True):
    """A call with what is kept of it; secrets are masked. `stage` is the check that it came to last, `advice` what to do about a refusal."""

    n: int
    at: EpochMs
    app_key: str
    method: str
    path: str
    status: int
    errcode: str
    said: str
    advice: str
    stage: str
    ms: float
    address: str
    task_id: str
    query: str
    headers: list[HeaderAnswer]
    body: str
    body_bytes: int
    reply: str
    reply_bytes: int
    credential: str
    userids: list[str]
    masked: list[str]
    replay_of: int | None


def _line(one: Summary) -> RequestSummary:
    return RequestSummary(one.n, one.at, one.app_key, one.method, one.path, one.status, one.errcode, one.said, one.us / 1000, one.address, one.task)


def _detail(capture: Capture) -> RequestDetail:
    one, content = capture.summary, capture.content
    meaning = meaning_of(one.errcode, one.said)
    return RequestDetail(
        n=one.n, at=one.at, app_key=one.app_key, method=one.method, path=one.path, status=one.status, errcode=one.errcode, said=one.said,
        advice=meaning.advice if meaning else "", stage=Stage(content.stage).name.lower(), ms=one.us / 1000, address=one.address, task_id=one.task,
        query=_text(content.query), headers=[HeaderAnswer(name, value) for name, value in content.headers],
        body=_text(content.body), body_bytes=content.body_bytes, reply=_text(content.reply), reply_bytes=content.reply_bytes,
        credential=content.credential, userids=list(content.userids), masked=list(content.masked), replay_of=content.replay_of or None,
    )  # fmt: skip


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


async def list_requests(call: Call[RequestsQuery, None]) -> RequestPage:
    corp, query, captures = await call.engine.store.read(find_corp_txn, call.path["corp"]), call.query, call.engine.captures
    await captures.flush()
    wanted = Wanted(corp.corp_id, query.errcode.rpartition("/")[2], query.app, query.user, query.path, query.task, query.refused)
    found = await captures.page(wanted, before=query.before, after=query.after, limit=query.limit + 1)
    more = found[query.limit - 1].n if len(found) > query.limit else None
    return RequestPage([_line(one) for one in found[: query.limit]], more, captures.left_out + captures.dropped)


async def get_request(call: Call[None, None]) -> RequestDetail:
    corp, asked = await call.engine.store.read(find_corp_txn, call.path["corp"]), call.path["n"]
    await call.engine.captures.flush()
    capture = await call.engine.captures.one(min(int(asked), NEWEST)) if asked.isascii() and asked.isdecimal() and len(asked) < 20 else None
    if capture is None or capture.summary.corp_id != corp.corp_id:
        raise unknown("request", asked)
    return _detail(capture)


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/requests", "Calls of applications, newest first", list_requests, RequestPage, query=RequestsQuery),
    Endpoint("GET", "/corps/{corp}/requests/{n}", "One call with what was asked and answered", get_request, RequestDetail),
)
