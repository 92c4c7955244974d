"""Runs the measurements and keeps what they saw.

    bench/run                  the short set, about ten minutes
    bench/run --full           with a company of a million, a quarter of an hour
    bench/run --only sends     one of: {names}
    bench/run --rounds 1       quick and rough
    bench/run --write          measures nothing: writes docs/performance.md from what was measured last
    bench/run --cost           what each step of a send's way costs, see bench/cost.py

Ours and the anchors take turns within a run: ratios are what counts, the machine's absolute times drift. Nothing else should run beside.
What is made once (a month of a company, a file of a million sends, the peers) lies in .bench/.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench import fan_out, importing, processor, purge, push, reads, sends, start, store_alone
from bench.figures import Figure, spread
from bench.machine import ROOT, commit, disk_floor
from bench.report import RESULTS, Results, shown, write_docs
from bench.scale import FULL, SHORT, Run, Scale

MEASUREMENTS: dict[str, Callable[[Run], list[Figure]]] = {
    "sends": sends.measure,
    "store": store_alone.measure,
    "fan-out": fan_out.measure,
    "reads": reads.measure,
    "push": push.measure,
    "start": start.measure,
    "import": importing.measure,
    "processor": processor.measure,
    "purge": purge.measure,
}
KEPT = ROOT / ".bench"


def measured(name: str, scale: Scale, kept: Path) -> list[Figure]:
    """The figures of one measurement, each with the disk's floor before and after, in a folder that is gone afterwards."""
    kept.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=kept))
    try:
        floors = [disk_floor(folder) * 1000]
        figures = MEASUREMENTS[name](Run(scale, folder, kept))
        floors.append(disk_floor(folder) * 1000)
    finally:
        shutil.rmtree(folder)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    stamp = {"floor_ms": spread(floors), "date": day, "commit": commit()}
    return [msgspec.structs.replace(figure, **stamp) for figure in figures]


def run(names: Sequence[str], scale: Scale) -> None:
    for name in names:
        begin = time.perf_counter()
        figures = measured(name, scale, KEPT)
        Results.load().merged(figures).save()
        print(shown(figures), f"{name}: {time.perf_counter() - begin:.0f} s", sep="\n", flush=True)
    print(f"\nkept in {RESULTS.relative_to(ROOT)}")


def main(arguments: Sequence[str] | None = None) -> None:
    text = (__doc__ or "").replace("{names}", ", ".join(MEASUREMENTS))
    options = argparse.ArgumentParser(prog="bench/run", description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--full", action="store_true", help="the long set")
    options.add_argument("--only", choices=MEASUREMENTS, action="append", metavar="NAME", help="this measurement; may be given again")
    options.add_argument("--rounds", type=int, help="how often ours and the anchors take turns")
    options.add_argument("--write", action="store_true", help="write docs/performance.md and end")
    asked = options.parse_args(arguments)
    if asked.write:
        write_docs()
        return
    scale = FULL if asked.full else SHORT
    if asked.rounds:
        scale = msgspec.structs.replace(scale, rounds=asked.rounds, large_rounds=min(asked.rounds, scale.large_rounds))
    run(asked.only or [*MEASUREMENTS], scale)


if __name__ == "__main__":
    main(sys.argv[1:])
