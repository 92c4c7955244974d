"""Lists of ids as people type them into one field."""

import re

_APART = re.compile(r"[\s,;，；、]+")


def ids_in(text: str) -> tuple[str, ...]:
    """Each id once, in order; commas, semicolons, blanks and new lines stand between them."""
    return tuple(dict.fromkeys(part for part in _APART.split(text) if part))


def numbers_in(text: str) -> tuple[int, ...] | None:
    """The same of whole numbers; None when one is none."""
    parts = ids_in(text)
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdecimal() and len(part) < 17 for part in parts) else None


def kept(number: int) -> int:
    """A number of an address as one that the store can compare; none of its own is larger."""
    return min(number, 1 << 53)


def number_in(text: str) -> int | None:
    """One whole number, which may be below zero."""
    text = text.strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
