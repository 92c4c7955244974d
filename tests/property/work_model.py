"""What a work notice must do, person by person and without a thought for speed."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from hongyan.admission.rules import Mode
from hongyan.model import errors
from property.model import Model, ModelTask, Person, day_of
from property.work_histories import LIMITS, VISIBLE_DEPTS, VISIBLE_USERIDS, NoticeOp

CODES = {
    "work.internal.audience": "143103",
    "work.internal.receivers_per_minute": "143103",
    "work.internal.per_person": "143105",
    "work.internal.same_content": "143106",
    "work.third_party.audience": "143203",
    "work.third_party.receivers_per_minute": "143203",
    "work.third_party.per_person": "143205",
    "work.third_party.same_content": "143206",
    "person.not_activated": "1430000",
}
ASLEEP = "person.not_activated"


class NoticeTask(ModelTask):
    """Also how the rules stood when it was sent."""

    def __init__(self, seq: int, op: NoticeOp, visible_at: int) -> None:
        super().__init__(seq, op.installation, op.content, "notice", visible_at)
        self.observed: dict[str, set[Person]] = {}
        self.had: dict[Person, int] = {}  # notices of the day before this one
        self.minute_used = 0
        self.limits: dict[str, int] = {}  # as they were for its sender
        self.twins: dict[Person, int] = {}  # who had the content before, and from which task


class WorkModel(Model):
    """One organisation and what its apps told it. A task's `account` is its installation."""

    def __init__(self, limits: Mapping[str, int] = LIMITS) -> None:
        super().__init__(limits)
        self.notices: Counter[tuple[int, int, Person]] = Counter()
        self.first_with: dict[tuple[int, int, str, Person], int] = {}
        self.minutes: Counter[tuple[int, int]] = Counter()
        self.all_staff: Counter[tuple[int, int]] = Counter()
        self.in_range = set(VISIBLE_USERIDS)  # of the installation that not everybody sees

    def rule(self, installation: int, name: str) -> str:
        return f"work.{'third_party' if installation == 1 else 'internal'}.{name}"

    def notice(self, op: NoticeOp, now: int) -> str | NoticeTask:
        """The key of the refusal, or the task."""
        now = max(now, self.last_seq >> 12)
        day = day_of(now)
        if op.everyone:
            limit = self.limit(op.installation, "work.internal.all_staff")
            if self.enforced(op.installation, "work.internal.all_staff") and self.all_staff[op.installation, day] >= limit:
                return errors.ALL_STAFF_USED_UP.key
            self.all_staff[op.installation, day] += 1
        self.last_seq = max(self.last_seq + 1, now << 12)
        task = NoticeTask(self.last_seq, op, now + self.delay_ms)
        self._address(op, task)
        self._walk(op, task, day, now // 60_000)
        self.tasks.append(task)
        return task

    # --- who is addressed

    def _visible(self, op: NoticeOp) -> set[Person]:
        if op.installation != 2:
            return self.everyone()
        named = {human.ord for userid in self.in_range if (human := self.live(userid))}
        return named.union(*(self.below(dept) for dept in VISIBLE_DEPTS))

    def _sees_dept(self, op: NoticeOp, dept: int) -> bool:
        """A department is seen when it or one above it is in the range."""
        while op.installation == 2 and dept and dept not in VISIBLE_DEPTS:
            dept = self.parents.get(dept, 0)
        return bool(dept)

    def _address(self, op: NoticeOp, task: NoticeTask) -> None:
        visible = self._visible(op)
        if op.everyone:
            task.addressed = visible
            return
        found = {userid: human.ord for userid in op.userids if (human := self.live(userid)) and human.ord in visible}
        depts = [dept for dept in op.depts if dept in self.parents and self._sees_dept(op, dept)]
        task.addressed = set(found.values()).union(*(self.below(dept) for dept in depts))
        task.unknown = (tuple(one for one in op.userids if one not in found), tuple(one for one in op.depts if one not in depts), ())

    # --- who gets it

    def _order(self, op: NoticeOp, task: NoticeTask) -> list[Person]:
        """As the caller named them, then by ordinal."""
        named = [human.ord for userid in op.userids if (human := self.live(userid)) and human.ord in task.addressed]
        return [*named, *sorted(task.addressed - set(named))]

    def _walk(self, op: NoticeOp, task: NoticeTask, day: int, minute: int) -> None:
        audience, receivers, person, same = (
            self.rule(op.installation, name) for name in ("audience", "receivers_per_minute", "per_person", "same_content")
        )
        asleep = {human.ord for human in self.humans if human.live and not human.active}
        task.minute_used = self.minutes[op.installation, minute]
        task.limits = {rule: self.limit(op.installation, rule) for rule in (audience, receivers, person, same)}
        counted = in_send = 0
        filtered: defaultdict[str, set[Person]] = defaultdict(set)
        observed: defaultdict[str, set[Person]] = defaultdict(set)

        def leaves_out(rule: str, concerned: bool, who: Person) -> bool:
            mode = self.mode(op.installation, rule)
            if concerned and mode is not Mode.OFF:
                (filtered if mode is Mode.ENFORCE else observed)[rule].add(who)
            return concerned and mode is Mode.ENFORCE

        for who in self._order(op, task):
            task.had[who] = self.notices[op.installation, day, who]
            twin = self.first_with.get((op.installation, day, op.content, who))
            if twin is not None:
                task.twins[who] = twin
            if leaves_out(ASLEEP, who in asleep, who):
                continue
            in_send += 1
            if leaves_out(audience, in_send > self.limit(op.installation, audience), who):
                continue
            if leaves_out(person, task.had[who] >= self.limit(op.installation, person), who) or leaves_out(same, twin is not None, who):
                continue
            counted += 1
            if not leaves_out(receivers, task.minute_used + counted > self.limit(op.installation, receivers), who):
                self._deliver(op, task, day, minute, who)
        task.filtered, task.observed = dict(filtered), dict(observed)

    def _deliver(self, op: NoticeOp, task: NoticeTask, day: int, minute: int, who: Person) -> None:
        self.minutes[op.installation, minute] += 1
        self.notices[op.installation, day, who] += 1
        self.first_with.setdefault((op.installation, day, op.content, who), task.seq)
