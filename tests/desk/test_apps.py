"""Apps, suites, installations and their callbacks."""

import re

import httpx
import pytest
from desk_world import Browser, DeskWorld

from callback_receiver import AES_KEY, TOKEN, receiving
from harness import World
from hongyan.access.operators import Role
from hongyan.access.records import AppKind

BASE = "/console/o/dingtest/apps"
APP = f"{BASE}/app/key-dingtest"
SCRIPT = "<script>alert(1)</script>"


def _secret(answer: httpx.Response) -> str:
    found = re.search(r'id="secret">([^<]+)<', answer.text)
    assert found, answer.text
    return found[1]


def _works(desk: DeskWorld, token: str) -> bool:
    return desk.post("/topapi/v2/user/get", {"userid": "u1"}, token=token).json()["errcode"] == 0


def _log(boss: Browser) -> str:
    return boss.get("/console/audit").text


def test_a_new_app_shows_its_secret_once_and_works(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    made = boss.post(BASE, {"name": "报销", "key": "expenses", "number": "555", "scope:qyapi_base": "1", "scope:qyapi_get_member": "1"})
    secret = _secret(made)
    assert made.status_code == 200 and made.headers["cache-control"] == "no-store"
    assert secret not in boss.get(f"{BASE}/app/expenses").text + _log(boss)
    assert "app.create" in _log(boss)
    assert _works(desk, desk.get_token("expenses", secret))
    page = boss.get(BASE).text
    assert "报销" in page and 'href="/console/o/dingtest/apps/agents/555"' in page
    assert "taken" in boss.post(BASE, {"name": "x", "key": "expenses"}).text
    assert "taken" in boss.post(BASE, {"name": "x", "key": "other", "number": "555"}).text
    assert boss.get(f"{BASE}/app/other").status_code == 404, "a refused app leaves nothing behind"


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 81}, {"name": "x", "key": "a/b"}, {"name": "x", "number": "zero"}, {"name": "x", "number": "0"}]
)
def test_a_wrong_app_is_refused(desk: DeskWorld, fields: dict[str, str]) -> None:
    answer = desk.operator(Role.ADMINISTRATOR).post(BASE, fields)
    assert answer.status_code == 400 and "Nothing was changed" in answer.text


def test_permissions_and_addresses_change_at_once(desk: DeskWorld) -> None:
    boss, token = desk.operator(Role.ADMINISTRATOR), desk.token
    assert _works(desk, token)
    assert boss.post(APP, {"name": "renamed", "scope:qyapi_base": "1", "more_scopes": "qyapi_other"}).status_code == 303
    assert not _works(desk, token)
    page = boss.get(f"{APP}?done=saved").text
    assert "renamed" in page and "qyapi_other" in page and "Saved." in page
    assert boss.post(APP, {"name": "renamed", "scope:qyapi_get_member": "1", "allow_ips": "10.0.0.0/8\n192.0.2.1"}).status_code == 303
    assert not _works(desk, token), "this address is not among those that may call"
    assert "is no address" in boss.post(APP, {"name": "x", "allow_ips": "somewhere"}).text
    assert boss.post(APP, {"name": "renamed", "scope:qyapi_get_member": "1"}).status_code == 303
    assert _works(desk, token)


def test_a_renewed_secret_ends_the_old_one(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    secret = _secret(boss.post(f"{APP}/secret"))
    assert secret != desk.secret and secret not in _log(boss)
    assert _works(desk, desk.get_token(secret=secret))
    assert desk.server.client.get("/gettoken", params={"appkey": desk.app_key, "appsecret": desk.secret}).json()["errcode"] != 0


def test_revoked_tokens_do_not_come_back(desk: DeskWorld) -> None:
    boss, old = desk.operator(Role.ADMINISTRATOR), desk.token
    assert boss.post(f"{APP}/revoke").status_code == 303
    assert not _works(desk, old)
    fresh = desk.get_token()
    assert fresh != old and _works(desk, fresh) and not _works(desk, old)
    assert "app.revoke_tokens" in _log(boss)


def test_a_disabled_app_calls_nothing_until_it_is_enabled(desk: DeskWorld) -> None:
    boss, old = desk.operator(Role.ADMINISTRATOR), desk.token
    assert boss.post(f"{APP}/switch", {"to": "disabled"}).status_code == 303
    assert not _works(desk, old)
    assert ">disabled<" in boss.get(APP).text
    assert boss.post(f"{APP}/switch", {"to": "live"}).status_code == 303
    fresh = desk.get_token()
    assert fresh != old and _works(desk, fresh) and not _works(desk, old), "enabling does not bring the old token back"


def test_a_suite_is_made_installed_and_ranged(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    made = boss.post(f"{BASE}/suites", {"name": "考勤", "key": "suitex", "number": "77", "scope:qyapi_base": "1"})
    assert _secret(made) and "not installed" in made.text
    viewer = desk.operator(Role.VIEWER)
    assert viewer.get(f"{BASE}/app/suitex").status_code == 404, "a suite that is not installed here is the server's business"
    assert boss.post(f"{BASE}/agents", {"key": "suitex", "agent_id": "777"}).status_code == 303
    assert boss.post(f"{BASE}/agents", {"key": "suitex", "agent_id": "777"}).status_code == 409
    assert viewer.get(f"{BASE}/app/suitex").status_code == 200
    agent = f"{BASE}/agents/777"
    assert boss.post(agent, {"name": "考勤助手", "visible_userids": "u1, u2", "visible_depts": "20", "admins": "u1"}).status_code == 303
    page = viewer.get(agent).text
    assert "考勤助手" in page and "some people" in page and "u1, u2" in page
    assert boss.post(agent, {"name": "x", "visible_depts": "a"}).status_code == 400
    assert boss.post(agent, {"name": ""}).status_code == 400
    assert boss.post(f"{agent}/switch", {"to": "disabled"}).status_code == 303
    assert ">disabled<" in viewer.get(agent).text
    ticket = boss.post(f"{BASE}/app/suitex/ticket")
    shown = re.search(r'id="ticket">([^<]+)<', ticket.text)
    assert shown and shown[1] not in boss.get(f"{BASE}/app/suitex").text + _log(boss)
    assert boss.post(f"{agent}/uninstall").status_code == 303
    assert boss.get(agent).status_code == 404
    log = _log(boss)
    assert all(
        action in log for action in ("suite.create", "app.install", "installation.change", "installation.disable", "suite.ticket", "app.uninstall")
    )


def test_changes_are_the_administrators(desk: DeskWorld) -> None:
    desk.add_app("third", kind=AppKind.THIRD_PARTY)
    agent = re.search(r"apps/agents/(\d+)", desk.operator(Role.VIEWER, "first").get(BASE).text)
    assert agent
    paths = [BASE, f"{BASE}/suites", f"{BASE}/agents", APP, f"{BASE}/agents/{agent[1]}", f"{BASE}/agents/{agent[1]}/uninstall"]
    paths += [f"{APP}/{what}" for what in ("switch", "secret", "revoke", "ticket", "callback", "callback/delete", "callback/1/again")]
    for role in (Role.VIEWER, Role.SENDER, Role.APPROVER):
        browser = desk.operator(role)
        for path in paths:
            assert browser.post(path, {"name": "x"}).status_code == 403, path
        for path in (BASE, APP, f"{APP}/callback", f"{BASE}/agents/{agent[1]}"):
            page = browser.get(path)
            assert page.status_code == 200 and 'method="post" action="/console/o/' not in page.text, path


def test_another_organisations_apps_are_out_of_reach(desk: DeskWorld) -> None:
    other = World(desk.server, corp_id="dingother")
    boss = desk.operator(Role.ADMINISTRATOR)
    theirs = f"{BASE}/app/{other.app_key}"
    assert other.app_key not in boss.get(BASE).text
    for path in (theirs, f"{theirs}/callback", f"{BASE}/agents/99999999999999999999999"):
        assert boss.get(path).status_code == 404, path
    for what in ("/secret", "/revoke", "/switch", "/ticket"):
        assert 'id="secret"' not in boss.post(theirs + what, {"to": "disabled"}).text
    assert boss.post(f"{BASE}/agents", {"key": other.app_key, "agent_id": "4242"}).status_code == 409
    assert other.get_token() == other.token, "nothing of it changed"


def test_a_callback_is_asked_saved_and_its_log_is_shown(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    page = boss.get(f"{APP}/callback").text
    assert re.search(r'name="aes_key" value="[A-Za-z0-9]{43}"', page), "a first callback is given a key to copy"
    with receiving() as receiver:
        fields = {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY, "kind:user_add_org": "1"}
        failed = boss.post(f"{APP}/callback", {**fields, "url": "http://127.0.0.1:9/none"})
        assert failed.status_code == 409 and "did not pass the check" in failed.text
        assert boss.post(f"{APP}/callback", {**fields, "url": "ftp://x"}).status_code == 400
        assert boss.post(f"{APP}/callback", fields).status_code == 303
        shown = boss.get(f"{APP}/callback").text
        assert receiver.url in shown and AES_KEY not in shown and TOKEN not in shown
        assert AES_KEY not in _log(boss) and "callback.save" in _log(boss)
        boss.post("/console/o/dingtest/organisation/person", {"userid": "joined", "name": "Joined", "depts": "10", "active": "1"})
        receiver.wait(lambda one: bool(one.of("user_add_org")))
        event = re.search(r'/callback/(\d+)"', boss.get(f"{APP}/callback").text)
        assert event
        detail = boss.get(f"{APP}/callback/{event[1]}").text
        assert "joined" in detail and "user_add_org" in detail
        assert "No events yet" in boss.get(f"{APP}/callback?state=failed").text
        assert boss.post(f"{APP}/callback/{event[1]}/again").status_code == 303
        receiver.wait(lambda one: len(one.of("user_add_org")) == 2)
    assert boss.post(f"{APP}/callback/delete").status_code == 303
    assert receiver.url not in boss.get(f"{APP}/callback").text


def test_script_in_every_field_is_text(desk: DeskWorld) -> None:
    boss = desk.operator(Role.ADMINISTRATOR)
    made = boss.post(BASE, {"name": SCRIPT, "key": "<b>k", "number": "900"})
    assert _secret(made)
    boss.post(f"{BASE}/app/%3Cb%3Ek", {"name": SCRIPT, "more_scopes": SCRIPT.replace(" ", "")})
    boss.post(f"{BASE}/agents/900", {"name": SCRIPT, "admins": SCRIPT, "description": SCRIPT, "logo_url": SCRIPT, "visible_userids": SCRIPT})
    for path in (BASE, f"{BASE}/app/%3Cb%3Ek", f"{BASE}/agents/900", f"{BASE}/app/%3Cb%3Ek/callback", "/console/audit"):
        page = boss.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text and "<b>k" not in page.text, path
