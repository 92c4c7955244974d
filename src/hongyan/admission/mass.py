"""The rules of a service account's mass send, in the order of their checks.

Order and meaning: interactive-service-window-group-message-sending-interface; the order inside the quota stage is ours, but that a
uuid is spent by 800055 and 800056, which the page implies.
"""

from pyroaring import BitMap

from hongyan.admission import rules
from hongyan.admission.limits import Check, check_limit
from hongyan.admission.state import Admitted, Denied, Send, SenderState, SendKind, Verdict
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Refusal
from hongyan.model.ids import EpochMs, Ord

_REFUSALS: dict[str, ErrorRow] = {
    rules.ACCOUNT_QPS.id: errors.ACCOUNT_QPS,
    rules.ACCOUNT_QPM.id: errors.ACCOUNT_QPM,
    rules.BROAD_FREQUENCY.id: errors.TOO_FREQUENT,
    rules.SINGLE_PER_PERSON.id: errors.SINGLE_USED_UP,
    rules.SENDS_PER_DAY.id: errors.SENDS_USED_UP,
    rules.PERSON_TIMES.id: errors.PERSON_TIMES_USED_UP,
}


def decide_mass(send: Send, state: SenderState, now: EpochMs) -> Verdict:
    """Admit or deny, on exact counts; changes nothing."""
    checks: list[Check] = []
    for check in _call_checks(send, state, now):
        checks.append(check)
        if check.refuses:
            return Denied(Refusal(_REFUSALS[check.rule]), checks)
    return _admit(send, state, checks)


def _call_checks(send: Send, state: SenderState, now: EpochMs) -> "list[Check]":
    checks = [state.check_window(send.rules[rules.ACCOUNT_QPS.id], now), state.check_window(send.rules[rules.ACCOUNT_QPM.id], now)]
    if send.kind is SendKind.BROAD:
        checks.append(state.check_window(send.rules[rules.BROAD_FREQUENCY.id], now))
    if _is_single(send):
        used = state.usage[Ord(send.people[0])].n
        checks.append(check_limit(send.rules[rules.SINGLE_PER_PERSON.id], used=used, cost=1, ends_at=state.day_ends_at))
    else:
        checks.append(check_limit(send.rules[rules.SENDS_PER_DAY.id], used=state.n_tasks, cost=1, ends_at=state.day_ends_at))
    per_head = send.rules[rules.PERSON_TIMES.id]
    checks.append(Check(per_head.rule, state.person_times, person_times(send), per_head.limit * state.headcount, state.day_ends_at, per_head.mode))
    return checks


def person_times(send: Send) -> int:
    """Distinct people a send is charged for: those it resolves to, before duplicates are left out."""
    if not send.screened:
        return len(send.people)
    return len(send.people) - sum(len(people) for rule, people in send.screened.items() if send.rules[rule].enforced)


def _admit(send: Send, state: SenderState, checks: list[Check]) -> Admitted:
    people = send.people
    filtered: dict[str, BitMap] = {}
    observed: dict[str, BitMap] = {}
    for rule, concerned in send.screened.items():
        if send.rules[rule].enforced:
            filtered[rule] = concerned
            people = people - concerned
        elif send.rules[rule].mode is rules.Mode.OBSERVE:
            observed[rule] = concerned
    cap = send.rules[rules.AUDIENCE_CAP.id]
    if send.kind is SendKind.BROAD and len(send.people) > cap.limit:
        checks.append(check_limit(cap, used=0, cost=len(send.people), ends_at=EpochMs(0)))
        if cap.enforced:
            return Admitted(checks, BitMap(), {}, {}, failed=send.people)
    if send.hash is None:
        return Admitted(checks, people, filtered, observed)
    same = state.have_content(send.hash, people)
    if same:
        effective = send.rules[rules.SAME_CONTENT.id]
        if effective.enforced:
            filtered[effective.rule] = same
            people = people - same
        elif effective.mode is rules.Mode.OBSERVE:
            observed[effective.rule] = same
    return Admitted(checks, people, filtered, observed)


def charge_mass(send: Send, admitted: Admitted, state: SenderState, now: EpochMs, *, as_rows: bool) -> list[Ord]:
    """Count an admitted send on the state; returns the people whose usage rows changed.

    A task that fails as a whole gives its daily quotas back; the windows keep it.
    """
    state.count_windows(admitted.checks)
    if admitted.failed is not None:
        return []
    state.person_times += person_times(send)
    if _is_single(send):
        for ord_ in admitted.delivered:
            state.usage[Ord(ord_)].n += 1
        return [Ord(ord_) for ord_ in admitted.delivered]
    state.n_tasks += 1
    return []


def _is_single(send: Send) -> bool:
    return send.kind is SendKind.SINGLE or send.kind is SendKind.PREVIEW
