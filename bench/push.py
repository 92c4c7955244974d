"""Live push: a send to everyone while many inboxes are open, from its answer to the last delivery, beside the same bytes to as many sockets.

And sends to single people whose inboxes are not open, beside the same while none is.
"""

import json
import statistics
import subprocess
import sys

from bench.figures import Anchor, Figure, beside
from bench.machine import ROOT
from bench.scale import Run, Scale
from bench.subject import Request, Subject, subject

GROUP = "live push"


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    ours: list[float] = []
    plain: list[float] = []
    beside_open: list[float] = []
    none_open: list[float] = []
    with subject(run.folder / "push", max(scale.people // 10, 2 * scale.inboxes)) as served:
        served.load([served.to_one() for _ in range(scale.sends // 4)], scale.clients)
        for _ in range(scale.rounds):
            took = _followed(served, scale)
            ours.append(statistics.median(took["ours"]))
            plain.append(statistics.median(took["plain"]))
            none_open += took["none open"]
            beside_open += took["beside open"]
    anchor = Anchor("the same bytes written to as many sockets", plain)
    return [
        beside(GROUP, f"last of {scale.inboxes:,} open inboxes, after the answer", "ms", ours, anchor),
        beside(
            GROUP, f"mass send to one, while {scale.inboxes:,} others' inboxes are open", "a second", beside_open, Anchor("none is open", none_open)
        ),
    ]


def _followed(served: Subject, scale: Scale) -> dict[str, list[float]]:
    facts, inboxes, pushes = served.facts, scale.inboxes, scale.pushes

    def to_others() -> list[Request]:
        return [served.mass(userid_list=f"u{inboxes + n % (served.people - inboxes)}") for n in range(scale.sends // 2)]

    plan = {name: facts[name] for name in ("port", "listeners_port", "corp", "admin")}
    plan |= {"inboxes": [f"u{n}" for n in range(inboxes)], "sends": [served.mass(is_to_all=True) for _ in range(pushes + 1)]}
    plan |= {"clients": scale.clients, "none open": to_others(), "beside open": to_others()}
    done = subprocess.run(
        [sys.executable, "-m", "bench.push_load"], input=json.dumps(plan), stdout=subprocess.PIPE, text=True, check=True, timeout=600, cwd=ROOT
    )
    took: dict[str, list[float]] = json.loads(done.stdout)
    return took
