"""Templates to HTML: whole pages and the pieces that the script puts into them."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hongyan.console.assets import asset
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.texts import LANGUAGE_COOKIE, LANGUAGES, texts_of

THEME_COOKIE = "hongyan_theme"
THEMES = ("auto", "light", "dark")
_YEAR_S = 365 * 24 * 3600


def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False)


_PAGES = _environment()


def render(template: str, /, **values: Any) -> str:
    """A template's HTML. Everything in `values` is escaped unless it is `Markup`."""
    return _PAGES.get_template(template).render(asset=asset, themes=THEMES, **values)


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
    for choice in (request.query_params.get("theme"), request.cookies.get(THEME_COOKIE)):
        if choice in THEMES:
            return choice
    return THEMES[0]


def keep_choices(request: Request, response: HTMLResponse) -> None:
    language, theme = request.query_params.get("lang"), request.query_params.get("theme")
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, path="/", samesite="lax")
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_S, path="/", samesite="lax")
