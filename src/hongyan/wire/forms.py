"""Bodies and queries as parameters: JSON, forms, PHP's nested names, multipart text parts."""

import codecs
import re
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from hongyan.model.nul import has_nul
from hongyan.wire.disposition import Disposition, parse_disposition

MAX_FIELDS = 2000
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_DECODE = msgspec.json.Decoder().decode


class BadBody(Exception):
    """The body is none of the forms that are understood."""


class BadQuery(dict[str, str]):
    """What can be read of a query of which not everything can: enough to know who calls, before the call is refused."""


def _unescape(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return text_of(raw)


def text_of(raw: bytes | bytearray) -> str:
    """UTF-8 without U+0000; anything else raises `BadBody`."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadBody from None
    if "\0" in text:
        raise BadBody
    return text


def parse_form(raw: bytes) -> dict[str, str]:
    """Name → value of a form or query; the last of a repeated name wins."""
    if not raw:
        return {}
    fields: dict[str, str] = {}
    pieces = raw.split(b"&")
    if len(pieces) > MAX_FIELDS:
        raise BadBody
    for piece in pieces:
        if piece:
            name, _, value = piece.partition(b"=")
            fields[_unescape(name)] = _unescape(value)
    return fields


def readable_of(raw: bytes) -> dict[str, str]:
    """The parts of a form or query that can be read by themselves."""
    fields: dict[str, str] = {}
    for piece in raw.split(b"&", MAX_FIELDS)[:MAX_FIELDS]:
        with suppress(BadBody):
            fields |= parse_form(piece)
    return fields


def nest_fields(fields: dict[str, str]) -> dict[str, Any]:
    """PHP's `a[b][c]=d` as objects, and `a[]=d` or `a[0]=d` as lists."""
    nested: dict[str, Any] = {}
    for name, value in fields.items():
        head, bracket, _ = name.partition("[")
        keys = _BRACKETS.findall(name[len(head) :]) if bracket and head and name.endswith("]") else []
        if not keys or len(keys) > 16:
            nested[name] = value
            continue
        _put(nested, [head, *keys], value)
    return {name: _lists(value) for name, value in nested.items()}


def _put(into: dict[str, Any], keys: list[str], value: str) -> None:
    here = into
    for key in keys[:-1]:
        inner = here.setdefault(key or str(len(here)), {})
        if not isinstance(inner, dict):
            return  # the same name as text and as object: the first stands
        here = inner  # pyright: ignore[reportUnknownVariableType]
    here[keys[-1] or str(len(here))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(element) for key, element in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if inner and all(key == str(index) for index, key in enumerate(inner)):  # pyright: ignore[reportUnknownArgumentType]
        return list(inner.values())  # pyright: ignore[reportUnknownArgumentType]
    return inner  # pyright: ignore[reportUnknownVariableType]


def parse_json(raw: bytes) -> dict[str, Any]:
    """One JSON object; nothing is an empty one. U+0000 is refused: databases and clients cut texts at it."""
    try:
        value = _DECODE(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if not raw.strip():
            return {}
        raise BadBody from None
    if not isinstance(value, dict) or has_nul(raw):
        raise BadBody
    return value  # pyright: ignore[reportUnknownVariableType]


def parse_body(content_type: bytes, raw: bytes, *, strict: bool) -> dict[str, Any]:
    """The parameters of a body; raises `BadBody`.

    A body that starts with a brace is JSON whatever its header says: curl samples send it as a form.
    """
    if not raw:
        return {}
    if raw[:1] == b"{":
        return parse_json(raw)
    raw = raw.removeprefix(codecs.BOM_UTF8)  # programs on Windows write it
    kind = content_type.partition(b";")[0].strip().lower()
    looks_json = raw.lstrip()[:1] == b"{"
    if kind == b"multipart/form-data":
        return _parse_multipart(content_type, raw)
    if looks_json or kind in (b"application/json", b"text/json"):
        return parse_json(raw)
    fields = parse_form(raw)
    return dict(fields) if strict else nest_fields(fields)


def _parse_multipart(content_type: bytes, raw: bytes) -> dict[str, Any]:
    """The text parts (PHP switches to multipart when a value begins with @)."""
    match = re.search(rb'boundary="?([^";,]+)"?', content_type)
    if match is None:
        raise BadBody
    fields: dict[str, Any] = {}
    parts = raw.split(b"--" + match[1])
    if len(parts) > MAX_FIELDS:
        raise BadBody
    for part in parts[1:]:
        head, found, content = part.partition(b"\r\n\r\n")
        field = _disposition(head)
        if not found or field is None or field.filename is not None:
            continue
        try:
            fields[field.name] = content.removesuffix(b"\r\n").decode()
        except UnicodeDecodeError:
            raise BadBody from None
    return fields


def _disposition(head: bytes) -> Disposition | None:
    """That of a part's headers."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return parse_disposition(value.strip())
    return None
