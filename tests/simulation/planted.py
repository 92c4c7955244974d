"""How many seeds it takes to find each planted bug: `python -m tests.simulation.planted [--seeds 500] [--bug NAME]`."""

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulation.bugs import BUGS
from simulation.run import Outcome, forget_template, run

SEEDS = 500  # what the short search looks at


class Found(NamedTuple):
    """`seeds` were tried until one broke a promise; None: none did."""

    seeds: int
    outcome: Outcome | None


def find(name: str, seeds: int = SEEDS) -> Found:
    """Search with a bug planted, from the first seed on."""
    _promise, plant = BUGS[name]
    with plant():
        for seed in range(seeds):
            outcome = run(seed)
            if outcome.broken:
                return Found(seed + 1, outcome)
    return Found(seeds, None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--bug", choices=BUGS)
    asked = parser.parse_args()
    missed = 0
    for name in [asked.bug] if asked.bug else BUGS:
        began = time.process_time()
        found = find(name, asked.seeds)
        missed += found.outcome is None
        how = f"seed {found.outcome.seed}: {found.outcome.broken[:90]}" if found.outcome else "NOT FOUND"
        print(f"{BUGS[name][0]:4}{name:46}{found.seeds:4} seeds {time.process_time() - began:6.1f} s  {how}", flush=True)
    print(f"{len(BUGS) - missed} of {len(BUGS)} planted bugs found within {asked.seeds} seeds each")
    forget_template()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
