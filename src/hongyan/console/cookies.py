"""Names of cookies: over TLS with a prefix, by which browsers know that nobody but this host, and only over TLS, could have set them."""

from starlette.requests import Request


def over_tls(request: Request) -> bool:
    return request.url.scheme == "https"


def cookie_name(request: Request, name: str, *, path: str = "/") -> str:
    """What a cookie for this path is called in this request; one under another name is not looked at."""
    if not over_tls(request):
        return name
    return f"__Host-{name}" if path == "/" else f"__Secure-{name}"
