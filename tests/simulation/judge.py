"""Compares everything that a run did with the plain models, in the order in which it took effect."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from hongyan.admission.accept import Accepted, Stale
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import RuleSetting
from hongyan.delivery.inbox import Entry as InboxEntry
from hongyan.directory.edit import OrgChange
from hongyan.messages.bodies import TextBody
from hongyan.model.errors import Refusal
from property.histories import SendOp
from property.model import Human, Model, ModelTask
from property.work_histories import NoticeOp
from property.work_model import NoticeTask, WorkModel
from simulation.company import MASS_LIMITS, WORK_LIMITS, make_models
from simulation.life import World, change_of
from simulation.script import Deed, DeptOp, LeaveOp, PutOp
from simulation.store import Entry

FIRST_VERSION = 1 + len(MASS_LIMITS) + len(WORK_LIMITS)


class Broken(Exception):
    """A promise was not kept; the message names it and says how."""


def demand(holds: bool, promise: str, *facts: object) -> None:
    if not holds:
        raise Broken(f"{promise}: " + ", ".join(repr(fact) for fact in facts))


class Rules:
    """The rules as they stood after each change of them."""

    def __init__(self, mass: Model, work: WorkModel) -> None:
        self._models = (mass, work)
        self.version = FIRST_VERSION
        self._kept = {FIRST_VERSION: self._copy()}

    def _copy(self) -> list[tuple[dict[Any, Any], dict[Any, Any]]]:
        return [(dict(model.modes), dict(model.numbers)) for model in self._models]

    def change(self, setting: RuleSetting, account: int | None) -> None:
        self.as_of(self.version)
        for model in self._models:
            if account is not None and setting.rule.startswith("work.") is not isinstance(model, WorkModel):
                continue
            for kept, value in ((model.modes, setting.mode), (model.numbers, setting.limit)):
                kept.pop((account, setting.rule), None)
                if value is not None:
                    kept[account, setting.rule] = value
        self.version += 1
        self._kept[self.version] = self._copy()

    def as_of(self, version: int) -> None:
        demand(version in self._kept, "a send was decided by rules that nobody made", version)
        for model, (modes, numbers) in zip(self._models, self._kept[version], strict=True):
            model.modes, model.numbers = dict(modes), dict(numbers)


class Early:
    """A refusal that left no trace: it must have been right at some moment between question and answer."""

    def __init__(self, deed: Deed, until: int, key: str) -> None:
        assert deed.since is not None
        self.deed, self.since, self.until, self.key, self.right = deed, deed.since, until, key, False


class Judge:
    """Replays a world's log. Raises `Broken`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mass, self.work = make_models()
        self.rules = Rules(self.mass, self.work)
        self.last_seq = 0
        self.surfaces: dict[int, tuple[Model, int]] = {}  # by sender
        for model, senders in ((self.mass, world.cast.accounts), (self.work, world.cast.installations)):
            self.surfaces |= {one.sender: (model, n) for n, one in enumerate(senders)}  # type: ignore[dict-item]
        self.deeds = {deed.tag: deed for deed in world.script.deeds}
        self.outcomes: defaultdict[str, list[Any]] = defaultdict(list)
        self.marks: dict[tuple[int, int], int] = {}
        self.told: list[tuple[str, tuple[Any, ...]]] = []  # what the application must hear
        self.delivered_at: dict[str, int] = {}
        self.recalled_at_entry: dict[int, int] = {}

    def judge(self) -> None:
        early = list(self._early())
        for at, entry in enumerate(self.world.log):
            self._look_early(early, at)
            self._play(at, entry)
            if entry.position:
                demand(entry.position >= self.last_seq, "the history went back", entry.name, entry.position, self.last_seq)
                self.last_seq = entry.position
        self._look_early(early, len(self.world.log))
        for one in early:
            # A first try may have been decided and its answer lost; a second is refused for what is checked before its uuid, too.
            decided = any(isinstance(outcome, Refusal) and outcome.row.key == one.key for outcome in self.outcomes[one.deed.tag])
            demand(decided or one.right, "I7: refused for a reason that never held", one.key, one.deed.op, one.deed.uuid)
        self._answers()
        self._events()
        self._live()

    # --- the log

    def _play(self, at: int, entry: Entry) -> None:
        match entry.name:
            case "accept":
                for asked, outcome in zip(entry.args[0], entry.result, strict=True):
                    if not isinstance(outcome, Stale):
                        self._send(asked.request, outcome, entry)
                demand(entry.position == self.last_seq, "the history is not where its sends leave it", entry.position, self.last_seq)
            case "_accept_now_txn":
                self._send(entry.args[0], entry.result, entry)
            case "recall_mass_txn" | "recall_txn":
                self._recall(at, entry)
            case "read_one_txn":
                _corp, who, seq = entry.args
                task = self._task(seq)
                demand(entry.result is self.mass.read_one(who, task, entry.now), "a receipt", entry)
            case "open_conversation_txn":
                _corp, who, sender, up_to = entry.args
                self._open(who, sender, up_to, entry.now)
            case "apply_org_txn":
                self._organisation(entry)
            case "_change_txn":
                self._rule(entry.args[0])
            case "page_txn":
                self._page(entry)
            case "look_txn":
                self._look(entry)
            case "end_attempt_txn":
                if entry.args[2] == "delivered":
                    self.delivered_at.setdefault(entry.args[0].event_id, at)
            case _:
                pass

    def _tasks(self) -> list[ModelTask]:
        return [*self.mass.tasks, *self.work.tasks]

    def _task(self, seq: int) -> ModelTask:
        found = next((task for task in self._tasks() if task.seq == seq), None)
        demand(found is not None, "I7: a task that was never accepted", seq)
        assert found
        return found

    def _model_of(self, task: ModelTask) -> Model:
        return self.work if isinstance(task, NoticeTask) else self.mass

    def _send(self, request: Any, outcome: Any, entry: Entry) -> None:
        deed = self.deeds[request.flags.operator if isinstance(request, MassSend) else request.template_id]
        delay_ms = outcome.visible_at - outcome.at if isinstance(outcome, Accepted) else 0
        now, version = entry.now, entry.rules_version
        demand(version >= FIRST_VERSION + deed.rules_since, "I3: decided by rules older than those in force", deed.tag)
        self.rules.as_of(version)
        model = self.mass if isinstance(deed.op, SendOp) else self.work
        model.delay_ms, model.last_seq = delay_ms, self.last_seq
        if isinstance(deed.op, SendOp):
            expected = self.mass.send(deed.op, deed.uuid, now)
        else:
            assert isinstance(deed.op, NoticeOp)
            expected = self.work.notice(deed.op, now)
        self.last_seq = model.last_seq
        found = outcome.seq if isinstance(outcome, Accepted) else outcome.row.key
        wanted = expected if isinstance(expected, str) else expected.seq
        demand(found == wanted, "I2, I3: decided otherwise than the model", deed.op, deed.uuid, found, wanted)
        self.outcomes[deed.tag].append(outcome)

    def _recall(self, at: int, entry: Entry) -> None:
        _corp, sender, seq, *_surface = entry.args
        task = self._task(seq)
        model, account = self.surfaces[sender]
        expected = model is self._model_of(task) and model.recall(account, task, entry.now)
        demand((entry.result is None or entry.result is True) is expected, "a recall", entry, expected)
        if expected:
            self.recalled_at_entry.setdefault(seq, at)

    def _open(self, who: int, sender: int, up_to: int, now: int) -> None:
        """Everything up to there that is visible is read; a mark never goes back."""
        model, account = self.surfaces[sender]
        if up_to < self.marks.get((sender, who), 0):
            return
        self.marks[sender, who] = up_to
        for task in model.visible(who, account, now):
            if task.seq <= up_to and task.recalled_at is None:
                task.read.add(who)

    def _rule(self, setting: RuleSetting) -> None:
        account = None if setting.scope == "all" else self.surfaces[setting.subject][1]  # type: ignore[index]
        self.rules.change(setting, account)

    # --- the organisation

    def _organisation(self, entry: Entry) -> None:
        change: OrgChange = entry.args[2]
        refused = isinstance(entry.result, list)
        op = next(deed.op for deed in self.world.script.deeds if isinstance(deed.op, PutOp | LeaveOp | DeptOp) and change_of(deed.op) == change)
        if isinstance(op, DeptOp):
            self._department(op)
            return
        assert isinstance(op, PutOp | LeaveOp)
        here = self.mass.live(op.who)
        demand(refused is (isinstance(op, LeaveOp) and here is None), "a change of the organisation", op, entry.result)
        if isinstance(op, LeaveOp):
            if here:
                self._leave(here)
        else:
            self._put(op, here)

    def _department(self, op: DeptOp) -> None:
        if op.dept not in self.mass.parents:
            self.told.append(("org_dept_create", (op.dept,)))
        elif self.mass.parents[op.dept] != op.parent:
            self.told.append(("org_dept_modify", (op.dept,)))
        self.mass.parents[op.dept] = op.parent

    def _leave(self, human: Human) -> None:
        human.live = False
        for members in self.mass.roles.values():
            members.discard(human.ord)
        self.told.append(("user_leave_org", (human.userid,)))

    def _put(self, op: PutOp, here: Human | None) -> None:
        self.told.append(("user_add_org" if here is None else "user_modify_org", (op.who,)))
        if here and op.active and not here.active:
            self.told.append(("user_active_org", (op.who,)))
        gone = [human for human in self.mass.humans if human.userid == op.who and not human.live]
        human = here or (gone[-1] if gone else None)
        if human is None:
            human = Human(max(one.ord for one in self.mass.humans) + 1, op.who, op.dept, active=op.active)
            self.mass.humans.append(human)
        human.live, human.dept, human.active = True, op.dept, op.active

    # --- what was looked at

    def _page(self, entry: Entry) -> None:
        _engine, _corp, who, senders, now = entry.args
        entries, unread = entry.result
        expected = sorted((*self.mass.visible(who, None, now), *self.work.visible(who, None, now)), key=lambda task: -task.seq)
        demand([one.seq for one in entries] == [task.seq for task in expected], "I1, I11: an inbox", who, entries, [task.seq for task in expected])
        for found, task in zip(entries, expected, strict=True):
            self._entry(found, task, who)
        counts = [model.unread(who, account, now) for model, account in (self.surfaces[sender] for sender in senders)]
        demand(unread == counts, "I5: unread counts", who, unread, counts)

    def _entry(self, found: InboxEntry, task: ModelTask, who: int) -> None:
        demand((found.body is None) is (task.recalled_at is not None), "I4: a recalled message has no body, any other has one", task.seq)
        demand(found.recalled_at == task.recalled_at, "I4: when it was recalled", task.seq)
        demand(found.preview is (task.kind == "preview"), "a preview says so", task.seq)
        if task.recalled_at is None:
            demand((found.read_at is not None) is (who in task.read), "I5: read", who, task.seq)
            demand(isinstance(found.body, TextBody) and found.body.text == task.content, "I1: the message is the one that was sent", task.seq)

    def _look(self, entry: Entry) -> None:
        _corp, seq, who, _zone, now = entry.args
        demand(entry.result is not None, "I8: an accepted task is not there", seq)
        stored, lists, progress, explanation = entry.result
        task = self._task(seq)
        sets = [lists.unread, lists.read, lists.failed, *lists.forbidden.values()]
        everybody = sorted(one for people in sets for one in people)
        demand(everybody == sorted(task.addressed), "I5: everybody addressed is in exactly one list", seq, everybody, sorted(task.addressed))
        demand(set(lists.read) == (task.read & task.delivered), "I5: who read it", seq, set(lists.read), task.read)
        forbidden = {rule: set(people) for rule, people in lists.forbidden.items()}
        demand(forbidden == task.filtered, "I3, I5: who was left out", seq, forbidden, task.filtered)
        if isinstance(task, NoticeTask):
            observed = {rule: set(people) for rule, people in stored.observed.items()}
            demand(observed == task.observed, "P7: who would have been left out", seq, observed, task.observed)
        unknown = [sorted(ids) for ids in (lists.invalid.userids, lists.invalid.depts, lists.invalid.roles)]
        demand(unknown == [sorted(ids) for ids in task.unknown], "I5: ids that name nobody", seq, lists.invalid, task.unknown)
        demand(progress.percent == (100 if now >= task.visible_at else 0), "I5: progress", seq, progress)
        rule = next((rule for rule, people in task.filtered.items() if who in people), None)
        known = any(human.ord == who for human in self.mass.humans)
        wanted = (task.list_of(who), rule) if known else ("not_addressed", None)
        found = ("not_addressed" if explanation.list == "invalid" else explanation.list, explanation.rule)
        demand(found == wanted, "P7: an explanation", seq, who, found, wanted)

    # --- what clients were told

    def _early(self) -> Iterator[Early]:
        for deed, until, answer in self.world.answers:
            if isinstance(deed.op, SendOp) and isinstance(answer, Refusal):
                yield Early(deed, until, answer.row.key)

    def _look_early(self, early: list[Early], at: int) -> None:
        for one in early:
            if not one.right and one.since <= at <= one.until:
                assert isinstance(one.deed.op, SendOp)
                reason = self.mass._before_the_uuid(one.deed.op, one.deed.uuid) or self.mass._resolve(one.deed.op)
                one.right = reason == one.key

    def _answers(self) -> None:
        for deed, _until, answer in self.world.answers:
            outcomes = self.outcomes[deed.tag]
            if isinstance(answer, Accepted):
                demand(answer in outcomes, "I8: answered as accepted, and never committed", deed.op, answer)

    def _events(self) -> None:
        """The application heard of everything, in order, and of nothing again that it had acknowledged."""
        heard = self.world.peer.heard
        first: dict[str, tuple[str, tuple[Any, ...]]] = {}
        for one in heard:
            first.setdefault(one.event_id, (one.kind, one.who))
            done = self.delivered_at.get(one.event_id)
            demand(done is None or one.known <= done, "an event came again after it was delivered", one)
        demand(list(first.values()) == self.told, "I9: what an application hears", list(first.values()), self.told)

    def _live(self) -> None:
        """Every message and every recall reaches an open inbox; once and in order where nothing is delayed."""
        delayed = any(task.visible_at > task.at for task in self._tasks())
        for follower in self.world.followers:
            wanted = {task.seq for task in self._tasks() if task.seq > follower.start and follower.person in task.delivered}
            told = [(one.connection, one.change.task) for one in follower.told if one.change.kind == "message"]
            demand({seq for _connection, seq in told} == wanted, "I11: messages of a live inbox", follower.person, told, wanted)
            demand(len(set(told)) == len(told), "I11: one message twice in a connection", told)
            if not delayed:
                seqs = [seq for _connection, seq in told]
                demand(seqs == sorted(set(seqs)), "I11: once, and in order", seqs)
            recalls = {one.change.task for one in follower.told if one.change.kind == "recalled"}
            due = {
                task.seq for task in self._tasks() if task.recalled_at is not None and task.seq > follower.start and follower.person in task.delivered
            }
            demand(due <= recalls, "I4: a recall that a live inbox was not told", follower.person, due, recalls)
