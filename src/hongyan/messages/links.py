"""Addresses in messages: which of them a reader may open, and where they lead."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

ADDRESS_MAX = 8192  # characters; longer ones are not opened
_WEB = ("http", "https")
_APP = ("dingtalk", "eapp")
# Parameters in which DingTalk's own addresses carry the page to open. (page/link, action/openapp)
_WRAPPED = ("url", "redirect_url")
_UNWRAP_DEPTH = 3
# Browsers drop tabs and line ends inside an address and read "\" as "/": what they would do and what we checked could differ.
_TREACHEROUS = re.compile(r"[\x00-\x1f\x7f\\]")
_FOUND = re.compile(r"https?://[^\s<>\"'`，。；！？、）】》」』“”‘’]{1,2048}", re.IGNORECASE)
_TRAILING = ".,;:!?"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


class SafeLink(msgspec.Struct, frozen=True):
    """An address that may stand in a page. `app` ones need DingTalk's client; `host` is empty for them."""

    href: str
    host: str
    app: bool = False


class TextPart(NamedTuple):
    """A stretch of plain text; with `link`, one that can be opened."""

    text: str
    link: SafeLink | None


def safe_link(url: str) -> SafeLink | None:
    """The address as it may be opened, or None when it must not be.

    http and https pass, `//host` becomes https, DingTalk's wrappers around a web address give that address, and other
    `dingtalk://` and `eapp://` addresses stay as they are. Everything else is refused: javascript:, data:, relative ones.
    """
    return _safe(url, _UNWRAP_DEPTH)


def _safe(url: str, depth: int) -> SafeLink | None:
    address = url.strip()
    if address.startswith("//"):
        address = f"https:{address}"
    if not address or len(address) > ADDRESS_MAX or _TREACHEROUS.search(address):
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:  # an impossible IPv6 address; browsers do not open it either
        return None
    address = address.replace(" ", "%20")
    if parts.scheme in _WEB:
        return SafeLink(address, host) if host else None
    if parts.scheme in _APP and host:
        return (_unwrapped(parts.query, depth) if parts.scheme == "dingtalk" else None) or SafeLink(address, "", app=True)
    return None


def _unwrapped(query: str, depth: int) -> SafeLink | None:
    if depth == 0:
        return None
    values = dict(parse_qsl(query, max_num_fields=None))
    return next((link for name in _WRAPPED if name in values and (link := _safe(values[name], depth - 1))), None)


def split_links(text: str) -> Iterator[TextPart]:
    """The text in order, cut where web addresses begin and end."""
    shown = 0
    for match in _FOUND.finditer(text):
        address = _without_trailing(match.group())
        link = safe_link(address)
        if link is None:
            continue
        if match.start() > shown:
            yield TextPart(text[shown : match.start()], None)
        yield TextPart(address, link)
        shown = match.start() + len(address)
    if shown < len(text):
        yield TextPart(text[shown:], None)


def _without_trailing(address: str) -> str:
    """Leave out the punctuation of the sentence around an address: a full stop, or a bracket that it does not open."""
    while address:
        last = address[-1]
        opening = _BRACKETS.get(last)
        if last not in _TRAILING and (opening is None or address.count(opening) >= address.count(last)):
            break
        address = address[:-1]
    return address
