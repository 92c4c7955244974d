"""Histories of work notices as data, and how Hypothesis makes them up; persons, installations and tasks are small numbers."""

import msgspec
from hypothesis import strategies as st

from hongyan.admission.rules import Mode
from property.histories import DEPTS, NEWCOMERS, USERIDS, DelayOp, OpenOp, OrgOp, ReadOp, RecallOp, RuleOp, TimeOp

# 0: an internal app, 1: a third-party app, 2: the internal app again, under an agent that sees a part of the organisation.
INSTALLATIONS = 3
INTERNAL, THIRD_PARTY = ("internal", "third_party")
VISIBLE_USERIDS, VISIBLE_DEPTS = ("u3", "u2", "u5"), (10, 20)
CONTENTS = ("alpha", "beta", "gamma")
# Small where few people matter and, for the other kind of app, around the size of the large department, so that both are reached.
LIMITS = {
    "work.internal.audience": 4,
    "work.internal.receivers_per_minute": 210,
    "work.internal.per_person": 3,
    "work.internal.same_content": 1,
    "work.internal.all_staff": 2,
    "work.third_party.audience": 205,
    "work.third_party.receivers_per_minute": 7,
    "work.third_party.per_person": 2,
    "work.third_party.same_content": 1,
}


class NoticeOp(msgspec.Struct, frozen=True):
    """One work notice; `userids` in the caller's order."""

    installation: int = 0
    userids: tuple[str, ...] = ()
    depts: tuple[int, ...] = ()
    everyone: bool = False
    content: str = "alpha"


class FlurryOp(msgspec.Struct, frozen=True):
    """Notices that arrive together and share a commit."""

    notices: tuple[NoticeOp, ...]


WorkOp = NoticeOp | FlurryOp | ReadOp | OpenOp | RecallOp | TimeOp | RuleOp | DelayOp | OrgOp


def _some(values: tuple[str, ...] | tuple[int, ...], most: int) -> st.SearchStrategy:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def _sendable(op: NoticeOp) -> NoticeOp:
    """As the wire lets it through: not to nobody, and to everyone only from internal apps."""
    everyone = op.everyone and op.installation != 1
    nobody = not (op.userids or op.depts or everyone)
    return msgspec.structs.replace(op, everyone=everyone, userids=("u1",) if nobody else op.userids)


_installations = st.sampled_from((0, 0, 0, 1, 1, 1, 2))
_contents = st.sampled_from(("alpha",) * 4 + ("beta",) * 2 + ("gamma",))
_named = st.builds(NoticeOp, installation=_installations, userids=_some(USERIDS, 7), content=_contents)
_wide = st.builds(
    NoticeOp,
    installation=_installations,
    userids=_some(USERIDS, 4),
    depts=_some(DEPTS, 2),
    everyone=st.sampled_from((False, False, False, True)),
    content=_contents,
)
_large = st.builds(NoticeOp, installation=_installations, userids=_some(USERIDS, 2), depts=st.just((20,)), content=_contents)
_all_staff = st.builds(NoticeOp, installation=st.sampled_from((0, 0, 2)), everyone=st.just(True), content=_contents)
notices = st.one_of(_named, _named, _wide, _large, _all_staff).map(_sendable)
# The third installation looks people up who may have left: its notices reach the queue later than their neighbours.
_prompt = notices.map(lambda op: msgspec.structs.replace(op, installation=op.installation % 2)).map(_sendable)
ops = st.one_of(
    notices,
    notices,
    notices,
    notices,
    st.builds(FlurryOp, st.lists(_prompt, min_size=2, max_size=5).map(tuple)),
    st.builds(ReadOp, st.integers(0, 9), st.integers(0, 7)),
    st.builds(OpenOp, st.integers(0, 9), _installations),
    st.builds(RecallOp, _installations, st.integers(0, 7)),
    st.builds(TimeOp, st.sampled_from((1, 1000)), st.sampled_from((False, True))),
    st.builds(TimeOp, st.sampled_from((1, 1000, 30_000, 30_000, 61_000, 61_000, 3_600_000, 86_400_000, -5000))),
    st.builds(
        RuleOp,
        st.sampled_from((*LIMITS, "person.not_activated")),
        st.sampled_from(tuple(Mode)),
        st.sampled_from((None, 0, 1, 2)),
        st.sampled_from((None, None, 0, 1, 6)),
    ),
    st.builds(DelayOp, st.sampled_from((0, 0, 5000))),
    st.builds(
        OrgOp,
        st.sampled_from(("leave", "leave", "join", "rejoin", "same_unionid", "move", "sleep")),
        st.sampled_from(USERIDS[:6] + NEWCOMERS),
        st.sampled_from((1, 10, 11, 20)),
        st.booleans(),
    ),
)


def _focused(focus: str | None, history: list[WorkOp]) -> list[WorkOp]:
    """With all limits on, the narrow ones hide the wide ones: most histories have one kind that leaves people out, the others count."""
    quiet = [RuleOp(rule, Mode.OBSERVE, None) for rule in LIMITS if focus is not None and not rule.endswith(focus)]
    return [*quiet, *history]


FOCI = (None, None, "audience", "receivers_per_minute", "per_person", "same_content", "all_staff")
histories = st.builds(_focused, st.sampled_from(FOCI), st.lists(ops, min_size=8, max_size=40))
