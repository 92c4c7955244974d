"""The engine on a loop of its own: every seed keeps every promise, and the same seed is the same run."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hongyan.delivery import callback_push
from hongyan.model import faults
from simulation.bugs import BUGS
from simulation.planted import SEEDS, find
from simulation.run import forget_template, run

PARTS = 4
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _template() -> Iterator[None]:
    yield
    forget_template()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_seed_breaks_a_promise(part: int) -> None:
    broken = [outcome for seed in range(part, SEEDS, PARTS) if (outcome := run(seed)).broken]

    assert broken == []


def test_the_same_seed_is_the_same_run_in_another_process_too() -> None:
    asked = "import sys; sys.path.insert(0, 'tests'); from simulation.run import run; print(*(run(seed).fingerprint for seed in (3, 8, 12)))"
    prints = {
        subprocess.run(
            [sys.executable, "-c", asked], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert prints == {" ".join(run(seed).fingerprint for seed in (3, 8, 12)) + "\n"}
    assert run(3).fingerprint != run(4).fingerprint


def test_a_server_beside_it_in_the_process_changes_nothing() -> None:
    alone = [run(seed).fingerprint for seed in range(6)]
    stopping = threading.Event()

    def pass_points() -> None:
        while not stopping.wait(0.000_5):
            for point in ("store.begin", "store.commit", "store.committed", "callback.claimed"):
                faults.reach(point)
            callback_push.secrets.token_hex(8)
            passed.append(1)

    passed: list[int] = []
    beside = threading.Thread(target=pass_points)
    beside.start()
    try:
        together = [run(seed).fingerprint for seed in range(6)]
    finally:
        stopping.set()
        beside.join()

    assert len(passed) > 20
    assert together == alone


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str) -> None:
    found = find(name)

    assert found.outcome, f"{name}: not found in {found.seeds} seeds"


def test_there_are_planted_bugs_for_every_promise_that_a_run_checks() -> None:
    assert len(BUGS) >= 25
    assert {promise for promise, _plant in BUGS.values()} == {"I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I11"}
