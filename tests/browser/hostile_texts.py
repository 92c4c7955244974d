"""An organisation in which everything that can hold text holds an attack."""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from desk_world import DeskWorld
from tab import CANARY

from harness import SEND, Server
from hongyan.access.edit import NewAccount, create_account_txn
from hongyan.access.records import Account, app_by_key_txn
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry
from hongyan.messages.articles import Draft, NewArticle, add_article_txn, publish_article_txn
from hongyan.messages.library import Card, put_card_txn
from hongyan.messages.template_book import TemplateOwner, create_template_txn
from hongyan.messages.templates import ActionCardTemplate, TemplateButton
from hongyan.model.ids import CorpId

RUN = f"window.{CANARY}=1"
SHORT = f'"><img src=x onerror={RUN}>'  # fits where 64 characters are the most
SCRIPT = f"</script></textarea></title>\"'><script>{RUN}</script><svg onload={RUN}><img src=x onerror={RUN}>{{{{7*7}}}}${{7*7}}"
LINKS = (f"javascript:{RUN}", f"JaVaScRiPt:{RUN}", f"java\nscript:{RUN}", f"data:text/html,<script>{RUN}</script>", f" javascript:{RUN}")
HTML = (
    f"<p>text <a href='javascript:{RUN}'>early</a> <a href='https://fine.example/'>fine</a></p><script>{RUN}</script><img src=x onerror={RUN}><svg><script>{RUN}</script></svg><math><mtext></p><style><img src=x onerror={RUN}>"
    f"<iframe srcdoc='<script>parent.{CANARY}=1</script>'></iframe><form action=/console/sign-out method=post><button>x</button></form>"
    f"<a href='javascript:{RUN}'>a</a><a href='data:text/html,<script>{RUN}</script>'>b</a><base href='https://evil.example/'>"
    f"<meta http-equiv=refresh content='0;url=https://evil.example/'><link rel=stylesheet href=https://evil.example/x.css>"
    f"<style>body{{background:url(https://evil.example/x)}}</style><p style='background:url(https://evil.example/y)' onclick={RUN}>p</p>"
    f"<object data='data:text/html,<script>{RUN}</script>'></object><video src=https://evil.example/v.mp4 autoplay></video>"
)
READER = "u1"


class Listener:
    """Something inside the network that must never be called."""

    def __init__(self) -> None:
        calls: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                calls.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.calls = calls
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def picture(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/inside.png"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Hostile(DeskWorld):
    """Names, messages, articles, templates, files, requests."""

    def __init__(self, server: Server, inside: str) -> None:
        super().__init__(server)
        self.inside = inside
        people = (UserEntry("evil", SHORT, (10,), title=SHORT), UserEntry(READER, SHORT, (10,)))
        self.change(OrgChange((DeptEntry(40, SHORT.replace("-", "")),), people, (RoleEntry(8, SHORT, SHORT, ("evil",)),)))
        account = self.write(create_account_txn, self.corp, CorpId(self.corp_id), NewAccount(SHORT[:30], SHORT, SHORT))
        assert isinstance(account, Account)
        self.account, self.unionid = account, account.unionid
        self.engine.access.forget()
        self.card = self._card()
        self._template()
        self.tasks = [self.send_ok(**one) for one in self.messages()]
        self._requests()

    def _card(self) -> str:
        articles: list[int] = []
        for _ in range(2):
            new = NewArticle(Draft(SHORT, HTML, SHORT), secrets.token_hex(4))
            number = self.write(add_article_txn, self.corp, self.account.sender, new)
            assert isinstance(number, int)
            self.write(publish_article_txn, self.corp, self.account.sender, number)
            articles.append(number)
        self.write(put_card_txn, self.corp, Card("cardevil", self.account.sender, tuple(articles)))
        return "cardevil"

    def _template(self) -> None:
        app = self.read(app_by_key_txn, self.app_key)
        assert app is not None
        content = ActionCardTemplate(name=SHORT[:20], title=SHORT, content=SCRIPT, buttons=(TemplateButton(SHORT[:20], LINKS[0]),), scenario=SCRIPT)
        self.write(create_template_txn, TemplateOwner(app.no, self.corp), content, "0" * 32)

    def _requests(self) -> None:
        """What lands in the log of requests: refused ones, with attacks in address, headers and body."""
        evil = {"user-agent": SHORT, "x-forwarded-for": SHORT}
        self.server.client.post(SEND, params={"access_token": SCRIPT, SHORT: SHORT}, content=json.dumps({SHORT: SCRIPT}), headers=evil)
        self.server.client.post(f"/topapi/{SHORT}", params={"access_token": self.token}, data={SHORT: SCRIPT}, headers=evil)
        self.send(userid_list=SHORT, uuid=SHORT)

    def messages(self) -> list[dict[str, Any]]:
        """One of every message type that takes text, and one for each bad link."""
        markdown = f"{SCRIPT}\n\n[a]({LINKS[0]}) [b](<{LINKS[3]}>) ![c]({self.inside}) ![d]({LINKS[0]}) <{LINKS[0]}>\n\n{HTML}"
        oa = {
            "message_url": LINKS[0],
            "head": {"bgcolor": "FFBBBBBB", "text": "<b>x</b>"},
            "body": {"title": SCRIPT, "form": [{"key": SCRIPT, "value": SCRIPT}], "rich": {"num": SHORT, "unit": SHORT}}
            | {"content": SCRIPT, "image": self.inside, "file_count": SHORT, "author": SCRIPT},
            "status_bar": {"status_value": SHORT, "status_bg": "FFBBBBBB"},
        }
        found = [
            {"text_content": f'{SCRIPT} {LINKS[0]} {self.inside} https://evil.example/"onmouseover={RUN}'},
            _block("markdown", title=SHORT, text=markdown),
            _block("oa", **oa),
            _block("action_card", title=SHORT, markdown=markdown, btn_orientation="0", button_list=[_button(link) for link in LINKS]),
            {"msg_type": "news_card", "media_id": self.card, "text_content": None},
        ]
        found += [_block("link", title=SHORT, link_url=link, summary=SCRIPT, cover_image_media_id=self.inside) for link in LINKS]
        found += [_block("action_card", title=SHORT, markdown=markdown, single_title=SHORT[:20], single_url=link) for link in LINKS]
        return found


def _block(msg_type: str, **members: Any) -> dict[str, Any]:
    return {"msg_type": msg_type, "msg_body": {msg_type: members}, "text_content": None}


def _button(link: str) -> dict[str, str]:
    return {"title": SHORT[:20], "action_url": link}
