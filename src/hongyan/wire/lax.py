"""Reads a value of one kind from whatever real clients send for it.

The default accepts the union of what the official SDKs, samples and callers send: every scalar as text, lists as comma text, as JSON in
text, quoted, escaped or full-width quoted, single objects for lists. `strict` refuses what the real gateway is said to refuse.
"""

import re
from typing import Any

import msgspec

_INTEGER = re.compile(r"\s*[+-]?\d{1,19}\s*")
_QUOTES = (('\\"', '\\"'), ('"', '"'), ("'", "'"), ("“", "”"), ("”", "”"), ("‘", "’"))
_QUOTED_MAX = 16  # pairs of quotes around one value; each costs a copy of the rest
_TRUE, _FALSE = frozenset(("true", "1")), frozenset(("false", "0"))
INT64 = 1 << 63


class Unreadable(Exception):
    """The value cannot be read as what it should be; caught where the parameter's name is known."""


def as_text(value: Any) -> str:
    """Text; a number becomes its digits, an object its JSON (the Java SDK turns text that looks like JSON into objects)."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return msgspec.json.encode(value).decode()


def as_bool(value: Any, *, strict: bool = False) -> bool | None:
    """True, False, or None when absent. The real gateway knows `true` and `false` alone."""
    if isinstance(value, bool):
        return value
    if value is None:
        return None
    text = str(value).strip() if isinstance(value, str | int) else "?"
    if text == "":
        return None
    if not strict:
        text = text.lower()
    if text == "true" or (not strict and text in _TRUE):
        return True
    if text == "false" or (not strict and text in _FALSE):
        return False
    raise Unreadable


def as_int(value: Any, *, strict: bool = False) -> int | None:
    """A whole number within 64 bits, or None when absent."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise Unreadable
    if isinstance(value, float) and not strict and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        if not value.strip():
            return None
        if not _INTEGER.fullmatch(value):
            raise Unreadable
        value = int(value)
    if not isinstance(value, int) or not -INT64 <= value < INT64:
        raise Unreadable
    return value


def as_ids(value: Any) -> tuple[str, ...]:
    """Ids in the caller's order, blanks and empties dropped; repeated ones stay, since limits count what was written."""
    if value is None:
        return ()
    if isinstance(value, str):
        return _ids_of_text(value)
    if isinstance(value, list | tuple):
        return tuple(text for element in value if (text := _id(element)))  # pyright: ignore[reportUnknownVariableType]
    return (_id(value),)


def as_int_ids(value: Any) -> tuple[int, ...]:
    """Ids that must be whole numbers above zero."""
    ids: list[int] = []
    for text in as_ids(value):
        number = as_int(text)
        if number is None or number <= 0:
            raise Unreadable
        ids.append(number)
    return tuple(ids)


def _id(value: Any) -> str:
    if isinstance(value, str):
        return _unquoted(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unreadable


def _ids_of_text(text: str) -> tuple[str, ...]:
    if text.isalnum() and text != "null":  # the common case: one plain id
        return (text,)
    text = _unquoted(text)
    if text in ("", "null"):
        return ()
    if text.startswith("[") and text.endswith("]"):
        return as_ids(_json_of_text(text))
    return tuple(part for piece in text.replace("，", ",").split(",") if (part := _unquoted(piece)))


def _unquoted(text: str) -> str:
    text = text.strip()
    if text[-1:].isalnum():  # the common case: no quotation mark
        return text
    for _ in range(_QUOTED_MAX):
        for opening, closing in _QUOTES:
            if len(text) >= len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
                text = text[len(opening) : len(text) - len(closing)].strip()
                break
        else:
            break
    return text


def _json_of_text(text: str) -> Any:
    """JSON in text; failing that, the same with its backslash-escaped quotes undone."""
    for candidate in (text, text.replace('\\"', '"'), text.replace('\\"', '"').replace("\\\\", "\\")):
        try:
            return msgspec.json.decode(candidate.encode())
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
    raise Unreadable


def as_object(value: Any) -> dict[str, Any] | None:
    """An object, or one written as JSON text, up to three times over; None when absent."""
    for _ in range(4):
        if value is None:
            return None
        if isinstance(value, dict):
            return value  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(value, str):
            raise Unreadable
        if _unquoted(value) in ("", "null"):
            return None
        value = _json_of_text(value.strip())
    raise Unreadable


def as_objects(value: Any) -> tuple[dict[str, Any], ...]:
    """A list of objects; one object stands for a list of one; either may be JSON text."""
    if isinstance(value, str):
        if value.strip() in ("", "null"):
            return ()
        value = _json_of_text(value.strip())
    if value is None:
        return ()
    if isinstance(value, dict):
        return (value,)  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, list):
        raise Unreadable
    found = [as_object(element) for element in value]  # pyright: ignore[reportUnknownVariableType]
    return tuple(element for element in found if element)


def as_list(value: Any) -> list[Any]:
    """A list of anything; a single value stands for a list of one; either may be JSON text."""
    if isinstance(value, str):
        text = value.strip()
        if text in ("", "null"):
            return []
        value = _json_of_text(text)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
