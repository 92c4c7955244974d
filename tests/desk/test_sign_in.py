"""The first administrator, passwords, links, sessions, roles, and the log."""

import re

import pytest
from desk_world import PASSWORD, Browser, DeskWorld

from hongyan.access.audit import Deed
from hongyan.access.operators import IDLE_MS, LINK_MS, SESSION_MS, Role, create_operator_txn, make_link_txn


def _set_up(desk: DeskWorld, name: str = "boss", password: str = PASSWORD, again: str | None = None, key: str | None = None) -> tuple[Browser, int]:
    browser = desk.browser()
    fields = {"key": key or desk.set_up_key, "name": name, "password": password, "again": password if again is None else again}
    return browser, browser.post("/console/set-up", fields).status_code


def test_the_first_administrator_is_made_once_by_who_has_the_key(desk: DeskWorld) -> None:
    assert desk.browser().get("/console/set-up?key=" + "0" * 32).status_code == 403
    assert _set_up(desk, key="0" * 32)[1] == 403
    assert desk.browser().get(f"/console/set-up?key={desk.set_up_key}").status_code == 200
    browser, status = _set_up(desk)
    assert status == 303
    assert browser.get("/console/operators").status_code == 200
    assert _set_up(desk, name="second")[1] == 409
    assert desk.browser().get(f"/console/set-up?key={desk.set_up_key}").status_code == 409


@pytest.mark.parametrize(
    ("name", "password", "again", "said"),
    [
        ("boss", "short", "short", "Too short"),
        ("boss", "x" * 201, "x" * 201, "Too long"),
        ("boss", "the boss is here", "the boss is here", "Do not put the name"),
        ("boss", "aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "Too simple"),
        *(("boss", known, known, "Too common") for known in ("password1234", "qwertyuiopas", "iloveyou1234", "1q2w3e4r5t6y")),
        ("boss", PASSWORD, PASSWORD + "!", "differ"),
        ("", PASSWORD, PASSWORD, "name of 1 to 64"),
        ("b" * 65, PASSWORD, PASSWORD, "name of 1 to 64"),
    ],
)
def test_a_bad_first_password_is_refused_with_its_reason(desk: DeskWorld, name: str, password: str, again: str, said: str) -> None:
    browser = desk.browser()
    answer = browser.post("/console/set-up", {"key": desk.set_up_key, "name": name, "password": password, "again": again})
    assert answer.status_code == 400
    assert said in answer.text
    assert f'"{password}"' not in answer.text


def test_signing_in_and_out(desk: DeskWorld) -> None:
    _set_up(desk)
    browser = desk.browser()
    asked = browser.get("/console/operators")
    assert (asked.status_code, asked.headers["location"]) == (303, "/console/sign-in?next=%2Fconsole%2Foperators")
    wrong = browser.post("/console/sign-in", {"name": "boss", "password": "not this one"})
    nobody = browser.post("/console/sign-in", {"name": "nobody", "password": PASSWORD})
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert re.sub("boss|nobody", "", wrong.text) == re.sub("boss|nobody", "", nobody.text), "the answer must not tell which names exist"
    right = browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD, "next": "/console/operators"})
    assert (right.status_code, right.headers["location"]) == (303, "/console/operators")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert browser.get("/console/operators").status_code == 200
    kept = browser.http.cookies["hongyan_session"]
    assert browser.post("/console/sign-out").status_code == 303
    assert desk.browser(session=kept).get("/console/operators").status_code == 303, "the session ended on the server too"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/console/", "/inbox", "/console/\\evil", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(desk: DeskWorld, wanted: str) -> None:
    _set_up(desk)
    answer = desk.browser().post("/console/sign-in", {"name": "boss", "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


def test_wrong_passwords_lock_the_name_for_a_while(desk: DeskWorld) -> None:
    _set_up(desk)
    browser = desk.browser()
    for _ in range(5):
        assert browser.post("/console/sign-in", {"name": "boss", "password": "wrong wrong wrong"}).status_code == 401
    assert browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD}).status_code == 429
    desk.pass_time(31_000)
    assert browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD}).status_code == 303


def test_a_link_lets_in_once_and_not_for_long(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    page = boss.post("/console/operators", {"name": "vera", "role": "viewer"}).text
    link = re.search(r"/console/enter\?token=[\w-]+", page)
    assert link
    vera = desk.browser()
    assert vera.get(link[0]).status_code == 303
    assert vera.get("/console/password").status_code == 200
    assert desk.browser().get(link[0]).status_code == 401
    late = re.search(r"/console/enter\?token=[\w-]+", boss.post("/console/operators", {"name": "late", "role": "viewer"}).text)
    assert late
    desk.pass_time(LINK_MS + 1000)
    assert desk.browser().get(late[0]).status_code == 401


def test_sessions_end(desk: DeskWorld) -> None:
    idle, busy = desk.operator(Role.VIEWER, "idle"), desk.operator(Role.VIEWER, "busy")
    spent = 0
    while spent + IDLE_MS // 2 < SESSION_MS:
        desk.pass_time(IDLE_MS // 2)
        spent += IDLE_MS // 2
        assert busy.get("/console/password").status_code == 200
    assert idle.get("/console/password").status_code == 303
    desk.pass_time(IDLE_MS // 2)
    desk.pass_time(1000)
    assert busy.get("/console/password").status_code == 303


def test_changing_the_password_ends_other_sessions(desk: DeskWorld) -> None:
    _set_up(desk)
    here, there = desk.browser(), desk.browser()
    for browser in (here, there):
        assert browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD}).status_code == 303
    fields = {"current": PASSWORD, "password": "another fine phrase", "again": "another fine phrase"}
    assert here.post("/console/password", {**fields, "current": "wrong"}).status_code == 401
    assert here.post("/console/password", fields).status_code == 200
    assert here.get("/console/password").status_code == 200
    assert there.get("/console/password").status_code == 303
    assert desk.browser().post("/console/sign-in", {"name": "boss", "password": PASSWORD}).status_code == 401


def test_operators_are_the_administrators_business(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR, "boss")
    for role in (Role.VIEWER, Role.SENDER, Role.APPROVER):
        browser = desk.operator(role)
        assert browser.get("/console/operators").status_code == 403
        assert browser.post("/console/operators", {"name": "x", "role": "administrator"}).status_code == 403
        assert browser.get("/console/audit").status_code == 403
    assert ">x<" not in boss.get("/console/operators").text


def test_a_change_must_come_from_our_own_page(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR, "boss")
    assert boss.post("/console/operators", {"name": "x", "role": "viewer"}, site="cross-site").status_code == 403
    assert boss.post("/console/operators", {"name": "x", "role": "viewer"}, site="same-site").status_code == 403
    assert boss.http.post("/console/operators", data={"name": "x", "role": "viewer"}).status_code == 403
    assert ">x<" not in boss.get("/console/operators").text


def test_there_is_always_an_administrator_and_a_disabled_operator_is_out(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR, "boss")
    assert boss.post("/console/operators/1/disable").status_code == 409
    assert boss.post("/console/operators/1/role", {"role": "viewer"}).status_code == 409
    other = desk.operator(Role.ADMINISTRATOR, "other")
    assert boss.post("/console/operators/2/disable").status_code == 303
    assert other.get("/console/password").status_code == 303
    assert boss.post("/console/operators/2/enable").status_code == 303
    assert boss.post("/console/operators/2/role", {"role": "viewer"}).status_code == 303
    assert boss.post("/console/operators", {"name": "other", "role": "viewer"}).status_code == 409


def test_the_log_tells_who_did_what(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR, "boss")
    boss.post("/console/operators", {"name": "vera", "role": "sender"})
    page = boss.get("/console/audit").text
    assert "operator.create" in page and "vera" in page and "127.0.0.1" in page
    assert "operator.signed_in" in page
    assert "operator.create" not in boss.get("/console/audit?actor=nobody").text


def test_every_page_is_fenced(desk: DeskWorld) -> None:
    answer = desk.operator(Role.ADMINISTRATOR).get("/console/operators")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "<script>" not in answer.text and " style=" not in answer.text and " onclick" not in answer.text


def test_a_link_keeps_the_language_it_asks_for(desk: DeskWorld) -> None:
    operator = desk.write(create_operator_txn, "lang", Role.VIEWER, "", Deed("test", "operator.create", "lang"))
    assert operator is not None
    token = desk.write(make_link_txn, operator.no, Deed("test", "operator.link", "lang"))
    browser = desk.browser()
    answer = browser.get(f"/console/enter?token={token}&lang=zh")

    assert answer.status_code == 303
    assert 'lang="zh' in browser.get(answer.headers["location"]).text or 'lang="zh' in browser.get("/console/o/dingtest/").text


def test_the_first_page_leads_to_console_inboxes_and_descriptions(desk: DeskWorld) -> None:
    browser = desk.browser()
    links = re.findall(r'href="(/[^"?]*)"', browser.get("/").text)

    for wanted in ("/console/", "/inbox", "/coverage", "/hongyan/v1/dingtalk/openapi.json", "/hongyan/v1/openapi.json"):
        assert wanted in links
        assert browser.get(wanted).status_code in (200, 303, 401), wanted
