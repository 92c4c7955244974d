"""The long form of the decoders' fuzzing: guided by coverage where atheris is installed, by our own mutator elsewhere.

From the checkout's root: `python -m tests.fuzz.decoders --minutes 80 [--only NAME] [--engine atheris|own]`. It goes on where the last run
ended: inputs that led somewhere new and the counts are kept in `.campaigns/decoders`. It prints a line for each decoder and ends with
status 1 when one raised what it must not, broke an oracle, or needed more than 50 ms of CPU time for 10 kB.
"""

import argparse
import hashlib
import importlib.util
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import contextlib

from fuzz.mutator import LONGEST, Mutator
from fuzz.targets import BY_NAME, TARGETS, Target

STATE = Path(".campaigns/decoders")
MS_PER_10_KB = 50.0
ROUND_S = 60.0
_LEAST = 10_000  # bytes; a shorter input may take as long as one of these


class Count:
    """What one decoder has been through. `worst` is the most CPU milliseconds for 10 kB."""

    def __init__(self, name: str) -> None:
        self.path = STATE / f"{name.replace(' ', '-')}.json"
        known: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.inputs: int = known.get("inputs", 0)
        self.worst: float = known.get("worst", 0.0)
        self.worst_input: str = known.get("worst_input", "")
        self.findings: list[str] = known.get("findings", [])

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = {"inputs": self.inputs, "worst": self.worst, "worst_input": self.worst_input, "findings": self.findings}
        self.path.write_text(json.dumps(kept))


def try_one(target: Target, data: bytes, count: Count) -> None:
    """Run the decoder once, and remember what it cost and whether it failed."""
    begun = time.thread_time()
    try:
        target.run(data)
    except Exception:
        _note(target, data, traceback.format_exc(), count)
    spent = _cost(time.thread_time() - begun, data)
    if spent > count.worst and (spent < MS_PER_10_KB / 2 or (spent := _again(target, data)) > count.worst):
        count.worst, count.worst_input = spent, _keep(target, data)
        if spent > MS_PER_10_KB:
            _note(target, data, f"{spent:.0f} ms for 10 kB", count)
    count.inputs += 1


def _cost(seconds: float, data: bytes) -> float:
    return seconds * 1000 * _LEAST / max(_LEAST, len(data))


def _again(target: Target, data: bytes) -> float:
    """The least of three: a machine that was busy elsewhere is no finding."""
    costs: list[float] = []
    for _ in range(3):
        begun = time.thread_time()
        with contextlib.suppress(Exception):
            target.run(data)
        costs.append(_cost(time.thread_time() - begun, data))
    return min(costs)


def _keep(target: Target, data: bytes) -> str:
    folder = STATE / "inputs" / target.name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return str(path)


def _note(target: Target, data: bytes, reason: str, count: Count) -> None:
    last = reason.strip().splitlines()[-1][:200]
    if not any(last in known for known in count.findings):
        count.findings.append(f"{last} ({_keep(target, data)})")
        print(f"--- {target.name}: {reason}\n{data[:300]!r}", flush=True)


def run_own(target: Target, seconds: float) -> Count:
    """Our own mutator for so many seconds."""
    count = Count(target.name)
    mutator, end = Mutator(target.seeds, target.tokens, count.inputs), time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(20):
            try_one(target, mutator.next(), count)
    count.save()
    return count


def run_atheris(name: str, seconds: float) -> None:
    """In a process of its own, because atheris ends it."""
    subprocess.run([sys.executable, "-m", "tests.fuzz.guided", name, str(int(seconds)), str(LONGEST)], check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", default="", choices=("", *BY_NAME))
    parser.add_argument("--engine", default="atheris" if importlib.util.find_spec("atheris") else "own", choices=("atheris", "own"))
    asked = parser.parse_args()
    targets = [target for target in TARGETS if asked.only in ("", target.name)]
    end = time.monotonic() + 60 * asked.minutes
    share = min(ROUND_S, 60 * asked.minutes / len(targets))
    while time.monotonic() < end:
        for target in targets:
            if time.monotonic() < end:
                run_own(target, share / 4) if asked.engine == "atheris" else run_own(target, share)
                if asked.engine == "atheris":
                    run_atheris(target.name, share * 3 / 4)
                count = Count(target.name)
                print(f"{target.name}: {count.inputs:,} inputs, worst {count.worst:.1f} ms per 10 kB, {len(count.findings)} findings", flush=True)
    counts = [Count(target.name) for target in targets]
    worst = max(counts, key=lambda count: count.worst)
    findings = sum(len(count.findings) for count in counts)
    print(f"{sum(count.inputs for count in counts):,} inputs to {len(counts)} decoders ({asked.engine}): {findings} findings;", end=" ")
    print(f"the slowest took {worst.worst:.1f} ms per 10 kB ({worst.worst_input})")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
