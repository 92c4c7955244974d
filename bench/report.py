"""Keeps the figures, and shows them: on the terminal, and as the page for users."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bench.figures import Figure, Spread
from bench.machine import ROOT, Machine, this_machine

RESULTS = ROOT / "bench" / "results" / "latest.json"
TEMPLATE = ROOT / "bench" / "performance.template.md"
DOCS = ROOT / "docs" / "performance.md"


class Results(msgspec.Struct, frozen=True):
    """What was measured last, of each figure."""

    machine: Machine
    figures: list[Figure]

    @classmethod
    def load(cls, path: Path = RESULTS) -> "Results":
        return msgspec.json.decode(path.read_bytes(), type=cls) if path.exists() else cls(this_machine(), [])

    def merged(self, newer: Sequence[Figure]) -> "Results":
        """The groups that were measured again replace what they had; a figure of the long set stays when the short one was run."""
        known = {_key(one): one for one in self.figures}
        known.update({_key(one): one for one in newer})
        return Results(this_machine(), list(known.values()))

    def save(self, path: Path = RESULTS) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def _key(figure: Figure) -> tuple[str, ...]:
    return figure.group, figure.name, figure.anchor


def _number(value: float) -> str:
    """Three digits that count, and no zeros behind them."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _three(values: Spread | None) -> str:
    return " / ".join(_number(one) for one in (values.min, values.median, values.max)) if values else ""


def _goal(figure: Figure) -> str:
    goal = figure.goal
    if goal is None:
        return ""
    return f"{'≥' if goal.word == 'at least' else '≤'} {_number(goal.value)}{'' if goal.of == 'ratio' else ' ' + figure.unit}"


def shown(figures: Iterable[Figure]) -> str:
    """Lines for the terminal."""
    lines: list[str] = []
    for one in figures:
        lines.append(f"\n{one.group}: {one.name}, {one.unit} {_three(one.ours)}")
        if one.theirs:
            lines.append(f"    {one.anchor}: {_three(one.theirs)}")
            lines.append(f"    {one.ratio_of}: {_three(one.ratio)}")
        if one.goal:
            lines.append(f"    goal {_goal(one)}: {'met' if one.met else 'NOT met'}")
        if one.floor_ms:
            lines.append(f"    floor of the disk, ms: {_three(one.floor_ms)}")
    return "\n".join(lines)


def table(figures: Iterable[Figure]) -> str:
    """A Markdown table, a row for each figure."""
    lines = ["| what | ours | anchor | anchor's figure | ratio | goal | |", "|---|---|---|---|---|---|---|"]
    for one in figures:
        verdict = {True: "met", False: "**not met**", None: ""}[one.met]
        ratio = f"{_three(one.ratio)} ({one.ratio_of})" if one.ratio else ""
        lines.append(f"| {one.name} | {_three(one.ours)} {one.unit} | {one.anchor} | {_three(one.theirs)} | {ratio} | {_goal(one)} | {verdict} |")
    return "\n".join(lines)


def page(results: Results, template: str) -> str:
    """The template with `{{table:GROUP}}` and `{{machine}}` filled in."""
    groups = dict.fromkeys(one.group for one in results.figures)
    for group in groups:
        rows = [one for one in results.figures if one.group == group]
        template = template.replace("{{table:" + group + "}}", f"{table(rows)}\n\n{_when(rows)}")
    machine = results.machine
    floors = [one.floor_ms for one in results.figures if one.floor_ms]
    told = f"{machine.cores} cores, {machine.memory_gib} GiB, {machine.system}, Python {machine.python}, SQLite {machine.sqlite}"
    if floors:
        told += f"; write + fdatasync of a page took {_number(min(one.min for one in floors))} to {_number(max(one.max for one in floors))} ms"
    return template.replace("{{machine}}", told).replace("{{open}}", _open(results.figures))


def _open(figures: Iterable[Figure]) -> str:
    """The goals that are not met, a line for each."""
    lines = [_missed(one) for one in figures if one.met is False]
    return "\n".join(lines) or "Every goal is met."


def _missed(figure: Figure) -> str:
    judged = figure.ratio if figure.goal and figure.goal.of == "ratio" else figure.ours
    unit = " " + figure.unit if judged is figure.ours else f" of {figure.anchor}"
    return f"- {figure.group}, {figure.name}: {_number(judged.median) if judged else ''}{unit}, the goal is {_goal(figure)}."


def _when(figures: Sequence[Figure]) -> str:
    """When they were measured, and the floor of the disk beside them."""
    newest = max(figures, key=lambda one: one.date)
    floors = [one.floor_ms for one in figures if one.floor_ms]
    floor = f"{_number(min(one.min for one in floors))} to {_number(max(one.max for one in floors))}" if floors else "unknown"
    rounds = sorted({one.rounds for one in figures})
    return f"{newest.date}, rounds: {', '.join(map(str, rounds))}; floor of the disk {floor} ms; commit {newest.commit or 'unknown'}."


def write_docs() -> None:
    DOCS.write_text(page(Results.load(), TEMPLATE.read_text("utf-8")), "utf-8")
