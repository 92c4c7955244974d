"""How much of its limits a sender has used, and what the limits did to its sends."""

import msgspec
from pyroaring import BitMap

from hongyan.admission.limits import aligned
from hongyan.admission.rules import ALL_STAFF, PERSON_TIMES, RULES, SENDS_PER_DAY, WINDOW_MS, WORK_INTERNAL, WORK_THIRD_PARTY, Effective
from hongyan.admission.state import SenderState, Usage
from hongyan.admission.wide import wide_day_txn
from hongyan.directory.records import Corp
from hongyan.model.clock import day_end, day_of, day_start
from hongyan.model.ids import CorpNo, Day, EpochMs, SenderId, seq_ms
from hongyan.store.interface import Tx

_OF_ACCOUNT = tuple(name for name, rule in RULES.items() if rule.scope == "account" and rule.window in WINDOW_MS)
_OF_APP = tuple(kind.receivers.id for kind in (WORK_INTERNAL, WORK_THIRD_PARTY))


class Used(msgspec.Struct, frozen=True):
    """What is counted in a rule's present window, and when it frees up."""

    n: int
    ends_at: EpochMs


class RuleDay(msgspec.Struct, frozen=True):
    """What a rule did to a sender's sends in a day: calls refused, people left out, people who would have been left out."""

    day: Day
    rule: str
    refused: int
    filtered: int
    observed: int


def corp_time_txn(tx: Tx, corp: CorpNo, now: EpochMs) -> EpochMs:
    """The present of an organisation, which never runs backwards."""
    state = tx.one("corp.accept_state", corp=corp)
    assert state is not None
    return EpochMs(max(now, seq_ms(state[0])))


def used_txn(tx: Tx, corp: Corp, sender: SenderId, now: EpochMs) -> dict[str, Used]:
    """For the rules that are counted by account; a service account's."""
    now = corp_time_txn(tx, corp.no, now)
    used = _windows_txn(tx, corp.no, sender, _OF_ACCOUNT, now)
    today = day_of(now, corp.zone)
    day = tx.one("sender_day.of_sender", corp=corp.no, day=today, sender=sender) or (0, 0)
    ends_at = day_end(today, corp.zone)
    return used | {SENDS_PER_DAY.id: Used(day[0], ends_at), PERSON_TIMES.id: Used(day[1], ends_at)}


def used_by_app_txn(tx: Tx, corp: Corp, sender: SenderId, now: EpochMs) -> dict[str, Used]:
    """The same for the rules that are counted by app in an organisation; an installation's."""
    now = corp_time_txn(tx, corp.no, now)
    ends_at = day_end(day_of(now, corp.zone), corp.zone)
    # The window of the day's sends to everyone is named by its end.
    to_all = next((n for rule, end, n in tx.all("window.of_sender", corp=corp.no, sender=sender) if (rule, end) == (ALL_STAFF.id, ends_at)), 0)
    return _windows_txn(tx, corp.no, sender, _OF_APP, now) | {ALL_STAFF.id: Used(to_all, ends_at)}


def _windows_txn(tx: Tx, corp: CorpNo, sender: SenderId, rules: tuple[str, ...], now: EpochMs) -> dict[str, Used]:
    counted = {rule: (start, n) for rule, start, n in tx.all("window.of_sender", corp=corp, sender=sender)}
    used: dict[str, Used] = {}
    for rule in rules:
        span = WINDOW_MS[RULES[rule].window]
        start, n = counted.get(rule, (0, 0))
        begins = aligned(now, span)
        used[rule] = Used(n if start == begins else 0, EpochMs(begins + span))
    return used


def people_at_limit_txn(tx: Tx, corp: Corp, sender: SenderId, person: Effective, live: BitMap, now: EpochMs) -> int:
    """How many people got the day's number of a rule that counts by person; reads the sender's day."""
    today = day_of(corp_time_txn(tx, corp.no, now), corp.zone)
    starts_at = day_start(today, corp.zone)
    state = SenderState(day_end(today, corp.zone), corp.headcount)
    state.tally = wide_day_txn(tx, corp.no, sender, today, starts_at).tally
    least = max(1, person.limit - state.tally.most)
    for ord_, n, _hashes in tx.all("usage.at_least", corp=corp.no, day=today, sender=sender, least=least):
        state.usage[ord_] = Usage(n)
    return len(state.at_limit(person.limit, live))


def rule_days_txn(tx: Tx, corp: CorpNo, sender: SenderId, since: Day) -> list[RuleDay]:
    """What the rules did from a day on, by day and rule; days and rules without anything are absent."""
    return [RuleDay(*row) for row in tx.all("rule_day.of_sender", corp=corp, sender=sender, since=since)]
