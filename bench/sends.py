"""64 clients that send to one person and to five, durable and with every rule looked at, beside an endpoint of the same stack that does nothing."""

from collections.abc import Callable

from bench.figures import Anchor, Figure, Goal, beside
from bench.scale import Run
from bench.subject import Request, Subject, subject

GROUP = "sends"
NOTHING = "an endpoint that does nothing"
RATE, SLOWEST = Goal("at least", 0.4), Goal("at most", 4)


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    with subject(run.folder / "sends", scale.people, "office") as served:
        kinds: dict[str, Callable[[], Request]] = {
            "mass send to one": served.to_one,
            "template send to one": lambda: served.by_template(1),
            "template send to five": lambda: served.by_template(5),
        }
        for make in kinds.values():
            served.load([make() for _ in range(scale.sends // 8 + 1)], scale.clients)
        seen: dict[str, list[dict[str, float]]] = {name: [] for name in ("nothing", *kinds)}
        for _ in range(scale.rounds):
            seen["nothing"].append(_load(served, lambda: ("/nothing", served.to_one()[1]), scale.nothings, scale.clients))
            for name, make in kinds.items():
                seen[name].append(_load(served, make, scale.sends, scale.clients))
    return [figure for name in kinds for figure in _figures(name, seen[name], seen["nothing"])]


def _load(served: Subject, make: Callable[[], Request], count: int, clients: int) -> dict[str, float]:
    return served.load([make() for _ in range(count)], clients)


def _figures(name: str, ours: list[dict[str, float]], nothing: list[dict[str, float]]) -> list[Figure]:
    def figure(unit: str, member: str, goal: Goal | None) -> Figure:
        theirs = Anchor(NOTHING, [one[member] for one in nothing])
        kind = {"per_second": "", "p50_ms": ", p50", "p99_ms": ", p99"}[member]
        return beside(GROUP, name + kind, unit, [one[member] for one in ours], theirs, goal=goal)

    return [figure("a second", "per_second", RATE), figure("ms", "p50_ms", None), figure("ms", "p99_ms", SLOWEST)]
