"""/metrics, /healthz and /readyz: straight on ASGI, apart from every surface."""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hongyan.app.metrics import CONTENT_TYPE, collect, render

if TYPE_CHECKING:
    from hongyan.app.application import Application

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATHS = frozenset(("/metrics", "/healthz", "/readyz"))
_JSON = b"application/json"
_FORWARDED = frozenset((b"forwarded", b"x-forwarded-for", b"x-real-ip"))
_LOCAL_NAMES = frozenset(("localhost", "localhost.localdomain"))


class _Answer(NamedTuple):
    status: int
    body: bytes
    content_type: bytes = _JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


def _said(status: int, **members: object) -> _Answer:
    return _Answer(status, msgspec.json.encode(members))


class Observing:
    """Answers who watches the server.

    /healthz and /readyz answer everybody, and say reasons only to who may read figures. /metrics is for the admin token and `metrics_token`;
    without a `metrics_token` also for programs on this machine, as long as no proxy is in between and the address is no name that a foreign
    page could have brought a browser to.
    """

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._token = application.settings.metrics_token.encode()

    async def __call__(self, scope: Scope, send: Send) -> None:
        answer = await self._answer(scope)
        headers = [(b"content-type", answer.content_type), (b"content-length", str(len(answer.body)).encode()), *answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, scope: Scope) -> _Answer:
        if scope["method"] not in ("GET", "HEAD"):
            return _said(405, code="wrong_method", message="This path takes GET.")._replace(headers=((b"allow", b"GET, HEAD"),))
        inside = self._may_read(scope)
        match scope["path"]:
            case "/healthz":
                return _said(200, alive=True)
            case "/readyz":
                return await self._readiness(inside=inside)
            case _:
                return await self._metrics() if inside else _refused()

    async def _readiness(self, *, inside: bool) -> _Answer:
        reasons = await self._application.health.reasons()
        if not reasons:
            return _said(200, ready=True)
        told = {"reasons": [reason._asdict() for reason in reasons]} if inside else {}
        return _said(503, ready=False, **told)

    async def _metrics(self) -> _Answer:
        ready = not await self._application.health.reasons()
        return _Answer(200, render(await collect(self._application, ready=ready)), CONTENT_TYPE)

    def _may_read(self, scope: Scope) -> bool:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        scheme, _, token = next((value for name, value in headers if name == b"authorization"), b"").partition(b" ")
        if scheme.lower() == b"bearer" and self._is_right(token.strip()):
            return True
        if self._token:
            return False
        local = _is_loopback(scope["client"][0] if scope.get("client") else "")
        return local and not any(name in _FORWARDED for name, _ in headers) and _is_local_name(headers)

    def _is_right(self, token: bytes) -> bool:
        admin = hmac.compare_digest(token, self._application.engine.key.admin_token(1).encode())
        own = hmac.compare_digest(token, self._token)
        return admin or (own and bool(self._token))


def _refused() -> _Answer:
    answer = _said(401, code="unauthorized", message="Send the admin token or the metrics token as a bearer token.")
    return answer._replace(headers=((b"www-authenticate", b"Bearer"),))


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _is_local_name(headers: list[tuple[bytes, bytes]]) -> bool:
    """A browser that was led here by a foreign page's name says that name."""
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return not name or name.lower() in _LOCAL_NAMES or _is_loopback(name)
