"""The tree of departments, who is in them, and the search over everybody."""

from typing import Any

import msgspec
from pyroaring import BitMap
from starlette.responses import Response

from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.organisation_texts import organisation_texts
from hongyan.directory.names import dept_names_txn
from hongyan.directory.people import DeptRecord, children_txn, load_dept_txn, people_by_ord_txn, way_up_txn
from hongyan.directory.records import Person, page_people_txn
from hongyan.model.ids import ROOT_DEPT, CorpNo, DeptId
from hongyan.store.interface import Tx

PAGE = 50
CHILDREN_SHOWN = 300
PICKED = 12
QUERY_MAX = 64


class Branch(msgspec.Struct, frozen=True):
    """A department in the tree; `below` is filled only along the way to the department in view."""

    dept: int
    name: str
    headcount: int
    current: bool
    below: tuple["Branch", ...]
    more: int  # departments below that are not listed


class Row(msgspec.Struct, frozen=True):
    """Somebody in a list."""

    person: Person
    depts: tuple[str, ...]


class Listed(msgspec.Struct, frozen=True):
    """A page of people; `next` is the position of the next page."""

    rows: tuple[Row, ...]
    next: str


async def show_organisation(desk: Desk) -> Response:
    query = desk.request.query_params
    dept = int(query["dept"]) if query.get("dept", "").isdecimal() and len(query["dept"]) < 17 else int(ROOT_DEPT)
    search, after = query.get("q", "").strip()[:QUERY_MAX], query.get("after", "")
    census = await desk.engine.directory.census(desk.corp.no)
    counts = {no: end - start for no, (start, end) in census.spans.items()} | {int(ROOT_DEPT): census.headcount}
    found, tree, way = await desk.engine.store.read(_tree_txn, desk.corp.no, dept, counts)
    if found is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    whole = query.get("all") == "1" or (dept == ROOT_DEPT and "all" not in query)
    if search:
        listed = await desk.engine.store.read(_search_txn, desk.corp.no, search, after)
    else:
        below = (census.below(dept) or BitMap()) if whole else None
        listed = await desk.engine.store.read(_members_txn, desk.corp.no, dept, below, after)
    x, n = organisation_texts(desk), counts.get(dept, 0)
    shown: dict[str, Any] = {"tree": tree, "way": way, "dept": found, "n": n, "whole": whole, "q": search, "listed": listed, "after": after}
    return desk.page("desk/organisation.html", x=x, root=ROOT_DEPT, tab="people", **shown)


def _tree_txn(tx: Tx, corp: CorpNo, dept: int, counts: dict[int, int]) -> tuple[DeptRecord | None, Branch | None, list[DeptRecord]]:
    """The department, the tree with the way to it open, and that way."""
    found = load_dept_txn(tx, corp, dept)
    numbers = way_up_txn(tx, corp, dept)[::-1] if found else []
    way = [record for no in numbers if (record := load_dept_txn(tx, corp, no))]
    return found, _branch_txn(tx, corp, way, dept, counts) if way else None, way


def _branch_txn(tx: Tx, corp: CorpNo, way: list[DeptRecord], dept: int, counts: dict[int, int]) -> Branch:
    top, rest = way[0], way[1:]
    children = children_txn(tx, corp, top.dept)
    # The one on the way is listed wherever it stands.
    shown = [child for n, child in enumerate(children) if n < CHILDREN_SHOWN or (rest and child.dept == rest[0].dept)]
    below = tuple(
        _branch_txn(tx, corp, rest, dept, counts)
        if rest and child.dept == rest[0].dept
        else Branch(child.dept, child.name, counts.get(child.dept, 0), False, (), 0)
        for child in shown
    )
    return Branch(top.dept, top.name, counts.get(top.dept, 0), top.dept == dept, below, len(children) - len(shown))


def _members_txn(tx: Tx, corp: CorpNo, dept: int, below: BitMap | None, after: str) -> Listed:
    people = below
    if people is None:
        row = tx.one("department.members", corp=corp, dept=dept)
        people = BitMap.deserialize(row[0]) if row else BitMap()
    start = people.rank(int(after)) if after.isdecimal() and int(after) < 1 << 32 else 0
    ords = list(people[start : start + PAGE])
    more = start + PAGE < len(people)
    return Listed(_rows_txn(tx, corp, people_by_ord_txn(tx, corp, ords)), str(ords[-1]) if more else "")


def _search_txn(tx: Tx, corp: CorpNo, search: str, after: str) -> Listed:
    people = page_people_txn(tx, corp, after=after, limit=PAGE + 1, search=search)
    return Listed(_rows_txn(tx, corp, people[:PAGE]), people[PAGE - 1].userid if len(people) > PAGE else "")


def _rows_txn(tx: Tx, corp: CorpNo, people: list[Person]) -> tuple[Row, ...]:
    names = dept_names_txn(tx, corp, sorted({dept for person in people for dept in person.depts}))
    return tuple(Row(person, tuple(names.get(dept, str(dept)) for dept in person.depts)) for person in people)


# --- what fields offer while somebody types


async def pick(desk: Desk) -> Response:
    """A few departments or people that a word fits, as buttons for the script."""
    query = desk.request.query_params
    word, people = query.get("q", "").strip()[:QUERY_MAX], query.get("kind") == "people"
    found = await desk.engine.store.read(_picks_txn, desk.corp.no, word, people) if word else []
    return desk.page("desk/organisation_pick.html", found=found)


def _picks_txn(tx: Tx, corp: CorpNo, word: str, people: bool) -> list[tuple[str, str]]:
    if people:
        return [(person.userid, person.name) for person in page_people_txn(tx, corp, after="", limit=PICKED, search=word)]
    depts = [DeptId(row[0]) for row in tx.all("department.search", corp=corp, after=0, whole=0, word=word, limit=PICKED)]
    return [(str(dept), name) for dept, name in dept_names_txn(tx, corp, depts).items()]


PAGES = (
    Page(OF_CORP + "/organisation", "organisation", show_organisation),
    Page(OF_CORP + "/organisation/pick", "organisation", pick),
)
