"""What an answered code means: its row of the catalogue, found by code and text. Pure."""

import re
from functools import lru_cache

from hongyan.model.errors import CATALOGUE, ErrorRow

_FIELD = re.compile(r"\\\{[a-z_]+\\\}")


def meaning_of(errcode: str, said: str) -> ErrorRow | None:
    """The row behind an errcode as captured (`0`, `33012`, `88/40014`, a code of /v1.0) and the text beside it; None for a success."""
    rows = _rows_of(errcode)
    return next((row for row in rows if _form(row).fullmatch(said)), rows[0] if rows else None)


@lru_cache(maxsize=1024)
def _rows_of(errcode: str) -> tuple[ErrorRow, ...]:
    outer, slash, inner = errcode.partition("/")
    if slash:
        return tuple(row for row in CATALOGUE.values() if str(row.errcode) == outer and row.sub_code == inner)
    plain = [row for row in CATALOGUE.values() if not row.code and not row.sub_code and str(row.errcode) == errcode and row.errcode]
    # The plain surfaces say without a wrapping what /topapi wraps in 88.
    bare = [row for row in CATALOGUE.values() if row.sub_code == errcode]
    v1 = [row for row in CATALOGUE.values() if row.code and re.fullmatch(_open(row.code), errcode)]
    banned = [row for row in CATALOGUE.values() if row.raw and errcode == "1111"]
    return (*plain, *bare, *v1, *banned)


@lru_cache(maxsize=1024)
def _form(row: ErrorRow) -> re.Pattern[str]:
    return re.compile(_open(row.errmsg), re.DOTALL)


def _open(template: str) -> str:
    """A pattern for whatever the fields may be filled with."""
    plain = re.escape(template).replace(r"\{\{", r"\{").replace(r"\}\}", r"\}")
    return _FIELD.sub(".*", plain)
