"""The demo company with its month, and every page of the console that a link leads to."""

import html
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from starlette.routing import Match, Route
from tab import enter_link

from callback_receiver import AES_KEY, TOKEN
from harness import SEND, Server
from hongyan.access.callbacks import NewCallback, Style, save_callback_txn
from hongyan.access.operators import Role
from hongyan.access.records import account_by_unionid_txn, app_by_key_txn
from hongyan.access.sealing import Seal
from hongyan.console.desk.frame import PREFIX
from hongyan.console.desk.routes import PAGES
from hongyan.delivery.said import Writer, say_txn
from hongyan.directory.records import load_corp_txn, load_person_txn
from hongyan.model.ids import EpochMs
from hongyan.sandbox.demo import APP_KEY, DEMO_CORP, SEED_TOKEN, UNIONID, USERIDS, seed_demo
from hongyan.sandbox.demo_month import fill_month
from hongyan.store.interface import Tx

READER = USERIDS[0]
DESK = f"{PREFIX}/o/{DEMO_CORP}"
# What an address says about places in lists, choices of the header and filters: the page stays the same.
PLAIN = frozenset(
    {
        "lang",
        "theme",
        "before",
        "after",
        "corp",
        "to",
        "next",
        "dept",
        "parent",
        "account",
        "all",
        "task",
        "person",
        "sender",
        "unassigned",
        "state",
        "app",
        "q",
    }
)
_ROUTES = {page.path: Route(PREFIX + page.path, lambda request: None) for page in PAGES if page.method == "GET"}


class Company:
    """A server that was started as `hongyan demo` starts it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        server.run(seed_demo(server.engine, folder))
        assert server.run(fill_month(server.engine)) > 100
        server.run(server.engine.store.write(_callback_txn, Seal(server.engine.key)))
        self.call_around()

    def send(self, **changes: Any) -> dict[str, Any]:
        body = {"unionid": UNIONID, "uuid": secrets.token_hex(8), "msg_type": "text", "text_content": "hello", "userid_list": READER} | changes
        return self.server.client.post(SEND, params={"access_token": SEED_TOKEN}, json=body).json()

    def call_around(self) -> None:
        """Calls of an integrator's first day: what works, and what is refused for different reasons."""
        self.send(text_content="你好，这是第一条消息。")
        self.send(userid_list=f"{READER},nobody")
        self.send(msg_type="markdown", msg_body={"markdown": {"title": "周报", "text": "**完成** 三项"}})
        for _ in range(2):
            self.send(text_content="今晚 22:00 升级，期间无法登录。", userid_list=f"{READER},manager4220,newhire001")
        self.send(unionid="wrong")
        self.send(uuid="")
        self.server.client.post(SEND, params={"access_token": "expired"}, json={})
        self.server.client.post("/topapi/v2/user/get", params={"access_token": SEED_TOKEN}, json={"userid": READER})

    def pages(self) -> dict[str, str]:
        """Of each kind of page of the desk that clicking leads to, one address."""
        return crawl(self.server, DEMO_CORP)


def _callback_txn(tx: Tx, seal: Seal, now: EpochMs) -> None:
    """The app hears of what readers write, and its own server does not answer."""
    app, corp = app_by_key_txn(tx, APP_KEY), load_corp_txn(tx, DEMO_CORP)
    assert app is not None and corp is not None
    person, account = load_person_txn(tx, corp.no, READER), account_by_unionid_txn(tx, corp.no, UNIONID)
    assert person is not None and account is not None
    save_callback_txn(tx, seal, NewCallback(app.no, corp.no, Style.FLAT, APP_KEY, "http://127.0.0.1:9/callback", TOKEN, AES_KEY), now)
    say_txn(tx, Writer(corp.no, person, account, seal, "http://127.0.0.1"), "收到，谢谢。", now)


def crawl(server: Server, corp_id: str) -> dict[str, str]:
    """Of each kind of page of the desk that clicking leads an administrator to, one address."""
    with httpx.Client(base_url=server.base_url, follow_redirects=True, timeout=30) as http:
        http.get(enter_link(server, Role.ADMINISTRATOR, "crawler"))
        return pages_of(http, corp_id)


def pages_of(http: httpx.Client, corp_id: str) -> dict[str, str]:
    """The same, for whoever is signed in already."""
    found: dict[str, str] = {}
    base = str(http.base_url).rstrip("/")
    waiting = [f"{PREFIX}/o/{corp_id}/", f"{PREFIX}/password"]
    while waiting:
        address = waiting.pop(0)
        path = page_at(address)
        kind = kind_of(path, address) if path else ""
        if not kind or kind in found:
            continue
        answer = http.get(address)
        if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html") or "<html" not in answer.text:
            continue
        found[kind] = address
        links = [urljoin(str(answer.url), html.unescape(one)) for one in re.findall(r'href="([^"#]+)', answer.text)]
        waiting += [one.removeprefix(base) for one in links if one.startswith(base + PREFIX) and ("/o/" not in one or f"/o/{corp_id}/" in one)]
    return found


def kind_of(path: str, address: str) -> str:
    """The page's path, with what its address asks for beyond places in lists and choices of the header."""
    asked = sorted(set(httpx.URL(address).params) - PLAIN)
    return f"{path}?{'&'.join(asked)}" if asked else path


def page_at(address: str) -> str | None:
    """The path, as the table of pages spells it, of what answers at an address."""
    scope = {"type": "http", "path": httpx.URL(address).path, "method": "GET"}
    return next((path for path, route in _ROUTES.items() if route.matches(scope)[0] is Match.FULL), None)
