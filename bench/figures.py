"""A measured figure: what we took, what stood beside it, and whether the goal is met."""

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Over the rounds of one run."""

    min: float
    median: float
    max: float


class Goal(msgspec.Struct, frozen=True):
    """Judged by the median: of the ratio, or of our own figure."""

    word: Literal["at least", "at most"]
    value: float
    of: Literal["ratio", "ours"] = "ratio"

    def met_by(self, value: float) -> bool:
        return value >= self.value if self.word == "at least" else value <= self.value


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`ratio` is `ours / anchor` or `anchor / ours`, as `ratio_of` says. `floor_ms` is a page's write + fdatasync in the same minute."""

    group: str
    name: str
    unit: str
    ours: Spread
    anchor: str = ""
    theirs: Spread | None = None
    ratio: Spread | None = None
    ratio_of: str = ""
    goal: Goal | None = None
    met: bool | None = None
    rounds: int
    floor_ms: Spread | None = None
    date: str = ""
    commit: str = ""


def spread(values: Sequence[float]) -> Spread:
    return Spread(*(_short(value) for value in (min(values), statistics.median(values), max(values))))


def _short(value: float) -> float:
    """Four digits that count; more would be noise in the file."""
    return float(f"{value:.4g}")


def alone(group: str, name: str, unit: str, ours: Sequence[float], goal: Goal | None = None) -> Figure:
    """A figure without an anchor of its own."""
    took = spread(ours)
    return Figure(group=group, name=name, unit=unit, ours=took, goal=goal, met=goal.met_by(took.median) if goal else None, rounds=len(ours))


class Anchor(msgspec.Struct, frozen=True):
    """What stands beside ours: its figure of each round."""

    name: str
    values: Sequence[float]


def beside(group: str, name: str, unit: str, ours: Sequence[float], anchor: Anchor, *, inverse: bool = False, goal: Goal | None = None) -> Figure:
    """A figure and its anchor, round by round; `inverse`: how many times less than the anchor."""
    pairs = zip(ours, anchor.values, strict=True)
    ratio = spread([their / our if inverse else our / their for our, their in pairs])
    took = spread(ours)
    judged = (ratio if goal.of == "ratio" else took).median if goal else 0.0
    return Figure(
        group=group,
        name=name,
        unit=unit,
        ours=took,
        anchor=anchor.name,
        theirs=spread(anchor.values),
        ratio=ratio,
        ratio_of="anchor / ours" if inverse else "ours / anchor",
        goal=goal,
        met=goal.met_by(judged) if goal else None,
        rounds=len(ours),
    )
