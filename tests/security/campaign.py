"""The long form: one organisation's names, true and false, in every call of another's, and how long a refusal takes, for as long as you like.

From the checkout's root: `python -m tests.security.campaign --minutes 80 [--fresh]`. It prints what it reached after each round, keeps it in
`.campaigns/security.json`, from where the next run goes on, and ends with status 1 when something leaked, changed, or took longer.
"""
# ruff: noqa: E402 - started from the checkout's root, it must first find the tests' packages

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from statistics import median, pstdev

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "desk")]

from hongyan.access.guesses import GuessLimits
from security.footprints import changed, of_corp
from security.twins import MARK, STORY, Names, Twins, twins

STATE = ROOT / ".campaigns" / "security.json"
CALLS = 4_000  # of a round
LOOK_EVERY = 200  # calls between two looks at the tables
SAMPLES = 1_000  # of each kind in a round
UNLIKELY = 0.001  # such a p, or less, and
LONGER_US = 20.0  # a median that differs by more than this: a finding
PAIRS = ("unknown key / wrong secret", "wrong from the first / from the last character")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs reached")
    asked = parser.parse_args()
    if asked.fresh:
        STATE.unlink(missing_ok=True)
    total, findings = _load()
    end = time.monotonic() + 60 * asked.minutes
    for number in count(total["rounds"]):
        if time.monotonic() > end:
            break
        with tempfile.TemporaryDirectory() as folder, twins(Path(folder) / "data") as both:
            both.server.engine.guesses.limits = GuessLimits(0, 0)
            both.first.clock.resume()
            findings += _strangers(both, random.Random(number), end, total)
            findings += _times(both, random.Random(number), end, total)
        total["rounds"] += 1
        print(f"{dict(total)}; findings: {findings or 'none'}", flush=True)
        _save(total, findings)
    print(f"{total['calls']:,} calls with another organisation's names and {total['samples']:,} timed refusals: {len(findings)} findings")
    return 1 if findings else 0


def _load() -> tuple[Counter[str], list[str]]:
    if not STATE.exists():
        return Counter(), []
    known = json.loads(STATE.read_text())
    return Counter(known["total"]), known["findings"]


def _save(total: Counter[str], findings: list[str]) -> None:
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.write_text(json.dumps({"total": total, "findings": findings}))


# --- names of another organisation


def _strangers(both: Twins, rng: random.Random, end: float, total: Counter[str]) -> list[str]:
    tokens = (both.second.token, both.second_suite_token, both.second.corp_token("foreign"))
    folder, corp, found = both.server.settings.folder, both.first.corp, list[str]()
    before = of_corp(folder, corp)
    for n in range(CALLS):
        if time.monotonic() > end or found:
            break
        step, names = rng.choice(STORY), _mixed(both.names.for_replay(), rng)
        told = json.dumps(both.call(step, names, rng.choice(tokens)), ensure_ascii=False)
        given = json.dumps(step.body(names), ensure_ascii=False)
        total["calls"] += 1
        found += [f"{step.path} shows {secret}" for secret in (MARK, *both.names.own()) if secret in told and secret not in given]
        if n % LOOK_EVERY == LOOK_EVERY - 1 and (moved := changed(before, of_corp(folder, corp))):
            found.append(f"one of {LOOK_EVERY} calls, the last at {step.path}, changed {moved}")
    return found


def _mixed(names: Names, rng: random.Random) -> Names:
    """Some names true, some false, some next to the true ones."""
    strangers = names.strangers()
    given: dict[str, object] = {}
    for name in (one.name for one in fields(names) if one.name not in ("url", "serial", "mark")):
        value = getattr(names, name)
        near = value + rng.randint(-3, 3) if isinstance(value, int) else value
        given[name] = rng.choice((value, value, getattr(strangers, name), near))
    return replace(names, serial=rng.randrange(10**9), **given)  # type: ignore[arg-type]


# --- how long a refusal takes


def _times(both: Twins, rng: random.Random, end: float, total: Counter[str]) -> list[str]:
    right, key = both.first.secret, both.first.app_key
    tries = {
        PAIRS[0]: (("nobody-" + key[7:], "x" * 64), (key, "x" * 64)),
        PAIRS[1]: ((key, "x" + right[1:]), (key, right[:-1] + "x")),
    }
    found: list[str] = []
    for pair, (one, other) in tries.items():
        times: tuple[list[float], list[float]] = ([], [])
        while len(times[0]) < SAMPLES and time.monotonic() < end:
            order = [(one, times[0]), (other, times[1])]
            rng.shuffle(order)
            for (app_key, secret), into in order:
                begun = time.perf_counter_ns()
                both.server.client.get("/gettoken", params={"appkey": app_key, "appsecret": secret})
                into.append((time.perf_counter_ns() - begun) / 1000)
        total["samples"] += len(times[0]) * 2
        if len(times[0]) == SAMPLES:
            p, differs = mann_whitney(*times), median(times[1]) - median(times[0])
            print(f"{pair}: medians {median(times[0]):.0f} and {median(times[1]):.0f} µs, p = {p:.3f}", flush=True)
            if p <= UNLIKELY and abs(differs) > LONGER_US:
                found.append(f"{pair}: medians differ by {differs:.0f} µs, p = {p:.5f}")
    return found


def mann_whitney(one: list[float], other: list[float]) -> float:
    """The probability of such samples when both take equally long; two-sided, by the normal approximation, for hundreds of samples."""
    if not pstdev([*one, *other]):
        return 1.0
    ranked = sorted((value, side) for side, values in enumerate((one, other)) for value in values)
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, 1) if side == 0)
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


if __name__ == "__main__":
    sys.exit(main())
