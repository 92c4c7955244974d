"""The benchmarks run, and the page about them says what they measured. Nothing here is timed."""

import re
from pathlib import Path

import pytest

from bench.figures import Anchor, Figure, Goal, alone, beside
from bench.machine import ROOT
from bench.report import DOCS, TEMPLATE, Results, page, table
from bench.run import MEASUREMENTS, measured
from bench.scale import TINY


def test_the_page_is_made_from_the_last_results() -> None:
    assert DOCS.read_text("utf-8") == page(Results.load(), TEMPLATE.read_text("utf-8")), "run bench/run --write"


def test_every_measurement_stands_on_the_page_and_nothing_is_left_open() -> None:
    template, groups = TEMPLATE.read_text("utf-8"), {one.group for one in Results.load().figures}

    assert set(re.findall(r"{{table:(.+?)}}", template)) == groups
    assert "{{" not in DOCS.read_text("utf-8")


def test_the_other_systems_are_pinned_by_hash() -> None:
    pins = (ROOT / "bench" / "peers.txt").read_text("utf-8")
    wanted = re.findall(r"^([a-z0-9-]+)", (ROOT / "bench" / "peers.in").read_text("utf-8"), re.MULTILINE)
    entries = [entry for entry in re.split(r"\n(?=[a-z0-9])", pins) if not entry.startswith("#")]

    assert all(re.match(r"[a-z0-9._-]+(\[.+?])?==\S+", entry) and "--hash=sha256:" in entry for entry in entries)
    assert {re.split(r"[=\[]", entry)[0] for entry in entries} >= set(wanted)
    assert "://" not in pins


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_tiny_run_gives_whole_figures(name: str, tmp_path: Path) -> None:
    figures = measured(name, TINY, tmp_path)

    assert figures
    assert len({(one.name, one.anchor) for one in figures}) == len(figures)
    for one in figures:
        check(one)
    assert not list(tmp_path.glob("run-*"))


def check(figure: Figure) -> None:
    """Whole, positive and in order."""
    assert figure.group and figure.unit and figure.rounds == 1 and figure.floor_ms and figure.date
    assert (figure.theirs is None) == (figure.ratio is None) == (not figure.anchor)
    assert (figure.goal is None) == (figure.met is None)
    for values in (figure.ours, figure.theirs, figure.ratio):
        assert values is None or 0 <= values.min <= values.median <= values.max


def test_a_ratio_is_taken_round_by_round() -> None:
    slower = beside("g", "n", "ms", [2, 4], Anchor("a", [1, 8]), inverse=True, goal=Goal("at least", 1))
    share = beside("g", "n", "a second", [2, 4], Anchor("a", [4, 4]), goal=Goal("at least", 0.8))

    assert slower.ratio and (slower.ratio.min, slower.ratio.median, slower.ratio.max) == (0.5, 1.25, 2)
    assert slower.met and not share.met
    assert share.ratio and share.ratio.median == 0.75


def test_a_goal_that_is_not_met_is_said_so() -> None:
    figure = alone("g", "memory", "MiB", [90.0], Goal("at most", 80, "ours"))

    assert table([figure]).endswith("| memory | 90 / 90 / 90 MiB |  |  |  | ≤ 80 MiB | **not met** |")


def test_newer_figures_replace_those_of_the_same_name_and_leave_the_rest() -> None:
    old, other, new = alone("g", "a", "s", [1.0]), alone("g", "b", "s", [2.0]), alone("g", "a", "s", [3.0])

    assert [one.ours.median for one in Results.load().merged([old, other]).merged([new]).figures[-2:]] == [3.0, 2.0]
