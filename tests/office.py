"""A world with an internal app and a third-party app installed, and an approved template."""

from typing import Any

from harness import World
from hongyan.access.edit import install_app_txn
from hongyan.access.records import AppKind, app_by_key_txn
from hongyan.messages.template_book import TemplateOwner, approve_template_txn, create_template_txn, load_template_txn, submit_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.model.ids import CorpNo

BASE = "/topapi/message/corpconversation"
AGENT, SUITE_AGENT = 5001, 5002


class Office:
    """A world whose internal app and whose third-party app `suite` are installed, with an approved template."""

    def __init__(self, world: World) -> None:
        self.world = world
        own = world.read(app_by_key_txn, world.app_key)
        assert own is not None
        world.write(install_app_txn, world.corp, own.no, AGENT, "自建应用")
        world.add_app("suite", kind=AppKind.THIRD_PARTY)
        suite = world.read(app_by_key_txn, "suite")
        assert suite is not None
        self.suite = suite
        world.write(install_app_txn, world.corp, suite.no, SUITE_AGENT, "套件应用")
        self.suite_token = world.corp_token("suite")
        self.add_template("greeting", "你好${name}，${名字}")

    def add_template(self, template_id: str, text: str, *, approve: bool = True, submit: bool = True) -> None:
        owner = TemplateOwner(self.suite.no, CorpNo(0))
        self.world.write(create_template_txn, owner, MarkdownTemplate(name=template_id, title="通知", content=text), template_id)
        if submit:
            self.world.write(submit_template_txn, self.template(template_id))
        if approve and submit:
            self.world.write(approve_template_txn, self.template(template_id))

    def template(self, template_id: str) -> Any:
        return self.world.read(load_template_txn, template_id)

    def send(self, text: str = "通知", **changes: Any) -> dict[str, Any]:
        body = {"agent_id": AGENT, "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": text}}, **changes}
        return self.world.post(f"{BASE}/asyncsend_v2", {name: value for name, value in body.items() if value is not None}).json()

    def by_template(self, **changes: Any) -> dict[str, Any]:
        body = {"agent_id": SUITE_AGENT, "template_id": "greeting", "userid_list": "u1", "data": {"name": "张三"}, **changes}
        clean = {name: value for name, value in body.items() if value is not None}
        return self.world.post(f"{BASE}/sendbytemplate", clean, token=self.suite_token).json()

    def result(self, task_id: int, *, suite: bool = False) -> dict[str, Any]:
        body = {"agent_id": SUITE_AGENT if suite else AGENT, "task_id": task_id}
        reply = self.world.post(f"{BASE}/getsendresult", body, token=self.suite_token if suite else self.world.token).json()
        assert reply["errcode"] == 0, reply
        return reply["send_result"]

    def ask(self, name: str, **body: Any) -> dict[str, Any]:
        return self.world.post(f"{BASE}/{name}", {"agent_id": AGENT, **body}).json()
