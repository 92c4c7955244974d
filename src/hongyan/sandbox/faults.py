"""Faults planted in one server: at `api:/path` for an interface, at `store.begin`, `store.commit` or `store.committed` for the store."""

import threading

import msgspec

from hongyan.model.faults import PlantedFault, reach


class Fault(msgspec.Struct):
    """A fault at a point; `times` None: until it is removed."""

    point: str
    times: int | None = 1


class SandboxFaults:
    """Raises where a fault was planted. Asked by the writer thread too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planted: dict[str, Fault] = {}

    def hit(self, point: str) -> None:
        reach(point)
        if not self._planted:
            return
        with self._lock:
            fault = self._planted.get(point)
            if fault is None:
                return
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._planted[point]
        raise PlantedFault(point)

    def plant(self, fault: Fault) -> None:
        with self._lock:
            self._planted[fault.point] = fault

    def remove(self, point: str | None = None) -> None:
        """Remove one fault, or all."""
        with self._lock:
            if point is None:
                self._planted.clear()
            else:
                self._planted.pop(point, None)

    def planted(self) -> list[Fault]:
        with self._lock:
            return [Fault(fault.point, fault.times) for fault in self._planted.values()]
