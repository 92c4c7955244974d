"""The people of one send: list by list, looked for by name, and as a file."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec
from pyroaring import BitMap
from starlette.responses import Response, StreamingResponse

from hongyan.admission.tasks import Invalid, Task, load_task_txn
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.sends import texts_of
from hongyan.console.desk.why import rule_name, short_reason
from hongyan.console.guard import PAGE_HEADERS
from hongyan.delivery.receipts import ResultLists, result_txn
from hongyan.directory.people import people_by_ord_txn
from hongyan.directory.records import Person, load_person_txn
from hongyan.model.ids import CorpNo, Seq, parse_task_id, wire_task_id
from hongyan.store.interface import Tx

PAGE = 50
SEARCH_MAX = 20_000  # people looked at for one page of a search
CSV_STEP = 1000
LISTS = ("unread", "read", "filtered", "failed", "invalid")
_CHUNK = 2000
# What a spreadsheet would take for a formula (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Tab(msgspec.Struct, frozen=True):
    """A list with its size; `rule` is set where it holds the people of one rule."""

    key: str
    label: str
    n: int
    rule: str = ""


class Row(msgspec.Struct, frozen=True):
    """Somebody in a list, or an id that names nobody."""

    userid: str
    name: str
    reason: str = ""
    gone: bool = False


class PeoplePage(msgspec.Struct, frozen=True):
    """One page of a list. `older` and `newer` are where its neighbours begin; `search_on` is where a search stopped unfinished."""

    rows: tuple[Row, ...]
    after: int | None = None
    before: int | None = None
    search_on: int | None = None


def send_of(desk: Desk) -> Seq | None:
    """The send that the address names; None when it cannot be one."""
    return parse_task_id(desk.request.path_params["task_id"])


def load_named_txn(tx: Tx, corp: CorpNo, seq: Seq, task_id: str) -> Task | None:
    """The task, when the id is the one that its send was answered with."""
    task = load_task_txn(tx, corp, seq)
    return task if task is not None and wire_task_id(task.surface, task.seq) == task_id else None


def tabs_of(lists: ResultLists, labels: dict[str, str], lang: str) -> list[Tab]:
    """The five lists, and one more for each rule where several left people out."""
    filtered = BitMap.union(BitMap(), *lists.forbidden.values())
    sizes = {"unread": lists.unread, "read": lists.read, "filtered": filtered, "failed": lists.failed, "invalid": _ids(lists.invalid)}
    tabs = [Tab(key, labels[key], len(sizes[key])) for key in LISTS]
    rules = [Tab(rule, rule_name(rule, lang), len(people), rule) for rule, people in lists.forbidden.items()]
    return [*tabs[:3], *(rules if len(rules) > 1 else ()), *tabs[3:]]


def _ids(invalid: Invalid) -> list[str]:
    return [*invalid.userids, *(str(dept) for dept in invalid.depts), *(str(role) for role in invalid.roles)]


def _members(lists: ResultLists, key: str) -> BitMap:
    if key == "filtered":
        return BitMap.union(BitMap(), *lists.forbidden.values())
    plain = {"unread": lists.unread, "read": lists.read, "failed": lists.failed}
    return plain.get(key) or lists.forbidden.get(key, BitMap())


def page_people_txn(tx: Tx, corp: CorpNo, lists: ResultLists, key: str, find: str, place: tuple[int | None, int | None], lang: str) -> PeoplePage:
    """A page of one list behind `place[0]` or in front of `place[1]`; with `find`, of those whose userid or name holds it."""
    if key == "invalid":
        return _invalid_page(lists.invalid, find, place[0] or 0, lang)
    people, reasons = _members(lists, key), _reasons(lists, lang)
    if find:
        return _search_txn(tx, corp, people, find, place[0], reasons)
    start = people.rank(place[0]) if place[0] is not None else 0
    if place[1] is not None:
        start = max(0, people.rank(place[1]) - 1 - PAGE)
    ords = list(people[start : start + PAGE])
    rows = _rows(people_by_ord_txn(tx, corp, ords), reasons)
    return PeoplePage(rows, ords[-1] if start + PAGE < len(people) else None, ords[0] if ords and start else None)


def _invalid_page(invalid: Invalid, find: str, start: int, lang: str) -> PeoplePage:
    reason = short_reason("invalid", lang)
    rows = [Row(one, "", reason) for one in _ids(invalid) if find.lower() in one.lower()]
    return PeoplePage(tuple(rows[start : start + PAGE]), start + PAGE if start + PAGE < len(rows) else None, None)


def _reasons(lists: ResultLists, lang: str) -> Callable[[int], str]:
    def reason(ord_: int) -> str:
        rule = next((rule for rule, people in lists.forbidden.items() if ord_ in people), "")
        return short_reason(rule or "failed", lang) if rule or ord_ in lists.failed else ""

    return reason


def _rows(people: Iterable[Person], reasons: Callable[[int], str]) -> tuple[Row, ...]:
    return tuple(Row(one.userid, one.name, reasons(one.ord), one.left_at is not None) for one in people)


def _search_txn(tx: Tx, corp: CorpNo, people: BitMap, find: str, after: int | None, reasons: Callable[[int], str]) -> PeoplePage:
    """A userid in full is found at once; else names and userids of the next `SEARCH_MAX` people of the list are read."""
    exact = load_person_txn(tx, corp, find)
    if exact is not None and exact.ord in people:
        return PeoplePage(_rows([exact], reasons))
    start = people.rank(after) if after is not None else 0
    wanted, found = find.lower(), list[int]()
    for at in range(start, min(len(people), start + SEARCH_MAX), _CHUNK):
        named = tx.by_keys("user.names_by_ord", [(corp, ord_) for ord_ in people[at : at + _CHUNK]])
        found += sorted(ord_ for ord_, userid, name in named if wanted in userid.lower() or wanted in name.lower())
        if len(found) > PAGE:
            break
    shown = found[:PAGE]
    rows = _rows(people_by_ord_txn(tx, corp, shown), reasons)
    if len(found) > PAGE:
        return PeoplePage(rows, shown[-1])
    rest = start + SEARCH_MAX < len(people)
    return PeoplePage(rows, search_on=people[start + SEARCH_MAX - 1] if rest else None)


# --- as a file


def _load_lists_txn(tx: Tx, corp: CorpNo, seq: Seq, task_id: str) -> ResultLists | None:
    task = load_named_txn(tx, corp, seq, task_id)
    return result_txn(tx, task) if task else None


async def export_people(desk: Desk) -> Response:
    """Everyone of a send with list and reason, as CSV that a spreadsheet opens; streamed, a thousand people at a time."""
    seq, task_id = send_of(desk), desk.request.path_params["task_id"]
    lists = await desk.engine.store.read(_load_lists_txn, desk.corp.no, seq, task_id) if seq is not None else None
    if lists is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    headers = PAGE_HEADERS | {"Content-Disposition": f'attachment; filename="send-{task_id}.csv"'}
    return StreamingResponse(_csv(desk, lists), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(desk: Desk, lists: ResultLists) -> AsyncIterator[bytes]:
    x, lang = texts_of(desk.t), desk.t.lang
    yield b"\xef\xbb\xbf" + _lines([("userid", x.name, x.list, x.rule, x.reason)])
    parts = [("read", "", lists.read), ("unread", "", lists.unread), *(("filtered", rule, people) for rule, people in lists.forbidden.items())]
    for key, rule, people in (*parts, ("failed", "", lists.failed)):
        reason = short_reason(rule, lang) if rule else short_reason("failed", lang) if key == "failed" else ""
        for at in range(0, len(people), CSV_STEP):
            found = await desk.engine.store.read(people_by_ord_txn, desk.corp.no, list(people[at : at + CSV_STEP]))
            yield _lines((one.userid, one.name, x.lists[key], rule, reason) for one in found)
    yield _lines((one, "", x.lists["invalid"], "", short_reason("invalid", lang)) for one in _ids(lists.invalid))


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([plain_cell(str(cell)) for cell in row] for row in rows)
    return out.getvalue().encode()


def plain_cell(text: str) -> str:
    """The text so that no spreadsheet runs it: what begins like a formula gets an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA) else text


PAGES = (Page(OF_CORP + "/sends/{task_id}/people.csv", "sends", export_people),)
