"""The pages for a server in trouble: the store takes nothing, or there is a bug. Neither says more than anybody may know."""

from starlette.requests import Request
from starlette.responses import Response

from hongyan.console.pages import page
from hongyan.console.texts import texts_of


async def store_refuses(request: Request, error: Exception) -> Response:
    """Nothing was written."""
    t = texts_of(request)
    return page(request, "trouble.html", status=503, said=t.no_store, why=t.no_store_why, again=_again(request))


async def failed(request: Request, error: Exception) -> Response:
    """A bug, whose traceback the log has."""
    t = texts_of(request)
    return page(request, "trouble.html", status=500, said=t.broke, why=t.broke_why, again=_again(request))


def _again(request: Request) -> str:
    return request.url.path if request.method == "GET" else "/"
