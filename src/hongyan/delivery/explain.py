"""Why did X get it, or not? Computed from what was stored when the send was decided."""

import msgspec
from pyroaring import BitMap

from hongyan.admission import rules
from hongyan.admission.limits import Check
from hongyan.admission.rules import RULES, Mode
from hongyan.admission.tasks import Task, delivered_stored, task_of
from hongyan.delivery.receipts import result_txn
from hongyan.directory.records import Person
from hongyan.model.clock import day_end, day_start, iso
from hongyan.model.ids import SEQ_COUNTER_BITS, EpochMs, Ord, Seq, seq_ms, wire_task_id
from hongyan.store.interface import Tx


class RuleLook(msgspec.Struct, frozen=True):
    """One rule that was looked at.

    `used` was counted before this send, `cost` is what the send adds, `ends_at` is when the window ends (null: it concerns this send
    alone). `subject` is `call` or `person`.
    """

    rule: str
    subject: str
    scope: str
    window: str
    used: int
    cost: int
    limit: int
    mode: str
    passed: bool
    ends_at: EpochMs | None
    ends: str | None  # the same as text, in the corp's time zone
    outcome: str
    note: str = ""


class Twin(msgspec.Struct, frozen=True):
    """The earlier send of the same content."""

    task_id: str
    at: EpochMs
    recalled: bool


class Explanation(msgspec.Struct, frozen=True):
    """What happened to one person in one task, and every rule that had a say.

    `list` is unread, read, forbidden, failed, invalid or not_addressed; `rule` names the rule that left the person out.
    """

    task_id: str
    userid: str
    name: str
    list: str
    rule: str | None
    reason: str
    rules: tuple[RuleLook, ...]
    twin: Twin | None = None
    recalled_at: EpochMs | None = None
    visible_at: EpochMs | None = None


def explain_txn(tx: Tx, task: Task, zone: str, person: Person | None, userid: str) -> Explanation:
    """Answers for anybody, also for ids that name nobody and people who were not addressed."""
    looks = [call_look(check, zone) for check in task.checks if check.rule not in _PER_PERSON]
    if person is None or person.ord not in task.addressed:
        unknown = userid in task.invalid.userids
        place = "invalid" if unknown else "not_addressed"
        reason = f"no live person had the userid {userid}" if unknown else _not_addressed(task, person, userid)
        return Explanation(
            wire_task_id(task.surface, task.seq), userid, person.name if person else "", place, None, reason, tuple(looks), visible_at=task.visible_at
        )
    place = result_txn(tx, task).list_of(person.ord) or "not_addressed"
    rule = next((name for name, people in task.filtered.items() if person.ord in people), None)
    twin = _twin_txn(tx, task, person.ord)
    looks += _person_looks(tx, task, person.ord, twin, zone)
    reason = _reason(task, place, rule, twin)
    return Explanation(
        wire_task_id(task.surface, task.seq), userid, person.name, place, rule, reason, tuple(looks), twin, task.recalled_at, task.visible_at
    )


def _not_addressed(task: Task, person: Person | None, userid: str) -> str:
    if person is None:
        return f"nobody in the organisation has the userid {userid}"
    if task.kind == "preview":
        return "a preview goes to the first userid of the list alone"
    if person.joined_at > seq_ms(task.seq):
        return "joined the organisation after the send was accepted"
    return "none of the send's users, departments and roles includes this person"


def call_look(check: Check, zone: str) -> RuleLook:
    """A rule that looked at a call as a whole, as it was stored."""
    ends_at = check.ends_at or None
    rule = RULES[check.rule]
    ends = iso(ends_at, zone) if ends_at else None
    return RuleLook(
        check.rule, "call", rule.scope, rule.window, check.used, check.cost, check.limit, check.mode, check.passed, ends_at, ends, rule.outcome
    )


def _person_looks(tx: Tx, task: Task, ord_: Ord, twin: Twin | None, zone: str) -> list[RuleLook]:
    """The rules that look at one person, as they stood for this task."""
    ends_at = day_end(task.day, zone)
    looks: list[RuleLook] = []
    for name in _SCREENS:
        filtered, observed = ord_ in task.filtered.get(name, _NOBODY), ord_ in task.observed.get(name, _NOBODY)
        looks.append(_look(name, int(filtered or observed), 0, 0, _mode(filtered, observed), None, zone))
    if any(ord_ in task.filtered.get(name, _NOBODY) for name in _SCREENS):
        return looks
    counted = [check for check in task.checks if check.rule in _PER_PERSON]
    looks += [_look(check.rule, _notices_before_txn(tx, task, ord_, zone), 1, check.limit, check.mode, ends_at, zone) for check in counted]
    if task.hash is not None:
        name = _same_content_rule(task)
        filtered, observed = ord_ in task.filtered.get(name, _NOBODY), ord_ in task.observed.get(name, _NOBODY)
        looks.append(_look(name, int(twin is not None), 1, 1, _mode(filtered, observed or (twin is not None and not filtered)), ends_at, zone))
    return looks


_SCREENS = (rules.NOT_ACTIVATED.id, rules.BLOCKED.id, rules.NOT_ALLOWED.id)
_PER_PERSON = frozenset((rules.WORK_INTERNAL.person.id, rules.WORK_THIRD_PARTY.person.id))


def _same_content_rule(task: Task) -> str:
    if task.surface == "mass":
        return rules.SAME_CONTENT.id
    third_party = any(check.rule == rules.WORK_THIRD_PARTY.person.id for check in task.checks)
    return (rules.WORK_THIRD_PARTY if third_party else rules.WORK_INTERNAL).same_content.id


def _notices_before_txn(tx: Tx, task: Task, ord_: Ord, zone: str) -> int:
    """Notices that this sender had delivered to the person that day, before this one."""
    since = day_start(task.day, zone) << SEQ_COUNTER_BITS
    row = tx.one("inbox.count_between", corp=task.corp, ord=ord_, sender=task.sender, since=since, before=task.seq)
    rows = tx.all("task.counted_bitmaps_before", corp=task.corp, since=since, before=task.seq, sender=task.sender)
    return (row[0] if row else 0) + sum(ord_ in delivered_stored(addressed, sets) for addressed, sets in rows)


_NOBODY = BitMap()


def _mode(filtered: bool, observed: bool) -> Mode:
    return Mode.ENFORCE if filtered or not observed else Mode.OBSERVE


def _look(name: str, used: int, cost: int, limit: int, mode: Mode, ends_at: EpochMs | None, zone: str) -> RuleLook:
    rule = RULES[name]
    ends = iso(ends_at, zone) if ends_at else None
    return RuleLook(name, "person", rule.scope, rule.window, used, cost, limit, mode, used + cost <= limit, ends_at, ends, rule.outcome)


def _twin_txn(tx: Tx, task: Task, ord_: Ord) -> Twin | None:
    """The first task of the day that gave this person the same content before."""
    if task.hash is None:
        return None
    for (seq,) in sorted(tx.all("task.twins_before", corp=task.corp, day=task.day, sender=task.sender, hash=task.hash, before=task.seq)):
        row = tx.one("task.by_seq", corp=task.corp, seq=seq)
        if row is not None and ord_ in (twin := task_of(row)).delivered:
            return Twin(wire_task_id(task.surface, Seq(seq)), seq_ms(Seq(seq)), twin.recalled_at is not None)
    return None


def _reason(task: Task, place: str, rule: str | None, twin: Twin | None) -> str:
    recalled = "; it was recalled later" if task.recalled_at is not None else ""
    match place:
        case "read":
            return "delivered and read" + recalled
        case "unread":
            return "delivered, not read" + recalled
        case "failed":
            return f"the task failed as a whole: more than {task.checks[-1].limit} people by department, role or everyone"
        case _:
            return _REASONS.get(rule or "", "left out") + (_twin_text(twin) if rule == _same_content_rule(task) and twin else "")


def _work_reasons(own: rules.WorkRules) -> dict[str, str]:
    return {
        own.audience.id: "came after the number of people that one send may have",
        own.receivers.id: "came after the number of people that the app may reach in a minute",
        own.person.id: "had the day's number of notices from this app already",
        own.same_content.id: "had the same content from this app today",
    }


_REASONS = {
    rules.NOT_ACTIVATED.id: "has never signed in to the client",
    rules.BLOCKED.id: "is on the account's list of people who get nothing",
    rules.NOT_ALLOWED.id: "is not on the account's lists of people who may get something",
    rules.SAME_CONTENT.id: "had the same content from this account today",
    **_work_reasons(rules.WORK_INTERNAL),
    **_work_reasons(rules.WORK_THIRD_PARTY),
}


def _twin_text(twin: Twin) -> str:
    return f", in task {twin.task_id}" + (", which was recalled" if twin.recalled else "")
