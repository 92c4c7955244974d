"""Seed after seed, for as long as it is told to: `python -m tests.simulation.campaign --minutes 80 [--from 1000] [--workers 2]`.

It goes on where the last one ended (`.campaigns/simulation.json`), prints what it reached, and ends with status 1 at the first broken
promise, with the seed that breaks it again: `python -m tests.simulation.campaign --seed N`.
"""
# ruff: noqa: E402 - started from the checkout's root, it must first find the tests' packages

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))

from simulation.run import Outcome, forget_template, prepare, run

STATE = ROOT / ".campaigns" / "simulation.json"
FIRST = 1_000  # those before it run with the tests
AT_ONCE = 50
COUNTS = ("seeds", "lives", "steps", "commits", "accepted")


def _outcomes(first: int, workers: int) -> Iterator[Outcome]:
    if workers == 1:
        seed = first
        while True:
            yield run(seed)
            seed += 1
    prepare()
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        while True:
            yield from pool.map(run, range(first, first + AT_ONCE), chunksize=5)
            first += AT_ONCE


def _read_state() -> dict[str, float]:
    return json.loads(STATE.read_text("utf-8")) if STATE.exists() else {"next": FIRST, **dict.fromkeys(COUNTS, 0)}


def _write_state(state: dict[str, float]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps(state), "utf-8")
    draft.replace(STATE)


def _add(state: dict[str, float], outcome: Outcome) -> None:
    state["next"] = outcome.seed + 1
    state["seeds"] += 1
    for name in COUNTS[1:]:
        state[name] += getattr(outcome, name)


def _line(state: dict[str, float]) -> str:
    counts = {name: int(state[name]) for name in COUNTS}
    return (
        f"{counts['seeds']:,} simulated runs with {counts['lives']:,} processes, {counts['steps']:,} steps, "
        f"{counts['commits']:,} commits and reads, {counts['accepted']:,} accepted sends: no promise broken"
    )


def _campaign(minutes: float, first: int | None, workers: int) -> int:
    state = _read_state()
    if first is not None:
        state["next"] = first
    until, told = time.monotonic() + minutes * 60, time.monotonic()
    for outcome in _outcomes(int(state["next"]), workers):
        if outcome.broken:
            print(f"seed {outcome.seed}: {outcome.broken}")
            return 1
        _add(state, outcome)
        if time.monotonic() > min(told + 30, until):
            told = time.monotonic()
            _write_state(state)
            print(_line(state), flush=True)
            if told > until:
                return 0
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--from", type=int, dest="first")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, help="play one seed alone")
    asked = parser.parse_args()
    try:
        if asked.seed is not None:
            outcome = run(asked.seed)
            print(outcome)
            return 1 if outcome.broken else 0
        return _campaign(asked.minutes, asked.first, asked.workers)
    finally:
        forget_template()


if __name__ == "__main__":
    sys.exit(main())
