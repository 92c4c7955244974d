"""A send to few and to many: milliseconds and bytes, beside a row for each recipient, NATS JetStream and moto's SNS, in turn."""

import contextlib
import statistics
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.figures import Anchor, Figure, Goal, alone, beside
from bench.machine import disk_floor
from bench.peers import Peer, peer
from bench.rows import RowPerRecipient
from bench.scale import Run
from bench.subject import Subject, subject

GROUP = "fan-out"
ROWS, JETSTREAM, SNS = "a row for each recipient", "NATS JetStream, a message for each", "moto's SNS, a queue for each"
FEW = 100  # up to here the anchors are asked as often as we are, above once a round
MANY = 100_000  # the goals are set for this many people
LEAST_MS = 0.1
CONTENT = "x" * 700


class _Round(msgspec.Struct, frozen=True):
    """Milliseconds and bytes of one send, by who did it; the floor is write + fdatasync of as many bytes as our commit wrote."""

    ms: dict[str, float]
    size: dict[str, float]
    floor_ms: float
    looked_ms: float


class _Ground:
    """Everything that is sent with."""

    def __init__(self, run: Run, served: Subject, rows: RowPerRecipient, peers: dict[str, Peer]) -> None:
        self.run, self.served, self.rows, self.peers = run, served, rows, peers

    def round(self, people: int) -> _Round:
        ours_ms, ours_size, floor_ms = self._ours(people)
        looked = self._look() if people >= self.served.people else 0.0
        times = self.run.scale.looks if people <= FEW else 1
        rows_ms, rows_size = self._rows(people, times)
        ms, size = {"ours": ours_ms, ROWS: rows_ms}, {"ours": ours_size, ROWS: rows_size}
        for name, one in self.peers.items():
            if one.takes(people):
                said = one.ask({"people": people, "content": CONTENT, "times": times})
                ms[name], size[name] = said["seconds"] * 1000, said["bytes"]
        return _Round(ms, size, floor_ms, looked)

    def _rows(self, people: int, times: int) -> tuple[float, float]:
        before = self.rows.size()
        took = [self.rows.send(self.served.to(1)[1], people) for _ in range(times)]
        return statistics.median(took) * 1000, (self.rows.size() - before) / times

    def _ours(self, people: int) -> tuple[float, float, float]:
        looks = self.run.scale.looks
        before, written = self.served.size(), self.served.written()
        took = [self.served.send(self.served.to(people))[0] for _ in range(looks)]
        size = (self.served.size() - before) / looks
        floor = disk_floor(self.run.folder, max(4096, (self.served.written() - written) // looks)) * 1000
        return statistics.median(took), size, floor

    def _look(self) -> float:
        """Milliseconds until somebody who got it reads the inbox for the first time after it."""
        milliseconds, answer = self.served.call("GET", f"/hongyan/v1/corps/{self.served.facts['corp']}/inboxes/u77?limit=20")
        assert b"message" in answer
        return milliseconds


def measure(run: Run) -> list[Figure]:
    scale = run.scale
    with _ground(run, "fan-out", scale.people) as ground:
        seen = {people: [ground.round(people) for _ in range(scale.rounds)] for people in scale.audiences}
    if scale.largest:
        with _ground(run, "largest", scale.largest, "open") as ground:
            seen[scale.largest] = [ground.round(scale.largest) for _ in range(scale.large_rounds)]
    return [figure for people, rounds in seen.items() for figure in _figures(people, rounds)]


@contextlib.contextmanager
def _ground(run: Run, name: str, people: int, *options: str) -> Iterator[_Ground]:
    folder = run.folder / name
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(subject(folder, people, *options))
        peers = {
            name: stack.enter_context(one)
            for name, one in ((JETSTREAM, peer(run, "jetstream")), (SNS, peer(run, "sns", most=run.scale.topics)))
            if one is not None
        }
        yield _Ground(run, served, RowPerRecipient(Path(f"{folder}-rows.db")), peers)


def _figures(people: int, rounds: list[_Round]) -> list[Figure]:
    to = "one person" if people == 1 else f"{people:,} people"
    figures: list[Figure] = []
    for name in (ROWS, JETSTREAM, SNS):
        if name not in rounds[0].ms:
            continue
        figures.append(_time(f"send to {to}", rounds, name, 100 if people >= MANY and name is not SNS else None))
        if name is not SNS:  # in memory
            figures.append(_bytes(f"send to {to}, bytes a person", people, rounds, name))
        if people >= MANY:
            figures.append(_time_off_floor(f"send to {to}, without the sync", rounds, name))
    if rounds[0].looked_ms:
        figures.append(alone(GROUP, f"first look at an inbox after a send to {to}", "ms", [one.looked_ms for one in rounds]))
    return figures


def _time(name: str, rounds: list[_Round], other: str, goal: float | None) -> Figure:
    anchor = Anchor(other, [one.ms[other] for one in rounds])
    return beside(GROUP, name, "ms", [one.ms["ours"] for one in rounds], anchor, inverse=True, goal=Goal("at least", goal) if goal else None)


def _time_off_floor(name: str, rounds: list[_Round], other: str) -> Figure:
    """Both without the floor of the disk; a tenth of a millisecond is the least that can be told."""

    def off(value: float, floor: float) -> float:
        return max(value - floor, LEAST_MS)

    anchor = Anchor(other, [off(one.ms[other], one.floor_ms) for one in rounds])
    return beside(GROUP, name, "ms", [off(one.ms["ours"], one.floor_ms) for one in rounds], anchor, inverse=True, goal=Goal("at least", 500))


def _bytes(name: str, people: int, rounds: list[_Round], other: str) -> Figure:
    ours = [one.size["ours"] / people for one in rounds]
    goal = Goal("at most", 1, "ours") if people >= MANY and other == ROWS else None
    return beside(GROUP, name, "bytes", ours, Anchor(other, [one.size[other] / people for one in rounds]), inverse=True, goal=goal)
