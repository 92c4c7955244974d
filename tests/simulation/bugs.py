"""Bugs that were never there: each is put into the running code, and the search must find it."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest import mock

import msgspec

from hongyan.access.outbox import Attempt, end_attempt_txn
from hongyan.admission import accept, mass, rulekeeper, state, work
from hongyan.admission.limits import Check
from hongyan.admission.rules import Mode
from hongyan.admission.state import Admitted
from hongyan.delivery import broadcasts, directory_events, dispatcher, recall, receipts
from hongyan.directory import edit, edit_people
from hongyan.model.clock import day_end, day_of, day_start
from hongyan.store import sqlite
from hongyan.store.queries import load_queries

Plant = Callable[[], AbstractContextManager[Any]]


def _sql(name: str, old: str, new: str) -> Plant:
    """Another text of one statement."""

    def plant() -> AbstractContextManager[Any]:
        queries: Any = load_queries("sqlite")
        assert old in queries[name], f"{name} has no {old}"
        return mock.patch.dict(queries, {name: queries[name].replace(old, new)})

    return plant


def _sqls(*plants: Plant) -> Plant:
    @contextmanager
    def plant() -> Iterator[None]:
        with ExitStack() as stack:
            for one in plants:
                stack.enter_context(one())
            yield

    return plant


def _code(target: Any, name: str, make: Callable[[Any], Any]) -> Plant:
    """Another body of one function, made from the real one."""
    return lambda: mock.patch.object(target, name, make(getattr(target, name)))


# --- limits


def _one_too_many(real: Any) -> Any:
    return property(lambda check: check.mode is Mode.ENFORCE and check.used + check.cost > check.limit + 1)


def _counted_before(real: Any) -> Any:
    def check_window(self: Any, effective: Any, now: Any) -> Check:
        check = real(self, effective, now)
        return msgspec.structs.replace(check, used=check.used + 1)

    return check_window


def _clock_goes_back(real: Any) -> Any:
    def init(self: Any, tx: Any, corp: Any, now: Any) -> None:
        real(self, tx, corp, now)
        self.now, self.day = now, day_of(now, self.zone)
        self.day_ends_at, self.day_starts_at = day_end(self.day, self.zone), day_start(self.day, self.zone)

    return init


def _charges_the_left_out(real: Any) -> Any:
    def charge(send: Any, admitted: Any, state: Any, now: Any, *, as_rows: bool) -> Any:
        changed = real(send, admitted, state, now, as_rows=as_rows)
        rule = work.rules_of(send).receivers.id
        start, n = state.windows[rule]
        state.windows[rule] = (start, n + len(send.people - admitted.delivered))
        return changed

    return charge


def _surfaces(surface: str, make: Callable[[Any], Any]) -> Plant:
    def plant() -> AbstractContextManager[Any]:
        present = accept._SURFACES[surface]
        return mock.patch.dict(accept._SURFACES, {surface: present._replace(charge=make(present.charge))})

    return plant


def _free_singles(real: Any) -> Any:
    def charge(send: Any, admitted: Any, state: Any, now: Any, *, as_rows: bool) -> Any:
        before = {ord_: state.usage[ord_].n for ord_ in admitted.delivered if ord_ in state.usage}
        changed = real(send, admitted, state, now, as_rows=as_rows)
        for ord_, n in before.items():
            state.usage[ord_].n = n
        return changed

    return charge


# --- accepting


def _without_attempts(real: Any) -> Any:
    def write(tx: Any, corps: Any, writes: Any) -> None:
        writes.attempts.clear()
        real(tx, corps, writes)

    return write


def _never_stale(real: Any) -> Any:
    def decide(self: Any, corp: Any, send: Any, used: Any, writes: Any) -> Any:
        return real(self, corp, msgspec.structs.replace(send, org_version=corp.org_version), used, writes)

    return decide


def _rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    def make(real: Any) -> Any:
        def run_rows(self: Any, name: str, rows: Sequence[Any]) -> None:
            real(self, name, change(list(rows)) if name == "inbox.insert" else rows)

        return run_rows

    return make


def _failed_is_delivered(real: Any) -> Any:
    def admit(send: Any, state: Any, checks: Any) -> Admitted:
        admitted = real(send, state, checks)
        return admitted if admitted.failed is None else msgspec.structs.replace(admitted, delivered=send.people)

    return admit


def _lying_commit(real: Any) -> Any:
    def commit(self: Any) -> None:
        with contextlib.suppress(Exception):
            real(self)

    return commit


def _forgetful(real: Any) -> Any:
    async def change(self: Any, setting: Any, deed: Any = None) -> None:
        await self._store.write(rulekeeper._change_txn, setting, deed)

    return change


# --- reading


def _frozen_broadcasts(real: Any) -> Any:
    def kept(self: Any, tx: Any, corp: Any) -> Any:
        return self._kept[corp] if corp in self._kept else real(self, tx, corp)

    return kept


def _everybody_who_opened(real: Any) -> Any:
    def reads(tx: Any, task: Any, delivered: Any) -> Any:
        return real(tx, task, delivered | type(delivered)(range(30)))

    return reads


def _anybody_recalls(real: Any) -> Any:
    def load(tx: Any, corp: Any, seq: Any) -> Any:
        task = real(tx, corp, seq)
        return task if task is None else _Everybodys(task)

    return load


class _Everybodys:
    """A task that is every sender's."""

    def __init__(self, task: Any) -> None:
        self._task = task
        self.sender = _Equal()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._task, name)


class _Equal(int):
    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


# --- the organisation


def _stays_counted(real: Any) -> Any:
    def leave(tx: Any, state: Any, leaving: Any, now: Any) -> Any:
        left = real(tx, state, leaving, now)
        state.live |= left
        return left

    return leave


def _always_new(real: Any) -> Any:
    def identity(state: Any, known: Any, entry: Any, now: Any) -> Any:
        known.latest.clear()
        return real(state, known, entry, now)

    return identity


# --- events


def _marked_first(real: Any) -> Any:
    async def send_next(self: Any, callback: Any, lane: int) -> bool:
        found = await self._store.read(dispatcher._next_txn, callback.app, callback.corp, lane, self._clock.now())
        if found is None:
            return False
        event = found.event
        await self._store.write(end_attempt_txn, event, Attempt(event.attempts + 1, self._clock.now(), 200, 0, "ok", ""), "delivered", event.due_at)
        await self._push(found)
        return True

    return send_next


@contextmanager
def _told_outside() -> Iterator[None]:
    """What is told is written in a transaction of its own, after the changes were forgotten."""
    waiting: dict[int, list[Any]] = {}
    holder: list[int] = [0]
    turn = dispatcher.Dispatcher._turn

    def put(tx: Any, *arguments: Any) -> None:
        waiting.setdefault(holder[0], []).append(arguments[:-1])

    def flush_txn(tx: Any, events: list[Any], now: Any) -> None:
        for one in events:
            real_put(tx, *one, now)

    async def flushing(self: Any, group: Any) -> bool:
        if mine := waiting.pop(id(self), None):
            await self._store.write(flush_txn, mine)
            self.wake()
        holder[0] = id(self)
        return await turn(self, group)

    real_put = directory_events.put_event_txn
    with mock.patch.object(directory_events, "put_event_txn", put), mock.patch.object(dispatcher.Dispatcher, "_turn", flushing):
        yield


BUGS: dict[str, tuple[str, Plant]] = {
    "a window lets one more through": ("I3", _code(Check, "refuses", _one_too_many)),
    "a call is counted before it is checked": ("I3", _code(state.SenderState, "check_window", _counted_before)),
    "a window's count is not written again": ("I3", _sql("window.put", "do update set start = excluded.start, n = excluded.n", "do nothing")),
    "a day's count starts at nothing in each commit": ("I3", _sql("sender_day.of_senders", "n_tasks, person_times", "0, 0")),
    "the clock going back opens a window": ("I3", _code(accept._Corp, "__init__", _clock_goes_back)),
    "people left out are charged to the minute": ("I3", _surfaces("work", _charges_the_left_out)),
    "people left out are charged to the day": ("I3", _code(mass, "person_times", lambda real: lambda send: len(send.people))),
    "a single send charges nobody": ("I3", _surfaces("mass", _free_singles)),
    "a preview is charged as a send to many": ("I3", _code(mass, "_is_single", lambda real: lambda send: send.kind == "single")),
    "rules are stored and not reloaded": ("I3", _code(rulekeeper.RuleKeeper, "change", _forgetful)),
    "the row of a uuid is not written": ("I2", _code(accept, "_write", _without_attempts)),
    "the same content, whatever the day": (
        "I3",
        _sqls(
            _sql("task.same_content", "day = :day and ", ""),
            _sql("task.same_content_bitmaps", "day = :day and ", ""),
        ),
    ),
    "an audience of an organisation that was": ("I1", _code(accept.Acceptance, "_decide", _never_stale)),
    "a part of the fan-out is skipped": ("I1", _code(sqlite.SqliteTx, "run_rows", _rows(lambda rows: rows[:-1] if len(rows) > 3 else rows))),
    "an inbox row of another organisation": (
        "I6",
        _code(sqlite.SqliteTx, "run_rows", _rows(lambda rows: [(2, *row[1:]) if row[1] == 13 else row for row in rows])),
    ),
    "a failed task is delivered": ("I1", _code(mass, "_admit", _failed_is_delivered)),
    "a failed commit is answered as done": ("I8", _code(sqlite.SqliteStore, "_commit", _lying_commit)),
    "a recalled message keeps its body": ("I4", _sql("task.as_entries", "t.recalled_at", "null")),
    "a recalled message counts as unread": ("I4", _sql("inbox.unread_unusual", "t.recalled_at is not null or ", "")),
    "a recalled message can be read": ("I4", _sql("task.by_seq_short", "recalled_at", "null")),
    "every account recalls every task": ("I4", _code(recall, "load_task_txn", _anybody_recalls)),
    "a recall after any time": ("I4", lambda: mock.patch.object(recall, "RECALL_WINDOW_MS", 1 << 50)),
    "a recall is not told to open inboxes": ("I4", _sql("event.after", "e.seq > :after", "e.seq > :after and e.kind <> 'recalled'")),
    "delayed messages are seen at once": ("I1", _sql("task.as_entries", "t.visible_at", "(t.seq >> 12)")),
    "a mark is off by one": ("I5", _sql("inbox.unread_rows", "seq > :above", "seq >= :above")),
    "whoever opened the conversation has read it": ("I5", _code(receipts, "reads_txn", _everybody_who_opened)),
    "bitmap tasks are looked up once": ("I1", _code(broadcasts.Broadcasts, "kept", _frozen_broadcasts)),
    "a live feed is cut after one message": ("I11", _sql("task.after", "limit :limit", "limit min(:limit, 1)")),
    "who left is still counted": ("I1", _code(edit, "apply_leaving_txn", _stays_counted)),
    "who comes back is somebody new": ("I1", _code(edit_people, "_identity", _always_new)),
    "who moves stays where they were": ("I1", _code(edit_people, "_discard", lambda real: lambda *_arguments: None)),
    "events are marked before they are sent": ("I9", _code(dispatcher.Dispatcher, "_send_next", _marked_first)),
    "events are written outside the transaction": ("I9", _told_outside),
    "events overtake each other": ("I9", _sql("outbox.first", "order by n", "order by due_at, n")),
    "an event is given up at the first failure": ("I9", _code(dispatcher, "decide_retry", lambda real: lambda *_arguments: None)),
}
