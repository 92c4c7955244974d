"""Texts that hold U+0000, which no store keeps."""

from typing import Any

import msgspec


def has_nul(raw: bytes) -> bool:
    """True when some text of a valid JSON document contains U+0000."""
    # The bytes may also stand for a backslash and `u0000`, so a hit is looked at closely.
    return b"\\u0000" in raw and _nul_in(msgspec.json.decode(raw))


def _nul_in(value: Any) -> bool:
    waiting = [value]  # no recursion: what may be decoded is nested deeper than calls may be
    while waiting:
        match waiting.pop():
            case str() as text if "\0" in text:
                return True
            case dict() as members:
                waiting += (*members, *members.values())  # pyright: ignore[reportUnknownArgumentType]
            case list() as elements:
                waiting += elements
            case _:
                pass
    return False
