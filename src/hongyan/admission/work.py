"""The rules of a work notification: they leave people out and hardly ever refuse a call.

Order (ours where the pages say nothing): the cap of one send, the day's number and the same content, then the receivers of the minute:
the first who pass the others are delivered, in the caller's order and then by department.
Page: asynchronous-sending-of-enterprise-session-messages.
"""

from pyroaring import BitMap

from hongyan.admission import rules
from hongyan.admission.limits import Check, aligned, check_limit
from hongyan.admission.rules import WORK_INTERNAL, WORK_THIRD_PARTY, Mode, WorkRules
from hongyan.admission.state import Admitted, Denied, Send, SenderState, Verdict
from hongyan.model import errors
from hongyan.model.clock import MINUTE_MS
from hongyan.model.errors import Refusal
from hongyan.model.ids import EpochMs, Ord


def rules_of(send: Send) -> WorkRules:
    return WORK_THIRD_PARTY if send.third_party else WORK_INTERNAL


def first_people(people: BitMap, order: tuple[Ord, ...], count: int) -> BitMap:
    """The first `count` of them: who is named in `order`, then the others by ordinal."""
    if count >= len(people):
        return people
    if count <= 0:
        return BitMap()
    named = [ord_ for ord_ in dict.fromkeys(order) if ord_ in people]
    if count <= len(named):
        return BitMap(named[:count])
    rest = people - BitMap(named)
    return BitMap(named) | BitMap(rest[: count - len(named)])


class _Filtering:
    """People on their way through the rules."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.people = send.people
        self.filtered: dict[str, BitMap] = {}
        self.observed: dict[str, BitMap] = {}

    def leave_out(self, rule: str, concerned: BitMap) -> None:
        concerned = concerned & self.people
        mode = self._send.rules[rule].mode
        if not concerned or mode is Mode.OFF:
            return
        if mode is Mode.OBSERVE:
            self.observed[rule] = concerned
        else:
            self.filtered[rule] = concerned
            self.people = self.people - concerned

    def keep_first(self, count: int, rule: str) -> None:
        """Leave out whoever stands behind so many, in the order they were named."""
        if len(self.people) > count:
            self.leave_out(rule, self.people - first_people(self.people, self._send.order, count))


def decide_work(send: Send, state: SenderState, now: EpochMs) -> Verdict:
    """Deny an all-staff send over its number; else admit, with everybody whom a rule leaves out; changes nothing."""
    checks: list[Check] = []
    if send.all_staff:
        check = check_limit(send.rules[rules.ALL_STAFF.id], used=state.sends_to_all, cost=1, ends_at=state.day_ends_at)
        checks.append(check)
        if check.refuses:
            return Denied(Refusal(errors.ALL_STAFF_USED_UP), checks)
    own, way = rules_of(send), _Filtering(send)
    for rule, people in send.screened.items():
        way.leave_out(rule, people)
    cap = send.rules[own.audience.id]
    checks.append(check_limit(cap, used=0, cost=len(way.people), ends_at=EpochMs(0)))
    way.keep_first(cap.limit, cap.rule)
    person = send.rules[own.person.id]
    checks.append(check_limit(person, used=0, cost=1, ends_at=state.day_ends_at))  # what holds for each person; explain fills in the count
    way.leave_out(person.rule, state.at_limit(person.limit, way.people))
    if send.hash is not None:
        way.leave_out(own.same_content.id, state.have_content(send.hash, way.people))
    _leave_out_by_minute(send, own, state, way, checks, now)
    return Admitted(checks, way.people, way.filtered, way.observed)


def _leave_out_by_minute(send: Send, own: WorkRules, state: SenderState, way: _Filtering, checks: list[Check], now: EpochMs) -> None:
    minute = send.rules[own.receivers.id]
    start = aligned(now, MINUTE_MS)
    last, n = state.windows.get(minute.rule, (start, 0))
    used = n if last == start else 0
    checks.append(check_limit(minute, used=used, cost=len(way.people), ends_at=EpochMs(start + MINUTE_MS)))
    way.keep_first(minute.limit - used, minute.rule)


def charge_work(send: Send, admitted: Admitted, state: SenderState, now: EpochMs, *, as_rows: bool) -> list[Ord]:
    """Count the delivered people on the state; returns those whose usage rows changed."""
    rule = rules_of(send).receivers.id
    start = aligned(now, MINUTE_MS)
    last, n = state.windows.get(rule, (start, 0))
    state.windows[rule] = (start, (n if last == start else 0) + len(admitted.delivered))
    state.n_tasks += 1
    state.person_times += len(admitted.delivered)
    if send.all_staff:
        state.windows[rules.ALL_STAFF.id] = (state.day_ends_at, state.sends_to_all + 1)
    if not as_rows:
        state.tally.add(admitted.delivered)
        return []
    changed = [Ord(ord_) for ord_ in admitted.delivered]
    for ord_ in changed:
        state.usage[ord_].n += 1
    return changed
