"""A tab that notes what must never happen: errors, broken rules of the page's policy, calls to other addresses."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness import Server
from hongyan.access.audit import Deed
from hongyan.access.edit import add_reader_txn
from hongyan.access.keys import token_hash
from hongyan.access.operators import Role, create_operator_txn, make_link_txn, operator_named_txn
from hongyan.directory.records import load_corp_txn, load_person_txn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

WIDE, PHONE = (1440, 900), (375, 812)
WAIT_MS = 5000
CANARY = "canary"  # what the scripts of the attack cases set on the window, if one of them ever runs


class Tab:
    """One page of one browser session. `problems` are gathered while it is used, and looked at by `check`."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.base = ""
        self.agrees = False  # to questions of the page
        self._hosts: set[str] = set()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", self._asked)
        context.on("request", self._called)

    def _heard(self, message: "ConsoleMessage") -> None:
        # A refused page or picture is said by its status; what a page does wrong, or what the browser keeps from it, is said in other words.
        if message.type == "error" and not message.text.startswith("Failed to load resource: the server responded"):
            self.problems.append(f"console: {message.text}")

    def _asked(self, dialog: "Dialog") -> None:
        if dialog.type in ("confirm", "beforeunload") and self.agrees:
            dialog.accept()
        else:
            self.problems.append(f"dialog: {dialog.message}")
            dialog.dismiss()

    def _called(self, request: "Request") -> None:
        if urlsplit(request.url).netloc not in self._hosts:
            self.problems.append(f"called {request.url}")

    # --- going somewhere

    def at(self, server: Server) -> "Tab":
        """Look at this server."""
        self.base = server.base_url
        self._hosts.add(urlsplit(server.base_url).netloc)
        return self

    def go(self, path: str) -> "Page":
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, server: Server, role: Role, name: str = "") -> "Tab":
        """Come in as an operator with this role, by a link that works once."""
        name = name or role.value
        self.at(server).go(enter_link(server, role, name))
        return self

    def open_inbox(self, server: Server, corp_id: str, userid: str) -> "Page":
        """The inbox page of a person."""
        token = secrets.token_urlsafe(16)
        server.run(server.engine.store.write(_reader_txn, token, corp_id, userid))
        return self.at(server).go(f"/inbox?token={token}")

    def set_size(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    # --- looking

    def check(self) -> None:
        """Nothing that must never happen has happened."""
        hit = [frame.url for frame in self.page.frames if frame.evaluate(f"window.{CANARY}")]
        assert not hit, f"a script of an attack case ran in {hit}"
        assert not self.problems, self.problems

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def focused(self) -> str:
        """What has the focus, in words: tag, id or name, text."""
        return self.page.evaluate(
            """() => { const e = document.activeElement; if (!e || e === document.body) return "";
            const text = (e.getAttribute("aria-label") || e.innerText || e.value || "").trim().slice(0, 40);
            return [e.tagName.toLowerCase(), e.id || e.getAttribute("name") || "", text].join(" ").trim(); }"""
        )


def enter_link(server: Server, role: Role, name: str) -> str:
    """Where an operator with this role comes in, made when there is none of this name."""

    async def made() -> str:
        store, deed = server.engine.store, Deed("test", "operator.link", name)
        operator = await store.read(operator_named_txn, name) or await store.write(create_operator_txn, name, role, "", deed)
        assert operator is not None
        return await store.write(make_link_txn, operator.no, deed)

    return f"/console/enter?token={server.run(made())}"


def _reader_txn(tx: Any, token: str, corp_id: str, userid: str, now: Any) -> None:
    corp = load_corp_txn(tx, corp_id)
    assert corp is not None
    person = load_person_txn(tx, corp.no, userid)
    assert person is not None
    add_reader_txn(tx, token_hash(token), corp.no, person.ord, now)


@contextmanager
def opened(browser: "Browser", *, language: str = "en", size: tuple[int, int] = WIDE, dark: bool = False) -> Iterator[Tab]:
    """A tab with cookies of its own."""
    context = browser.new_context(
        locale={"en": "en-US", "zh": "zh-CN"}[language],
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",
    )
    try:
        yield Tab(context)
    finally:
        context.close()
