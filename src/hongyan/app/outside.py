"""The server as browsers see it: what every answer tells them, and whether they came over TLS."""

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from hongyan.app.whole_answer import HEADERS, block_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

# For whatever says nothing of its own about it: a page has its own policy, an upload and a static file may be kept.
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_ALWAYS_BLOCK = block_of(_ALWAYS)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Outside:
    """Knows the address under which browsers reach the server; a proxy in front may be what speaks TLS there."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._host = parts.netloc.lower().encode() if parts.scheme == "https" else b""
        self._hsts = bool(self._host) and is_name(parts.hostname or "")
        self._secure_block = block_of((*_ALWAYS, _HSTS))

    def block(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """What an answer says to a request with these headers, ready to be sent."""
        return self._secure_block if self._hsts and self._is_public(headers) else _ALWAYS_BLOCK

    def _is_public(self, headers: list[tuple[bytes, bytes]]) -> bool:
        return next((value for name, value in headers if name == b"host"), b"").lower() == self._host

    def look(self, scope: Scope) -> bool:
        """Whether the request came to the public address over TLS; if so the scope says https, whoever ended the TLS."""
        if not self._host:
            return False
        came = self._is_public(scope["headers"])
        if came:
            scope["scheme"] = "https"
        return came

    def tell(self, scope: Scope, *, public: bool) -> None:
        """Leave the same headers for an answer that goes out in one piece, past `send`."""
        scope.setdefault("extensions", {})[HEADERS] = self._secure_block if public and self._hsts else _ALWAYS_BLOCK

    def sending(self, send: Send, *, public: bool) -> Send:
        """`send`, with the headers that an answer lacks."""
        wanted = (*_ALWAYS, _HSTS) if public and self._hsts else _ALWAYS

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_headers(message.get("headers", ()), wanted)
            await send(message)

        return send_safe


def with_headers(given: Any, wanted: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    """The headers and those of `wanted` whose names are not among them."""
    headers = list(given)
    names = {name.lower() for name, _ in headers}
    return headers + [header for header in wanted if header[0] not in names]


def is_name(host: str) -> bool:
    """Whether browsers may remember that this host speaks TLS only; this machine's own name is shared by everything that runs here."""
    try:
        ip_address(host)
    except ValueError:
        return bool(host) and host != "localhost" and not host.endswith(".localhost")
    return False


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches who listens there."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
