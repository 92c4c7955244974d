"""One process of a simulated server with the clients that talk to it, from its start to its end or its death."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing, contextmanager
from random import Random
from typing import Any, NamedTuple

import apsw

from hongyan.access.keys import load_key
from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import Profile, RuleSetting
from hongyan.admission.tasks import Flags, load_task_txn
from hongyan.admission.work_send import WorkSend
from hongyan.bus.local import LocalBus, LocalSubscription
from hongyan.delivery.explain import explain_txn
from hongyan.delivery.hub import LISTEN_S
from hongyan.delivery.inbox import Inbox, open_conversation_txn, read_one_txn
from hongyan.delivery.live import Change
from hongyan.delivery.recall import recall_mass_txn, recall_txn
from hongyan.delivery.receipts import progress_of, result_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, apply_org_txn
from hongyan.directory.records import load_person_by_ord_txn
from hongyan.engine.engine import Engine
from hongyan.messages.blobs import FileBlobs
from hongyan.messages.bodies import TextBody
from hongyan.model import faults
from hongyan.model.clock import DAY_MS
from hongyan.model.faults import NoFaults, PlantedFault
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx
from property.company import START
from property.histories import OpenOp, ReadOp, RecallOp, RuleOp, SendOp, TimeOp
from property.work_histories import NoticeOp
from simulation.company import KEY_FILE, MASS_LIMITS, STORE_FILE, WORK_LIMITS, Cast
from simulation.loop import Died, SimulatedLoop
from simulation.peer import Peer
from simulation.script import Deed, DelayOp, DeptOp, FollowOp, LeaveOp, LookOp, PageOp, PutOp, Script
from simulation.store import Entry, SimulatedStore

TRIES = 6
BEAT_S = 1.0
QUIET_MS = 20 * 60_000  # longer than anything waits for another try
# Where an error may be raised; at the others a process can only die.
FAILING = frozenset(
    (
        *("store.begin", "store.commit", "store.committed"),
        *("accept.attempts", "accept.tasks", "accept.inbox", "accept.usage", "accept.counters"),
        *("recall.marked", "read.marked", "directory.people", "directory.saved", "bus.publish"),
        *("callback.claimed", "callback.posted", "callback.marked"),
    )
)
WATCHED = frozenset(("page_txn", "look_txn"))


class Told(NamedTuple):
    """A change as a live inbox got it: in which connection, and after which part of the log."""

    connection: int
    change: Change
    known: int


class Follower:
    """Somebody's open inbox; goes on where it was after every lost connection."""

    def __init__(self, person: Ord, slow_s: float, start: Seq) -> None:
        self.person, self.slow_s, self.start, self.position = person, slow_s, start, start
        self.told: list[Told] = []
        self.connections = 0


class World:
    """What outlives a process: the file, time, the clients' intentions, and what they were told."""

    def __init__(self, folder: Any, cast: Cast, script: Script, random: Random) -> None:
        self.folder, self.cast, self.script, self.random = folder, cast, script, random
        self.log: list[Entry] = []
        self.answers: list[tuple[Deed, int, Any]] = []  # how much of the log was written when the answer came
        self.accepted: list[tuple[str, int, Seq]] = []  # surface, account, task; as clients know them
        self.followers: list[Follower] = []
        self.offset_ms = 0
        self.delay_ms = 0
        self.at_s = 0.0
        self.calm = False
        self.lives = 0
        self.failures: list[str] = []
        self.unsettled: dict[str, int] = {}  # changes of the organisation that nobody was answered for, and where they began
        self.rules_answered = 0
        self.steps = 0
        self.peer = Peer(random, script.weather.peer_fails, lambda: len(self.log))


class WorldClock:
    """The machine's clock: goes on with the loop's time, and jumps."""

    def __init__(self, world: World, loop: SimulatedLoop) -> None:
        self._world, self._loop = world, loop

    def now(self) -> EpochMs:
        return EpochMs(START + 3_600_000 + round(self._loop.time() * 1000) + self._world.offset_ms)


class LossyBus(LocalBus):
    """Hints may be lost; they wake in the order in which they were asked for."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._ordered: list[LocalSubscription] = []

    def publish(self, corp: CorpNo) -> None:
        if self._world.random.random() >= self._world.script.weather.hints_lost:
            for listener in self._ordered:
                listener.wake()

    @contextmanager
    def subscribe(self, corp: CorpNo) -> Any:
        with super().subscribe(corp) as subscription:
            self._ordered.append(subscription)
            try:
                yield subscription
            finally:
                self._ordered.remove(subscription)


def page_txn(tx: Tx, engine: Engine, corp: CorpNo, who: Ord, senders: tuple[int, ...], now: EpochMs) -> Any:
    """An inbox with its unread counts."""
    inbox = Inbox(tx, engine.broadcasts, corp, who, now)
    return inbox.page(limit=100), [inbox.unread(SenderId(sender)) for sender in senders]


def look_txn(tx: Tx, corp: CorpNo, seq: Seq, who: Ord, zone: str, now: EpochMs) -> Any:
    """A task, its lists, how far it is, and why somebody got it or not."""
    task = load_task_txn(tx, corp, seq)
    person = load_person_by_ord_txn(tx, corp, who)
    if task is None:
        return None
    explanation = explain_txn(tx, task, zone, person, person.userid if person else "nobody")
    return task, result_txn(tx, task), progress_of(task, now), explanation


class Life:
    """A process and its clients on one loop."""

    def __init__(self, world: World) -> None:
        self.world = world
        weather = world.script.weather
        self.random = world.random
        self.loop = SimulatedLoop(world.random, world.at_s)
        if world.lives < len(weather.deaths) and not world.calm:
            self.loop.dies_at_step = weather.deaths[world.lives]
        world.lives += 1
        self.clock = WorldClock(world, self.loop)
        self.thread = threading.get_ident()
        self.store = SimulatedStore(world.folder / STORE_FILE, clock=self.clock, loop=self.loop, log=world.log, watched=WATCHED.__contains__)

    def run(self) -> bool:
        """True when everything was done, False when it died."""
        faults.arm(self)  # type: ignore[arg-type]
        try:
            self.loop.run_until_complete(self._main())
            return True
        except Died:
            return False
        finally:
            faults.arm(None)
            self.world.failures += self.loop.failures
            self.loop.failures.clear()
            self.store.die()
            self.loop.abandon()
            self.world.at_s = self.loop.at_s + self.random.random()
            self.world.steps += self.loop.steps

    def reached(self, point: str, half: Any = None) -> None:
        """A fault point: go on, fail, or die. Fault points are the whole process's; a server in another thread is none of this life's business."""
        if threading.get_ident() != self.thread:
            return
        if point == "store.begin":
            self.store.begun()
        if point == "store.committed":
            self.store.committed()
        weather = self.world.script.weather
        if self.world.calm or not (weather.kill or weather.error):
            return
        chance = self.random.random()
        if chance < weather.kill and self.world.lives <= len(weather.deaths):
            self.loop.dying = True
            raise Died
        if chance > 1 - weather.error and point in FAILING:
            raise self.random.choice((PlantedFault, apsw.IOError, apsw.FullError))(point)

    async def _main(self) -> None:
        self.engine = self._engine()
        self.store.rules_version = lambda: self.engine.rulekeeper.book.version
        self.engine.dispatcher.client = self.world.peer  # type: ignore[assignment]
        await self.engine.rulekeeper.reload()
        async with self.engine.dispatcher.running(), asyncio.TaskGroup() as group:
            following = [group.create_task(self._follow(follower)) for follower in self.world.followers]
            self._group, self._following = group, following
            if not self.world.calm:
                deeds = [group.create_task(self._do(deed)) for deed in self.world.script.deeds if not deed.done]
                await asyncio.gather(*deeds)
            await self._settle()
            for task in following:
                task.cancel()

    def _engine(self) -> Engine:
        folder = self.world.folder
        return Engine(
            store=self.store,
            bus=LossyBus(self.world),
            clock=self.clock,
            faults=NoFaults(),
            key=load_key(folder / KEY_FILE),
            blobs=FileBlobs(folder / "blobs"),
            profile=Profile.DINGTALK,
            delay_ms=lambda: self.world.delay_ms,
            rows_up_to=self.world.script.weather.rows_up_to,
        )

    async def _settle(self) -> None:
        """The faults end; everything that waits gets its turn, and everybody looks once more."""
        world = self.world
        world.calm, world.peer.fails, self.loop.dies_at_step = True, 0.0, None
        await asyncio.sleep(1.4)  # what was on its way is done: a push may hang for 1.2 s
        world.offset_ms += QUIET_MS
        self.engine.dispatcher.wake()
        told = -1
        while told != (told := sum(len(follower.told) for follower in world.followers)):
            await asyncio.sleep(max(0.5, *(follower.slow_s for follower in world.followers), 0) + LISTEN_S * 2 + BEAT_S)
        senders = tuple(one.sender for one in (*world.cast.accounts, *world.cast.installations))
        for who in sorted(self.random.sample(range(22), 6)):
            await self.store.read(page_txn, self.engine, world.cast.corp.no, Ord(who), senders, self.clock.now())
        for n, (seq,) in enumerate(await self.store.read(_all_tasks_txn, world.cast.corp.no)):
            for who in (n % 20, (n * 7 + 3) % 20):
                await self.store.read(look_txn, world.cast.corp.no, seq, Ord(who), world.cast.corp.zone, self.clock.now())

    # --- clients

    async def _do(self, deed: Deed) -> None:
        await asyncio.sleep(max(0.0, deed.at_s - self.loop.time()))
        for _ in range(TRIES):
            if deed.since is None:
                deed.since = min(self.world.unsettled.values(), default=len(self.world.log))
                deed.rules_since = self.world.rules_answered
            try:
                async with asyncio.timeout(deed.patience_s):
                    outcome = await self._try(deed)
            except TimeoutError:
                deed.patience_s = None
            except Exception:
                if isinstance(deed.op, NoticeOp):
                    break  # without a uuid a second try might be a second notice
            else:
                self.world.answers.append((deed, len(self.world.log), outcome))
                break
            await asyncio.sleep(self.random.random() * 0.2)
        deed.done = True

    async def _try(self, deed: Deed) -> Any:
        world, op = self.world, deed.op
        match op:
            case SendOp():
                return await self._send(deed, op)
            case NoticeOp():
                return await self._notify(deed, op)
            case RecallOp():
                return await self._recall(op)
            case ReadOp() if world.accepted:
                seq = world.accepted[-1 - op.task % len(world.accepted)][2]
                return await self.store.write(read_one_txn, world.cast.corp.no, Ord(op.person), seq)
            case OpenOp():
                return await self._open(op)
            case RuleOp():
                return await self._rule(op)
            case TimeOp():
                self._jump(op)
            case PutOp() | LeaveOp() | DeptOp():
                return await self._organisation(deed, op)
            case PageOp():
                return await self._page(Ord(op.person))
            case LookOp() if world.accepted:
                seq = world.accepted[-1 - op.task % len(world.accepted)][2]
                corp = world.cast.corp
                return await self.store.read(look_txn, corp.no, seq, Ord(op.person), corp.zone, self.clock.now())
            case FollowOp():
                follower = Follower(Ord(op.person), op.slow_s, await self.engine.live.position(world.cast.corp.no))
                world.followers.append(follower)
                self._following.append(self._group.create_task(self._follow(follower)))
            case DelayOp():
                world.delay_ms = op.ms
            case _:
                pass
        return None

    async def _send(self, deed: Deed, op: SendOp) -> Any:
        cast, selectors = self.world.cast, Selectors(op.userids, op.depts, op.roles, op.everyone)
        flags = Flags(operator=deed.tag)
        request = MassSend(cast.corp, cast.apps[0], cast.accounts[op.account], deed.uuid, selectors, TextBody(op.content), op.preview, flags)
        outcome = await self.engine.mass_sending.send(request)
        if isinstance(outcome, Accepted):
            self.world.accepted.append(("mass", op.account, outcome.seq))
        return outcome

    async def _notify(self, deed: Deed, op: NoticeOp) -> Any:
        cast, n = self.world.cast, op.installation
        selectors = Selectors(op.userids, op.depts, (), op.everyone)
        request = WorkSend(cast.corp, cast.apps[n], cast.installations[n], selectors, TextBody(op.content), deed.tag)
        outcome = await self.engine.work_sending.send(request)
        if isinstance(outcome, Accepted):
            self.world.accepted.append(("work", n, outcome.seq))
        return outcome

    async def _recall(self, op: RecallOp) -> Any:
        world = self.world
        if not world.accepted:
            return None
        surface, n, seq = world.accepted[-1 - op.task % len(world.accepted)]
        n = (n + op.account) % 3  # not always its own
        if surface == "work":
            outcome = await self.store.write(recall_txn, world.cast.corp.no, world.cast.installations[n].sender, seq, "work")
        else:
            outcome = await self.store.write(recall_mass_txn, world.cast.corp.no, world.cast.accounts[n].sender, seq)
        self.engine.bus.publish(world.cast.corp.no)
        return outcome

    async def _page(self, who: Ord) -> Any:
        cast = self.world.cast
        senders = tuple(one.sender for one in (*cast.accounts, *cast.installations))
        return await self.store.read(page_txn, self.engine, cast.corp.no, who, senders, self.clock.now())

    async def _open(self, op: OpenOp) -> None:
        """As a reader's page does it: what is newest there is opened."""
        entries, _unread = await self._page(Ord(op.person))
        cast = self.world.cast
        sender = (*cast.accounts, *cast.installations)[op.account].sender
        newest = next((entry.seq for entry in entries if entry.sender == sender), None)
        if newest is not None:
            await self.store.write(open_conversation_txn, cast.corp.no, Ord(op.person), sender, newest)
            self.engine.bus.publish(cast.corp.no)

    async def _rule(self, op: RuleOp) -> None:
        cast = self.world.cast
        senders = cast.installations if op.rule.startswith("work.") else cast.accounts
        subject = 0 if op.account is None else senders[op.account].sender
        # Without a number of its own a setting of the organisation would bring the profile's back, which no short run reaches.
        number = (MASS_LIMITS | WORK_LIMITS).get(op.rule) if op.limit is None and op.account is None else op.limit
        setting = RuleSetting(cast.corp.no, "all" if op.account is None else "sender", subject, op.rule, op.mode, number)
        await self.engine.rulekeeper.change(setting)
        changes = [entry.args[0] for entry in self.world.log if entry.name == "_change_txn"]
        # From here on everybody may count on it.
        self.world.rules_answered = max(self.world.rules_answered, 1 + max(n for n, one in enumerate(changes) if one is setting))

    def _jump(self, op: TimeOp) -> None:
        if op.to_midnight:
            since_midnight = (self.clock.now() + 8 * 3_600_000) % DAY_MS
            self.world.offset_ms += DAY_MS - since_midnight - op.ms
        else:
            self.world.offset_ms += op.ms

    async def _organisation(self, deed: Deed, op: PutOp | LeaveOp | DeptOp) -> Any:
        cast = self.world.cast
        self.world.unsettled.setdefault(deed.tag, len(self.world.log))
        report = await self.store.write(apply_org_txn, cast.corp.no, cast.corp.corp_id, change_of(op))
        self.engine.directory.forget(cast.corp.no)
        self.engine.dispatcher.wake()
        del self.world.unsettled[deed.tag]
        return report

    async def _follow(self, follower: Follower) -> None:
        follower.connections += 1
        connection = follower.connections
        while True:
            try:
                async with aclosing(self._changes(follower)) as changes:
                    async for change in changes:
                        if change.kind == "beat":
                            continue
                        follower.told.append(Told(connection, change, len(self.world.log)))
                        follower.position = change.position
                        if follower.slow_s:
                            await asyncio.sleep(self.random.random() * follower.slow_s)
            except Exception:
                await asyncio.sleep(0.1)
            follower.connections += 1
            connection = follower.connections

    def _changes(self, follower: Follower) -> AsyncGenerator[Change]:
        return self.engine.live.follow(self.world.cast.corp.no, follower.person, follower.position, BEAT_S)


def _all_tasks_txn(tx: Tx, corp: CorpNo) -> list[Any]:
    return tx.all("task.newest", corp=corp, before=1 << 53, limit=1000)


def change_of(op: PutOp | LeaveOp | DeptOp) -> OrgChange:
    match op:
        case PutOp():
            return OrgChange(users=(UserEntry(op.who, op.who, (op.dept,), active=op.active, rejoin=True),))
        case LeaveOp():
            return OrgChange(leave=(op.who,))
        case DeptOp():
            return OrgChange(departments=(DeptEntry(op.dept, f"部门{op.dept}", op.parent),))
