"""Pages in a real browser. ./test brings the browser; who runs without it must say so."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import BROUGHT, browsing
from company import Company
from tab import Tab, opened

from harness import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SKIP = "HONGYAN_SKIP_BROWSER"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests share one server and its month, so one worker takes all of them."""
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.stem}"))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One for each file: as long as it is driven, an event loop runs in this thread, which the tests of other files must not find."""
    if os.environ.get(SKIP):
        pytest.skip(f"{SKIP} is set: no browser opens the pages in this run")
    if not (BROUGHT / ".complete").exists():
        pytest.fail(f"The browser is not installed. `./test tests/browser` brings it; {SKIP}=1 goes without.")
    with browsing() as found:
        yield found


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The demo company, for tests that look and change little."""
    folder = tmp_path_factory.mktemp("company") / "data"
    with serving(folder) as server:
        server.engine.public_url = server.base_url
        yield Company(server, folder)


@pytest.fixture
def tab(browser: "Browser") -> Iterator[Tab]:
    """A tab in English; after the test nothing may have broken in it."""
    with opened(browser) as found:
        yield found
        found.check()


@pytest.fixture
def second(browser: "Browser") -> Iterator[Tab]:
    """Another person's browser."""
    with opened(browser) as found:
        yield found
        found.check()


@pytest.fixture
def second_raw(browser: "Browser") -> Iterator[Tab]:
    """A tab whose problems are looked at by the test itself."""
    with opened(browser) as found:
        yield found
