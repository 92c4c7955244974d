"""Which captured call can be run again, and what it is then. Pure."""

import re
from typing import NamedTuple

from hongyan.capture.reading import TOKEN_HEADER, kind_of
from hongyan.capture.records import Capture

# Tokens are put in anew; whatever else was masked is gone for good.
_TOKENS = frozenset(("query access_token", "query session", "body access_token", "body session", f"header {TOKEN_HEADER}"))
_FORM_TOKEN = re.compile(rb"(^|&)(access_token|session)=[^&]*")
_JSON_TOKEN = re.compile(rb'("(?:access_token|session)"\s*:\s*)"(?:[^"\\]|\\.)*"')
_FORM_UUID = re.compile(rb"(^|&)(uuid)=[^&]*")
_JSON_UUID = re.compile(rb'("uuid"\s*:\s*)"(?:[^"\\]|\\.)*"')


class Again(NamedTuple):
    """A call to run."""

    method: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def needs_token(capture: Capture) -> bool:
    return bool(capture.content.masked)


def replay_problem(capture: Capture) -> str:
    """Why it cannot be run again: `cut`, `file`, `secrets` or `token`; empty when it can."""
    content, one = capture.content, capture.summary
    if content.parts:
        return "file"
    if content.body_cut:
        return "cut"
    if not _TOKENS.issuperset(content.masked):
        return "secrets"
    return "token" if needs_token(capture) and not (one.app_key and one.corp_id) else ""


def again_of(capture: Capture, token: str, uuid: str = "") -> Again:
    """The call with a token in the places of the old one, and with another uuid where one is given."""
    content = capture.content
    query, body = content.query, content.body
    headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in content.headers if name != TOKEN_HEADER]
    if f"header {TOKEN_HEADER}" in content.masked:
        headers.append((TOKEN_HEADER.encode(), token.encode()))
    json = kind_of(dict(content.headers).get("content-type", ""), body) == "json"
    if needs_token(capture):
        query = _FORM_TOKEN.sub(rb"\1\2=" + token.encode(), query)
        body = _JSON_TOKEN.sub(rb'\1"' + token.encode() + b'"', body) if json else _FORM_TOKEN.sub(rb"\1\2=" + token.encode(), body)
    if uuid:
        query = _FORM_UUID.sub(rb"\1\2=" + uuid.encode(), query)
        body = _JSON_UUID.sub(rb'\1"' + uuid.encode() + b'"', body) if json else _FORM_UUID.sub(rb"\1\2=" + uuid.encode(), body)
    return Again(capture.summary.method, query, headers, body)
