"""Sending by hand: what the form offers, what it foresees, and what it sends."""

import html
import re
from typing import Any

import pytest
from desk_world import Browser, DeskWorld

from hongyan.access.audit import page_audit_txn
from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, install_app_txn
from hongyan.access.operators import Role
from hongyan.access.records import ALL_SCOPES, Account, AppKind, Installation, app_by_key_txn
from hongyan.access.sealing import Seal
from hongyan.access.suites import NewSuite, Suite, create_suite_txn
from hongyan.admission.rules import Mode
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, create_corp_txn
from hongyan.messages.template_book import EVERY_CORP, KeptTemplate, TemplateOwner, approve_template_txn, create_template_txn, submit_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.model.ids import CorpId

SCRIPT = "<script>alert(1)</script>"
CANARY = '"><img src=x onerror=alert(1)>'
COMPOSE = "/console/o/dingtest/compose"


@pytest.fixture
def sender(desk: DeskWorld) -> Browser:
    return desk.operator(Role.SENDER)


def _mass(desk: DeskWorld, **fields: str) -> dict[str, str]:
    return {"from": f"mass:{desk.account.sender}", "type": "text", "text.text": "hello", "users": "u1", "uuid": "a" * 32} | fields


def _install(desk: DeskWorld) -> Installation:
    app = desk.read(app_by_key_txn, desk.app_key)
    assert app
    made = desk.write(install_app_txn, desk.corp, app.no, 7001, "通知")
    assert isinstance(made, Installation)
    return made


def _suite_with_template(desk: DeskWorld, text: str = "**${name}**, welcome to ${place}") -> tuple[Installation, str]:
    suite = desk.write(create_suite_txn, Seal(desk.engine.key), NewSuite("suite1", "套件", ALL_SCOPES))
    assert isinstance(suite, Suite)
    installation = desk.write(install_app_txn, desk.corp, suite.app.no, 9001, "套件")
    assert isinstance(installation, Installation)

    def make(tx: Any, now: Any) -> str:
        template = create_template_txn(tx, TemplateOwner(suite.app.no, EVERY_CORP), MarkdownTemplate("欢迎", "欢迎", text), "b" * 32, now)
        assert isinstance(template, KeptTemplate)
        submitted = submit_template_txn(tx, template, now)
        assert isinstance(submitted, KeptTemplate)
        approve_template_txn(tx, submitted, now)
        return template.template_id

    return installation, desk.write(make)


def _sent(answer: Any) -> str:
    """The task id of a send that was taken."""
    assert answer.status_code == 303, answer.text
    found = re.search(r"sent=([A-Za-z0-9]+)", answer.headers["location"])
    assert found
    return found[1]


def _text(answer: Any) -> str:
    """What a reader sees, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


# --- sending


def test_a_mass_send_by_hand_stands_in_the_inbox_and_in_the_log(desk: DeskWorld, sender: Browser) -> None:
    answer = sender.post(COMPOSE, _mass(desk, depts="10", do="send"))
    task_id = _sent(answer)

    assert desk.inbox("u1")[0]["body"]["text"] == "hello"
    assert desk.inbox("u4"), "u4 is in department 11, below 10"
    page = sender.get(answer.headers["location"])
    assert f"/console/o/dingtest/sends/{task_id}" in page.text
    entry = desk.read(page_audit_txn, 1 << 60, 1)[0]
    assert (entry.deed.actor, entry.deed.action, entry.deed.subject) == ("sender", "send.accept", task_id)
    assert entry.deed.detail["sender"] == "服务号"


def test_pressing_send_twice_sends_once(desk: DeskWorld, sender: Browser) -> None:
    _sent(sender.post(COMPOSE, _mass(desk, do="send")))
    again = sender.post(COMPOSE, _mass(desk, do="send"))

    assert again.status_code == 409
    assert "800035" in again.text
    assert len(desk.inbox("u1")) == 1


def test_a_refusal_says_its_code_text_and_advice_and_keeps_the_form_with_a_new_uuid(desk: DeskWorld, sender: Browser) -> None:
    desk.rule("mass.sends_per_day", limit=0)
    answer = sender.post(COMPOSE, _mass(desk, users="u1 u2", do="send", **{"text.text": "keep me"}))

    assert answer.status_code == 409
    assert "800014" in answer.text and "群发消息次数超过今日限制" in answer.text
    assert "keep me" in answer.text and "a" * 32 not in answer.text
    assert not desk.inbox("u1")
    assert not [one for one in desk.read(page_audit_txn, 1 << 60, 9) if one.deed.action == "send.accept"]


def test_a_preview_goes_to_one_person_alone(desk: DeskWorld, sender: Browser) -> None:
    answer = sender.post(COMPOSE, _mass(desk, everyone="on", do="preview", preview_to="u3"))

    assert answer.status_code == 200
    assert "The preview was sent to u3" in answer.text
    assert desk.inbox("u3") and not desk.inbox("u1")


@pytest.mark.parametrize("nobody", ["", "nobody"])
def test_a_preview_to_nobody_reaches_nobody(desk: DeskWorld, sender: Browser, nobody: str) -> None:
    installation = _install(desk)
    for source in (f"mass:{desk.account.sender}", f"work:{installation.sender}"):
        sender.post(COMPOSE, _mass(desk, do="preview", preview_to=nobody, everyone="on", **{"from": source}))

    assert not any(desk.inbox(userid) for userid in ("u1", "u2", "u3"))


def test_a_work_notice_by_hand(desk: DeskWorld, sender: Browser) -> None:
    installation = _install(desk)
    fields = {"from": f"work:{installation.sender}", "type": "markdown", "markdown.title": "标题", "markdown.text": "**正文**", "depts": "20"}
    task_id = _sent(sender.post(COMPOSE, fields | {"do": "send"}))

    assert task_id.isdecimal()
    assert desk.inbox("u2")[0]["body"] == {"type": "markdown", "title": "标题", "text": "**正文**"}


def test_a_notice_keeps_the_limits_of_notices(desk: DeskWorld, sender: Browser) -> None:
    installation = _install(desk)
    fields = {"from": f"work:{installation.sender}", "type": "text", "text.text": "x" * 5001, "users": "u1", "do": "send"}

    assert sender.post(COMPOSE, fields).status_code == 409
    assert not desk.inbox("u1")


def test_a_template_by_hand_with_its_parameters(desk: DeskWorld, sender: Browser) -> None:
    installation, template_id = _suite_with_template(desk)
    form = sender.get(f"{COMPOSE}?from=template:{installation.sender}")
    assert 'name="param.name"' in form.text and 'name="param.place"' in form.text
    fields = {"from": f"template:{installation.sender}", "template_id": template_id, "users": "u1", "param.name": "王", "param.place": "鸿雁"}
    _sent(sender.post(COMPOSE, fields | {"do": "send"}))

    assert desk.inbox("u1")[0]["body"]["text"] == "**王**, welcome to 鸿雁"


def test_parameters_without_a_value_are_named_before_the_send(desk: DeskWorld, sender: Browser) -> None:
    installation, template_id = _suite_with_template(desk)
    fields = {"from": f"template:{installation.sender}", "template_id": template_id, "users": "u1", "param.name": "王"}

    assert "stand as they are: place" in _text(sender.post(f"{COMPOSE}/look", fields))


BODIES: dict[str, dict[str, str]] = {
    "text": {"text": "hi"},
    "markdown": {"title": "t", "text": "# x"},
    "action_card": {"title": "t", "markdown": "m", "buttons": "multi", "orientation": "1", "button1": "a", "address1": "https://a.example/", "button2": "b", "address2": "https://b.example/"},
    "link": {"title": "t", "url": "https://example.com/", "summary": "s", "open_type": "1"},
    "oa": {"url": "https://example.com/", "head_text": "h", "head_color": "FFBBBBBB", "title": "t", "key1": "k", "value1": "v", "rich_num": "3"},
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_every_written_type_can_be_sent(desk: DeskWorld, sender: Browser, name: str) -> None:
    values = {f"{name}.{field}": value for field, value in BODIES[name].items()}
    _sent(sender.post(COMPOSE, _mass(desk, type=name, do="send") | values))

    assert desk.inbox("u1")[0]["body"]["type"] == name


# --- what it foresees


def test_the_head_count_is_of_the_union(desk: DeskWorld, sender: Browser) -> None:
    look = sender.post(f"{COMPOSE}/look", _mass(desk, users="u1\nu3", depts="10", roles="7"))
    # Department 10 with 11 below it has eight of twelve people, u1 and u2 among them; u3 is of department 20.
    assert "9 people, each once" in _text(look)
    assert "9 people will get it" in _text(look)


def test_nothing_foreseen_is_written(desk: DeskWorld, sender: Browser) -> None:
    for _ in range(3):
        sender.post(f"{COMPOSE}/look", _mass(desk))

    assert not desk.inbox("u1")
    _sent(sender.post(COMPOSE, _mass(desk, do="send")))


def test_who_is_left_out_is_named_with_the_rule(desk: DeskWorld, sender: Browser) -> None:
    desk.send_ok(userid_list="u1,u2", text_content="again")
    look = _text(sender.post(f"{COMPOSE}/look", _mass(desk, users="u1 u2 u3", **{"text.text": "again"})))

    assert "1 person will get it" in look
    assert "Same content 2" in look and "人1 (u1)" in look


def test_what_observation_would_stop_is_told_apart(desk: DeskWorld, sender: Browser) -> None:
    desk.rule("mass.same_content", mode=Mode.OBSERVE)
    desk.send_ok(userid_list="u1,u2", text_content="again")
    look = _text(sender.post(f"{COMPOSE}/look", _mass(desk, users="u1 u2", **{"text.text": "again"})))

    assert "2 people will get it" in look and "Only observed" in look


def test_a_limit_that_is_near_is_marked_before_it_refuses(desk: DeskWorld, sender: Browser) -> None:
    desk.rule("mass.sends_per_day", limit=1)
    near = _text(sender.post(f"{COMPOSE}/look", _mass(desk, users="u1 u2")))
    desk.send_ok(userid_list="u1,u2")
    over = _text(sender.post(f"{COMPOSE}/look", _mass(desk, users="u1 u2")))

    assert "Mass sends a day near its limit" in near
    assert "it would be refused" in over and "800014" in over and "Mass sends a day over" in over


def test_a_blank_form_asks_for_what_is_missing_and_refuses_nothing(desk: DeskWorld, sender: Browser) -> None:
    page = _text(sender.get(COMPOSE))

    assert "Still missing receivers the text" in page
    assert "would be refused" not in page


def test_the_preview_draws_the_message(desk: DeskWorld, sender: Browser) -> None:
    look = sender.post(f"{COMPOSE}/look", _mass(desk, type="markdown", **{"markdown.title": "t", "markdown.text": "**bold** " + SCRIPT}))

    assert "<strong>bold</strong>" in look.text
    assert "<script" not in look.text


def test_everything_written_is_escaped(desk: DeskWorld, sender: Browser) -> None:
    texts = (
        "text.text",
        "markdown.title",
        "link.title",
        "link.url",
        "oa.title",
        "oa.key1",
        "action_card.button1",
        "find",
        "preview_to",
        "users",
        "uuid",
    )
    for evil in (SCRIPT, CANARY):
        page = sender.post(COMPOSE, _mass(desk, do="refresh") | dict.fromkeys(texts, evil))
        assert SCRIPT not in page.text and "<img src=x" not in page.text
        sent = sender.post(COMPOSE, _mass(desk, do="send") | dict.fromkeys(texts, evil))
        assert SCRIPT not in sent.text and "<img src=x" not in sent.text


def test_names_of_people_departments_and_parameters_are_escaped(desk: DeskWorld, sender: Browser) -> None:
    desk.change(OrgChange((DeptEntry(66, SCRIPT),), (UserEntry("evil", CANARY, (66,)),)))
    for page in (
        sender.get(COMPOSE),
        sender.get(f"{COMPOSE}/people?find=evil"),
        sender.get(f"{COMPOSE}/people?find=script"),
        sender.post(f"{COMPOSE}/look", _mass(desk, users="evil", depts="66")),
    ):
        assert page.status_code == 200
        assert SCRIPT not in page.text and "<img src=x" not in page.text


# --- the picker


def test_departments_unfold_with_and_without_a_script(desk: DeskWorld, sender: Browser) -> None:
    assert "后端" not in sender.get(COMPOSE).text
    assert "后端" in sender.get(f"{COMPOSE}/departments?parent=10").text
    opened = sender.post(COMPOSE, _mass(desk, do="open.10"))
    assert "后端" in opened.text and 'aria-expanded="true"' in opened.text
    assert "后端" not in sender.post(COMPOSE, _mass(desk, do="open.10", opened="10")).text


def test_people_and_departments_are_found_by_name_and_id(desk: DeskWorld, sender: Browser) -> None:
    assert "add.users.u12" in sender.get(f"{COMPOSE}/people?find=人12").text
    assert "add.users.u12" in sender.get(f"{COMPOSE}/people?find=u12").text
    assert "add.depts.20" in sender.get(f"{COMPOSE}/people?find=市").text
    assert "Nothing found" in sender.get(f"{COMPOSE}/people?find=zzz").text


def test_boxes_add_and_cleared_boxes_take_away(desk: DeskWorld, sender: Browser) -> None:
    added = sender.post(COMPOSE, _mass(desk, do="refresh", **{"add.depts.20": "on", "add.users.u2": "on"}))
    assert "5 people, each once" in _text(added), "u1, u2 and the four-strong department 20 without them"
    cleared = sender.post(COMPOSE, _mass(desk, users="u1 u2", do="refresh", **{"was.users.u2": "on"}))
    assert "1 person, each once" in _text(cleared)
    dropped = sender.post(COMPOSE, _mass(desk, users="u1 u2", do="drop.users.u2"))
    assert "1 person, each once" in _text(dropped)


def test_ids_that_name_nobody_are_marked(desk: DeskWorld, sender: Browser) -> None:
    look = _text(sender.post(f"{COMPOSE}/look", _mass(desk, users="u1 ghost", depts="999 abc")))

    assert "ghost unknown" in look and "999 unknown" in look and "unknown: abc" in look


# --- who may, and whose


@pytest.mark.parametrize("path", ["", "/people?find=u", "/departments?parent=1"])
def test_a_viewer_cannot_send(desk: DeskWorld, path: str) -> None:
    viewer = desk.operator(Role.VIEWER)

    assert viewer.get(COMPOSE + path).status_code == 403
    assert viewer.post(COMPOSE, _mass(desk, do="send")).status_code == 403
    assert viewer.post(f"{COMPOSE}/look", _mass(desk)).status_code == 403
    assert not desk.inbox("u1")


def test_a_foreign_page_cannot_make_a_browser_send(desk: DeskWorld, sender: Browser) -> None:
    assert sender.post(COMPOSE, _mass(desk, do="send"), site="cross-site").status_code == 403
    assert not desk.inbox("u1")


def test_senders_and_people_of_another_organisation_are_out_of_reach(desk: DeskWorld, sender: Browser) -> None:
    other = desk.write(create_corp_txn, "dingother", "别家", "Asia/Shanghai")
    foreign = desk.write(create_account_txn, other, CorpId("dingother"), NewAccount("别家的号"))
    assert isinstance(foreign, Account)
    made = desk.write(create_app_txn, other, NewApp("otherkey", "别家应用", AppKind.INTERNAL, tuple(ALL_SCOPES), (), "s"))
    assert isinstance(made, tuple)
    # The form falls back to a sender of its own organisation, so the foreign account sends nothing.
    page = sender.post(COMPOSE, _mass(desk, **{"from": f"mass:{foreign.sender}"}, app="otherkey", do="refresh"))
    assert f'value="mass:{desk.account.sender}" selected' in page.text and "别家的号" not in page.text
    _sent(sender.post(COMPOSE, _mass(desk, **{"from": f"mass:{foreign.sender}"}, app="otherkey", do="send")))
    assert desk.inbox("u1")[0]["sender"]["name"] == "服务号"
    assert sender.get("/console/o/dingother/compose").status_code == 200
    assert sender.get("/console/o/dingother/compose/people?find=u1").text.count("add.users") == 0


def test_an_organisation_without_senders_says_so(desk: DeskWorld, sender: Browser) -> None:
    desk.write(create_corp_txn, "dingempty", "空", "Asia/Shanghai")

    assert "no service account or app that may send" in sender.get("/console/o/dingempty/compose").text
    assert sender.post("/console/o/dingempty/compose", {"do": "send", "users": "u1"}).status_code == 409


@pytest.mark.parametrize("path", ["?from=mass:999&type=nothing&depts=99999999999999999999", "?from=x&users=%00&opened=a,b", "/departments?parent=x"])
def test_odd_addresses_are_taken_or_refused_without_a_traceback(sender: Browser, path: str) -> None:
    assert sender.get(COMPOSE + path).status_code in (200, 400)


def test_roles_are_not_carried_from_a_mass_send_into_a_notice(desk: DeskWorld, sender: Browser) -> None:
    installation = _install(desk)
    fields = {"from": f"work:{installation.sender}", "type": "text", "text.text": "x", "users": "u5", "roles": "7"}

    assert "1 person will get it" in _text(sender.post(f"{COMPOSE}/look", fields))
    _sent(sender.post(COMPOSE, fields | {"do": "send"}))
    assert not desk.inbox("u1")
