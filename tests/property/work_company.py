"""The real engine in step with the model of work notices, once for each way of storing them."""

import asyncio
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec

from hongyan.access.edit import NewApp, create_app_txn, install_app_txn, save_installation_txn
from hongyan.access.records import ALL_SCOPES, App, AppKind, Installation, app_by_key_txn, installation_by_agent_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import Profile, RuleSetting
from hongyan.admission.state import Admitted
from hongyan.admission.tasks import Task, load_task_txn
from hongyan.admission.work_send import WorkSend
from hongyan.delivery.explain import Explanation, explain_txn
from hongyan.delivery.notices import NoticeResult, notice_result_txn
from hongyan.delivery.recall import recall_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.records import load_corp_txn, load_person_by_ord_txn
from hongyan.messages.bodies import TextBody
from hongyan.model.errors import Refusal
from hongyan.model.faults import NoFaults
from hongyan.model.ids import Seq, wire_task_id
from hongyan.store.sqlite import open_sqlite
from property.company import CORP, HandClock, Play, Way, make_template
from property.histories import RecallOp, RuleOp
from property.model import Human, ModelTask, day_of
from property.work_histories import INSTALLATIONS, LIMITS, VISIBLE_DEPTS, VISIBLE_USERIDS, FlurryOp, NoticeOp
from property.work_model import ASLEEP, CODES, NoticeTask, WorkModel

AGENT = 7000  # and the two after it
Outcome = str | int


async def make_work_template(folder: Path) -> None:
    """The organisation of the mass sends, with two apps installed."""
    await make_template(folder)
    store = open_sqlite(folder / "hongyan.db", clock=HandClock(), faults=NoFaults())
    corp = await store.read(load_corp_txn, CORP)
    own = await store.read(app_by_key_txn, "key")
    assert corp and own
    made = await store.write(create_app_txn, None, NewApp("suite", "suite", AppKind.THIRD_PARTY, ALL_SCOPES, (), "s"))
    assert isinstance(made, tuple)
    for n, app in enumerate((own.no, made[0], own.no)):
        installation = await store.write(install_app_txn, corp.no, app, AGENT + n, f"应用{n}")
        assert isinstance(installation, Installation)
        if n == 2:
            narrow = msgspec.structs.replace(installation, visible_all=False, visible_userids=VISIBLE_USERIDS, visible_depts=VISIBLE_DEPTS)
            await store.write(save_installation_txn, narrow)
    rulekeeper = RuleKeeper(store, Profile.DINGTALK)
    for rule, limit in LIMITS.items():
        await rulekeeper.change(RuleSetting(corp.no, "all", 0, rule, None, limit))
    await store.close()


class WorkWay(Way):
    """One engine with its file; its `accounts` are the installations."""

    async def start(self) -> None:
        await super().start()
        suite = await self.store.read(app_by_key_txn, "suite")
        assert suite
        self.apps: list[App] = [self.app, suite, self.app]
        found = [await self.store.read(installation_by_agent_txn, self.corp.no, AGENT + n) for n in range(INSTALLATIONS)]
        self.accounts = [installation for installation in found if installation]  # type: ignore[assignment]

    def request(self, op: NoticeOp) -> WorkSend:
        installation: Any = self.accounts[op.installation]
        return WorkSend(self.corp, self.apps[op.installation], installation, Selectors(op.userids, op.depts, (), op.everyone), TextBody(op.content))

    async def notice(self, op: NoticeOp) -> Outcome:
        outcome = await self.engine.work_sending.send(self.request(op))
        return outcome.seq if isinstance(outcome, Accepted) else outcome.row.key

    async def foreseen_notice(self, op: NoticeOp) -> Outcome:
        """Sends it, and compares what became of it with what was foreseen."""
        foreseen = await self.engine.work_sending.foresee(self.request(op), self.clock.now())
        outcome = await self.notice(op)
        assert not isinstance(foreseen, Refusal)
        send, verdict = foreseen
        if isinstance(outcome, str):
            assert not isinstance(verdict, Admitted) and verdict.refusal.row.key == outcome
            return outcome
        task = await self.task(outcome)
        assert isinstance(verdict, Admitted)
        assert (send.people, verdict.delivered, verdict.filtered) == (task.addressed, task.delivered, task.filtered), "foreseen otherwise"
        assert (verdict.observed, tuple(verdict.checks)) == (task.observed, task.checks), "foreseen for other reasons"
        return outcome

    async def flurry(self, ops: list[NoticeOp]) -> list[Outcome]:
        # With everybody in memory nothing before the queue waits, so the order of arrival is the order here.
        self.engine.directory.forget()
        await self.engine.directory.census(self.corp.no)
        self.engine.directory.ords(self.corp.no, list(set().union(*(op.userids for op in ops))))
        return await asyncio.gather(*(self.notice(op) for op in ops))

    async def task(self, seq: int) -> Task:
        task = await self.store.read(load_task_txn, self.corp.no, Seq(seq))
        assert task
        return task


class WorkPlay(Play):
    """A history of notices on every way and on the model."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.notices = WorkModel()
        super().__init__(folder, template, self.notices, WorkWay)
        self.work_ways = [way for way in self.ways if isinstance(way, WorkWay)]
        self.always_enforced = set(LIMITS)

    async def step(self, op: object) -> None:
        if isinstance(op, NoticeOp):
            expected = self._expect(op)
            for way in self.work_ways:
                assert await way.foreseen_notice(op) == expected, way.rows_up_to
        elif isinstance(op, FlurryOp):
            ops = [msgspec.structs.replace(one, userids=self._known(one)) for one in op.notices]
            expected_all = [self._expect(one) for one in ops]
            for way in self.work_ways:
                assert await way.flurry(ops) == expected_all, way.rows_up_to
        await super().step(op)

    def _known(self, op: NoticeOp) -> tuple[str, ...]:
        """Without those who would have to be looked up, and make their notice wait."""
        known = tuple(userid for userid in op.userids if self.model.live(userid))
        return known if known or op.depts or op.everyone else ("f0",)

    def _expect(self, op: NoticeOp) -> Outcome:
        outcome = self.notices.notice(op, self.clock.now())
        if isinstance(outcome, str):
            self.seen.add(outcome)
            return outcome
        self.seen |= {*outcome.filtered, *(f"observed {rule}" for rule in outcome.observed), "large" if len(outcome.addressed) > 200 else "small"}
        return outcome.seq

    async def _recall(self, op: RecallOp) -> None:
        if not self.model.tasks:
            return
        task = self.model.tasks[-1 - op.task % len(self.model.tasks)]
        expected = self.model.recall(op.account, task, self.clock.now())
        for way in self.ways:
            assert await way.store.write(recall_txn, way.corp.no, way.accounts[op.account].sender, Seq(task.seq), "work") is expected

    async def _rule(self, op: RuleOp) -> None:
        self.model.set_rule(op)
        self.always_enforced.discard(op.rule)  # nor is its number what it was
        for way in self.ways:
            subject = 0 if op.account is None else way.accounts[op.account].sender
            number = self.model.number_of(op)
            setting = RuleSetting(way.corp.no, "all" if op.account is None else "sender", subject, op.rule, op.mode, number)
            await way.engine.rulekeeper.change(setting)

    # --- the laws

    async def check(self) -> None:
        await super().check()
        for way in self.work_ways:
            await self._check_limits(way)

    async def _check_limits(self, way: WorkWay) -> None:
        """From what is stored, without the model's counting: what was enforced all the time was never passed."""
        day: Counter[tuple[int, int, int]] = Counter()
        minute: Counter[tuple[int, int]] = Counter()
        have: defaultdict[tuple[int, int, str], set[int]] = defaultdict(set)
        for notice in self.model.tasks:
            task, who = await way.task(notice.seq), notice.account
            audience, receivers, person, same = (
                self.notices.rule(who, name) for name in ("audience", "receivers_per_minute", "per_person", "same_content")
            )
            day.update((who, task.day, ord_) for ord_ in task.delivered)
            minute[who, notice.at // 60_000] += len(task.delivered)
            got = have[who, task.day, notice.content]
            broken = {
                audience: len(task.delivered) > LIMITS[audience],
                receivers: minute[who, notice.at // 60_000] > LIMITS[receivers],
                person: any(day[who, task.day, ord_] > LIMITS[person] for ord_ in task.delivered),
                same: bool(got & set(task.delivered)),
            }
            got |= set(task.delivered)
            assert not {rule for rule, passed in broken.items() if passed} & self.always_enforced

    async def _check_lists(self, way: Way, expected: ModelTask) -> None:
        assert isinstance(way, WorkWay) and isinstance(expected, NoticeTask)
        task = await way.task(expected.seq)
        assert task.kind == "notice" and task.day == day_of(expected.at)
        assert {rule: set(people) for rule, people in task.filtered.items()} == expected.filtered
        assert {rule: set(people) for rule, people in task.observed.items()} == expected.observed
        result = await way.store.read(notice_result_txn, task, LIMITS)
        self._check_result(expected, result)
        for human in self.watched()[expected.seq % 3 :: 3]:
            person = await way.store.read(load_person_by_ord_txn, way.corp.no, human.ord)
            self._check_reasons(expected, human, await way.store.read(explain_txn, task, way.corp.zone, person, human.userid))

    def _check_result(self, expected: NoticeTask, result: NoticeResult) -> None:
        names = {human.ord: human.userid for human in self.model.humans}
        userids = {ord_: names[ord_] for ord_ in expected.addressed}
        listed = [*result.forbidden_user_id_list, *result.failed_user_id_list, *result.read_user_id_list, *result.unread_user_id_list]
        assert sorted(listed) == sorted(userids.values()), "each addressed person is in exactly one list"
        assert sorted(result.read_user_id_list) == sorted(userids[ord_] for ord_ in expected.read & expected.delivered)
        codes = {(userids[ord_], CODES[rule], LIMITS.get(rule, 0)) for rule, people in expected.filtered.items() for ord_ in people}
        assert {(one.userid, one.code, one.count) for one in result.forbidden_list} == codes
        assert [one.userid for one in result.forbidden_list] == result.forbidden_user_id_list
        assert sorted(result.invalid_user_id_list) == sorted(expected.unknown[0])
        assert sorted(result.invalid_dept_id_list) == sorted(expected.unknown[1])

    def _check_reasons(self, expected: NoticeTask, human: Human, found: Explanation) -> None:
        rule = next((rule for rule, people in expected.filtered.items() if human.ord in people), None)
        if human.ord not in expected.addressed:
            assert (found.list, found.rule) == ("invalid" if human.userid in expected.unknown[0] else "not_addressed", None)
            return
        assert (found.list, found.rule) == (expected.list_of(human.ord), rule)
        looks = {look.rule: look for look in found.rules}
        receivers = looks[self.notices.rule(expected.account, "receivers_per_minute")]
        assert (receivers.used, receivers.limit) == (expected.minute_used, expected.limits[receivers.rule])
        assert (found.twin.task_id if found.twin else None) == (wire_task_id("work", Seq(twin)) if (twin := expected.twins.get(human.ord)) else None)
        if rule != ASLEEP:
            person = looks[self.notices.rule(expected.account, "per_person")]
            assert (person.used, person.limit) == (expected.had[human.ord], expected.limits[person.rule]), "the count that was used"
            same = looks[self.notices.rule(expected.account, "same_content")]
            assert same.used == (human.ord in expected.twins)

    async def _check_attempts(self, way: Way) -> None:
        """A notice has no uuid."""
