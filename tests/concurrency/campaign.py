"""Every rule at its limit, round after round: `python -m tests.concurrency.campaign --minutes 80 [--rounds 50]`.

Goes on where the last one ended (`.campaigns/limits.json`) and ends with status 1 at the first limit that was passed, or not reached.
"""
# ruff: noqa: E402 - started from the checkout's root, it must first find the tests' packages

import argparse
import json
import logging
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))

from concurrency.edges import EVERYWHERE, try_edge
from harness import World, serving

STATE = ROOT / ".campaigns" / "limits.json"


def _try(name: str) -> int:
    with tempfile.TemporaryDirectory(prefix="hongyan-limits-") as folder, serving(Path(folder) / "data") as server:
        return try_edge(World(server), name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--rounds", type=int, default=50)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    state = json.loads(STATE.read_text("utf-8")) if STATE.exists() else {"edges": 0, "requests": 0}
    until = time.monotonic() + asked.minutes * 60
    while time.monotonic() < until and state["edges"] < asked.rounds * len(EVERYWHERE):
        name = EVERYWHERE[state["edges"] % len(EVERYWHERE)]
        try:
            requests = _try(name)
        except AssertionError as failure:
            print(f"{name}: {failure}")
            return 1
        state = {"edges": state["edges"] + 1, "requests": state["requests"] + requests}
        STATE.parent.mkdir(exist_ok=True)
        STATE.write_text(json.dumps(state), "utf-8")
        if state["edges"] % len(EVERYWHERE) == 0:
            print(_line(state), flush=True)
    print(_line(state))
    return 0


def _line(state: dict[str, int]) -> str:
    rounds = state["edges"] // len(EVERYWHERE)
    return f"{rounds} rounds of {len(EVERYWHERE)} rules, {state['requests']:,} requests at a limit: limit + 0 every time"


if __name__ == "__main__":
    sys.exit(main())
