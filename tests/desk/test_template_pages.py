"""Templates in the console: written, tried out, reviewed by whoever may, and never beyond the organisation that has them."""

import re
from typing import Any

import pytest
from desk_world import Browser, DeskWorld

from hongyan.access.audit import page_audit_txn
from hongyan.access.edit import install_app_txn
from hongyan.access.operators import Role
from hongyan.access.records import AppKind, Installation, app_by_key_txn
from hongyan.delivery.inbox import END
from hongyan.directory.edit import create_corp_txn
from hongyan.messages.template_book import (
    EVERY_CORP,
    KeptTemplate,
    TemplateOwner,
    create_template_txn,
    edit_template_txn,
    load_template_txn,
    make_template_id,
    reject_template_txn,
    submit_template_txn,
)
from hongyan.messages.templates import MarkdownTemplate

CANARY = "<script>canary()</script>"
ROOT = "/console/o/dingtest"
FORM = {
    "name": "请假结果",
    "title": "您的请假有了结果",
    "head_text": "人事",
    "head_color": "FF1677FF",
    "content": "${who}，您好",
    "row_key_0": "天数",
    "row_value_0": "${days}",
    "mobile_link": "https://example.com/${who}",
}


@pytest.fixture
def agent(desk: DeskWorld) -> int:
    """The world's own app, installed."""
    app = desk.read(app_by_key_txn, desk.app_key)
    assert app is not None
    assert isinstance(desk.write(install_app_txn, desk.corp, app.no, 4711, "app"), Installation)
    return 4711


def _create(desk: DeskWorld, browser: Browser, kind: str = "form", **changes: str) -> str:
    answer = browser.post(f"{ROOT}/new-template?app={desk.app_key}&kind={kind}", FORM | changes)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


def _kept(desk: DeskWorld, template_id: str) -> KeptTemplate:
    kept = desk.read(load_template_txn, template_id)
    assert kept is not None
    return kept


def _deeds(desk: DeskWorld) -> list[tuple[str, str]]:
    return [(entry.deed.actor, entry.deed.action) for entry in desk.read(page_audit_txn, END, 100) if entry.deed.action.startswith("template.")]


def _step(browser: Browser, template_id: str, name: str, revision: int = 1, **fields: str) -> int:
    return browser.post(f"{ROOT}/templates/{template_id}/{name}", {"revision": str(revision), **fields}).status_code


def test_a_template_from_the_first_draft_to_a_second_version(desk: DeskWorld) -> None:
    sender, approver = desk.operator(Role.SENDER, "sam"), desk.operator(Role.APPROVER, "ada")
    template_id = _create(desk, sender)
    page = sender.get(f"{ROOT}/templates/{template_id}").text
    assert "请假结果" in page and "${days}" in page and "/approve" not in page
    assert _step(sender, template_id, "submit") == 303
    assert _step(sender, template_id, "submit") == 409
    assert sender.post(f"{ROOT}/templates/{template_id}/edit", FORM).status_code == 409, "what is in review stays as it is"
    assert _step(sender, template_id, "approve") == 403
    assert _step(approver, template_id, "reject", reason="  ") == 400
    assert _step(approver, template_id, "reject", reason=f"Too short {CANARY}") == 303
    rejected = sender.get(f"{ROOT}/templates/{template_id}").text
    assert "Too short" in rejected and CANARY not in rejected

    assert sender.post(f"{ROOT}/templates/{template_id}/edit", FORM | {"content": "second ${who}"}).status_code == 303
    assert _step(sender, template_id, "submit", 2) == 303
    assert _step(approver, template_id, "approve", 1) == 409, "nobody approves a text that they did not see"
    assert _step(approver, template_id, "approve", 2) == 303
    assert _kept(desk, template_id).sends
    assert sender.post(f"{ROOT}/templates/{template_id}/edit", FORM | {"content": "third"}).status_code == 303
    assert _kept(desk, template_id).approved_revision == 2, "the draft stands beside the version in use"
    assert "second ${who}" in sender.get(f"{ROOT}/templates/{template_id}?revision=2").text
    assert _step(sender, template_id, "disable") == 403
    assert _step(approver, template_id, "disable") == 303 and not _kept(desk, template_id).sends
    assert _step(approver, template_id, "enable") == 303 and _kept(desk, template_id).sends
    assert _deeds(desk)[:3] == [("ada", "template.enable"), ("ada", "template.disable"), ("sam", "template.edit")]
    assert ("ada", "template.reject") in _deeds(desk) and len(_deeds(desk)) == 9


def test_what_cannot_be_a_template_is_said_and_kept_in_the_form(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    address = f"{ROOT}/new-template?app={desk.app_key}&kind=form"
    answer = sender.post(address, FORM | {"title": "for ${who}", "row_key_0": "x" * 5001, "head_color": "red", "mobile_link": ""})
    assert answer.status_code == 400
    for said in ("Message title is not filled", "Row 1: label is longer than 5000", "Head colour must be 8", "Link on phones is blank"):
        assert said in answer.text
    assert "您好" in answer.text, "what was typed is still there"
    chinese = sender.http.post(
        address, data=FORM | {"title": "for ${who}", "head_color": "red"}, headers={"sec-fetch-site": "same-origin", "accept-language": "zh"}
    )
    assert "不能含有参数 ${who}" in chinese.text and "应该是 8 位十六进制数" in chinese.text
    card = sender.post(f"{ROOT}/new-template?app={desk.app_key}&kind=action_card", {"name": "n", "title": "t", "content": "# big"})
    assert card.status_code == 400 and "heading" in card.text and "Buttons must be 1 to 10" in card.text
    assert _deeds(desk) == []


def test_the_preview_follows_what_is_typed_and_keeps_nothing(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    fields = {"name": "n", "title": "t", "content": f"**Dear** ${{who}}, $userName=u1$ {CANARY}", "p:who": f"Anna {CANARY} $userName=u2$"}
    piece = sender.post(f"{ROOT}/preview-template?kind=markdown", fields).text
    assert "<strong>Dear</strong>" in piece and "Anna" in piece and "人2" in piece and CANARY not in piece
    assert 'name="p:who"' in piece and 'data-names="who"' in piece
    page = sender.post(f"{ROOT}/new-template?app={desk.app_key}&kind=markdown", fields | {"preview": "1"})
    assert page.status_code == 200 and "<strong>Dear</strong>" in page.text and CANARY not in page.text, "the same without script"
    assert desk.operator(Role.VIEWER).post(f"{ROOT}/preview-template?kind=markdown", fields).status_code == 403
    assert _deeds(desk) == []


def test_every_field_of_every_kind_comes_back_escaped(desk: DeskWorld) -> None:
    sender = desk.operator(Role.SENDER)
    bad = f'"><b>{CANARY}'
    names = ("name", "title", "content", "image", "scenario", "head_text", "head_color", "mobile_link", "pc_link")
    pairs = ("button_title_0", "button_url_0", "row_key_0", "row_value_0")
    for kind in ("markdown", "action_card", "form"):
        answer = sender.post(
            f"{ROOT}/new-template?app={desk.app_key}&kind={kind}", dict.fromkeys((*names, *pairs), bad) | {"preview": "1", "p:x": bad}
        )
        assert answer.status_code == 200 and "canary" in answer.text
        assert CANARY not in answer.text and "<b><script" not in answer.text


def test_a_test_send_reaches_one_person_and_counts(desk: DeskWorld, agent: int) -> None:
    sender = desk.operator(Role.SENDER, "sam")
    template_id = _create(desk, sender)
    address = f"{ROOT}/templates/{template_id}/try"
    fields = {"userid": "u1", "agent_id": str(agent), "p:who": "张三", "p:days": "3"}
    assert desk.operator(Role.VIEWER).post(address, fields).status_code == 403
    sent = sender.post(address, fields)
    assert sent.status_code == 200 and "Sent." in sent.text and "/inboxes/u1/look/" in sent.text
    assert desk.inbox("u1")[0]["body"]["form"] == [{"key": "天数", "value": "3"}]
    assert "nobody called" in sender.post(address, fields | {"userid": f"x{CANARY}"}).text
    assert "cannot be tried out" in sender.post(address, fields | {"agent_id": "999"}).text
    assert ("sam", "template.try") in _deeds(desk)


def test_copying_and_deleting(desk: DeskWorld) -> None:
    sender, approver = desk.operator(Role.SENDER), desk.operator(Role.APPROVER)
    template_id = _create(desk, sender, name="x" * 64)
    copied = sender.post(f"{ROOT}/templates/{template_id}/clone")
    copy_id = copied.headers["location"].partition("?")[0].rpartition("/")[2]
    assert _kept(desk, copy_id).name.endswith("(copy)") and len(_kept(desk, copy_id).name) == 64
    assert sender.post(f"{ROOT}/templates/{template_id}/delete").status_code == 403
    assert approver.post(f"{ROOT}/templates/{template_id}/delete").status_code == 303
    assert sender.get(f"{ROOT}/templates/{template_id}").status_code == 404
    assert copy_id in sender.get(f"{ROOT}/templates").text and template_id not in sender.get(f"{ROOT}/templates").text


def _suite_template(desk: DeskWorld) -> str:
    """The template of a third-party app that is installed in the world's organisation."""
    desk.add_app("suite", kind=AppKind.THIRD_PARTY)
    app = desk.read(app_by_key_txn, "suite")
    assert app is not None
    made: Any = desk.write(create_template_txn, TemplateOwner(app.no, EVERY_CORP), MarkdownTemplate("共用", "t", "c"), make_template_id())
    return made.template_id


def test_templates_of_installed_suites_are_there_and_anothers_are_not(desk: DeskWorld) -> None:
    template_id = _suite_template(desk)
    own = _create(desk, desk.operator(Role.SENDER))
    viewer = desk.operator(Role.VIEWER)
    page = viewer.get(f"{ROOT}/templates").text
    assert "all organisations" in page and template_id in page and own in page
    assert template_id not in viewer.get(f"{ROOT}/templates?app={desk.app_key}").text
    desk.write(create_corp_txn, "dingother", "另一家", "Asia/Shanghai")
    for one in (template_id, own):
        assert viewer.get(f"/console/o/dingother/templates/{one}").status_code == 404
        assert one not in viewer.get("/console/o/dingother/templates").text
    approver = desk.operator(Role.APPROVER)
    assert approver.post(f"/console/o/dingother/templates/{own}/delete").status_code == 404


def test_the_list_is_filtered_by_state_and_paged(desk: DeskWorld) -> None:
    app = desk.read(app_by_key_txn, desk.app_key)
    assert app is not None
    owner = TemplateOwner(app.no, desk.corp)
    for number in range(60):
        made: Any = desk.write(create_template_txn, owner, MarkdownTemplate(f"t{number}", "t", "c"), f"id{number:03}")
        if number % 2:
            submitted: Any = desk.write(submit_template_txn, made)
            desk.write(reject_template_txn, submitted, "no")
        if number == 3:
            desk.write(edit_template_txn, _kept(desk, "id003"), MarkdownTemplate("t3", "t", "c2"))
    viewer = desk.operator(Role.VIEWER)
    first = viewer.get(f"{ROOT}/templates").text
    assert "id049" in first and "id050" not in first
    following = re.search(r'after=([^"&]+)"', first)
    assert following
    second = viewer.get(f"{ROOT}/templates?after={following[1]}").text
    assert "id050" in second and "id059" in second and "id049" not in second
    drafts = viewer.get(f"{ROOT}/templates?state=draft").text
    assert "id003" in drafts and "id005" not in drafts and "id058" in drafts
