"""Style, script and icon, read once; their address carries their content's hash."""

import functools
import gzip
import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from hongyan.console.guard import STATIC_HEADERS

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
# The frame of an article is of no origin and must have its style all the same.
_FRAMED = ("console.css",)
_FILES = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}


def _parts(name: str) -> tuple[str, ...]:
    """The files that are served under a name: a page waits for one style sheet, because each that it waits for delays its first paint."""
    if name == "desk.js":
        return ("theme.js", name)
    if not name.endswith(".css") or name == "console.css":
        return (name,)
    return ("console.css", "desk.css", name) if name.startswith("desk_") else ("console.css", name)


_SERVED = {name: b"".join(_FILES[part] for part in _parts(name)) for name in _FILES}
_VERSIONS = {name: hashlib.sha256(content).hexdigest()[:10] for name, content in _SERVED.items()}


def asset(name: str) -> str:
    """The address of a file under `static`, other after each change of it."""
    return f"/static/{name}?v={_VERSIONS[name]}"


# What the desk's other pages need beyond what each of them has: fetched when the first one stands.
FORESEEN = tuple((asset(name), "style" if name.endswith(".css") else "script") for name in _FILES if name.startswith("desk_"))


def serve_asset(request: Request) -> Response:
    """One of our own files; kept for a year by who asked for this very version."""
    name: str = request.path_params["name"]
    content = _SERVED.get(name)
    if content is None:
        return Response(status_code=404, headers=STATIC_HEADERS)
    exact = request.query_params.get("v") == _VERSIONS[name]
    caching = {"Cache-Control": "public, max-age=31536000, immutable" if exact else "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, caching = _packed(name), caching | {"Content-Encoding": "gzip"}
    if name in _FRAMED:
        caching = caching | {"Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=STATIC_HEADERS | caching)


@functools.cache
def _packed(name: str) -> bytes:
    """Packed once. Nothing secret is in it, so its length tells nothing."""
    return gzip.compress(_SERVED[name], mtime=0)
