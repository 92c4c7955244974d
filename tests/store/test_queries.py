"""What statements cost: which index they use, and how many of them a send takes."""

import asyncio
import contextlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from harness import World
from hongyan.access.edit import install_app_txn
from hongyan.access.records import Installation, account_by_unionid_txn, app_by_key_txn, installation_by_agent_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.work_send import WorkSend
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import TextBody
from hongyan.store.queries import expand_rows, load_queries

QUERIES = load_queries("sqlite")
LARGE = (
    "task", "inbox", "usage", "user", "attempt", "event", "read_mark", "token", "reader", "sender_day", "window", "media", "department",
    "article", "published", "article_view", "comment", "outbox", "callback_attempt", "said", "rule_day",
)  # fmt: skip
# Statements that read a large table from end to end, and why they may.
MAY_SCAN: dict[str, str] = {
    "backup.counts": "once for each backup, on the copy",
    "reader.purge": "once when a key is made; keys are few and this keeps them so",
}
# Statements without a limit that are no point reads by a unique key, and what bounds them.
UNBOUNDED: dict[str, str] = {
    "control.user_fields": "by the keys that the caller names, 256 at a time",
    "department.all": "the departments of one corp, for its census",
    "department.for_edit": "the departments of one corp, for a change or an export",
    "event.insert": "one row",
    "inbox.readers": "one row: the set as JSON",
    "inbox.receipts": "the same",
    "task.bitmaps_recalled": "the same",
    "task.first_bitmap": "one row",
    "read_mark.beyond": "one row: the set as JSON",
    "role.all": "the roles of one corp, for its census",
    "rule_setting.all": "what operators changed",
    "inbox.count_between": "one row: a person's notices of one sender in one day",
    "sender.names": "the accounts and installations of one corp",
    "task.counted_bitmaps": "today's notices of one app that are stored as bitmaps: each has hundreds of receivers, and a minute has 5000",
    "task.counted_bitmaps_before": "the same, when somebody asks for the reasons of one task",
    "task.same_content": "today's sends of one content by one account, of which a day has 100",
    "task.same_content_bitmaps": "the same",
    "usage.at_least": "the people whom one app wrote to today, and of them those near the day's number",
    "user.live_ids": "everybody, when an import removes who is absent",
}
UNIQUE_KEYS = (
    r"\bapp = :app\b", r"\bapp_key = :app_key", r"\bcorp_id = :corp_id", r"\bwhere corp = :corp$", r"\bhash = :hash$", r"\bseq = :seq", r"\bname = :name",
    r"\bunionid = :unionid", r"\bsender = :sender", r"\buserid = :userid", r"\bord = :ord", r"\bmedia_id = :media_id", r"\barticle = :article", r"\bcomment = :comment",
    r"\boperator = :operator\b",
)  # fmt: skip


def _plan(connection: apsw.Connection, name: str) -> list[str]:
    text = QUERIES[name]
    if "/*rows*/" in text:
        text = expand_rows(text, 3)
        bindings: Any = [1] * text.count("?")
    else:
        bindings = dict.fromkeys(re.findall(r":([a-z_0-9]+)", text), 1)
    return [row[3] for row in connection.execute(f"explain query plan {text}", bindings)]


def _scanned(name: str, plan: list[str]) -> set[str]:
    """Tables read from end to end; a covering index read from end to end is no better."""
    found = {match[1] for line in plan if (match := re.match(r"SCAN (\w+)", line))}
    tables = {alias: table for table, alias in re.findall(r"\b(?:from|join) (\w+) (\w+)", QUERIES[name])}
    return {tables.get(one, one) for one in found}


@pytest.mark.parametrize("name", QUERIES)
def test_no_statement_reads_a_large_table_from_end_to_end(connection: apsw.Connection, name: str) -> None:
    plan = _plan(connection, name)
    scanned = _scanned(name, plan) & set(LARGE)

    assert bool(scanned) == (name in MAY_SCAN), (scanned, plan)


# The planner likes the first column of a primary key better than an index that fits: a search by the corp alone reads a whole organisation.
READS_ALL_PEOPLE = {"user.live_ids"}


@pytest.mark.parametrize("name", [name for name, text in QUERIES.items() if re.search(r"\b(from|update) user\b", text)])
def test_no_statement_reads_all_people_of_an_organisation(connection: apsw.Connection, name: str) -> None:
    plan = _plan(connection, name)

    assert any(re.match(r"SEARCH user .*\(corp=\?\)$", line) for line in plan) == (name in READS_ALL_PEOPLE), plan


def test_every_exception_is_a_statement() -> None:
    assert {*MAY_SCAN, *UNBOUNDED} <= set(QUERIES)


@pytest.mark.parametrize("name", [name for name, text in QUERIES.items() if text.startswith(("select", "with"))])
def test_every_answer_is_bounded(name: str) -> None:
    text = QUERIES[name]
    one_row = re.match(r"select (count|coalesce|json_group_array)\(", text) is not None
    bounded = " limit " in text.replace("\n", " ") or "/*rows*/" in text or one_row or any(re.search(key, text) for key in UNIQUE_KEYS)

    assert bounded or name in UNBOUNDED


@pytest.mark.parametrize("name", [name for name, text in QUERIES.items() if "order by" in text and "limit" in text and "task" in text])
def test_pages_of_tasks_need_no_sorting(connection: apsw.Connection, name: str) -> None:
    assert not [line for line in _plan(connection, name) if "USE TEMP B-TREE" in line]


@pytest.mark.parametrize("name", ["record.count", "record.page", "article.count_of_sender", "article.page_of_sender"])
def test_long_lists_are_counted_and_skipped_within_an_index(connection: apsw.Connection, name: str) -> None:
    assert any("COVERING INDEX" in line for line in _plan(connection, name)), _plan(connection, name)


# --- how many statements a send takes


@contextlib.contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements of the writing connection and of the quick one, as they run. Other readers serve what runs beside a send."""
    seen: list[str] = []
    store: Any = world.engine.store

    def trace(cursor: object, text: str, bindings: object) -> bool:
        seen.append(text)
        return True

    connections = [store._writer, store._quick._connection]
    for connection in connections:
        connection.exec_trace = trace
    try:
        yield seen
    finally:
        for connection in connections:
            connection.exec_trace = None


def _statements_of_notices(world: World, asks: list[tuple[str, ...]]) -> list[str]:
    """Those of these work notices, arriving together at a warm server."""
    corp, app = world.corp_now(), world.read(app_by_key_txn, world.app_key)
    assert corp and app
    made = world.write(install_app_txn, world.corp, app.no, 4711, "app")
    installation = made if isinstance(made, Installation) else world.read(installation_by_agent_txn, world.corp, 4711)
    assert installation

    async def send_all() -> list[object]:
        requests = [WorkSend(corp, app, installation, Selectors(userids), TextBody(uuid.uuid4().hex)) for userids in asks]
        return await asyncio.gather(*(world.engine.work_sending.send(request) for request in requests))

    world.server.run(send_all())
    with counted(world) as seen:
        outcomes = world.server.run(send_all())
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    return seen


def _statements(world: World, asks: list[tuple[str, ...]]) -> list[str]:
    """Those of these sends, arriving together, with everything in memory that a warm server has in memory."""
    account = world.read(account_by_unionid_txn, world.corp, world.unionid)
    app = world.read(app_by_key_txn, world.app_key)

    corp = world.corp_now()
    assert account and app

    async def send_all() -> list[object]:
        requests = [MassSend(corp, app, account, uuid.uuid4().hex, Selectors(userids), TextBody(uuid.uuid4().hex)) for userids in asks]
        return await asyncio.gather(*(world.engine.mass_sending.send(request) for request in requests))

    world.server.run(send_all())
    with counted(world) as seen:
        outcomes = world.server.run(send_all())
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    return seen


MOST = 16  # begin, state, uuid, windows, day, usage, attempt, task, inbox, usage, window, day, corp, commit, and some air


@pytest.mark.parametrize("people", [1, 2, 12])
def test_a_narrow_send_takes_a_fixed_number_of_statements(world: World, people: int) -> None:
    world.observe_all_but()
    statements = _statements(world, [tuple(f"u{n}" for n in range(1, people + 1))])

    assert len(statements) <= MOST, statements


@pytest.mark.parametrize("users", [12, 5000])
def test_the_number_does_not_grow_with_the_organisation(world: World, users: int) -> None:
    big = World(world.server, users=users, corp_id=f"ding{users}")
    big.observe_all_but()

    assert len(_statements(big, [("u1",)])) == len(_statements(world, [("u1",)]))


def test_sixty_four_sends_take_as_many_statements_as_one(world: World) -> None:
    world.observe_all_but()
    one = _statements(world, [("u1",)])
    many = _statements(world, [(f"u{n % 12 + 1}",) for n in range(64)])

    # The savepoint lets a bad item fail alone; one item needs none.
    assert [_head(text) for text in many if "SAVEPOINT" not in text] == [_head(text) for text in one]


def _head(text: str) -> str:
    """A statement without the rows it was expanded to."""
    return text.split("(")[0]


def test_a_send_to_everybody_takes_no_more_than_one_to_somebody(world: World) -> None:
    big = World(world.server, users=3000, corp_id="dingbig")
    big.observe_all_but()
    big.send_ok(is_to_all=True, userid_list=None, text_content="warm")
    with counted(big) as seen:
        big.send_ok(is_to_all=True, userid_list=None, text_content="measured")

    assert len(seen) <= MOST, seen


@pytest.mark.parametrize("people", [1, 5])
def test_a_work_notice_takes_no_more_than_a_mass_send(world: World, people: int) -> None:
    world.observe_all_but()
    statements = _statements_of_notices(world, [tuple(f"u{n}" for n in range(1, people + 1))])

    assert len(statements) <= MOST, statements


def test_sixty_four_notices_take_as_many_statements_as_one(world: World) -> None:
    world.observe_all_but()
    one = _statements_of_notices(world, [("u1",)])
    many = _statements_of_notices(world, [(f"u{n % 12 + 1}",) for n in range(64)])

    assert [_head(text) for text in many if "SAVEPOINT" not in text] == [_head(text) for text in one]
