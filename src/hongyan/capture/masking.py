"""Takes secrets out of a call before it is written: by the names they stand under, then wherever else their values stand. Pure."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

import msgspec

MARK = "…"
_MARK = MARK.encode()
SHOWN = 4  # characters of a secret that stay, to tell one from another
_LONG = 12  # shorter secrets show nothing
_SOUGHT = 6  # shorter values are not looked for elsewhere: they would hit ordinary text

_NAMES = frozenset(
    (
        *("accesstoken", "appsecret", "corpsecret", "suiteaccesstoken", "suitesecret", "suiteticket", "signature", "sign", "secret", "clientsecret"),
        *("accesssecret", "permanentcode", "tmpauthcode", "authcode", "refreshtoken", "session", "sessionwebhook", "aeskey", "token", "ticket"),
        *("jsapiticket", "password", "xacsdingtalkaccesstoken", "authorization", "cookie", "ssosecret", "channelsecret", "encodingaeskey"),
    )
)
_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder().encode
# Every string of a JSON text, with the plain value after it where it is a name: taken in one pass, so that none is read from its middle.
_STRINGS = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^\s,{}\[\]"]+)|"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_HINT = re.compile(rb"token|secret|ticket|permanent|aes|signature", re.IGNORECASE)
# The last look, at whatever form a body has.
_LOOSE = re.compile(
    rb"((?:access[_-]?token|app_?secret|corp_?secret|suite_?secret|client_?secret|access_?secret|suite_?ticket|permanent_?code|aes_?key|signature)"
    rb"""[\\"']*\s*(?:[=:]|%3[AaDd])\s*(?:[\\"']|%22)*)([^\s"'&,;<>\\{}\[\]%]{6,}(?:%[^\s"'&,;<>\\]*)?)""",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """True when what stands under this name must not be kept, however the name is spelt."""
    return "".join(char for char in name.lower() if char.isalnum()) in _NAMES


def masked(secret: str) -> str:
    """What is kept of a secret."""
    return (storable(secret[:SHOWN]) if len(secret) >= _LONG else "") + MARK


def storable(text: str) -> str:
    """The text without what stands for bytes that were no UTF-8, which cannot be written."""
    return text.encode("utf-8", "replace").decode()


class Masker:
    """Masks the parts of one call. `places` says what was found, `values` holds the secrets themselves,
    with the spellings that they may have elsewhere, until the call is done with."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self.places: dict[str, None] = {}
        self.values: dict[str, tuple[bytes, ...]] = {}
        self._extra = frozenset(extra)

    def take(self, place: str, name: str, secret: str) -> str:
        """Note a secret; returns what may stand in its place."""
        if not secret or secret.endswith(MARK):
            return storable(secret)
        self.places[f"{place} {name}"] = None
        if secret not in self.values:
            self.values[secret] = tuple(_spellings(secret)) if len(secret) >= _SOUGHT else ()
        return masked(secret)

    def _hides(self, name: str) -> bool:
        return is_secret(name) or name in self._extra

    def form(self, place: str, raw: bytes) -> bytes:
        """A query or form; all but the values that are masked stays byte for byte."""
        return b"&".join(self._field(place, piece) if piece else piece for piece in raw.split(b"&"))

    def _field(self, place: str, piece: bytes) -> bytes:
        name, equals, value = piece.partition(b"=")
        plain, inner = unescape(name), unescape(value)
        # PHP's names: access_token[0], message[token]
        if self._hides(plain) or ("[" in plain and any(self._hides(one) for one in re.split(r"[\[\]]+", plain))):
            kept = self.take(place, plain, inner)
            return piece if kept == inner else name + equals + quote(kept.removesuffix(MARK)).encode() + _MARK
        if inner.lstrip()[:1] in ("{", "["):
            safe = self.json(place, inner.encode("utf-8", "surrogateescape"))
            return piece if safe == inner.encode("utf-8", "surrogateescape") else name + equals + quote_plus(safe).encode()
        return piece

    def json(self, place: str, raw: bytes) -> bytes:
        """A JSON text, whole or cut off; all but the values that are masked stays byte for byte where that is possible."""
        safe = _STRINGS.sub(lambda match: self._pair(place, match), raw)
        try:
            tree = _DECODE(safe)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return safe
        # What no pair of name and plain value is, such as a list of tokens: written anew.
        clean = self._tree(place, "", tree, 0)
        return safe if clean == tree else _ENCODE(clean)

    def _pair(self, place: str, match: "re.Match[bytes]") -> bytes:
        name, between, value = match[1], match[2], match[3]
        if name is None or value is None:
            return match[0]
        plain = _text(name)
        if self._hides(plain) and value not in (b"null", b"true", b"false"):
            return name + between + _ENCODE(self.take(place, plain, _text(value)))
        if value[:1] == b'"' and b'\\"' in value and (inner := _text(value)).lstrip()[:1] in ("{", "["):
            raw = inner.encode("utf-8", "surrogateescape")
            safe = self.json(place, raw)
            return match[0] if safe == raw else name + between + _ENCODE(safe.decode("utf-8", "replace"))
        return match[0]

    def _tree(self, place: str, name: str, value: Any, depth: int) -> Any:
        if depth > 64:
            return MARK
        if isinstance(value, dict):
            return {
                key: self._all(place, key, inner) if self._hides(key) else self._tree(place, key, inner, depth + 1) for key, inner in value.items()
            }
        if isinstance(value, list):
            return [self._tree(place, name, inner, depth + 1) for inner in value]
        return value

    def _all(self, place: str, name: str, value: Any) -> Any:
        """Everything below a secret's name."""
        match value:
            case str():
                return self.take(place, name, value)
            case list():
                return [self._all(place, name, inner) for inner in value]
            case dict():
                return {key: self._all(place, name, inner) for key, inner in value.items()}
            case _:
                return value

    def sweep(self, raw: bytes) -> bytes:
        """Take the secrets that were found out of other text, in every spelling that they can have there; and what only looks like one."""
        for secret in sorted(self.values, key=len, reverse=True):
            for spelling in self.values[secret]:
                if spelling in raw:
                    raw = raw.replace(spelling, masked(secret).encode())
        if not _HINT.search(raw):
            return raw
        return _LOOSE.sub(lambda match: match[0] if match[2].endswith(_MARK) else match[1] + masked(_plain(match[2])).encode(), raw)


def _plain(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _spellings(secret: str) -> set[bytes]:
    plain = secret.encode("utf-8", "surrogateescape")
    quoted: Callable[..., str] = quote
    return {plain, quoted(plain, safe="").encode(), quoted(plain).encode(), quote_plus(plain).encode(), _ENCODE(_plain(plain))[1:-1]}


def unescape(raw: bytes) -> str:
    """A piece of a form as text; bytes that are no UTF-8 survive the way back."""
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw.decode("utf-8", "surrogateescape")


def _text(token: bytes) -> str:
    """A JSON token as text; a broken one as it stands."""
    try:
        value = _DECODE(token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return token.strip(b'"').decode("utf-8", "surrogateescape")
    return value if isinstance(value, str) else token.decode()
