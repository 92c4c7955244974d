"""Where this server may differ from DingTalk's own platform: what is known of the platform, what is done here, and what changes it.

Nobody could ask the platform itself. Each row says what its reading rests on. A row stands here too when the platform says nothing, or
two things at once, and a choice had to be made.
"""

from enum import StrEnum
from pathlib import Path

import msgspec


class Evidence(StrEnum):
    """What the reading of a row rests on."""

    DOCUMENTED = "documented"  # DingTalk's pages
    SDK = "sdk"  # the source of an official SDK
    MEASURED = "measured"  # an official SDK run against a server of our own
    OBSERVED = "observed"  # answers of the real platform that others published
    JUDGEMENT = "judgement"  # nothing is published: our choice


class Topic(StrEnum):
    GATEWAY = "gateway"
    ENCODING = "encoding"
    TOKENS = "tokens"
    MASS = "mass"
    LIMITS = "limits"
    ACCOUNTS = "accounts"
    MATERIAL = "material"
    WORK = "work"
    DIRECTORY = "directory"
    CALLBACKS = "callbacks"
    READERS = "readers"
    OUTSIDE = "outside"  # not this server's business


class Said(msgspec.Struct, frozen=True):
    """A sentence in both languages of the pages."""

    zh: str
    en: str


class Difference(msgspec.Struct, frozen=True):
    """`setting` names what an operator can change about it; blank when nothing."""

    id: str
    topic: Topic
    evidence: Evidence
    platform: Said
    ours: Said
    setting: str = ""


def load_differences() -> tuple[Difference, ...]:
    """Every row, in the order of the topics; they stand in `differences.jsonl`, one a line."""
    raw = (Path(__file__).parent / "differences.jsonl").read_bytes()
    return tuple(msgspec.json.Decoder(Difference).decode_lines(raw))
