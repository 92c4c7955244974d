"""The promises as plain Python, without a thought for speed: what a send must answer, and who must find what where."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from hongyan.admission.rules import RULES, Mode
from hongyan.model import errors
from property.histories import LIMITS, RuleOp, SendOp

CHINA = timezone(timedelta(hours=8))
DAY_MS = 86_400_000
Person = int  # the ordinal, as the engine gave it out


class Human:
    """Somebody who is or was in the organisation."""

    def __init__(self, ord_: Person, userid: str, dept: int, *, active: bool) -> None:
        self.ord, self.userid, self.dept, self.active = ord_, userid, dept, active
        self.live = True


class ModelTask:
    def __init__(self, seq: int, account: int, content: str, kind: str, visible_at: int) -> None:
        self.seq, self.account, self.content, self.kind, self.visible_at = seq, account, content, kind, visible_at
        self.at = seq >> 12
        self.addressed: set[Person] = set()
        self.filtered: dict[str, set[Person]] = {}
        self.failed = False
        self.unknown: tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]] = ((), (), ())
        self.recalled_at: int | None = None
        self.read: set[Person] = set()

    @property
    def delivered(self) -> set[Person]:
        return set() if self.failed else self.addressed - set().union(*self.filtered.values())

    def list_of(self, who: Person) -> str:
        if who not in self.addressed:
            return "not_addressed"
        if self.failed:
            return "failed"
        return "forbidden" if who not in self.delivered else "read" if who in self.read else "unread"


class Model:
    """One organisation. Times are epoch milliseconds; `last_seq` is the newest position in its history."""

    def __init__(self, limits: Mapping[str, int] = LIMITS) -> None:
        self.limits = dict(limits)
        self.numbers: dict[tuple[int | None, str], int] = {}
        self.humans: list[Human] = []
        self.parents = {1: 0, 10: 1, 11: 10, 20: 1, 30: 1}
        self.roles: dict[int, set[Person]] = {7: set(), 8: set()}
        self.blocked: dict[int, set[str]] = {2: {"u3"}}
        self.allowed: dict[int, tuple[set[str], set[int]]] = {2: ({"u1", "u3"}, {10})}
        self.modes: dict[tuple[int | None, str], Mode] = {}
        self.tasks: list[ModelTask] = []
        self.attempts: dict[tuple[int, str], str] = {}
        self.last_seq = 0
        self.delay_ms = 0
        self.singles: Counter[tuple[int, int, Person]] = Counter()
        self.contents: defaultdict[tuple[int, int, str], set[Person]] = defaultdict(set)
        self.n_tasks: Counter[tuple[int, int]] = Counter()
        self.person_times: Counter[tuple[int, int]] = Counter()
        self.windows: Counter[tuple[int, str, int]] = Counter()

    # --- the organisation

    def live(self, userid: str) -> Human | None:
        return next((human for human in self.humans if human.live and human.userid == userid), None)

    def below(self, dept: int) -> set[Person]:
        inside = {dept}
        while more := {child for child, parent in self.parents.items() if parent in inside} - inside:
            inside |= more
        return {human.ord for human in self.humans if human.live and human.dept in inside}

    def everyone(self) -> set[Person]:
        return {human.ord for human in self.humans if human.live}

    # --- rules

    def mode(self, account: int, rule: str) -> Mode:
        return self.modes.get((account, rule), self.modes.get((None, rule), RULES[rule].dingtalk))

    def enforced(self, account: int, rule: str) -> bool:
        return self.mode(account, rule) is Mode.ENFORCE

    def limit(self, account: int, rule: str) -> int:
        return self.numbers.get((account, rule), self.numbers.get((None, rule), self.limits[rule]))

    def number_of(self, op: RuleOp) -> int | None:
        """What the change says of the limit; one that names none repeats the first."""
        return self.limits.get(op.rule) if op.limit is None else op.limit

    def set_rule(self, op: RuleOp) -> None:
        self.modes[op.account, op.rule] = op.mode
        number = self.number_of(op)
        if number is not None:
            self.numbers[op.account, op.rule] = number

    # --- sending

    def send(self, op: SendOp, uuid: str, now: int) -> str | ModelTask:
        """The key of the refusal, or the task."""
        refusal = self._before_the_uuid(op, uuid)
        if refusal:
            return refusal
        people = self._resolve(op)
        if isinstance(people, str):
            return people
        if (op.account, uuid) in self.attempts:
            return errors.UUID_USED.key
        now = max(now, self.last_seq >> 12)
        screened = self._screen(op.account, people)
        refusal = self._quota(op, people, screened, now)
        self.attempts[op.account, uuid] = refusal or "ok"
        return refusal or self._accept(op, people, screened, now)

    def _before_the_uuid(self, op: SendOp, uuid: str) -> str:
        too_long = {
            rule: self.enforced(op.account, rule) and len(ids) > self.limit(op.account, rule)
            for rule, ids in (("mass.userids_per_call", op.userids), ("mass.depts_per_call", op.depts), ("mass.roles_per_call", op.roles))
        }
        checks = (
            (not uuid.strip(), errors.UUID_BLANK),
            (len(uuid) > 128, errors.INVALID_ARGUMENT),
            (too_long["mass.userids_per_call"], errors.TOO_MANY_USERS),
            (too_long["mass.depts_per_call"], errors.TOO_MANY_DEPTS),
            (too_long["mass.roles_per_call"], errors.INVALID_ARGUMENT),
            (not (op.userids or op.depts or op.roles or op.everyone) or (op.preview and not op.userids), errors.NO_RECEIVERS),
            (not op.content.strip(), errors.BAD_MESSAGE),
        )
        return next((row.key for wrong, row in checks if wrong), "")

    def _resolve(self, op: SendOp) -> set[Person] | str:
        if op.preview:
            op = SendOp(userids=op.userids[:1])
        if op.everyone:
            return self.everyone() or errors.NO_RECEIVERS.key
        found = [self.live(userid) for userid in op.userids]
        if None in found:
            return errors.BAD_USERIDS.key
        people = {human.ord for human in found if human}
        for dept in op.depts:
            people |= self.below(dept)
        for role in op.roles:
            people |= self.roles.get(role, set())
        return people or errors.NO_RECEIVERS.key

    def _screen(self, account: int, people: set[Person]) -> dict[str, set[Person]]:
        by_ord = {human.ord: human for human in self.humans}
        userids, depts = self.allowed.get(account, (set(), {1}))
        allowed = {human.ord for human in self.humans if human.userid in userids and human.live}.union(*(self.below(dept) for dept in depts))
        screened: dict[str, set[Person]] = defaultdict(set)
        for who in people:
            if not by_ord[who].active:
                screened["person.not_activated"].add(who)
            elif by_ord[who].userid in self.blocked.get(account, set()):
                screened["person.blocked"].add(who)
            elif who not in allowed:
                screened["person.not_allowed"].add(who)
        return screened

    def _quota(self, op: SendOp, people: set[Person], screened: dict[str, set[Person]], now: int) -> str:
        account, day = op.account, day_of(now)
        used = [("mass.account_qps", self.windows[account, "mass.account_qps", now // 1000], 1, errors.ACCOUNT_QPS)]
        used.append(("mass.account_qpm", self.windows[account, "mass.account_qpm", now // 60_000], 1, errors.ACCOUNT_QPM))
        if kind_of(op) == "broad":
            used.append(("mass.broad_frequency", self.windows[account, "mass.broad_frequency", now // 60_000], 1, errors.TOO_FREQUENT))
        if kind_of(op) in ("single", "preview"):
            used.append(("mass.single_per_person", self.singles[account, day, min(people)], 1, errors.SINGLE_USED_UP))
        else:
            used.append(("mass.sends_per_day", self.n_tasks[account, day], 1, errors.SENDS_USED_UP))
        cost = self._person_times(account, people, screened)
        used.append(("mass.person_times", self.person_times[account, day], cost, errors.PERSON_TIMES_USED_UP))
        for rule, spent, cost, row in used:
            limit = self.limit(account, rule) * (len(self.everyone()) if rule == "mass.person_times" else 1)
            if self.enforced(account, rule) and spent + cost > limit:
                return row.key
        return ""

    def _person_times(self, account: int, people: set[Person], screened: dict[str, set[Person]]) -> int:
        return len(people) - sum(len(some) for rule, some in screened.items() if self.enforced(account, rule))

    def _accept(self, op: SendOp, people: set[Person], screened: dict[str, set[Person]], now: int) -> ModelTask:
        account, day, kind = op.account, day_of(now), kind_of(op)
        self.last_seq = max(self.last_seq + 1, now << 12)
        task = ModelTask(self.last_seq, account, op.content, kind, now + self.delay_ms)
        task.addressed = set(people)
        if not op.preview and not op.everyone:
            task.unknown = ((), tuple(one for one in op.depts if one not in self.parents), tuple(one for one in op.roles if one not in self.roles))
        self.tasks.append(task)
        for rule, span in (("mass.account_qps", 1000), ("mass.account_qpm", 60_000), ("mass.broad_frequency", 60_000)):
            if rule != "mass.broad_frequency" or kind == "broad":
                self.windows[account, rule, now // span] += 1
        if kind == "broad" and len(people) > self.limit(account, "mass.audience_cap") and self.enforced(account, "mass.audience_cap"):
            task.failed = True
            return task
        task.filtered = {rule: some for rule, some in screened.items() if some and self.enforced(account, rule)}
        self.person_times[account, day] += self._person_times(account, people, screened)
        if kind in ("single", "preview"):
            for who in task.delivered:
                self.singles[account, day, who] += 1
            return task
        same = self.contents[account, day, op.content] & task.delivered
        if same and self.enforced(account, "mass.same_content"):
            task.filtered["mass.same_content"] = same
        self.contents[account, day, op.content] |= task.delivered
        self.n_tasks[account, day] += 1
        return task

    # --- reading and recalling

    def visible(self, who: Person, account: int | None, now: int) -> list[ModelTask]:
        """The person's inbox, newest first."""
        return [
            task for task in reversed(self.tasks) if who in task.delivered and task.visible_at <= now and (account is None or task.account == account)
        ]

    def unread(self, who: Person, account: int, now: int) -> int:
        return sum(who not in task.read and task.recalled_at is None for task in self.visible(who, account, now))

    def read_one(self, who: Person, task: ModelTask, now: int) -> bool:
        if task.recalled_at is not None or task.visible_at > now or who not in task.delivered:
            return False
        if who not in task.read:
            task.read.add(who)
            self.last_seq = max(self.last_seq + 1, now << 12)
        return True

    def open(self, who: Person, account: int, now: int) -> int | None:
        """The position up to which the conversation is opened: its newest visible message."""
        there = self.visible(who, account, now)
        for task in there:
            if task.recalled_at is None:
                task.read.add(who)
        return there[0].seq if there else None

    def recall(self, account: int, task: ModelTask, now: int) -> bool:
        if task.account != account or task.failed:
            return False
        if task.recalled_at is None:
            if now - task.at > DAY_MS:
                return False
            task.recalled_at = now
            self.last_seq = max(self.last_seq + 1, now << 12)
        return True


def kind_of(op: SendOp) -> str:
    if op.preview:
        return "preview"
    if op.everyone or op.depts or op.roles:
        return "broad"
    return "single" if len(set(op.userids)) == 1 else "mass"


def day_of(now: int) -> int:
    return datetime.fromtimestamp(now / 1000, CHINA).toordinal()
