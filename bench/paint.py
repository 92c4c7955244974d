"""How long the console's pages take until something stands in the window, in a real browser beside a page of the same server with nothing in it.

Started by `scripts/paint`. Cold: a browser that has never seen the server. Warm: one that keeps its cache and comes again.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
from chromium import browsing
from company import pages_of

from cli.cli_server import running
from hongyan.sandbox.demo import DEMO_CORP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NOTHING = "/console/nothing"  # answered with a line of JSON: no style, no script, nothing looked up
_PAINTED = """() => new Promise((done) => {
  const told = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    if (!paint) return setTimeout(told, 5);
    const page = performance.getEntriesByType('navigation')[0];
    done({ paint: paint.startTime, answer: page.responseEnd - page.requestStart });
  };
  told();
})"""


class Visit(NamedTuple):
    """Milliseconds until the first paint with content, and of them what the answer took."""

    paint: float
    answer: float


def visit(page: "Page", address: str) -> Visit:
    page.goto(address)
    found: dict[str, float] = page.evaluate(_PAINTED)
    return Visit(found["paint"], found["answer"])


def cold(browser: "Browser", state: Any, address: str, visits: int) -> list[Visit]:
    """Each visit the first one of a browser profile."""
    found: list[Visit] = []
    for _ in range(visits):
        with browser.new_context(storage_state=state, locale="zh-CN") as context:
            found.append(visit(context.new_page(), address))
    return found


def warm(context: "BrowserContext", address: str, visits: int) -> list[Visit]:
    """After a first visit that does not count, with an empty page between."""
    page = context.new_page()
    found = [visit(page, address) for _ in range(visits + 1)]
    page.close()
    return found[1:]


def measure(browser: "Browser", base: str, link: str, visits: int, only: str) -> None:
    with httpx.Client(base_url=base, follow_redirects=True, timeout=30) as http:
        token = http.get(link).history[0].cookies["hongyan_session"]
        addresses = {kind: one for kind, one in pages_of(http, DEMO_CORP).items() if only in kind}
    state: Any = {"cookies": [{"name": "hongyan_session", "value": token, "url": base}], "origins": []}
    print(f"{'ms':<44}{'warm':>7}{'worst':>7}{'answer':>8}{'cold':>7}{'worst':>7}")
    with browser.new_context(storage_state=state, locale="zh-CN") as context:
        for kind, address in {"an empty page": NOTHING, "/": "/", **addresses}.items():
            _tell(kind, warm(context, base + address, visits), cold(browser, state, base + address, visits))


def _tell(kind: str, again: list[Visit], first: list[Visit]) -> None:
    warm_paint, cold_paint = [one.paint for one in again], [one.paint for one in first]
    answer = statistics.median(one.answer for one in again)
    kind = kind.replace("/o/{corp}", "")
    print(
        f"{kind[:43]:<44}{statistics.median(warm_paint):>7.0f}{max(warm_paint):>7.0f}{answer:>8.1f}{statistics.median(cold_paint):>7.0f}{max(cold_paint):>7.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="First contentful paint of the console's pages.")
    parser.add_argument("--visits", type=int, default=9, help="of each page, cold and warm")
    parser.add_argument("--only", default="", help="pages whose path holds this")
    chosen = parser.parse_args()
    os.environ.setdefault("LANG", "C.UTF-8")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data", "demo", until="Serving") as server:
        lines = server.output.split()
        link = next(one for one in lines if "/console/enter?" in one)
        base = link.partition("/console/")[0]
        with browsing() as browser:
            measure(browser, base, link, chosen.visits, chosen.only)


if __name__ == "__main__":
    main()
