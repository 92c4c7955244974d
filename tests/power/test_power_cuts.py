"""A power cut at any moment takes back nothing that was answered, and leaves a file that opens."""

from pathlib import Path

import pytest

from hongyan.store import sqlite_file
from power.campaign import CUTS_PER_LIFE, Counts, lived, make_template, one_life, way_of

LIVES = 20


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "template"
    make_template(folder)
    return folder


def test_a_power_cut_loses_nothing_that_was_answered(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts()
    for seed in range(LIVES):
        one_life(template, tmp_path, seed, way_of(seed), counts)

    with capsys.disabled():
        print(f"\n{counts.cuts} power cuts, {counts.promised} promises looked for")
    assert not counts.first
    assert counts.cuts == LIVES * CUTS_PER_LIFE and counts.promised > 10 * counts.cuts


@pytest.mark.parametrize(("synchronous", "least"), [("normal", {"lost"}), ("off", {"lost", "corrupt"})])
def test_with_less_than_full_synchronisation_the_same_cuts_do_lose(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str, least: set[str]
) -> None:
    monkeypatch.setattr(sqlite_file, "SYNCHRONOUS", synchronous)
    counts = Counts()
    for seed in (1, 2):
        one_life(template, tmp_path, seed, lived, counts)

    assert {name for name in ("lost", "corrupt") if getattr(counts, name)} >= least, counts
