"""Service accounts: making, changing, their lists, menus and end."""

import re

import pytest
from desk_world import Browser, DeskWorld

from harness import World
from hongyan.access.operators import Role
from hongyan.messages.menus import load_menu_txn

BASE = "/console/o/dingtest/accounts"
SCRIPT = "<script>alert(1)</script>"


def _log(boss: Browser) -> str:
    return boss.get("/console/audit").text


def _mine(desk: DeskWorld) -> str:
    return f"{BASE}/{desk.unionid}"


def test_an_account_is_made_and_sends(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    made = boss.post(BASE, {"name": "人事服务", "brief": "入职与假期", "unionid": "hr"})
    assert (made.status_code, made.headers["location"]) == (303, f"{BASE}/hr")
    page = boss.get(f"{BASE}/hr").text
    assert "人事服务" in page and "入职与假期" in page
    assert desk.send(unionid="hr")["errcode"] == 0
    assert "is called" in boss.post(BASE, {"name": "人事服务"}).text
    assert "taken" in boss.post(BASE, {"name": "other", "unionid": "hr"}).text
    assert "account.create" in _log(boss)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "blank"),
        ({"name": "x" * 81}, "longer"),
        ({"name": "x", "avatar_media_id": "@none"}, "no picture"),
        ({"name": "x", "unionid": "a/b"}, "slash"),
    ],
)
def test_a_wrong_account_is_refused(desk: DeskWorld, fields: dict[str, str], said: str) -> None:
    answer = desk.operator(Role.ADMINISTRATOR).post(BASE, fields)
    assert answer.status_code == 400 and said in answer.text.lower()


def test_lists_decide_who_gets_messages(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    fields = {"name": "服务号", "blocked": "u2", "allow_userids": "u1，u2", "allow_depts": "20"}
    assert boss.post(_mine(desk), fields).status_code == 303
    page = boss.get(f"{_mine(desk)}?done=saved").text
    assert "Saved." in page and "u1, u2" in page and "1 blocked" in page
    task = desk.send_ok(userid_list="u1,u2,u3")
    assert desk.people(task, "unread") == {"u1"}
    assert boss.post(_mine(desk), {"name": "服务号", "allow_depts": "x"}).status_code == 400
    assert boss.post(_mine(desk), {"name": "服务号", "allow_all": "1"}).status_code == 303
    assert desk.people(desk.send_ok(userid_list="u2,u3"), "unread") == {"u2", "u3"}


def test_the_end_is_final_and_needs_the_name(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    assert boss.post(f"{_mine(desk)}/end", {"typed": "服务"}).status_code == 400
    assert desk.send()["errcode"] == 0
    assert boss.post(f"{_mine(desk)}/end", {"typed": "服务号"}).status_code == 303
    assert desk.send()["errcode"] != 0
    page = boss.get(_mine(desk)).text
    assert "cannot change any more" in page and "/end" not in page
    assert boss.post(_mine(desk), {"name": "again", "allow_all": "1"}).status_code == 409
    assert "Ended service accounts (1)" in boss.get(BASE).text
    assert boss.get(f"{_mine(desk)}/menu").status_code == 404
    assert boss.post(f"{_mine(desk)}/menu", {"b0.name": "x"}).status_code == 404
    assert "account.end" in _log(boss)


def test_a_menu_is_written_row_by_row(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    fields = {
        "shown": "1",
        "b0.name": "帮助", "b0.type": "view", "b0.value": "https://example.com/help",
        "b1.name": "更多",
        "b1.0.name": "签到", "b1.0.type": "click", "b1.0.value": "SIGN",
        "b1.2.name": "文章", "b1.2.type": "view_article", "b1.2.value": "12",
        "b2.name": "",
    }  # fmt: skip
    assert boss.post(f"{_mine(desk)}/menu", fields).status_code == 303
    menu = desk.read(load_menu_txn, desk.corp, desk.account.sender)
    assert menu.shown and not menu.enable_input
    assert [button.name for button in menu.button] == ["帮助", "更多"]
    assert [button.name for button in menu.button[1].sub_button] == ["签到", "文章"]
    page = boss.get(f"{_mine(desk)}/menu").text
    assert 'value="https://example.com/help"' in page and re.search(r'value="view_article" selected', page)
    assert boss.post(f"{_mine(desk)}/menu", {name: value for name, value in fields.items() if name != "shown"}).status_code == 303
    assert not desk.read(load_menu_txn, desk.corp, desk.account.sender).shown
    assert "account.menu" in _log(boss)


@pytest.mark.parametrize(
    "fields",
    [
        {"b0.name": "x"},
        {"b0.name": "x", "b0.type": "view", "b0.value": "javascript:alert(1)"},
        {"b0.name": "x", "b0.type": "click"},
        {"b0.name": "x" * 81, "b0.type": "click", "b0.value": "k"},
        {"b0.name": "x", "b0.type": "strange", "b0.value": "k"},
        {"b0.0.name": "below nothing", "b0.0.type": "click", "b0.0.value": "k"},
    ],
)
def test_a_wrong_menu_is_refused_and_stays_in_the_form(desk: DeskWorld, fields: dict[str, str]) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    answer = boss.post(f"{_mine(desk)}/menu", fields)
    assert answer.status_code == 400 and "choose what a click does" in answer.text
    assert not desk.read(load_menu_txn, desk.corp, desk.account.sender).button


def test_changes_are_the_administrators(desk: DeskWorld) -> None:
    for role in (Role.VIEWER, Role.SENDER, Role.APPROVER):
        browser = desk.operator(role)
        for path in (BASE, _mine(desk), f"{_mine(desk)}/end", f"{_mine(desk)}/menu"):
            assert browser.post(path, {"name": "x", "typed": "服务号"}).status_code == 403, path
        for path in (BASE, _mine(desk), f"{_mine(desk)}/menu"):
            assert browser.get(path).status_code == 200
    assert desk.send()["errcode"] == 0


def test_another_organisations_accounts_are_out_of_reach(desk: DeskWorld) -> None:
    other = World(desk.server, corp_id="dingother")
    boss = desk.operator(Role.ADMINISTRATOR)
    assert other.unionid not in boss.get(BASE).text
    assert boss.get(f"{BASE}/{other.unionid}").status_code == 404
    assert boss.post(f"{BASE}/{other.unionid}/end", {"typed": "服务号"}).status_code == 404
    assert boss.post(f"{BASE}/{other.unionid}", {"name": "mine now", "allow_all": "1"}).status_code in (404, 409)
    assert other.send()["errcode"] == 0


def test_script_in_every_field_is_text(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    boss.post(BASE, {"name": SCRIPT, "brief": SCRIPT, "descr": SCRIPT, "unionid": "<b>u"})
    lists = dict.fromkeys(("operators", "blocked", "allow_userids"), SCRIPT.replace(" ", ""))
    assert boss.post(_mine(desk), {"name": "</title>" + SCRIPT, "brief": SCRIPT, "descr": "</textarea>" + SCRIPT, **lists}).status_code == 303
    assert boss.post(f"{_mine(desk)}/menu", {"b0.name": SCRIPT, "b0.type": "click", "b0.value": f'">{SCRIPT}'}).status_code == 303
    for path in (BASE, _mine(desk), f"{_mine(desk)}/menu", f"{BASE}/%3Cb%3Eu", "/console/audit"):
        page = boss.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text and "<b>u" not in page.text, path
