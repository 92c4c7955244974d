"""The query of a call, and the token, wherever it stands."""

from functools import lru_cache

from hongyan.wire import lax
from hongyan.wire.forms import BadBody, BadQuery, parse_body, parse_form, readable_of
from hongyan.wire.http import HttpRequest

SHORT_QUERY = 256  # bytes


def query_of(request: HttpRequest) -> dict[str, str]:
    """Name → value; a `BadQuery` when some of it is no UTF-8."""
    return _short_query(request.query) if len(request.query) < SHORT_QUERY else _parse_query(request.query)


def _parse_query(raw: bytes) -> dict[str, str]:
    try:
        return parse_form(raw)
    except BadBody:
        return BadQuery(readable_of(raw))


# Most queries hold the token alone, and the same one again and again. Nobody changes what is returned.
_short_query = lru_cache(maxsize=1024)(_parse_query)


def token_of(query: dict[str, str], request: HttpRequest, *, strict: bool) -> str:
    """From the query, or from the body: the curl samples put it into the form."""
    if token := query.get("access_token"):
        return token
    try:
        return lax.as_text(parse_body(request.content_type, request.body, strict=strict).get("access_token"))
    except BadBody:
        return ""
