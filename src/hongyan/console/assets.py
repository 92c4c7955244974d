"""Style, script and icon, read once; their address carries their content's hash."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from hongyan.console.guard import STATIC_HEADERS

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FILES = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
_VERSIONS = {name: hashlib.sha256(content).hexdigest()[:10] for name, content in _FILES.items()}


def asset(name: str) -> str:
    """The address of a file under `static`, other after each change of it."""
    return f"/static/{name}?v={_VERSIONS[name]}"


def serve_asset(request: Request) -> Response:
    """One of our own files; kept for a year by who asked for this very version."""
    name: str = request.path_params["name"]
    content = _FILES.get(name)
    if content is None:
        return Response(status_code=404, headers=STATIC_HEADERS)
    exact = request.query_params.get("v") == _VERSIONS[name]
    caching = "public, max-age=31536000, immutable" if exact else "no-cache"
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=STATIC_HEADERS | {"Cache-Control": caching})
