"""One send: what was asked, what was decided, what became of it, and why somebody did not get it."""

import secrets
from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.access.records import app_by_no_txn
from hongyan.admission.limits import Check
from hongyan.admission.tasks import STATUS_FAILED, Task, load_task_txn
from hongyan.console.bodies import BodyView, view_body_txn
from hongyan.console.desk.changes import position_of
from hongyan.console.desk.charts import Chart, columns_of
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.send_people import PeoplePage, Tab, load_named_txn, page_people_txn, send_of, tabs_of
from hongyan.console.desk.sends import POSITION, position_after, sender_label, texts_of, times_of
from hongyan.console.desk.sends_texts import SendsTexts
from hongyan.console.desk.why import Why, look_state, rule_name, why_of
from hongyan.console.desk.why_texts import WHY_TEXTS
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.times import Times
from hongyan.delivery.explain import explain_txn
from hongyan.delivery.inbox import sender_names_txn, with_bar
from hongyan.delivery.recall import RECALL_WINDOW_MS
from hongyan.delivery.receipts import ResultLists, result_txn
from hongyan.delivery.sends import heading_txn, state_of
from hongyan.delivery.timeline import Timeline, timeline_txn
from hongyan.directory.people import depts_txn, people_by_ord_txn, roles_txn
from hongyan.directory.records import Person, load_person_txn
from hongyan.messages.bodies import decode_body
from hongyan.model.ids import CorpNo, EpochMs, Seq, seq_ms, wire_task_id
from hongyan.store.interface import Tx

IDS_SHOWN = 50  # of each selector
NAMES_SHOWN = 10  # of people who fit a question
_LONGEST = 128


class CheckRow(msgspec.Struct, frozen=True):
    name: str
    rule: str
    used: int
    cost: int
    limit: int
    ends: str
    mode: str
    state: str


class Selector(msgspec.Struct, frozen=True):
    """One way in which people were named; `label` holds a name beside the id where there is one."""

    name: str
    values: tuple[str, ...]
    total: int


class State(msgspec.Struct, frozen=True):
    """What changes while the page is open."""

    task: Task
    state: str
    lists: ResultLists
    timeline: Timeline
    tabs: list[Tab]

    @property
    def n_delivered(self) -> int:
        return len(self.lists.read) + len(self.lists.unread)


class Detail(msgspec.Struct, frozen=True):
    """What stays as it was sent."""

    heading: str
    sender: str
    sender_kind: str
    app: str
    body: BodyView
    sent: str
    selectors: tuple[Selector, ...]
    checks: tuple[CheckRow, ...]


class Question(msgspec.Struct, frozen=True):
    """Who was asked about, and the answer; `several` fit the name."""

    text: str
    why: Why | None
    several: tuple[Person, ...]


def _state_txn(tx: Tx, task: Task, now: EpochMs, x: SendsTexts, lang: str) -> State:
    lists = result_txn(tx, task)
    state = state_of(task.status, task.visible_at, task.recalled_at, now)
    return State(task, state, lists, timeline_txn(tx, task, len(lists.read)), tabs_of(lists, x.lists, lang))


def _detail_txn(tx: Tx, task: Task, times: Times) -> Detail:
    names = sender_names_txn(tx, task.corp)
    body, app = decode_body(task.content), app_by_no_txn(tx, task.app)
    view = view_body_txn(tx, task.corp, with_bar(body, task.bar_value, task.bar_color))
    sent = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    kind = names[task.sender].kind if task.sender in names else ""
    checks = tuple(_check(one, times) for one in task.checks)
    selectors = _selectors_txn(tx, task, times)
    return Detail(heading_txn(tx, task.corp, body), sender_label(names, task.sender), kind, app.name if app else "", view, sent, selectors, checks)


def _check(check: Check, times: Times) -> CheckRow:
    ends = times.moment(check.ends_at).full if check.ends_at else ""
    state = look_state(check.mode, passed=check.passed)
    return CheckRow(rule_name(check.rule, times.texts.lang), check.rule, check.used, check.cost, check.limit, ends, check.mode, state)


def _selectors_txn(tx: Tx, task: Task, times: Times) -> tuple[Selector, ...]:
    to, x = task.to, texts_of(times.texts)
    depts = depts_txn(tx, task.corp, to.depts[:IDS_SHOWN]) if to.depts else {}
    roles = {one.role: one.name for one in roles_txn(tx, task.corp)} if to.roles else {}
    found = [
        Selector(x.people, to.userids[:IDS_SHOWN], len(to.userids)),
        Selector(x.departments, tuple(_named(dept, depts[dept].name if dept in depts else "") for dept in to.depts[:IDS_SHOWN]), len(to.depts)),
        Selector(x.roles, tuple(_named(role, roles.get(role, "")) for role in to.roles[:IDS_SHOWN]), len(to.roles)),
    ]
    return tuple(one for one in found if one.total)


def _named(number: int, name: str) -> str:
    return f"{name} ({number})" if name else str(number)


def _question_txn(tx: Tx, task: Task, zone: str, text: str, times: Times, now: EpochMs) -> Question:
    person, several = _person_txn(tx, task.corp, text)
    if several:
        return Question(text, None, several)
    userid = person.userid if person else text
    found = explain_txn(tx, task, zone, person, userid)
    return Question(text, why_of(found, task, person, times, now), ())


def _person_txn(tx: Tx, corp: CorpNo, text: str) -> tuple[Person | None, tuple[Person, ...]]:
    """Whoever has this userid; else those with this name; else those whose name holds it."""
    person = load_person_txn(tx, corp, text)
    if person is not None:
        return person, ()
    for search in ("user.search_whole", "user.search"):
        ords = [row[0] for row in tx.all(search, corp=corp, after=-1, word=text, limit=NAMES_SHOWN)]
        people = tuple(people_by_ord_txn(tx, corp, ords))
        if people:
            return (people[0], ()) if len(people) == 1 else (None, people)
    return None, ()


class View(msgspec.Struct, frozen=True):
    """Everything the page shows."""

    state: State
    detail: Detail
    people: PeoplePage
    tab: str
    find: str
    question: Question | None


class Wish(msgspec.Struct, frozen=True):
    """What the address asks for: list, search, place in it, and a person to explain."""

    tab: str
    find: str
    after: int | None
    before: int | None
    why: str


def _wish(desk: Desk) -> Wish:
    given = desk.request.query_params
    return Wish(
        given.get("list", "")[:64],
        given.get("find", "")[:_LONGEST].strip(),
        _place(given.get("after", "")),
        _place(given.get("before", "")),
        given.get("why", "")[:_LONGEST].strip(),
    )


def _place(text: str) -> int | None:
    """An ordinal fits 32 bits."""
    return min(int(text), 0xFFFFFFFF) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _view_txn(tx: Tx, corp: CorpNo, zone: str, seq: Seq, task_id: str, wish: Wish, times: Times, now: EpochMs) -> View | None:
    task = load_named_txn(tx, corp, seq, task_id)
    if task is None:
        return None
    x, lang = texts_of(times.texts), times.texts.lang
    state = _state_txn(tx, task, now, x, lang)
    tab = wish.tab if any(one.key == wish.tab for one in state.tabs) else _first_tab(state.tabs)
    people = page_people_txn(tx, corp, state.lists, tab, wish.find, (wish.after, wish.before), lang)
    question = _question_txn(tx, task, zone, wish.why, times, now) if wish.why else None
    return View(state, _detail_txn(tx, task, times), people, tab, wish.find, question)


def _first_tab(tabs: list[Tab]) -> str:
    return next((one.key for one in tabs if one.n), tabs[0].key)


def chart_of(state: State, times: Times, x: SendsTexts) -> Chart | None:
    """Who had read it, span after span; None: nobody."""
    buckets = state.timeline.buckets
    if not buckets:
        return None
    seconds = buckets[0].until - buckets[0].since < 60_000
    titles = [
        x.bucket.format(since=_clock(times, one.since, seconds), until=_clock(times, one.until, seconds), reads=one.reads, total=one.total)
        for one in buckets
    ]
    read, delivered = buckets[-1].total, state.n_delivered
    # All who have it, unless so few read that the columns could not be told apart.
    return columns_of([one.total for one in buckets], titles, top=delivered if read * 4 >= delivered else 0)


def _clock(times: Times, at: EpochMs, seconds: bool) -> str:
    moment = times.moment(at)
    return moment.iso[11:19] if seconds else f"{moment.short} {moment.clock}" if moment.short != moment.clock else moment.clock


async def show_send(desk: Desk, *, status: int = 200, problem: tuple[str, ...] = ()) -> Response:
    """The page; `problem` is what a change was answered with."""
    seq, engine, wish = send_of(desk), desk.engine, _wish(desk)
    position, times, now = await position_of(desk), times_of(desk), engine.clock.now()
    place = (desk.corp.no, desk.corp.zone, seq, desk.request.path_params["task_id"], wish)
    view = await engine.store.read(_view_txn, *place, times, now) if seq is not None else None
    if view is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    task = view.state.task
    changes = desk.may(Role.SENDER)
    recallable = changes and task.recalled_at is None and task.status != STATUS_FAILED and now - seq_ms(task.seq) <= RECALL_WINDOW_MS
    return desk.page(
        "desk/send.html", status=status, view=view, position=position, problem=problem, may_send=changes, recallable=recallable,
        new_uuid=secrets.token_hex(16), y=WHY_TEXTS[desk.t.lang], said=desk.request.query_params.get("said", ""), **_shared(desk, view.state, times),
    )  # fmt: skip


def _shared(desk: Desk, state: State, times: Times) -> dict[str, Any]:
    """What the page and its live parts need."""
    x = texts_of(desk.t)
    task_id = wire_task_id(state.task.surface, state.task.seq)
    return {
        "x": x,
        "state": state,
        "task_id": task_id,
        "times": times,
        "chart": chart_of(state, times, x),
        "accepted": seq_ms(state.task.seq),
        "rule_name": rule_name,
    }


def _live_txn(tx: Tx, corp: CorpNo, seq: Seq, now: EpochMs, x: SendsTexts, lang: str) -> State | None:
    task = load_task_txn(tx, corp, seq)
    return _state_txn(tx, task, now, x, lang) if task else None


async def live_send(desk: Desk) -> Response:
    """Counts and chart again, when anything happened since a position."""
    seq, position = send_of(desk), await position_after(desk)
    if position is None or seq is None:
        return Response(status_code=204, headers=PAGE_HEADERS)
    state = await desk.engine.store.read(_live_txn, desk.corp.no, seq, desk.engine.clock.now(), texts_of(desk.t), desk.t.lang)
    if state is None:
        return Response(status_code=404, headers=PAGE_HEADERS)
    response = desk.page("desk/send_live.html", tab=_wish(desk).tab, **_shared(desk, state, times_of(desk)))
    response.headers[POSITION] = "0" if state.state == "delayed" else position
    return response


PAGES = (
    Page(OF_CORP + "/sends/{task_id}", "sends", show_send),
    Page(OF_CORP + "/sends/{task_id}/live", "sends", live_send),
)
