"""The header of a multipart part, in every way clients write it. Pure."""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

# name=value with the value quoted (backslash escapes allowed) or bare; blanks around everything are optional: the Java SDK writes none.
_PARAMETER = re.compile(rb';\s*([A-Za-z*0-9]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')
_ESCAPED = re.compile(rb'\\(["\\])')


class Disposition(NamedTuple):
    """`filename` None: the part is a text field."""

    name: str
    filename: str | None


def parse_disposition(header: bytes) -> Disposition | None:
    """What the part is called; None when it is no form field. A `filename*` in UTF-8 wins over a plain one, as RFC 6266 has it."""
    if header[:9].lower() != b"form-data":
        return None
    found = {key.lower(): _ESCAPED.sub(rb"\1", quoted) if quoted else bare.strip() for key, quoted, bare in _PARAMETER.findall(header)}
    if b"name" not in found:
        return None
    extended = found.get(b"filename*")
    plain = found.get(b"filename")
    filename = _extended(extended) if extended is not None else None
    return Disposition(_text(found[b"name"]), filename if filename is not None else _text(plain) if plain is not None else None)


def _extended(value: bytes) -> str | None:
    """`UTF-8''%E5%9B%BE.png`, or None when it is none."""
    parts = value.split(b"'", 2)
    if len(parts) != 3:
        return None
    try:
        return unquote_to_bytes(parts[2]).decode(parts[0].decode("ascii") or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return None


def _text(raw: bytes) -> str:
    """Raw UTF-8 as most send it; else the Chinese encoding of older Windows programs, which has a reading for nearly everything."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")
