"""Generated histories against a whole server, for as long as it is told to: `python -m tests.property.http_campaign --minutes 80`.

It goes on where the last one ended (`.campaigns/http_histories.json`), prints what it reached, and ends with status 1 at the first
disagreement; `--seed N` plays one part again.
"""
# ruff: noqa: E402 - started from the checkout's root, it must first find the tests' packages

import argparse
import asyncio
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))

from hypothesis import HealthCheck, Phase, given, seed, settings

from crash.consistency import contradictions
from property.http_company import WAYS, Ground, HttpPlay, make_ground
from property.http_erasure import left_of
from property.http_histories import Step, http_histories
from simulation.company import STORE_FILE, make_company

STATE = ROOT / ".campaigns" / "http_histories.json"
STEPS = 10_000  # of the short form
FIRST = 1_000  # seeds before it are played with the tests
HISTORIES = 10  # in the part of one seed
PHASES = (
    (Phase.generate,) if os.environ.get("HONGYAN_SHRINK") != "1" else (Phase.generate, Phase.shrink)
)  # a failing history made short takes minutes


class Played(NamedTuple):
    steps: int
    seen: set[str]


@contextmanager
def preparing() -> Iterator[Ground]:
    """What histories start from, in memory where the machine offers it: they ask what is written, not whether it lasts."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="hongyan-http-", dir=memory) as name:
        folder = Path(name) / "ground"
        folder.mkdir()
        yield asyncio.run(make_ground(folder, make_company_apart(folder)))


def make_company_apart(folder: Path):  # type: ignore[no-untyped-def]
    """In a thread: it starts a loop of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make_company, folder).result()


def play_seed(ground: Ground, number: int) -> Played:
    """Some histories made up from a seed; Hypothesis shrinks one that fails."""
    steps, seen = 0, set[str]()

    @seed(number)
    @settings(max_examples=HISTORIES, deadline=None, database=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(http_histories)
    def hold(history: list[Step]) -> None:
        nonlocal steps
        played = asyncio.run(_play(ground, history, WAYS[number % len(WAYS)]))
        steps += played.steps
        seen.update(played.seen)

    hold()
    return Played(steps, seen)


async def _play(ground: Ground, history: list[Step], rows_up_to: int) -> Played:
    folder = ground.folder.parent / "run"
    shutil.rmtree(folder, ignore_errors=True)
    play = HttpPlay(folder, ground, rows_up_to)
    await play.start()
    try:
        for surface, op in history:
            await play.step(surface, op)
        await play.check()
    finally:
        await play.stop()
    found = contradictions(folder / STORE_FILE, same_content_enforced=False)
    assert found == [], found
    left = left_of(folder / STORE_FILE, ground.cast.corp.no, play.erased)
    assert left == [], left
    return Played(play.steps, play.seen)


def _campaign(minutes: float) -> int:
    state = json.loads(STATE.read_text("utf-8")) if STATE.exists() else {"next": FIRST, "steps": 0, "histories": 0}
    until = time.monotonic() + minutes * 60
    with preparing() as ground:
        while time.monotonic() < until:
            try:
                played = play_seed(ground, state["next"])
            except BaseException:
                print(f"seed {state['next']} fails")
                raise
            state = {"next": state["next"] + 1, "steps": state["steps"] + played.steps, "histories": state["histories"] + HISTORIES}
            STATE.parent.mkdir(exist_ok=True)
            STATE.write_text(json.dumps(state), "utf-8")
            print(f"{state['steps']:,} steps in {state['histories']:,} histories over HTTP: no disagreement with the model", flush=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    if asked.seed is None:
        return _campaign(asked.minutes)
    with preparing() as ground:
        print(play_seed(ground, asked.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
