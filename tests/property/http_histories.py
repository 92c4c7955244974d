"""Histories for a whole server: those of mass sends and of work notices mixed, with templates and restarts between."""

from typing import Literal

import msgspec
from hypothesis import strategies as st

from hongyan.admission.rules import Mode
from property import histories as mass
from property import work_histories as work
from property.histories import RuleOp
from property.http_erasure import erasures
from property.work_histories import NoticeOp
from simulation.company import MASS_LIMITS, WORK_LIMITS

Surface = Literal["mass", "work"]


class RestartOp(msgspec.Struct, frozen=True):
    """The server ends in order and starts again."""


class TemplateOp(msgspec.Struct, frozen=True):
    """The notice by template, of the third-party app."""

    notice: NoticeOp


Step = tuple[Surface, object]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """One step; a restart and an erasure are rare, since they take as long as many others."""
    match draw(st.integers(0, 60)):
        case 0:
            return "mass", RestartOp()
        case 60:
            return "mass", draw(erasures)
        case n if n < 6:
            return "work", TemplateOp(draw(work.notices))
        case n if n < 33:
            return "mass", draw(mass.ops)
    return "work", draw(work.ops)


_QUOTAS = (*(rule for rule in MASS_LIMITS if not rule.endswith("per_call")), *WORK_LIMITS)


def _focused(focus: str | None, history: list[Step]) -> list[Step]:
    quiet: list[Step] = [("mass", RuleOp(rule, Mode.OBSERVE, None)) for rule in _QUOTAS if focus is not None and rule != focus]
    return [*quiet, *history]


http_histories = st.builds(_focused, st.sampled_from((None, None, *_QUOTAS)), st.lists(steps(), min_size=40, max_size=150))
