"""The long form: calls of every kind at everything that the server describes, for as long as you like.

From the checkout's root: `python -m tests.fuzz.campaign --minutes 80 [--seed 7] [--only PART]`. Each round has a fresh server, and another
profile than the one before. It prints what was thrown after each round, goes on behind a finding, and ends with status 1 when there was one.
What was reached is kept in `.campaigns/schema.json`, and the next run goes on from there; `--fresh` begins anew.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from itertools import count, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hypothesis.errors import Flaky

from fuzz.battery import DINGTALK, OURS, Battery, Broken, Operation, Tally
from fuzz.worlds import FuzzWorld, fuzz_world
from hongyan.admission.rules import Profile

STATE = Path(".campaigns/schema.json")
SHOTS = 8  # of each mode at each call in a round


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0, help="of the order of calls")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs reached")
    parser.add_argument("--only", default="", help="calls whose path holds this text")
    asked = parser.parse_args()
    if asked.fresh:
        STATE.unlink(missing_ok=True)
    begun, total, findings = _load()
    rng, end = random.Random(f"{asked.seed} {begun}"), time.monotonic() + 60 * asked.minutes
    rounds = list(product((DINGTALK, OURS), Profile))
    for number in count(begun):
        if time.monotonic() > end:
            break
        document, profile = rounds[number % len(rounds)]
        with tempfile.TemporaryDirectory() as folder, fuzz_world(Path(folder) / "data", profile) as world:
            _round(world, document, rng, end, asked.only, total, findings)
        print(f"{document}, {profile}: {total}; findings at {len(findings)} calls", flush=True)
        _save(number + 1, total, findings)
    print(f"{total['accepted'] + total['refused']:,} requests made from the served descriptions: findings at {len(findings)} calls")
    return 1 if findings else 0


def _load() -> tuple[int, Tally, set[str]]:
    if not STATE.exists():
        return 0, Tally(), set()
    known = json.loads(STATE.read_text())
    return known["rounds"], Tally(known["total"]), set(known["findings"])


def _save(rounds: int, total: Tally, findings: set[str]) -> None:
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.write_text(json.dumps({"rounds": rounds, "total": total, "findings": sorted(findings)}))


def _round(world: FuzzWorld, document: str, rng: random.Random, end: float, only: str, total: Tally, findings: set[str]) -> None:
    with Battery(world).armed() as battery:
        operations = [one for one in battery.operations(document) if only in one.path]
        rng.shuffle(operations)
        for operation in operations:
            if time.monotonic() > end:
                break
            _fire(battery, operation, findings)
        total.update(battery.tally)


def _fire(battery: Battery, operation: Operation, findings: set[str]) -> None:
    try:
        battery.fire_at(operation, SHOTS)
    except (Broken, Flaky) as broken:
        name = f"{operation.method.upper()} {operation.path}"
        if name not in findings:
            first = broken if isinstance(broken, Broken) else broken.exceptions[0] if isinstance(broken, ExceptionGroup) else broken
            print(f"\n--- {name}\n{first}\n", flush=True)
        findings.add(name)


if __name__ == "__main__":
    sys.exit(main())
