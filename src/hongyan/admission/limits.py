"""The arithmetic of limits: what was used, what is allowed, when it frees up. Pure."""

import msgspec

from hongyan.admission.rules import Effective, Mode
from hongyan.model.ids import EpochMs


class Check(msgspec.Struct, frozen=True, array_like=True):
    """One rule, looked at once.

    `used` is what was counted before this call, `cost` what the call would add, `ends_at` when the window ends (0: never, it concerns
    this call alone).
    """

    rule: str
    used: int
    cost: int
    limit: int
    ends_at: EpochMs
    mode: Mode

    @property
    def passed(self) -> bool:
        return self.used + self.cost <= self.limit

    @property
    def refuses(self) -> bool:
        return self.mode is Mode.ENFORCE and self.used + self.cost > self.limit


def aligned(now: EpochMs, span_ms: int) -> EpochMs:
    """The start of the window that `now` lies in."""
    return EpochMs(now - now % span_ms)


def check_limit(effective: Effective, *, used: int, cost: int, ends_at: EpochMs) -> Check:
    return Check(effective.rule, used, cost, effective.limit, ends_at, effective.mode)


_DECISION = msgspec.json.Decoder(tuple[Check, ...])
_ENCODE = msgspec.json.Encoder().encode


def encode_checks(checks: list[Check]) -> str:
    return _ENCODE(checks).decode()


def decode_checks(stored: str) -> tuple[Check, ...]:
    return _DECODER_EMPTY if not stored else _DECISION.decode(stored)


_DECODER_EMPTY: tuple[Check, ...] = ()
