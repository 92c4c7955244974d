"""One type per kind of id, and the two encodings that ids need."""

import re
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

# Any odd factor is invertible modulo 2**64; this one spreads neighbouring sequence numbers over the whole range.
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 1 << 64)
_MASK = (1 << 64) - 1
_TASK_ID = re.compile(r"push([0-9a-f]{16})iEiE")


def next_seq(last: Seq, now: EpochMs) -> Seq:
    """The sequence number after `last` at time `now`; strictly increasing even when the clock stands still."""
    return Seq(max(last + 1, now << SEQ_COUNTER_BITS))


def seq_ms(seq: Seq) -> EpochMs:
    """The millisecond a sequence number was given out in, or the one it had to borrow from."""
    return EpochMs(seq >> SEQ_COUNTER_BITS)


def mass_task_id(seq: Seq) -> str:
    """The opaque text a mass send answers with: letters and digits only, so that an unescaped form recall works."""
    return f"push{(seq * _FACTOR) & _MASK:016x}iEiE"


def parse_mass_task_id(text: str) -> Seq | None:
    """The sequence number behind a mass task id, or None when the text is none of ours."""
    match = _TASK_ID.fullmatch(text)
    if match is None:
        return None
    seq = (int(match[1], 16) * _INVERSE) & _MASK
    return Seq(seq) if seq < 1 << 53 else None


def wire_task_id(surface: str, seq: Seq) -> str:
    """The id that the send was answered with: opaque text for a mass send, a number for a work notification."""
    return mass_task_id(seq) if surface == "mass" else str(seq)


def parse_task_id(text: str) -> Seq | None:
    """Either kind of id, as a person may paste it."""
    if text.isascii() and text.isdigit() and len(text) <= 16:
        return Seq(int(text))
    return parse_mass_task_id(text)
