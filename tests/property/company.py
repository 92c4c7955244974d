"""The real engine over a file of its own, played in step with the model, once for each way of storing sends."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, save_account_txn
from hongyan.access.keys import load_key
from hongyan.access.records import ALL_SCOPES, Account, App, AppKind, app_by_key_txn
from hongyan.admission.accept import ROWS_UP_TO, Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import Profile, RuleSetting
from hongyan.admission.tasks import load_task_txn
from hongyan.bus.local import LocalBus
from hongyan.delivery.explain import explain_txn
from hongyan.delivery.inbox import Inbox, open_conversation_txn, read_one_txn
from hongyan.delivery.recall import recall_mass_txn
from hongyan.delivery.receipts import result_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import Corp, load_corp_txn, load_person_by_ord_txn, load_person_txn
from hongyan.engine.engine import Engine
from hongyan.messages.blobs import FileBlobs
from hongyan.messages.bodies import TextBody
from hongyan.model.errors import Refusal
from hongyan.model.faults import NoFaults
from hongyan.model.ids import CorpId, CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.sqlite import open_sqlite
from property.histories import ACCOUNTS, LIMITS, BurstOp, DelayOp, OpenOp, OrgOp, ReadOp, RecallOp, RuleOp, SendOp, TimeOp
from property.model import DAY_MS, Human, Model, ModelTask

START = EpochMs(1_900_000_000_000 - 1_900_000_000_000 % DAY_MS + 2 * 3_600_000)  # 10:00 in Shanghai
WAYS = (0, ROWS_UP_TO, 1_000_000)
CORP = CorpId("dingprop")


class HandClock:
    """Stands where it was put, backwards too: a machine's clock may be set back."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> EpochMs:
        return self.at


def _people() -> tuple[UserEntry, ...]:
    """8 with names that histories use, and 226 more: most of them in one department, so that its sends are bitmaps."""
    named = tuple(UserEntry(f"u{n}", f"人{n}", ((10, 11, 20, 1)[n % 4],), active=n != 6) for n in range(8))
    return named + tuple(UserEntry(f"f{n}", f"众{n}", (20 if n < 205 else 11,)) for n in range(226))


async def make_template(folder: Path) -> None:
    """A filled data folder that each example starts from."""
    store = open_sqlite(folder / "hongyan.db", clock=HandClock(), faults=NoFaults())
    load_key(folder / "server.key")
    corp: CorpNo = await store.write(create_corp_txn, CORP, "性质公司", "Asia/Shanghai")
    departments = (DeptEntry(10, "甲"), DeptEntry(11, "乙", 10), DeptEntry(20, "丙"), DeptEntry(30, "空"))
    roles = (RoleEntry(7, "主管", "", ("u1", "u2", "f3")), RoleEntry(8, "无人", "", ()))
    report = await store.write(apply_org_txn, corp, CORP, OrgChange(departments, _people(), roles))
    assert not isinstance(report, list), report
    await store.write(create_app_txn, corp, NewApp("key", "key", AppKind.INTERNAL, ALL_SCOPES, (), "s"))
    for n in range(ACCOUNTS):
        account = await store.write(create_account_txn, corp, CORP, NewAccount(f"号{n}", unionid=f"account{n}"))
        if n == 2:
            picky = msgspec.structs.replace(account, blocked=("u3",), allow_all=False, allow_userids=("u1", "u3"), allow_depts=(10,))
            await store.write(save_account_txn, picky)
    engine = _engine(folder, store, HandClock(), 0, lambda: 0)
    for rule, limit in LIMITS.items():
        await engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, rule, None, limit))
    await store.close()


def _engine(folder: Path, store: Any, clock: HandClock, rows_up_to: int, delay_ms: Callable[[], int]) -> Engine:
    blobs = FileBlobs(folder / "blobs")
    key = load_key(folder / "server.key")
    return Engine(
        store=store,
        bus=LocalBus(),
        clock=clock,
        faults=NoFaults(),
        key=key,
        blobs=blobs,
        profile=Profile.DINGTALK,
        delay_ms=delay_ms,
        rows_up_to=rows_up_to,
    )


class Way:
    """One engine with its file."""

    def __init__(self, folder: Path, template: Path, clock: HandClock, model: Model, rows_up_to: int) -> None:
        shutil.copytree(template, folder)
        self.path = folder / "hongyan.db"
        self.rows_up_to = rows_up_to
        self.clock = clock
        self.store = open_sqlite(self.path, clock=clock, faults=NoFaults())
        self.engine = _engine(folder, self.store, clock, rows_up_to, lambda: model.delay_ms)

    async def start(self) -> None:
        await self.engine.start()
        corp = await self.store.read(load_corp_txn, CORP)
        app = await self.store.read(app_by_key_txn, "key")
        assert corp and app
        self.corp: Corp = corp
        self.app: App = app
        accounts = [await self.engine.access.access_account(corp.no, f"account{n}") for n in range(ACCOUNTS)]
        self.accounts: list[Account] = [account for account in accounts if account]

    async def send(self, op: SendOp, uuid: str) -> str | int:
        """The key of the refusal, or the position of the task."""
        selectors = Selectors(op.userids, op.depts, op.roles, op.everyone)
        request = MassSend(self.corp, self.app, self.accounts[op.account], uuid, selectors, TextBody(op.content), op.preview)
        outcome = await self.engine.mass_sending.send(request)
        assert isinstance(outcome, Accepted | Refusal)
        return outcome.seq if isinstance(outcome, Accepted) else outcome.row.key

    async def burst(self, sends: list[tuple[SendOp, str]]) -> list[str | int]:
        # With the organisation in memory nothing before the queue waits, so the order of arrival is the order here. Who names an
        # unknown userid does wait, and is refused without a trace.
        self.engine.directory.forget()
        await self.engine.directory.census(self.corp.no)
        self.engine.directory.ords(self.corp.no, list({"u1", "u3"}.union(*(op.userids for op, _uuid in sends))))
        return await asyncio.gather(*(self.send(op, uuid) for op, uuid in sends))

    async def last_seq(self) -> int:
        return await self.store.read(lambda tx: tx.one("corp.accept_state", corp=self.corp.no)[0])  # type: ignore[index]


class Play:
    """A history on every way and on the model; each step asserts that they agree."""

    def __init__(self, folder: Path, template: Path, model: Model | None = None, way: type[Way] = Way) -> None:
        self.clock = HandClock()
        self.model = model or Model()
        self.ways = [way(folder / str(k), template, self.clock, self.model, k) for k in WAYS]
        self.fresh = 0
        self.same_content_enforced = True
        self.seen: set[str] = set()

    async def start(self) -> None:
        for way in self.ways:
            await way.start()
        first = self.ways[0]
        for entry in _people():
            person = await first.store.read(load_person_txn, first.corp.no, entry.userid)
            assert person
            self.model.humans.append(Human(person.ord, entry.userid, entry.depts[0], active=entry.active))
        self.model.roles[7] = {human.ord for human in self.model.humans if human.userid in ("u1", "u2", "f3")}
        self.model.last_seq = await first.last_seq()

    async def close(self) -> None:
        for way in self.ways:
            await way.store.close()

    async def step(self, op: object) -> None:
        match op:
            case SendOp():
                await self._sends([op], together=False)
            case BurstOp():
                await self._sends(list(op.sends), together=True)
            case ReadOp():
                await self._read(op)
            case OpenOp():
                await self._open(op)
            case RecallOp():
                await self._recall(op)
            case TimeOp():
                self._move_clock(op)
            case RuleOp():
                await self._rule(op)
            case DelayOp():
                self.model.delay_ms = op.ms
            case OrgOp():
                await self._organisation(op)
        positions = {await way.last_seq() for way in self.ways}
        assert len(positions) == 1, "the ways disagree on the corp's history"
        self.model.last_seq = positions.pop()

    def _uuid(self, op: SendOp) -> str:
        self.fresh += not op.uuid
        return op.uuid or f"fresh-{self.fresh}"

    async def _sends(self, ops: list[SendOp], *, together: bool) -> None:
        sends = [(op, self._uuid(op)) for op in ops]
        expected = [outcome if isinstance(outcome := self.model.send(op, uuid, self.clock.now()), str) else outcome.seq for op, uuid in sends]
        self.seen |= {outcome if isinstance(outcome, str) else "ok" for outcome in expected}
        for way in self.ways:
            answers = await way.burst(sends) if together else [await way.send(*sends[0])]
            assert answers == expected, (way.rows_up_to, answers, expected)

    def watched(self) -> list[Human]:
        """Those whose inboxes are looked at: everybody with a name, and some of the crowd."""
        return [human for human in self.model.humans if human.userid[0] in "un" or human.userid in ("f0", "f3", "f220")]

    async def _read(self, op: ReadOp) -> None:
        people = [human for human in self.watched() if human.live]
        if not self.model.tasks or not people:
            return
        who, task = people[op.person % len(people)].ord, self.model.tasks[-1 - op.task % len(self.model.tasks)]
        expected = self.model.read_one(who, task, self.clock.now())
        for way in self.ways:
            assert await way.store.write(read_one_txn, way.corp.no, who, Seq(task.seq)) is expected

    async def _open(self, op: OpenOp) -> None:
        people = [human for human in self.watched() if human.live]
        who = people[op.person % len(people)].ord if people else 0
        newest = self.model.open(who, op.account, self.clock.now())
        if newest is None:
            return
        for way in self.ways:
            await way.store.write(open_conversation_txn, way.corp.no, who, way.accounts[op.account].sender, Seq(newest))

    async def _recall(self, op: RecallOp) -> None:
        if not self.model.tasks:
            return
        task = self.model.tasks[-1 - op.task % len(self.model.tasks)]
        expected = self.model.recall(op.account, task, self.clock.now())
        for way in self.ways:
            refusal = await way.store.write(recall_mass_txn, way.corp.no, way.accounts[op.account].sender, Seq(task.seq))
            assert (refusal is None) is expected

    def _move_clock(self, op: TimeOp) -> None:
        if op.to_midnight:
            since_midnight = (self.clock.at + 8 * 3_600_000) % DAY_MS
            self.clock.at = EpochMs(self.clock.at + DAY_MS - since_midnight - op.ms)
        else:
            self.clock.at = EpochMs(self.clock.at + op.ms)

    async def _rule(self, op: RuleOp) -> None:
        self.model.set_rule(op)
        self.same_content_enforced &= op.rule != "mass.same_content"
        for way in self.ways:
            subject = 0 if op.account is None else way.accounts[op.account].sender
            number = self.model.number_of(op)
            setting = RuleSetting(way.corp.no, "all" if op.account is None else "sender", subject, op.rule, op.mode, number)
            await way.engine.rulekeeper.change(setting)

    # --- the organisation

    async def _organisation(self, op: OrgOp) -> None:
        change, human = self._change(op)
        if change is None:
            return
        ords: set[int] = set()
        for way in self.ways:
            report = await way.store.write(apply_org_txn, way.corp.no, CORP, change)
            assert not isinstance(report, list), report
            if op.forget:
                way.engine.directory.forget(way.corp.no)
            person = await way.store.read(load_person_txn, way.corp.no, op.who)
            ords.add(person.ord if person else -1)
        assert len(ords) == 1
        self._settle(op, human, ords.pop())

    def _change(self, op: OrgOp) -> tuple[OrgChange | None, Human | None]:
        """The change, and whom it concerns if the model knows them; None where it makes no sense now."""
        here = self.model.live(op.who)
        gone = next((human for human in reversed(self.model.humans) if human.userid == op.who and not human.live), None)
        entry = UserEntry(op.who, op.who, (op.dept,))
        match op.kind:
            case "role":
                member = (op.who,) if here else ()
                return OrgChange(roles=(RoleEntry(7, "主管", "", member),)), here or None
            case "leave" if here:
                return OrgChange(leave=(op.who,)), here
            case "move" if here:
                return OrgChange(users=(msgspec.structs.replace(entry, active=here.active),)), here
            case "sleep" if here:
                return OrgChange(users=(msgspec.structs.replace(entry, depts=(here.dept,), active=not here.active),)), here
            case "join" if not here:
                return OrgChange(users=(entry,)), None
            case "rejoin" if gone and not here:
                return OrgChange(users=(msgspec.structs.replace(entry, rejoin=True),)), gone
            case "same_unionid" if gone and not here:
                return OrgChange(users=(msgspec.structs.replace(entry, unionid=self._unionid(gone)),)), gone
        return None, None

    def _unionid(self, human: Human) -> str:
        from hongyan.directory.edit import make_unionid

        return make_unionid(CORP, human.ord)  # type: ignore[arg-type]

    def _settle(self, op: OrgOp, human: Human | None, ord_: int) -> None:
        model = self.model
        match op.kind:
            case "role":
                model.roles[7] = {human.ord} if human else set()
            case "leave":
                assert human
                human.live = False
                for members in model.roles.values():
                    members.discard(human.ord)
            case "join":
                assert all(other.ord != ord_ for other in model.humans), "an ordinal was given to a second person"
                model.humans.append(Human(ord_, op.who, op.dept, active=True))
            case "rejoin" | "same_unionid":
                assert human and human.ord == ord_, "who comes back keeps the ordinal"
                human.live, human.dept, human.active = True, op.dept, True
            case "move":
                assert human
                human.dept = op.dept
            case "sleep":
                assert human
                human.active = not human.active

    # --- the laws

    async def check(self) -> None:
        for way in self.ways:
            for task in self.model.tasks:
                await self._check_lists(way, task)
            for human in self.watched():
                await self._check_inbox(way, human)
            await self._check_attempts(way)

    async def _check_lists(self, way: Way, expected: ModelTask) -> None:
        task = await way.store.read(load_task_txn, way.corp.no, Seq(expected.seq))
        assert task
        lists = await way.store.read(result_txn, task)
        sets = [lists.unread, lists.read, lists.failed, *lists.forbidden.values()]
        everybody = sorted(who for people in sets for who in people)
        assert everybody == sorted(expected.addressed), "each addressed person is in exactly one list"
        assert set(lists.read) == (expected.read & expected.delivered)
        assert {rule: set(people) for rule, people in lists.forbidden.items()} == expected.filtered
        assert (lists.invalid.userids, lists.invalid.depts, lists.invalid.roles) == expected.unknown
        assert task.kind == expected.kind
        for human in self.watched()[::3]:
            person = await way.store.read(load_person_by_ord_txn, way.corp.no, human.ord)
            explanation = await way.store.read(explain_txn, task, way.corp.zone, person, human.userid)
            rule = next((rule for rule, people in expected.filtered.items() if human.ord in people), None)
            assert (explanation.list, explanation.rule) == (expected.list_of(human.ord), rule)
            assert (explanation.rule != "mass.same_content") or explanation.twin

    async def _check_inbox(self, way: Way, human: Human) -> None:
        now = self.clock.now()
        found = [entry async for entry in _pages(way, human.ord, now)]
        assert len({entry.seq for entry in found}) == len(found), "one send stands twice in an inbox"
        expected = self.model.visible(human.ord, None, now)
        assert [entry.seq for entry in found] == [task.seq for task in expected]
        for entry, task in zip(found, expected, strict=True):
            assert entry.recalled_at == task.recalled_at
            assert (entry.body is None) == (task.recalled_at is not None), "a recalled message has no body, any other has one"
            assert entry.preview == (task.kind == "preview")
            if task.recalled_at is None:
                assert (entry.read_at is not None) == (human.ord in task.read)
                assert isinstance(entry.body, TextBody) and entry.body.text == task.content
        for n, account in enumerate(way.accounts):
            unread = await way.store.read(_unread, way, human.ord, account.sender, now)
            assert unread == self.model.unread(human.ord, n, now)

    async def _check_attempts(self, way: Way) -> None:
        for n, account in enumerate(way.accounts):
            for uuid in {uuid for _account, uuid in self.model.attempts} | {"a", "b"}:
                row = await way.store.read(_attempt_txn, way.corp.no, account.sender, uuid)
                assert (row[1] if row else None) == self.model.attempts.get((n, uuid)), "what a uuid stands for"


def _attempt_txn(tx: Any, corp: CorpNo, sender: int, uuid: str) -> Any:
    return tx.one("attempt.by_uuid", corp=corp, sender=sender, uuid=uuid)


async def _pages(way: Way, who: int, now: EpochMs) -> Any:
    before = Seq(1 << 53)
    while page := await way.store.read(_page, way, who, now, before):
        for entry in page:
            yield entry
        before = page[-1].seq


def _page(tx: Any, way: Way, who: int, now: EpochMs, before: Seq) -> Any:
    return Inbox(tx, way.engine.broadcasts, way.corp.no, Ord(who), now).page(before=before, limit=7)


def _unread(tx: Any, way: Way, who: Ord, sender: SenderId, now: EpochMs) -> int:
    return Inbox(tx, way.engine.broadcasts, way.corp.no, who, now).unread(sender)


def folders(base: Path) -> Iterator[Path]:
    """Fresh folders below one."""
    n = 0
    while True:
        n += 1
        yield base / f"run{n}"
