"""Tasks: what was sent, to whom, with what result; and what became of an attempt."""

import msgspec

from hongyan.admission.limits import Check, decode_checks
from hongyan.admission.tasks import STATUS_FAILED, Flags, Invalid, Task
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Done, Limit, Position, find_account_txn, find_corp_txn, find_task_txn
from hongyan.control.problems import conflict, unknown
from hongyan.delivery.explain import Explanation, explain_txn
from hongyan.delivery.inbox import END, SenderName, sender_names_txn
from hongyan.delivery.recall import recall_txn
from hongyan.delivery.receipts import progress_of, result_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.records import load_person_txn
from hongyan.messages.bodies import AnyBody, decode_body, title_of
from hongyan.model.errors import CATALOGUE
from hongyan.model.ids import CorpNo, EpochMs, SenderId, Seq, mass_task_id, seq_ms, wire_task_id
from hongyan.store.interface import Row, Tx


class TasksQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`account` is a unionid; `before` is the `next` of the page before."""

    account: str = ""
    before: Position = END
    limit: Limit = 50


class Speaker(msgspec.Struct, frozen=True):
    """Who sent it; `id` is a unionid or an agent id."""

    kind: str
    id: str
    name: str


class TaskSummary(msgspec.Struct, frozen=True):
    """A task in a list. `status` is sent or failed; `kind` says what it was charged as: single, preview, mass or broad."""

    task_id: str
    at: EpochMs
    sender: Speaker
    surface: str
    kind: str
    status: str
    uuid: str
    msg_type: str
    title: str
    addressed: int
    forbidden: int
    failed: int
    visible_at: EpochMs
    recalled_at: EpochMs | None


class TaskPage(msgspec.Struct, frozen=True):
    tasks: list[TaskSummary]
    next: int | None


class CheckAnswer(msgspec.Struct, frozen=True):
    """A rule that was looked at: counted before, added by this send, allowed; `ends_at` null: it concerns this send alone."""

    rule: str
    used: int
    cost: int
    limit: int
    ends_at: EpochMs | None
    mode: str
    passed: bool


class TaskCounts(msgspec.Struct, frozen=True):
    """How many are in each list; `forbidden` by rule beside it, `observed` would be forbidden if the rule were enforced."""

    unread: int
    read: int
    forbidden: int
    failed: int
    invalid: int
    forbidden_by_rule: dict[str, int]
    observed_by_rule: dict[str, int]


class TaskDetail(msgspec.Struct, frozen=True):
    """A task with everything that was stored of it."""

    task_id: str
    at: EpochMs
    sender: Speaker
    surface: str
    kind: str
    status: str
    progress_percent: int
    uuid: str
    msg_type: str
    body: AnyBody
    to: Selectors
    flags: Flags
    counts: TaskCounts
    rules: list[CheckAnswer]
    rules_version: int
    invalid: Invalid
    visible_at: EpochMs
    recalled_at: EpochMs | None


class Attempt(msgspec.Struct, frozen=True):
    """What became of a uuid. `errcode` 0 with a `task_id`: it was accepted; else the answer that was given, and what to do."""

    uuid: str
    at: EpochMs
    accepted: bool
    outcome: str
    errcode: int
    errmsg: str
    advice: str
    task_id: str | None
    rules: list[CheckAnswer]


def speaker(names: dict[SenderId, SenderName], sender: SenderId) -> Speaker:
    name = names.get(sender)
    return Speaker(name.kind, name.wire_id, name.name) if name else Speaker("unknown", "", "")


def _status(status: int) -> str:
    return "failed" if status == STATUS_FAILED else "sent"


def _checks(checks: tuple[Check, ...]) -> list[CheckAnswer]:
    return [CheckAnswer(one.rule, one.used, one.cost, one.limit, one.ends_at or None, one.mode, one.passed) for one in checks]


def _summary(row: Row, names: dict[SenderId, SenderName]) -> TaskSummary:
    seq, sender, _app, surface, status, kind, uuid, msg_type, content, *numbers = row
    who, title = speaker(names, sender), title_of(decode_body(content))
    return TaskSummary(wire_task_id(surface, seq), seq_ms(seq), who, surface, kind, _status(status), uuid, msg_type, title, *numbers)


def _page_txn(tx: Tx, corp_id: str, query: TasksQuery) -> TaskPage:
    corp = find_corp_txn(tx, corp_id).no
    sender = find_account_txn(tx, corp, query.account).sender if query.account else None
    names = sender_names_txn(tx, corp)
    rows = tx.all("control.tasks", corp=corp, before=query.before, sender=sender, limit=query.limit)
    return TaskPage([_summary(row, names) for row in rows], rows[-1][0] if len(rows) == query.limit else None)


async def list_tasks(call: Call[TasksQuery, None]) -> TaskPage:
    return await call.engine.store.read(_page_txn, call.path["corp"], call.query)


def _counts_txn(tx: Tx, task: Task) -> TaskCounts:
    lists = result_txn(tx, task)
    by_rule = {rule: len(people) for rule, people in lists.forbidden.items()}
    observed = {rule: len(people) for rule, people in task.observed.items()}
    n_invalid = len(lists.invalid.userids) + len(lists.invalid.depts) + len(lists.invalid.roles)
    return TaskCounts(len(lists.unread), len(lists.read), sum(by_rule.values()), len(lists.failed), n_invalid, by_rule, observed)


def _detail_txn(tx: Tx, corp_id: str, task_id: str, now: EpochMs) -> TaskDetail:
    corp = find_corp_txn(tx, corp_id).no
    task = find_task_txn(tx, corp, task_id)
    return TaskDetail(
        task_id=task_id,
        at=seq_ms(task.seq),
        sender=speaker(sender_names_txn(tx, corp), task.sender),
        surface=task.surface,
        kind=task.kind,
        status=_status(task.status),
        progress_percent=progress_of(task, now).percent,
        uuid=task.uuid,
        msg_type=task.msg_type,
        body=decode_body(task.content),
        to=task.to,
        flags=task.flags,
        counts=_counts_txn(tx, task),
        rules=_checks(task.checks),
        rules_version=task.rules_version,
        invalid=task.invalid,
        visible_at=task.visible_at,
        recalled_at=task.recalled_at,
    )


async def get_task(call: Call[None, None]) -> TaskDetail:
    return await call.engine.store.read(_detail_txn, call.path["corp"], call.path["task_id"], call.engine.clock.now())


def _explain_txn(tx: Tx, corp_id: str, task_id: str, userid: str) -> Explanation:
    corp = find_corp_txn(tx, corp_id)
    task = find_task_txn(tx, corp.no, task_id)
    return explain_txn(tx, task, corp.zone, load_person_txn(tx, corp.no, userid), userid)


async def explain(call: Call[None, None]) -> Explanation:
    return await call.engine.store.read(_explain_txn, call.path["corp"], call.path["task_id"], call.path["userid"])


def _recall_txn(tx: Tx, corp_id: str, task_id: str, now: EpochMs) -> tuple[CorpNo, bool]:
    corp = find_corp_txn(tx, corp_id).no
    task = find_task_txn(tx, corp, task_id)
    return corp, recall_txn(tx, corp, task.sender, task.seq, task.surface, now)


async def recall(call: Call[None, None]) -> Done:
    corp, recalled = await call.engine.store.write(_recall_txn, call.path["corp"], call.path["task_id"])
    if not recalled:
        raise conflict("not_recallable", "The task cannot be recalled: it failed, or is older than 24 hours.")
    call.engine.bus.publish(corp)
    return Done()


def _attempt_txn(tx: Tx, corp_id: str, unionid: str, uuid: str) -> Attempt:
    corp = find_corp_txn(tx, corp_id).no
    account = find_account_txn(tx, corp, unionid)
    row = tx.one("attempt.by_uuid", corp=corp, sender=account.sender, uuid=uuid)
    if row is None:
        raise unknown("attempt", uuid)
    at, outcome, seq, decision = row
    if seq is not None:
        task = find_task_txn(tx, corp, mass_task_id(Seq(seq)))
        return Attempt(uuid, at, True, outcome, 0, "ok", "", mass_task_id(Seq(seq)), _checks(task.checks))
    refused = CATALOGUE[outcome]
    return Attempt(uuid, at, False, outcome, refused.errcode, refused.errmsg, refused.advice, None, _checks(decode_checks(decision)))


async def get_attempt(call: Call[None, None]) -> Attempt:
    return await call.engine.store.read(_attempt_txn, call.path["corp"], call.path["unionid"], call.path["uuid"])


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/tasks", "Page through the tasks, newest first", list_tasks, TaskPage, query=TasksQuery),
    Endpoint("GET", "/corps/{corp}/tasks/{task_id}", "One task with its result and the rules looked at", get_task, TaskDetail),
    Endpoint("GET", "/corps/{corp}/tasks/{task_id}/explain/{userid}", "Why somebody got it, or not", explain, Explanation),
    Endpoint("POST", "/corps/{corp}/tasks/{task_id}/recall", "Withdraw a task from every inbox", recall, Done),
    Endpoint("GET", "/corps/{corp}/accounts/{unionid}/attempts/{uuid:path}", "What became of a send, by its uuid", get_attempt, Attempt),
)
