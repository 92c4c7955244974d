"""Live push: a send to everyone while many inboxes are open, from its answer to the last delivery, beside the same bytes to as many sockets."""

import json
import statistics
import subprocess
import sys

from bench.figures import Anchor, Figure, beside
from bench.machine import ROOT
from bench.scale import Run
from bench.subject import Subject, subject

GROUP = "live push"


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    ours: list[float] = []
    plain: list[float] = []
    with subject(run.folder / "push", max(scale.people // 10, scale.inboxes)) as served:
        for _ in range(scale.rounds):
            took = _followed(served, scale.inboxes, scale.pushes)
            ours.append(statistics.median(took["ours"]))
            plain.append(statistics.median(took["plain"]))
    anchor = Anchor("the same bytes written to as many sockets", plain)
    return [beside(GROUP, f"last of {scale.inboxes:,} open inboxes, after the answer", "ms", ours, anchor)]


def _followed(served: Subject, inboxes: int, pushes: int) -> dict[str, list[float]]:
    facts = served.facts
    plan = {name: facts[name] for name in ("port", "listeners_port", "corp", "admin")}
    plan |= {"inboxes": [f"u{n}" for n in range(inboxes)], "sends": [served.mass(is_to_all=True) for _ in range(pushes + 1)]}
    done = subprocess.run(
        [sys.executable, "-m", "bench.push_load"], input=json.dumps(plan), stdout=subprocess.PIPE, text=True, check=True, timeout=600, cwd=ROOT
    )
    took: dict[str, list[float]] = json.loads(done.stdout)
    return took
