"""What a decision needs to know of a sender's day, and how it changes while a batch is decided."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from hongyan.admission.limits import Check
from hongyan.admission.rules import ALL_STAFF, RULES, WINDOW_MS, Effective
from hongyan.model.deeds import Deed
from hongyan.model.errors import Refusal
from hongyan.model.ids import AppNo, CorpNo, EpochMs, Ord, SenderId


class Tally:
    """How many of some sets each person is in, as bit planes: plane i holds the people whose count has bit i."""

    def __init__(self) -> None:
        self._planes: list[BitMap] = []
        self.sets = 0

    def copy(self) -> "Tally":
        """One that goes on by itself. The planes are shared: they are replaced, never changed."""
        other = Tally()
        other._planes, other.sets = list(self._planes), self.sets
        return other

    def add(self, people: BitMap) -> None:
        """Count one more set."""
        self.sets += 1
        carry = people
        for at, plane in enumerate(self._planes):
            if not carry:
                return
            self._planes[at], carry = plane ^ carry, plane & carry
        if carry:
            self._planes.append(carry.copy())

    def of(self, ord_: Ord) -> int:
        n, bit = 0, 1
        for plane in self._planes:
            if ord_ in plane:
                n += bit
            bit <<= 1
        return n

    @property
    def most(self) -> int:
        """The number of sets that somebody is in and nobody exceeds."""
        n, candidates = 0, None
        for at in range(len(self._planes) - 1, -1, -1):
            among = self._planes[at] if candidates is None else self._planes[at] & candidates
            if among:
                n, candidates = n + (1 << at), among
        return n

    def at_least(self, least: int) -> BitMap:
        """The people who are in `least` sets or more; `least` from 1 on."""
        if least > self.sets:
            return BitMap()
        # More than least - 1: bit by bit from the top, those already above and those still equal.
        wanted = least - 1
        everyone = BitMap.union(BitMap(), *self._planes)
        above, equal = BitMap(), everyone
        for at in range(max(len(self._planes), wanted.bit_length()) - 1, -1, -1):
            plane = self._planes[at] if at < len(self._planes) else BitMap()
            if wanted >> at & 1:
                equal = equal & plane
            else:
                above, equal = above | (equal & plane), equal - plane
        return above


class SendKind(StrEnum):
    """What a send charges depends on this alone."""

    SINGLE = "single"  # exactly one userid
    PREVIEW = "preview"
    MASS = "mass"  # several userids
    BROAD = "broad"  # by department, role or everyone
    NOTICE = "notice"  # work notification


class Send(msgspec.Struct, frozen=True):
    """A send that is complete and valid, and asks to be admitted."""

    corp: CorpNo
    sender: SenderId
    app: AppNo
    surface: str
    kind: SendKind
    uuid: str
    msg_type: str
    content: str  # canonical body
    hash: bytes | None  # takes part in duplicate suppression under this
    selectors: str  # JSON
    flags: str  # JSON
    people: BitMap  # addressed
    screened: dict[str, BitMap]  # rule → people whom it concerns whatever else they got; disjoint
    invalid: str | None  # JSON of ids that name nobody
    org_version: int  # the census that `people` was resolved with
    rules: dict[str, Effective]
    rules_version: int
    delay_ms: int = 0  # until it becomes visible (sandbox)
    order: tuple[Ord, ...] = ()  # people named one by one, in the caller's order; they come before those of departments
    third_party: bool = False
    all_staff: bool = False
    deed: Deed | None = None  # of the operator who sends by hand; recorded with the task's id as its subject

    @property
    def counts_everyone(self) -> bool:
        """Every delivery adds to the person's count, not only single-directed ones."""
        return self.surface == "work"


class Admitted(msgspec.Struct, frozen=True):
    """The send enters. People in `filtered` do not get it; `observed` says who would not under `enforce`."""

    checks: list[Check]
    delivered: BitMap
    filtered: dict[str, BitMap]
    observed: dict[str, BitMap]
    failed: BitMap | None = None


class Denied(msgspec.Struct, frozen=True):
    """The send does not enter."""

    refusal: Refusal
    checks: list[Check]


Verdict = Admitted | Denied


class Usage:
    """What one person got of one sender today: counted sends, and the contents."""

    __slots__ = ("hashes", "n")

    def __init__(self, n: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.n = n
        self.hashes = dict.fromkeys(hashes)

    def packed(self) -> bytes:
        return b"".join(self.hashes)


_NEVER = (EpochMs(-1), 0)
_SPANS = {name: span for name, rule in RULES.items() if (span := WINDOW_MS.get(rule.window))}


class SenderState:
    """A sender's day so far. Loaded for a batch, changed by each admitted send, written back once."""

    def __init__(self, day_ends_at: EpochMs, headcount: int) -> None:
        self.day_ends_at = day_ends_at
        self.headcount = headcount
        self.windows: dict[str, tuple[EpochMs, int]] = {}
        self.tally = Tally()  # today's counted tasks that are stored as bitmaps
        self.n_tasks = 0
        self.person_times = 0
        self.usage: dict[Ord, Usage] = {}
        self.twins: dict[bytes, BitMap] = {}  # content → people who have it from tasks stored as bitmaps (and, where loaded, as rows)

    def check_window(self, effective: Effective, now: EpochMs) -> Check:
        start = now - now % effective.span_ms
        last, n = self.windows.get(effective.rule, _NEVER)
        return Check(effective.rule, n if last == start else 0, 1, effective.limit, EpochMs(start + effective.span_ms), effective.mode)

    @property
    def sends_to_all(self) -> int:
        """All-staff sends of today; their window is named by its end."""
        ends_at, n = self.windows.get(ALL_STAFF.id, _NEVER)
        return n if ends_at == self.day_ends_at else 0

    def counted_for(self, ord_: Ord) -> int:
        """Counted deliveries of today to one person."""
        usage = self.usage.get(ord_)
        return (usage.n if usage else 0) + self.tally.of(ord_)

    def at_limit(self, limit: int, people: BitMap) -> BitMap:
        """Those of `people` whom `limit` or more counted deliveries of today went to."""
        if limit <= 0:
            return people
        if len(people) <= len(self.usage):
            return BitMap(ord_ for ord_ in people if self.counted_for(Ord(ord_)) >= limit)
        by_usage = people & BitMap(ord_ for ord_ in self.usage if self.counted_for(ord_) >= limit)
        return by_usage | (people & self.tally.at_least(limit))

    def count_windows(self, checks: Iterable[Check]) -> None:
        """Count the windows that a call's checks looked at."""
        for check in checks:
            span = _SPANS.get(check.rule)
            if span:
                self.windows[check.rule] = (EpochMs(check.ends_at - span), check.used + 1)

    def have_content(self, hash_: bytes, people: BitMap) -> BitMap:
        """Those of `people` who got this content today."""
        if len(people) < len(self.usage):
            found = BitMap(ord_ for ord_ in people if (usage := self.usage.get(Ord(ord_))) and hash_ in usage.hashes)
        else:
            found = people & BitMap(ord_ for ord_, usage in self.usage.items() if hash_ in usage.hashes)
        return found | (people & self.twins[hash_]) if hash_ in self.twins else found
