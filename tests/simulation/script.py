"""What happens in a run, made up from its seed: what clients want and when, and how badly things go."""

from random import Random

import msgspec

from hongyan.admission.rules import Mode
from property.histories import OpenOp, ReadOp, RecallOp, RuleOp, SendOp, TimeOp
from property.work_histories import NoticeOp
from simulation.company import MASS_LIMITS, WORK_LIMITS

USERIDS = (*(f"u{n}" for n in range(8)), "f1", "f9", "n1", "stranger")
DEPTS, ROLES = (1, 10, 11, 20, 30, 40, 99), (7, 8, 99)
QUOTAS = tuple(rule for rule in MASS_LIMITS if not rule.endswith("per_call"))
RULES = (*QUOTAS, *WORK_LIMITS, "mass.same_content", "person.not_activated", "person.blocked", "person.not_allowed")


class PutOp(msgspec.Struct, frozen=True):
    """Somebody comes, comes back, moves, or signs in for the first time."""

    who: str
    dept: int
    active: bool


class LeaveOp(msgspec.Struct, frozen=True):
    who: str


class DeptOp(msgspec.Struct, frozen=True):
    """A department below another one."""

    dept: int
    parent: int


class PageOp(msgspec.Struct, frozen=True):
    """Somebody looks at their inbox."""

    person: int


class LookOp(msgspec.Struct, frozen=True):
    """A sender looks at what became of a task, and of somebody in it."""

    task: int
    person: int


class FollowOp(msgspec.Struct, frozen=True):
    """Somebody keeps their inbox open; `slow_s` between two looks."""

    person: int
    slow_s: float


class DelayOp(msgspec.Struct, frozen=True):
    ms: int


Op = SendOp | NoticeOp | RecallOp | ReadOp | OpenOp | RuleOp | TimeOp | PutOp | LeaveOp | DeptOp | PageOp | LookOp | FollowOp | DelayOp


class Deed(msgspec.Struct):
    """Something a client wants. It is tried until there is an answer, where a second try can do no harm."""

    tag: str
    at_s: float
    op: Op
    uuid: str = ""
    patience_s: float | None = None  # after which the client hangs up
    done: bool = False
    since: int | None = None  # the first entry of the log that the first try could not know of
    rules_since: int = 0  # the version of the rules that was answered before the first try


class Weather(msgspec.Struct, frozen=True):
    """How badly things go: chances at each fault point, and how many deaths at most."""

    error: float
    kill: float
    deaths: tuple[int, ...]  # the step of each life's end
    peer_fails: float
    hints_lost: float
    rows_up_to: int


class Script(msgspec.Struct, frozen=True):
    deeds: tuple[Deed, ...]
    weather: Weather


def write_script(random: Random) -> Script:
    """One run's script."""
    lives = random.choice((0, 0, 0, 1, 1, 2, 3))
    weather = Weather(
        error=random.choice((0, 0, 0, 0.01, 0.03, 0.1)),
        kill=random.choice((0, 0, 0.002, 0.01)),
        deaths=tuple(random.randrange(5, 700) for _ in range(lives)),
        peer_fails=random.choice((0, 0.2, 0.6)),
        hints_lost=random.choice((0, 0, 0.5, 1)),
        rows_up_to=random.choice((0, 3, 3, 5, 1000)),
    )
    span_s = random.choice((2.0, 5.0, 12.0))
    deeds = [_quiet(random, at) for at in range(random.choice((0, 8, 8)))]
    focus = random.choice((None, None, "mass", "work", "org", "read"))
    wanted = random.randrange(20, 45)
    deeds += [Deed(f"{n}", random.random() * span_s, _op(random, focus)) for n in range(wanted)]
    for deed in deeds:
        if isinstance(deed.op, SendOp):
            deed.uuid = random.choice(("same", "again")) if random.random() < 0.12 else f"uuid-{deed.tag}"
            deed.patience_s = random.random() * 0.06 if random.random() < 0.12 else None
    return Script(tuple(sorted(deeds, key=lambda deed: deed.at_s)), weather)


def _quiet(random: Random, at: int) -> Deed:
    """With all limits on, the narrow ones hide the wide ones: most runs silence some."""
    return Deed(f"quiet{at}", 0.0, RuleOp(random.choice(RULES), Mode.OBSERVE, None))


_WEIGHTS = {
    None: (8, 8, 3, 3, 3, 2, 2, 2, 1, 1, 3, 2, 1, 1),
    "mass": (20, 1, 3, 2, 2, 2, 2, 1, 1, 0, 2, 2, 1, 1),
    "work": (1, 20, 3, 2, 2, 2, 2, 1, 1, 0, 2, 2, 1, 1),
    "org": (6, 6, 1, 1, 1, 0, 1, 9, 6, 3, 1, 1, 1, 0),
    "read": (6, 6, 5, 6, 6, 0, 2, 1, 1, 0, 8, 4, 3, 3),
}
_KINDS = ("send", "notice", "recall", "read", "open", "rule", "time", "put", "leave", "dept", "page", "look", "follow", "delay")


def _op(random: Random, focus: str | None) -> Op:
    kind = random.choices(_KINDS, _WEIGHTS[focus])[0]
    return _MAKERS[kind](random)


def _some(random: Random, values: tuple[str, ...] | tuple[int, ...], most: int) -> tuple:  # type: ignore[type-arg]
    return tuple(random.sample(values, random.randrange(most + 1)))


def _content(random: Random) -> str:
    return random.choice(("alpha", "alpha", "alpha", "beta", "gamma"))


def _send(random: Random) -> SendOp:
    account, content = random.choice((0, 0, 0, 1, 2)), _content(random)
    match random.randrange(5):
        case 0 | 1:
            return SendOp(account, userids=(random.choice(USERIDS[:5]),), content=content)
        case 2:
            preview = random.random() < 0.2
            return SendOp(account, userids=_some(random, USERIDS[:11], 6), preview=preview, content=content)
        case 3:
            return SendOp(account, depts=_some(random, DEPTS, 3), roles=_some(random, ROLES, 2), userids=_some(random, USERIDS, 1), content=content)
    return SendOp(account, everyone=True, content=content)


def _notice(random: Random) -> NoticeOp:
    installation = random.choice((0, 0, 1, 1, 2))
    everyone = installation != 1 and random.random() < 0.25
    userids, depts = _some(random, USERIDS, 6), _some(random, DEPTS, 2)
    return NoticeOp(installation, userids if userids or depts or everyone else ("u1",), depts, everyone, _content(random))


def _rule(random: Random) -> RuleOp:
    return RuleOp(random.choice(RULES), random.choice(tuple(Mode)), random.choice((None, 0, 2)), random.choice((None, 0, 1, 3, 6)))


def _time(random: Random) -> TimeOp:
    if random.random() < 0.25:
        return TimeOp(random.choice((1, 300, 1000)), to_midnight=True)
    return TimeOp(random.choice((300, 1000, 2000, 30_000, 61_000, 61_000, 3_600_000, 86_400_000, -5000)))


_MAKERS = {
    "send": _send,
    "notice": _notice,
    "recall": lambda random: RecallOp(random.choice((0, 0, 0, 0, 0, 1)), random.randrange(6)),
    "read": lambda random: ReadOp(random.randrange(20), random.randrange(6)),
    "open": lambda random: OpenOp(random.randrange(20), random.randrange(6)),
    "rule": _rule,
    "time": _time,
    "put": lambda random: PutOp(random.choice((*USERIDS[:8], "n1", "n2")), random.choice((1, 10, 11, 20)), random.random() < 0.85),
    "leave": lambda random: LeaveOp(random.choice((*USERIDS[:8], "n1", "n2"))),
    "dept": lambda random: DeptOp(random.choice((40, 41)), random.choice((1, 10, 20))),
    "page": lambda random: PageOp(random.randrange(20)),
    "look": lambda random: LookOp(random.randrange(6), random.randrange(20)),
    "follow": lambda random: FollowOp(random.randrange(20), random.choice((0, 0, 0.5, 3.0))),
    "delay": lambda random: DelayOp(random.choice((0, 0, 700, 5000))),
}
