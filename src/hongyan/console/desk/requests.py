"""What applications called: the list that grows while it is open, one call with everything that is known of it, and running it again."""

import secrets
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.responses import HTMLResponse, Response

from hongyan.access.audit import record_deed_txn
from hongyan.access.operators import Role
from hongyan.capture.masking import MARK
from hongyan.capture.meaning import meaning_of
from hongyan.capture.records import NEWEST, UNTOLD, Capture, Summary, Wanted
from hongyan.capture.replaying import replay_problem
from hongyan.console.desk.advice import ADVICE_ZH
from hongyan.console.desk.changes import asked_position, follow_rows, open_stream
from hongyan.console.desk.frame import OF_CORP, Desk, Page, go_to
from hongyan.console.desk.request_views import HEX_BYTES, curl_of, given_of, hex_of, pretty, stages_of, took
from hongyan.console.desk.requests_texts import TEXTS
from hongyan.console.desk.sends import parsed_day
from hongyan.console.guard import MEDIA_HEADERS, PAGE_HEADERS
from hongyan.console.pages import render
from hongyan.console.times import Times
from hongyan.delivery.decisions import Decision, decision_of_attempt_txn, decision_of_task_txn
from hongyan.directory.records import Corp
from hongyan.model.clock import day_start
from hongyan.model.errors import ErrorRow
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

PAGE = 50
LIVE_MOST = 200  # new calls that the page puts in at once
FIELD_MAX = 200
_FILTERS = ("errcode", "app", "person", "path", "task")


class Asked(msgspec.Struct, frozen=True):
    """The address of a list: which calls, and where in them."""

    fields: dict[str, str]
    wanted: Wanted
    unassigned: bool
    before: int
    since: EpochMs = EpochMs(0)

    @property
    def shown(self) -> dict[str, str]:
        """What stands in the form."""
        return dict.fromkeys((*_FILTERS, "refused", "since"), "") | self.fields

    @property
    def query(self) -> str:
        """The filters as they stand in addresses."""
        return urlencode(self.fields)


def _asked(desk: Desk) -> Asked:
    query = desk.request.query_params
    fields = {name: value for name in _FILTERS if (value := query.get(name, "").strip()[:FIELD_MAX])}
    fields |= {name: "1" for name in ("refused", "unassigned") if query.get(name) == "1"}
    unassigned = "unassigned" in fields
    # `88/40014` is looked for by its last part, as it is counted.
    code = fields.get("errcode", "").replace(" ", "").rpartition("/")[2]
    wanted = Wanted(
        corp_id=UNTOLD if unassigned else desk.corp.corp_id, code=code, app=fields.get("app", ""), userid=fields.get("person", ""),
        path=fields.get("path", ""), task=fields.get("task", ""), refused="refused" in fields,
    )  # fmt: skip
    day = parsed_day(query.get("since", ""))
    if day is not None:
        fields["since"] = query["since"]
    since = day_start(day, desk.corp.zone) if day is not None else EpochMs(0)
    return Asked(fields, wanted, unassigned, _position(query.get("before", "")) or NEWEST, since)


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _may_see(desk: Desk, *, unassigned: bool) -> bool:
    """What belongs to no organisation may hold another one's people."""
    return not unassigned or desk.may(Role.ADMINISTRATOR)


def _refused(desk: Desk) -> Response:
    return desk.page("desk/refused.html", status=403, why=desk.w.needs_role.format(role=desk.w.roles[Role.ADMINISTRATOR]))


def _times(desk: Desk) -> Times:
    return Times(desk.t, desk.corp.zone, desk.engine.clock.now())


async def list_requests(desk: Desk) -> Response:
    asked, captures = _asked(desk), desk.engine.captures
    if not _may_see(desk, unassigned=asked.unassigned):
        return _refused(desk)
    newest = captures.last
    # Up to what the script goes on from: a call that is written meanwhile is its first.
    floor = await captures.last_before(asked.since) if asked.since else 0
    found = await captures.page(asked.wanted, before=min(asked.before, newest + 1), after=floor, limit=PAGE + 1)
    codes, apps = await captures.choices(asked.wanted.corp_id)
    older = found[PAGE - 1].n if len(found) > PAGE else None
    return desk.page(
        "desk/requests.html", x=TEXTS[desk.t.lang], asked=asked, found=found[:PAGE], codes=codes, apps=apps, older=older, newest=newest,
        captures=captures, times=_times(desk), took=took, first_page=asked.before == NEWEST,
    )  # fmt: skip


async def new_requests(desk: Desk) -> Response:
    """The rows that came after a position, for the script; nothing to say is 204."""
    asked, captures = _asked(desk), desk.engine.captures
    if not _may_see(desk, unassigned=asked.unassigned):
        return Response(status_code=403, headers=PAGE_HEADERS)
    after, newest = _position(desk.request.query_params.get("after", "")), captures.last
    found = await captures.page(asked.wanted, before=newest + 1, after=after, limit=LIVE_MOST) if newest > after else []
    headers = PAGE_HEADERS | {"X-Newest": str(newest)}
    if not found:
        return Response(status_code=204, headers=headers)
    return HTMLResponse(_rows(desk, found), headers=headers)


def _rows(desk: Desk, found: list[Summary]) -> str:
    return render("desk/request_rows.html", x=TEXTS[desk.t.lang], desk=desk, found=found, times=_times(desk), took=took) if found else ""


async def follow_requests(desk: Desk) -> Response:
    """The rows that come after a position, as they come."""
    asked, captures = _asked(desk), desk.engine.captures
    if not _may_see(desk, unassigned=asked.unassigned):
        return Response(status_code=403, headers=PAGE_HEADERS)

    async def rows(after: int, upto: int) -> str:
        return _rows(desk, await captures.page(asked.wanted, before=upto + 1, after=after, limit=LIVE_MOST))

    return open_stream(desk, follow_rows(desk, _position(asked_position(desk)) or captures.last, rows))


async def _named(desk: Desk) -> Capture | Response:
    """The call that the address names, if it is this organisation's, or nobody's and an administrator asks."""
    capture = await desk.engine.captures.one(min(desk.request.path_params["n"], NEWEST))
    if capture is None or capture.summary.corp_id not in (desk.corp.corp_id, UNTOLD):
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    return capture if _may_see(desk, unassigned=capture.summary.corp_id == UNTOLD) else _refused(desk)


async def show_request(desk: Desk) -> Response:
    capture = await _named(desk)
    return capture if isinstance(capture, Response) else await _show(desk, capture)


async def _show(desk: Desk, capture: Capture, *, status: int = 200, problem: str = "") -> Response:
    meaning = meaning_of(capture.summary.errcode, capture.summary.said)
    decision = await desk.engine.store.read(_decision_txn, desk.corp, capture, meaning)
    content = capture.content
    return desk.page(
        "desk/request.html", status=status, x=TEXTS[desk.t.lang], one=capture.summary, content=content, capture=capture, problem=problem,
        moment=_times(desk).moment(capture.summary.at), milliseconds=capture.summary.at % 1000, took=took(capture.summary.us),
        meaning=meaning, advice=_advice(desk, meaning), stages=stages_of(capture), given=given_of(capture), decision=decision,
        curl=curl_of(capture, str(desk.request.base_url).rstrip("/")), masked=_places(desk, content.masked), mark=MARK,
        query=content.query.decode("utf-8", "backslashreplace"), body=content.body.decode("utf-8", "backslashreplace"),
        hex=hex_of(content.body), hex_bytes=min(len(content.body), HEX_BYTES), reply=pretty(content.reply), replay_problem=replay_problem(capture),
    )  # fmt: skip


def _places(desk: Desk, masked: tuple[str, ...]) -> str:
    names = TEXTS[desk.t.lang].places
    shown = (one.partition(" ") for one in masked)
    return ", ".join(f"{names.get(place, place)} {name}" for place, _, name in shown)


def _advice(desk: Desk, meaning: ErrorRow | None) -> str:
    if meaning is None:
        return ""
    return ADVICE_ZH.get(meaning.key, meaning.advice) if desk.t.lang == "zh" else meaning.advice


def _decision_txn(tx: Tx, corp: Corp, capture: Capture, meaning: ErrorRow | None) -> Decision | None:
    """The limits that a send met: of the task that it made, or of the attempt that was refused."""
    if capture.summary.corp_id != corp.corp_id:
        return None
    if not capture.summary.refused:
        return decision_of_task_txn(tx, corp, capture.summary.task) if _made_task(capture) else None
    found = decision_of_attempt_txn(tx, corp, capture.content.unionid, capture.content.uuid) if capture.content.uuid else None
    return found if found and meaning and found.outcome == meaning.key else None


def _made_task(capture: Capture) -> bool:
    try:
        answer: Any = msgspec.json.decode(capture.content.reply)
    except msgspec.DecodeError:
        return False
    return isinstance(answer, dict) and bool(answer.get("task_id"))


async def download_body(desk: Desk) -> Response:
    capture = await _named(desk)
    if isinstance(capture, Response):
        return capture
    headers = MEDIA_HEADERS | {"Content-Disposition": f'attachment; filename="request-{capture.summary.n}.bin"', "Cache-Control": "no-store"}
    return Response(capture.content.body, media_type="application/octet-stream", headers=headers)


async def replay_request(desk: Desk) -> Response:
    """Run the call again and show what came of it. It is recorded before it is run."""
    capture = await _named(desk)
    if isinstance(capture, Response):
        return capture
    x, replay = TEXTS[desk.t.lang], desk.engine.replay
    problem = replay_problem(capture)
    if problem or replay is None:
        return await _show(desk, capture, status=409, problem=x.replay_problems.get(problem, x.replay_failed))
    fresh = secrets.token_hex(16) if (await desk.form()).get("new_uuid") == "1" and capture.content.uuid else ""
    deed = desk.deed("request.replay", f"#{capture.summary.n}", path=capture.summary.path, app=capture.summary.app_key, new_uuid=bool(fresh))
    await desk.engine.store.write(record_deed_txn, deed)
    made = await replay(capture, desk.session.name, fresh)
    if not made:
        return await _show(desk, capture, status=409, problem=x.replay_failed)
    return go_to(desk.link(f"requests/{made}"))


PAGES = (
    Page(OF_CORP + "/requests", "requests", list_requests),
    Page(OF_CORP + "/requests/new", "requests", new_requests),
    Page(OF_CORP + "/requests/events", "requests", follow_requests),
    Page(OF_CORP + "/requests/{n:int}", "requests", show_request),
    Page(OF_CORP + "/requests/{n:int}/body", "requests", download_body),
    Page(OF_CORP + "/requests/{n:int}/replay", "requests", replay_request, Role.SENDER, "POST"),
)
