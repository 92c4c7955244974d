"""Named points at which a sandbox or a test can make the server fail for real."""

from typing import Protocol


class PlantedFault(Exception):
    """Raised at a fault point where a fault was planted; travels the same way as any unexpected failure."""


class Faults(Protocol):
    """Asked at every named point; raises `PlantedFault`, or does nothing."""

    def hit(self, point: str) -> None: ...


class NoFaults:
    """What a production server runs with."""

    def hit(self, point: str) -> None:
        return None
