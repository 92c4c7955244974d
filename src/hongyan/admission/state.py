"""What a decision needs to know of a sender's day, and how it changes while a batch is decided."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from hongyan.admission.limits import Check
from hongyan.admission.rules import RULES, WINDOW_MS, Effective
from hongyan.model.errors import Refusal
from hongyan.model.ids import AppNo, CorpNo, EpochMs, Ord, SenderId


class SendKind(StrEnum):
    """What a send charges depends on this alone."""

    SINGLE = "single"  # exactly one userid
    PREVIEW = "preview"
    MASS = "mass"  # several userids
    BROAD = "broad"  # by department, role or everyone


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
    people: BitMap  # addressed
    screened: dict[str, BitMap]  # rule → people whom it concerns whatever else they got; disjoint
    invalid: str | None  # JSON of ids that name nobody
    org_version: int  # the census that `people` was resolved with
    rules: dict[str, Effective]
    rules_version: int
    delay_ms: int = 0  # until it becomes visible (sandbox)


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
        self.n_tasks = 0
        self.person_times = 0
        self.usage: dict[Ord, Usage] = {}
        self.twins: dict[bytes, BitMap] = {}  # content → people who have it from tasks stored as bitmaps (and, where loaded, as rows)

    def check_window(self, effective: Effective, now: EpochMs) -> Check:
        start = now - now % effective.span_ms
        last, n = self.windows.get(effective.rule, _NEVER)
        return Check(effective.rule, n if last == start else 0, 1, effective.limit, EpochMs(start + effective.span_ms), effective.mode)

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
