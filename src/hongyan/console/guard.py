"""What keeps the pages safe: their headers, and the check that a write comes from a page of ours."""

from urllib.parse import urlsplit

from starlette.requests import Request

_PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
PAGE_HEADERS = _ALWAYS | {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"}
# An upload is never a page of ours, whatever its bytes say.
MEDIA_HEADERS = _ALWAYS | {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=3600",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC_HEADERS = _ALWAYS
STREAM_HEADERS = _ALWAYS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def from_our_page(request: Request) -> bool:
    """True when the browser says that a page of this very origin sends it; a browser that says nothing is refused."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    # Over plain http to another machine browsers leave Sec-Fetch-Site out, but send Origin with every POST.
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
