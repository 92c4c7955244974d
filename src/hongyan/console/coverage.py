"""The page that says what of DingTalk's interfaces is here, and where this server may differ from the platform.

What it shows is handed in: pages know nothing of DingTalk's dialect.
"""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hongyan.console.coverage_texts import COVERAGE_TEXTS
from hongyan.console.pages import page
from hongyan.console.texts import texts_of

PATH = "/coverage"


class ShownInterface(msgspec.Struct, frozen=True):
    """One interface; `purpose` by language. `scope`, `page` and `page_url` may be blank."""

    path: str
    surface: str
    methods: tuple[str, ...]
    kinds: tuple[str, ...]
    scope: str
    purpose: dict[str, str]
    page: str
    page_url: str
    tests: tuple[str, ...]


class ShownDifference(msgspec.Struct, frozen=True):
    """What the platform does and what happens here, by language."""

    id: str
    topic: str
    evidence: str
    platform: dict[str, str]
    ours: dict[str, str]
    setting: str


class ShownCoverage(msgspec.Struct, frozen=True):
    """Rows in the order in which they are shown."""

    interfaces: tuple[ShownInterface, ...]
    differences: tuple[ShownDifference, ...]
    description: str  # the address of the machine-readable description


def coverage_routes(shown: Callable[[], ShownCoverage]) -> list[BaseRoute]:
    """The page, for everybody: it tells nothing of an organisation."""

    async def coverage(request: Request) -> Response:
        w = COVERAGE_TEXTS[texts_of(request).lang]
        return page(request, "coverage.html", w=w, shown=shown())

    return [Route(PATH, coverage)]
