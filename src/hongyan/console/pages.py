"""Templates to HTML: whole pages and the pieces that the script puts into them."""

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hongyan.console.assets import FORESEEN, asset
from hongyan.console.cookies import cookie_name, over_tls
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.texts import LANGUAGE_COOKIE, LANGUAGES, texts_of

THEME_COOKIE = "hongyan_theme"
THEMES = ("auto", "light", "dark")
_TEMPLATES = Path(__file__).parent / "templates"
_YEAR_S = 365 * 24 * 3600


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates beside them, as Python keeps its modules; where it may not, they are compiled anew by each process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), f"{sys.implementation.cache_tag}-%s.page")
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), bytecode_cache=_Compiled(_TEMPLATES / "__pycache__"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip


_PAGES = _environment()


def compile_pages() -> None:
    """Compile what was not compiled yet, in a thread beside the server, so that nobody waits a tenth of a second for a page's first visit.

    Where it cannot be kept it is left to the first visits: all of them take more than a second of every start.
    """
    if sys.dont_write_bytecode or not os.access(_TEMPLATES, os.W_OK):
        return
    threading.Thread(target=_compile_pages, name="templates", daemon=True).start()


def _compile_pages() -> None:
    for name in _PAGES.list_templates(("html",)):
        _PAGES.get_template(name)


def render(template: str, /, **values: Any) -> str:
    """A template's HTML. Everything in `values` is escaped unless it is `Markup`."""
    return _PAGES.get_template(template).render(asset=asset, foreseen=FORESEEN, themes=THEMES, **values)


def page(request: Request, template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page in the reader's language and theme; choices made in the address are kept in cookies."""
    html = render(template, t=texts_of(request), theme=theme_of(request), **values)
    response = HTMLResponse(html, status_code=status, headers=PAGE_HEADERS)
    keep_choices(request, response)
    return response


def piece(request: Request, template: str, /, **values: Any) -> HTMLResponse:
    """A part of a page, for the script."""
    return HTMLResponse(render(template, t=texts_of(request), **values), headers=PAGE_HEADERS)


def theme_of(request: Request) -> str:
    for choice in (request.query_params.get("theme"), request.cookies.get(cookie_name(request, THEME_COOKIE))):
        if choice in THEMES:
            return choice
    return THEMES[0]


def keep_choices(request: Request, response: Response) -> None:
    language, theme = request.query_params.get("lang"), request.query_params.get("theme")
    if language in LANGUAGES:
        _keep_choice(request, response, LANGUAGE_COOKIE, language)
    if theme in THEMES:
        _keep_choice(request, response, THEME_COOKIE, theme)


def _keep_choice(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(cookie_name(request, name), value, max_age=_YEAR_S, path="/", samesite="lax", secure=over_tls(request))
