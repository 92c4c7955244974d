"""What all connections together may cost: how many there are, how long each may keep the server waiting, how much may lie unread."""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from heapq import nlargest
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from hongyan.app.direct import Direct

SPARE_FILES = 256  # descriptors beside connections: the store, uploads, calls to applications
_EVICTED_AT_ONCE = 64
_SWEEPS_PER_DEADLINE = 4
_SLOWEST_SWEEP_S = 1.0


class DoorLimits(msgspec.Struct, frozen=True):
    """Caps and deadlines of connections. Every deadline may be overrun by one sweep: a quarter of the shortest deadline, at most a second."""

    head_bytes: int = 32 * 1024  # request line and headers
    head_seconds: float = 10.0  # from the first byte, or from the connection on
    body_seconds: float = 10.0  # that a body may take whatever its speed; also to throw away what stays unread of one
    body_rate: int = 1024  # bytes per second, on average, that a body must come with after that
    whole_body_seconds: float = 900.0  # for any body
    idle_seconds: float = 75.0  # between requests
    unread_seconds: float = 20.0  # that an answer may wait for its reader
    unread_bytes: int = 64 * 1024 * 1024  # of all answers that wait for readers
    connections: int = 10_000
    connections_per_address: int = 4_096

    @property
    def sweep_seconds(self) -> float:
        shortest = min(self.head_seconds, self.body_seconds, self.idle_seconds, self.unread_seconds)
        return min(_SLOWEST_SWEEP_S, shortest / _SWEEPS_PER_DEADLINE)


class Visitor(Protocol):
    """A connection, as far as it is watched."""

    def tick(self, seconds: float) -> None:
        """So much time went by."""
        ...

    def idle_for(self) -> float:
        """Seconds without a request or an answer under way; below 0: it is not idle."""
        ...

    def drop(self, *, reason: str) -> None:
        """Close it, whatever is under way."""
        ...


class LateForm(NamedTuple):
    """What is answered on a path to a body that did not come whole."""

    status: int
    content_type: bytes
    body: bytes


class Unread:
    """An answer that waits for its reader."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.seconds = 0.0


class Doors:
    """Counts the connections and watches over them: one timer for all, and none while nobody is there.

    `late_form` says what is answered on a path when a request's body breaks or stays away; `direct` is the short way of calls. `tally` counts what was refused, by reason.
    """

    def __init__(self, limits: DoorLimits, late_form: Callable[[str], LateForm | None] = lambda path: None, direct: "Direct | None" = None) -> None:
        self.limits = limits
        self.late_form = late_form
        self.direct = direct
        self.tally: Counter[str] = Counter()
        self.unread_bytes = 0
        self._inside: dict[Visitor, str] = {}
        self._of_address: Counter[str] = Counter()
        self.waiting: dict[Visitor, Unread] = {}  # for the readers of their answers, the longest waiting first
        self._nobody_idle = False
        self._timer: asyncio.TimerHandle | None = None
        self._swept_at = 0.0

    def __len__(self) -> int:
        """How many connections there are."""
        return len(self._inside)

    def enter(self, visitor: Visitor, address: str) -> bool:
        """False: there is no room for one more."""
        key = _network(address)
        if self._of_address[key] >= self.limits.connections_per_address:
            self.tally["connections_per_address"] += 1
            return False
        if len(self._inside) >= self.limits.connections and not self._make_room():
            self.tally["connections"] += 1
            return False
        self._inside[visitor] = key
        self._of_address[key] += 1
        if self._timer is None:
            self._start(asyncio.get_running_loop())
        return True

    def leave(self, visitor: Visitor) -> None:
        self.taken(visitor)
        key = self._inside.pop(visitor, None)
        if key is None:
            return
        self._of_address[key] -= 1
        if not self._of_address[key]:
            del self._of_address[key]

    def unread(self, visitor: Visitor, size: int) -> None:
        """An answer waits for its reader, so many bytes of it; the longest waiting goes when that is too much together."""
        self.taken(visitor)
        self.waiting[visitor] = Unread(size)
        self.unread_bytes += size
        while self.unread_bytes > self.limits.unread_bytes:
            longest = next(iter(self.waiting))
            self.taken(longest)
            longest.drop(reason="unread_bytes")

    def taken(self, visitor: Visitor) -> None:
        """Its reader took the answer in, or is gone."""
        waiting = self.waiting.pop(visitor, None)
        if waiting is not None:
            self.unread_bytes -= waiting.size

    def _make_room(self) -> bool:
        """Close connections that wait for nothing, those first that do so longest."""
        if self._nobody_idle:
            return False
        idle = nlargest(_EVICTED_AT_ONCE, ((visitor.idle_for(), id(visitor), visitor) for visitor in self._inside))
        idle = [visitor for seconds, _, visitor in idle if seconds >= 0]
        self._nobody_idle = not idle  # do not look through all of them again for every newcomer
        for visitor in idle:
            self.leave(visitor)
            visitor.drop(reason="evicted")
        return bool(idle)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._swept_at = loop.time()
        self._timer = loop.call_later(self.limits.sweep_seconds, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        # After a pause of the whole process, nobody is late for that alone.
        seconds = min(loop.time() - self._swept_at, 2 * self.limits.sweep_seconds)
        self._nobody_idle = False
        for visitor in list(self._inside):
            visitor.tick(seconds)
        for visitor, waiting in list(self.waiting.items()):
            waiting.seconds += seconds
            if waiting.seconds > self.limits.unread_seconds:
                self.taken(visitor)
                visitor.drop(reason="unread")
        self._timer = None
        if self._inside:
            self._start(loop)


def _network(address: str) -> str:
    """Whom an address counts for: one house has 2**64 addresses of IPv6."""
    if ":" not in address:
        return address
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return address


def affordable(wanted: int) -> int:
    """As many connections as wanted, or as the system lets this process have; raises the soft limit of open files if it can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - SPARE_FILES))
