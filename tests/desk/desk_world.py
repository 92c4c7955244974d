"""A browser's view of the console: cookies, forms, and where a request came from."""

from typing import Any

import httpx

from harness import Server, World
from hongyan.access.audit import Deed
from hongyan.access.operators import Role, create_operator_txn, make_link_txn
from hongyan.console.desk.sign_in import set_up_key
from hongyan.model.ids import EpochMs

PASSWORD = "correct horse battery"


class Browser:
    """One browser: it keeps cookies, says that forms come from our own pages, and follows no redirect by itself."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30, verify=False)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, headers={"accept-language": "en"}, **options)

    def post(self, path: str, fields: dict[str, str] | None = None, *, site: str = "same-origin") -> httpx.Response:
        return self.http.post(path, data=fields or {}, headers={"sec-fetch-site": site, "accept-language": "en"})


class DeskWorld(World):
    """An organisation and the people who look after it."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._browsers: list[Browser] = []

    def close(self) -> None:
        for browser in self._browsers:
            browser.http.close()

    @property
    def set_up_key(self) -> str:
        return set_up_key(self.engine)

    def pass_time(self, ms: int) -> None:
        self.clock.set(EpochMs(self.clock.now() + ms))

    def browser(self, *, session: str = "") -> Browser:
        made = Browser(self.server.base_url)
        if session:
            made.http.cookies.set("hongyan_session", session)
        self._browsers.append(made)
        return made

    def operator(self, role: Role, name: str = "") -> Browser:
        """A browser in which somebody with this role is signed in."""
        name = name or role.value
        operator = self.write(create_operator_txn, name, role, "", Deed("test", "operator.create", name))
        assert operator is not None
        browser = self.browser()
        token = self.write(make_link_txn, operator.no, Deed("test", "operator.link", name))
        answer = browser.get(f"/console/enter?token={token}")
        assert answer.status_code == 303, answer.text
        return browser
