"""What became of sends since the process started: counted on the event loop, once their transaction stands."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from hongyan.admission.state import SendKind
from hongyan.model.ids import CorpNo


class Counted(NamedTuple):
    """An admitted send, and how many people got it."""

    corp: CorpNo
    surface: str
    kind: SendKind
    people: int


class SendMeter:
    """Counts of one process. People are counted once for each send."""

    def __init__(self) -> None:
        self.sends: Counter[tuple[str, SendKind]] = Counter()
        self.delivered: Counter[str] = Counter()  # people, by surface
        self.refused: Counter[str] = Counter()  # calls, by rule
        self.filtered: Counter[str] = Counter()  # people, by rule
        self.observed: Counter[str] = Counter()  # people that a rule would have left out, by rule
        self.corp_sends: Counter[CorpNo] = Counter()
        self.corp_delivered: Counter[CorpNo] = Counter()

    def note(self, sends: Iterable[Counted], by_rule: Iterable[tuple[str, tuple[int, int, int]]]) -> None:
        """Add what a batch admitted, and what its rules did: rule, and how many they refused, left out and would have left out."""
        for corp, surface, kind, people in sends:
            self.sends[surface, kind] += 1
            self.delivered[surface] += people
            self.corp_sends[corp] += 1
            self.corp_delivered[corp] += people
        for rule, (refused, filtered, observed) in by_rule:
            self.refused[rule] += refused
            self.filtered[rule] += filtered
            self.observed[rule] += observed
