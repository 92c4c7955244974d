"""How every other host is reached: directly, or through the proxy that the variables around us name."""

import asyncio
import base64
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_ANSWER_MAX = 64 * 1024  # bytes


class Beyond:
    """The network outside, as `environ` describes it (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY in either case)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._https = _proxy(environ, "https_proxy", "all_proxy")
        self._http = _proxy(environ, "http_proxy", "all_proxy")
        self._direct = no_proxy(environ)

    def proxy_for(self, target: SplitResult) -> SplitResult | None:
        """The proxy on the way to a target; a target without a scheme is a tunnel."""
        proxy = self._http if target.scheme == "http" else self._https
        return None if proxy is None or any(spares(entry, target.hostname or "") for entry in self._direct) else proxy

    async def connect(self, target: SplitResult, host: str, port: int, *, tunnel: bool) -> Stream:
        """A connection to the host, or to the proxy that takes whole addresses. Raises `OSError`."""
        proxy = self.proxy_for(target)
        if proxy is None:
            return await asyncio.open_connection(host, port)
        secure = proxy.scheme == "https" or None
        near = await asyncio.open_connection(proxy.hostname, proxy.port or (443 if secure else 80), ssl=secure, limit=_ANSWER_MAX)
        if tunnel:
            await _tunnel(near, proxy, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        return near


async def _tunnel(near: Stream, proxy: SplitResult, authority: str) -> None:
    head = (f"CONNECT {authority} HTTP/1.1".encode(), f"Host: {authority}".encode(), *login(proxy))
    near[1].write(b"\r\n".join((*head, b"", b"")))
    try:
        answer = await near[0].readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise ConnectionError(f"the proxy {proxy.hostname} gave no answer") from None
    status = answer.split(b"\r\n", 1)[0].decode("latin-1")
    if " 200" not in status:
        near[1].close()
        raise ConnectionError(f"the proxy {proxy.hostname} says {status}")


def login(proxy: SplitResult) -> list[bytes]:
    """The header lines that a proxy with a name in its address wants."""
    if not proxy.username:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [b"Proxy-Authorization: Basic " + base64.b64encode(pair.encode())]


def _proxy(environ: Mapping[str, str], *names: str) -> SplitResult | None:
    """Only proxies that speak HTTP; others (SOCKS) are not followed."""
    for name in names:
        value = environ.get(name) or environ.get(name.upper())
        if value:
            found = urlsplit(value if "://" in value else f"http://{value}")
            return found if found.scheme in ("http", "https") and found.hostname else None
    return None


def no_proxy(environ: Mapping[str, str]) -> list[str]:
    """The hosts for which no proxy is used."""
    value = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def spares(entry: str, host: str) -> bool:
    """True when an entry of NO_PROXY covers the host: itself, a domain above it, or everything."""
    name = entry.lower().rpartition(":")[0] if entry.rpartition(":")[2].isdigit() and entry.count(":") == 1 else entry.lower()
    bare = name.lstrip("*").lstrip(".")
    return name == "*" or host == bare or (bool(bare) and host.endswith(f".{bare}"))
