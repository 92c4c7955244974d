"""One type per kind of id, and the two encodings that ids need."""

from typing import NewType

CorpId = NewType("CorpId", str)  # what the outside calls an organisation, "ding…"
CorpNo = NewType("CorpNo", int)  # what the store calls it
Ord = NewType("Ord", int)  # a person's dense ordinal in the corp, never reused
SenderId = NewType("SenderId", int)  # service account or installation, one id space
AppNo = NewType("AppNo", int)
DeptId = NewType("DeptId", int)
RoleId = NewType("RoleId", int)
EpochMs = NewType("EpochMs", int)
Day = NewType("Day", int)  # proleptic ordinal of a natural day in the corp's time zone
Seq = NewType("Seq", int)  # position in a corp's history: milliseconds << 12 | counter

SEQ_COUNTER_BITS = 12
ROOT_DEPT = DeptId(1)

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {char: value for value, char in enumerate(_ALPHABET)}
_MASK = (1 << 64) - 1
# Any odd factor is invertible modulo 2**64; this one spreads neighbouring sequence numbers over the whole range.
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 1 << 64)
_DIGITS = 11  # 62**11 > 2**64
_PREFIX, _SUFFIX = "push", "iEiE"


def next_seq(last: Seq, now: EpochMs) -> Seq:
    """The sequence number after `last` at time `now`; strictly increasing even when the clock stands still."""
    return Seq(max(last + 1, now << SEQ_COUNTER_BITS))


def seq_ms(seq: Seq) -> EpochMs:
    """The millisecond a sequence number was given out in, or the one it had to borrow from."""
    return EpochMs(seq >> SEQ_COUNTER_BITS)


def mass_task_id(seq: Seq) -> str:
    """The opaque text a mass send answers with: `push` and URL-safe letters, so that an unescaped form recall works."""
    number = (seq * _FACTOR) & _MASK
    chars: list[str] = []
    for _ in range(_DIGITS):
        number, digit = divmod(number, 62)
        chars.append(_ALPHABET[digit])
    return _PREFIX + "".join(chars) + _SUFFIX


def parse_mass_task_id(text: str) -> Seq | None:
    """The sequence number behind a mass task id, or None when the text is none of ours."""
    if len(text) != len(_PREFIX) + _DIGITS + len(_SUFFIX) or not text.startswith(_PREFIX) or not text.endswith(_SUFFIX):
        return None
    number = 0
    for char in reversed(text[len(_PREFIX) : -len(_SUFFIX)]):
        value = _VALUES.get(char)
        if value is None:
            return None
        number = number * 62 + value
    seq = (number * _INVERSE) & _MASK
    # Above 64 bits several texts would name one number; only the one we print counts.
    return Seq(seq) if number <= _MASK and seq < 1 << 53 else None
