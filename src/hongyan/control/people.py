"""The people of a task, list by list."""

from typing import Literal

import msgspec
from pyroaring import BitMap

from hongyan.admission.tasks import Invalid
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Limit, Position, find_corp_txn, find_task_txn
from hongyan.delivery.receipts import ResultLists, result_txn
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx


class PeopleQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after` is the `next` of the page before."""

    list: Literal["unread", "read", "forbidden", "failed", "invalid"] = "unread"
    after: Position | None = None
    limit: Limit = 100


class TaskPerson(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in a list; `rule` says what left them out. In `invalid`, whichever id named nobody."""

    userid: str = ""
    name: str = ""
    rule: str = ""
    dept_id: int | None = None
    role_id: int | None = None


class PeoplePage(msgspec.Struct, frozen=True):
    total: int
    people: list[TaskPerson]
    next: int | None


def _invalid_page(invalid: Invalid, query: PeopleQuery) -> PeoplePage:
    every = [TaskPerson(userid=userid) for userid in invalid.userids]
    every += [TaskPerson(dept_id=dept) for dept in invalid.depts] + [TaskPerson(role_id=role) for role in invalid.roles]
    start = 0 if query.after is None else query.after
    end = start + query.limit
    return PeoplePage(len(every), every[start:end], end if end < len(every) else None)


def _people_of(lists: ResultLists, name: str) -> BitMap:
    if name == "forbidden":
        return BitMap.union(BitMap(), *lists.forbidden.values())
    return {"unread": lists.unread, "read": lists.read, "failed": lists.failed}[name]


def slice_after(people: BitMap, after: int | None, limit: int) -> tuple[list[int], int | None]:
    """The next ordinals behind `after`, and the one to go on behind."""
    start = 0 if after is None else people.rank(min(after, 0xFFFFFFFF))
    found = list(people[start : start + limit])
    return found, found[-1] if start + limit < len(people) else None


def _named_txn(tx: Tx, corp: CorpNo, ords: list[int], forbidden: dict[str, BitMap]) -> list[TaskPerson]:
    names = {row[0]: (row[1], row[2]) for row in tx.by_keys("user.names_by_ord", [(corp, ord_) for ord_ in ords])}
    rules = {ord_: next((rule for rule, people in forbidden.items() if ord_ in people), "") for ord_ in ords}
    return [TaskPerson(*names.get(ord_, ("", "")), rules[ord_]) for ord_ in ords]


def _people_txn(tx: Tx, corp_id: str, task_id: str, query: PeopleQuery) -> PeoplePage:
    corp = find_corp_txn(tx, corp_id).no
    lists = result_txn(tx, find_task_txn(tx, corp, task_id))
    if query.list == "invalid":
        return _invalid_page(lists.invalid, query)
    people = _people_of(lists, query.list)
    ords, following = slice_after(people, query.after, query.limit)
    return PeoplePage(len(people), _named_txn(tx, corp, ords, lists.forbidden if query.list == "forbidden" else {}), following)


async def list_people(call: Call[PeopleQuery, None]) -> PeoplePage:
    return await call.engine.store.read(_people_txn, call.path["corp"], call.path["task_id"], call.query)


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/tasks/{task_id}/people", "Page through one list of a task's result", list_people, PeoplePage, query=PeopleQuery),
)
