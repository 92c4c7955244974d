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
# What stands in front of a file, so that a page asks for one of them and not for three.
_BEGINS_WITH = {"desk.css": "console.css", "desk.js": "theme.js"}
_FILES = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
_SERVED = {name: _FILES.get(_BEGINS_WITH.get(name, ""), b"") + content for name, content in _FILES.items()}
_VERSIONS = {name: hashlib.sha256(content).hexdigest()[:10] for name, content in _SERVED.items()}


def asset(name: str) -> str:
    """The address of a file under `static`, other after each change of it."""
    return f"/static/{name}?v={_VERSIONS[name]}"


# What the desk's other pages need beyond what each of them has: fetched while the first one is read.
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
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=STATIC_HEADERS | caching)


@functools.cache
def _packed(name: str) -> bytes:
    """Packed once. Nothing secret is in it, so its length tells nothing."""
    return gzip.compress(_SERVED[name], mtime=0)
