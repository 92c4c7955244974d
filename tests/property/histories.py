"""Histories of one organisation as data, and how Hypothesis makes them up.

Everything refers to people, accounts and earlier tasks by small numbers, so that shrinking keeps a history meaningful.
"""

from typing import Literal

import msgspec
from hypothesis import strategies as st

from hongyan.admission.rules import Mode

USERIDS = (*tuple(f"u{n}" for n in range(8)), "stranger")
NEWCOMERS = ("u1", "u5", "n1", "n2")
DEPTS = (1, 10, 11, 20, 30, 99)  # 99 does not exist, 30 is empty
ROLES = (7, 8, 99)
ACCOUNTS = 3  # the third keeps people out
CONTENTS = ("alpha", "beta", " ")  # the last is no message
LIMITS = {
    "mass.userids_per_call": 5,
    "mass.depts_per_call": 3,
    "mass.roles_per_call": 2,
    "mass.account_qps": 3,
    "mass.account_qpm": 5,
    "mass.broad_frequency": 1,
    "mass.single_per_person": 2,
    "mass.sends_per_day": 3,
    "mass.person_times": 2,
    "mass.audience_cap": 234,
}
CHANGEABLE = (*LIMITS, "mass.same_content", "person.not_activated", "person.blocked", "person.not_allowed")


class SendOp(msgspec.Struct, frozen=True):
    account: int = 0
    uuid: str = ""  # empty: a fresh one
    userids: tuple[str, ...] = ()
    depts: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False
    preview: bool = False
    content: str = "alpha"


class BurstOp(msgspec.Struct, frozen=True):
    """Sends that arrive together and share a commit."""

    sends: tuple[SendOp, ...]


class ReadOp(msgspec.Struct, frozen=True):
    person: int
    task: int


class OpenOp(msgspec.Struct, frozen=True):
    person: int
    account: int


class RecallOp(msgspec.Struct, frozen=True):
    account: int
    task: int


class TimeOp(msgspec.Struct, frozen=True):
    """Move the clock: on by milliseconds, back by them (negative), or to just before the next midnight."""

    ms: int
    to_midnight: bool = False


class RuleOp(msgspec.Struct, frozen=True):
    rule: str
    mode: Mode
    account: int | None  # None: the whole organisation
    limit: int | None = None  # None: as it was at first


class DelayOp(msgspec.Struct, frozen=True):
    ms: int


class OrgOp(msgspec.Struct, frozen=True):
    """`forget` False: the sending process still has the old organisation in memory."""

    kind: Literal["leave", "join", "rejoin", "same_unionid", "move", "sleep", "role"]
    who: str
    dept: int = 10
    forget: bool = True


Op = SendOp | BurstOp | ReadOp | OpenOp | RecallOp | TimeOp | RuleOp | DelayOp | OrgOp


def _some(values: tuple[str, ...] | tuple[int, ...], most: int) -> st.SearchStrategy:
    return st.lists(st.sampled_from(values), max_size=most).map(tuple)


_uuids = st.sampled_from(("",) * 14 + ("a", "a", "b", " ", "x" * 129))
_accounts = st.sampled_from((0, 0, 0, 0, 0, 1, 2))
_contents = st.sampled_from(("alpha",) * 9 + ("beta",) * 5 + (" ",))
_single = st.builds(SendOp, account=_accounts, uuid=_uuids, userids=st.sampled_from(USERIDS[:5]).map(lambda one: (one,)), content=_contents)
_several = st.builds(
    SendOp, account=_accounts, uuid=_uuids, userids=_some(USERIDS[:8], 6), content=_contents, preview=st.sampled_from((False,) * 5 + (True,))
)
_broad = st.builds(
    SendOp,
    account=_accounts,
    uuid=_uuids,
    userids=_some(USERIDS, 1),
    depts=_some(DEPTS, 4),
    roles=_some(ROLES, 2),
    everyone=st.sampled_from((False, False, False, True)),
    content=_contents,
    preview=st.sampled_from((False,) * 9 + (True,)),
)
sends = st.one_of(_single, _several, _broad, _broad)
# The third account's lists may name people who left, who must be looked up: its sends reach the queue later than their neighbours.
_prompt = sends.map(lambda op: msgspec.structs.replace(op, account=op.account % 2))
ops = st.one_of(
    sends,
    sends,
    sends,
    st.builds(BurstOp, st.lists(_prompt, min_size=2, max_size=6).map(tuple)),
    st.builds(ReadOp, st.integers(0, 9), st.integers(0, 7)),
    st.builds(OpenOp, st.integers(0, 9), _accounts),
    st.builds(RecallOp, _accounts, st.integers(0, 7)),
    st.builds(TimeOp, st.sampled_from((1, 1000)), st.sampled_from((False, False, True))),
    st.builds(TimeOp, st.sampled_from((1, 300, 1000, 1000, 1000, 1000, 2000, 2000, 61_000, 61_000, 3_600_000, 86_400_000, -5000))),
    st.builds(
        RuleOp, st.sampled_from(CHANGEABLE), st.sampled_from(tuple(Mode)), st.sampled_from((None, 0, 2)), st.sampled_from((None, None, 0, 1, 4))
    ),
    st.builds(DelayOp, st.sampled_from((0, 0, 5000))),
    st.builds(
        OrgOp,
        st.sampled_from(("leave", "leave", "join", "rejoin", "same_unionid", "move", "sleep", "role")),
        st.sampled_from(USERIDS[:6] + NEWCOMERS),
        st.sampled_from((1, 10, 11, 20)),
        st.booleans(),
    ),
)
QUOTAS = tuple(rule for rule in LIMITS if not rule.endswith(("per_call", "audience_cap")))


def _focused(focus: str | None, history: list[Op]) -> list[Op]:
    """With all limits on, the narrow ones hide the wide ones: most histories have one that refuses, and the others only count."""
    quiet = [RuleOp(rule, Mode.OBSERVE, None) for rule in QUOTAS if focus is not None and rule != focus]
    return [*quiet, *history]


histories = st.builds(_focused, st.sampled_from((None, *QUOTAS)), st.lists(ops, min_size=10, max_size=50))
