"""Where the browser is, and how it is started."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROUGHT = Path(__file__).parents[2] / ".browser"
AXE = BROUGHT / "node" / "node_modules" / "axe-core" / "axe.min.js"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ON_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# No look-ups and no services of the browser's own: the tests look at every address that is called.
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic")


def find_chromium() -> tuple[str, dict[str, str]]:
    """The program and the variables it needs: the one named by HONGYAN_CHROMIUM, the one that was brought, or the machine's."""
    named = os.environ.get("HONGYAN_CHROMIUM")
    if named:
        return named, {}
    folder = BROUGHT / "chromium"
    if (folder / "chromium").exists() and (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return str(folder / "chromium"), {"LD_LIBRARY_PATH": str(folder / "al2023" / "lib")}
    found = next((path for name in _NAMES if (path := shutil.which(name))), None) or (str(_ON_MAC) if _ON_MAC.exists() else None)
    if found is None:
        raise FileNotFoundError("No Chromium for this machine: install one, or name it in HONGYAN_CHROMIUM.")
    return found, {}


@contextmanager
def browsing() -> Iterator["Browser"]:
    """A running browser without a window."""
    if (brought := str(BROUGHT / "python")) not in sys.path:
        sys.path.append(brought)
    from playwright.sync_api import sync_playwright

    program, variables = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_QUIET, chromium_sandbox=False, env={**os.environ, **variables})
        try:
            yield browser
        finally:
            browser.close()
