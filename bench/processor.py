"""Processor time of the server for each step of a send's way, beside an endpoint that does nothing: it does not move with the disk."""

from bench import cost
from bench.figures import Anchor, Figure, beside
from bench.scale import Run

GROUP = "processor"


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    served = cost.Server(run.folder / "processor", None, people=min(cost.PEOPLE, scale.people))
    took = cost.rounds_of({"": served}, scale.rounds, scale.sends)[""]
    nothing, *steps = ((kind, [loop + others for loop, others in rounds]) for kind, rounds in took.items())
    anchor = Anchor("an endpoint that does nothing", nothing[1])
    return [beside(GROUP, name, "µs", values, anchor) for name, values in steps]
