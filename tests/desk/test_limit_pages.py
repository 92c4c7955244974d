"""Limits on the desk: what is used, what the rules did, and changes to them."""

import html
import re
import uuid
from typing import Any

import pytest
from desk_world import Browser, DeskWorld

from hongyan.access.audit import page_audit_txn
from hongyan.access.edit import NewAccount, create_account_txn, install_app_txn
from hongyan.access.operators import Role
from hongyan.access.records import Account, Installation, app_by_key_txn
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import RULES, Mode, Profile
from hongyan.admission.standing import rule_days_txn
from hongyan.console.desk.rule_words import RULE_WORDS
from hongyan.directory.edit import create_corp_txn
from hongyan.model.clock import DAY_MS, MINUTE_MS
from hongyan.model.ids import CorpId, Day

LIMITS = "/console/o/dingtest/limits"
NOTICE = "/topapi/message/corpconversation/asyncsend_v2"
AGENT = 7001


def _text(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def _install(desk: DeskWorld) -> Installation:
    app = desk.read(app_by_key_txn, desk.app_key)
    assert app
    made = desk.write(install_app_txn, desk.corp, app.no, AGENT, "通知")
    assert isinstance(made, Installation)
    return made


def _notice(desk: DeskWorld, userids: str, text: str = "") -> dict[str, Any]:
    body = {"agent_id": AGENT, "userid_list": userids, "msg": {"msgtype": "text", "text": {"content": text or uuid.uuid4().hex}}}
    reply: dict[str, Any] = desk.post(NOTICE, body).json()
    assert reply["errcode"] == 0, reply
    return reply


def _days(desk: DeskWorld) -> list[tuple[str, int, int, int]]:
    days = desk.read(rule_days_txn, desk.corp, desk.account.sender, Day(0))
    return [(one.rule, one.refused, one.filtered, one.observed) for one in days]


@pytest.fixture
def boss(desk: DeskWorld) -> Browser:
    return desk.operator(Role.ADMINISTRATOR)


@pytest.fixture
def own(desk: DeskWorld) -> str:
    return f"{LIMITS}/{desk.account.sender}"


# --- what the rules did


def test_each_refusal_and_each_person_left_out_is_counted_by_rule_and_day(desk: DeskWorld) -> None:
    desk.send_ok(userid_list="u1,u2", text_content="same")
    desk.send_ok(userid_list="u1,u2,u3", text_content="same")
    desk.rule("mass.sends_per_day", limit=2)
    assert desk.send(userid_list="u1,u2")["errcode"] == 800014
    assert desk.send(userid_list="u1,u2")["errcode"] == 800014
    desk.rule("mass.same_content", mode=Mode.OBSERVE)
    desk.rule("mass.sends_per_day", mode=Mode.OFF)
    desk.send_ok(userid_list="u1,u2", text_content="same")

    assert sorted(_days(desk)) == [("mass.same_content", 0, 2, 2), ("mass.sends_per_day", 2, 0, 0)]


def test_a_send_that_reaches_everybody_leaves_nothing_there(desk: DeskWorld) -> None:
    desk.send_ok()
    desk.send_ok(userid_list="u1,u2")

    assert _days(desk) == []


def test_a_task_that_fails_as_a_whole_counts_once(desk: DeskWorld) -> None:
    desk.rule("mass.audience_cap", limit=3)
    desk.send_ok(is_to_all=True, userid_list=None)

    assert _days(desk) == [("mass.audience_cap", 1, 0, 0)]


def test_many_at_once_are_all_counted(desk: DeskWorld) -> None:
    desk.rule("mass.account_qps", limit=0)
    for _ in range(7):
        assert desk.send()["errcode"] == 800055

    assert _days(desk) == [("mass.account_qps", 7, 0, 0)]


def test_a_sender_shows_its_last_seven_days(desk: DeskWorld, boss: Browser, own: str) -> None:
    desk.send_ok(userid_list="u1,u2", text_content="same")
    desk.send_ok(userid_list="u1,u2", text_content="same")
    shown = _text(boss.get(own))
    assert "Same content 0 2 0" in shown
    assert 'aria-label="People left out. The last 7 days, today last: 0, 0, 0, 0, 0, 0, 2"' in boss.get(own).text
    desk.advance(6 * DAY_MS)
    assert "today last: 2, 0, 0, 0, 0, 0, 0" in desk.operator(Role.VIEWER, "later").get(own).text
    desk.advance(DAY_MS)
    assert "nothing was refused" in desk.operator(Role.VIEWER, "last").get(own).text


# --- what is used


def test_used_and_limit_of_an_account(desk: DeskWorld, boss: Browser, own: str) -> None:
    desk.send_ok(userid_list="u1,u2")
    page = _text(boss.get(LIMITS))
    assert "Mass sends a day 1 / 100" in page and "Person-times a day 2 / 600" in page
    assert "mass.account_qpm" in boss.get(own).text and "1 / 300" in _text(boss.get(own))
    desk.advance(MINUTE_MS)
    assert "0 / 300" in _text(boss.get(own))
    assert "1 / 100" in _text(boss.get(own)), "the day goes on"


def test_used_and_limit_of_an_app(desk: DeskWorld, boss: Browser) -> None:
    installation = _install(desk)
    _notice(desk, "u1,u2")
    page = _text(boss.get(LIMITS))

    assert "2 / 5,000" in page and "0 / 3" in page
    assert "work.internal.per_person" in boss.get(f"{LIMITS}/{installation.sender}").text


@pytest.mark.parametrize("rows_up_to", [None, 1])
def test_people_at_the_days_number_are_counted_however_sends_are_stored(desk: DeskWorld, boss: Browser, rows_up_to: int | None) -> None:
    if rows_up_to is not None:
        acceptance = desk.engine.acceptance
        acceptance._rows_up_to = rows_up_to  # pyright: ignore[reportPrivateUsage]
    installation = _install(desk)
    desk.rule("work.internal.per_person", limit=2)
    for userids in ("u1,u2", "u1,u2", "u1,u3", "u4"):
        _notice(desk, userids)

    assert "2 people are at the limit" in _text(boss.get(f"{LIMITS}/{installation.sender}"))


def test_a_limit_that_is_used_up_is_marked(desk: DeskWorld, boss: Browser) -> None:
    desk.rule("mass.sends_per_day", limit=1)
    desk.send_ok(userid_list="u1,u2")

    assert "1 / 1 used up" in _text(boss.get(LIMITS))


# --- every rule is explained


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_is_explained_in_both_languages(desk: DeskWorld, boss: Browser, lang: str) -> None:
    assert set(RULE_WORDS[lang]) == set(RULES)
    page = _text(boss.get(f"{LIMITS}/rules?lang={lang}"))
    for name, words in RULE_WORDS[lang].items():
        assert name in page and words.name in page and words.counts in page and words.beyond in page
    for rule in RULES.values():
        assert rule.source in page


# --- changes


def _holds(desk: DeskWorld, rule: str) -> tuple[int, Mode]:
    effective = desk.engine.rulekeeper.book.of(desk.corp, 0, desk.account.sender)[rule]  # type: ignore[arg-type]
    return effective.limit, effective.mode


@pytest.mark.parametrize("scope", ["server", "all", "sender"])
def test_a_change_holds_and_stands_in_the_log(desk: DeskWorld, boss: Browser, scope: str) -> None:
    name = f"sender.{desk.account.sender}" if scope == "sender" else scope
    answer = boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": name, "mode": "observe", "limit": "1,234"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIMITS}/rules?saved")
    assert _holds(desk, "mass.sends_per_day") == (1234, Mode.OBSERVE)
    deed = desk.read(page_audit_txn, 1 << 60, 1)[0].deed
    assert (deed.actor, deed.action, deed.subject) == ("administrator", "limit.change", "mass.sends_per_day")
    assert (deed.detail["scope"], deed.detail["mode"], deed.detail["limit"]) == (scope, "observe", 1234)
    assert "1,234" in _text(boss.get(f"{LIMITS}/rules"))


def test_a_change_without_values_takes_the_profiles_back(desk: DeskWorld, boss: Browser) -> None:
    before = _holds(desk, "mass.sends_per_day")
    boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": "all", "mode": "off", "limit": "5"})
    assert _holds(desk, "mass.sends_per_day") == (5, Mode.OFF)
    boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": "all"})

    assert _holds(desk, "mass.sends_per_day") == before
    assert "Nothing was changed" in boss.get(f"{LIMITS}/rules").text


def test_a_change_for_one_sender_goes_back_to_its_page_and_leaves_others_alone(desk: DeskWorld, boss: Browser, own: str) -> None:
    other = desk.add_account("另一个")
    number = str(desk.account.sender)
    answer = boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": f"sender.{number}", "limit": "3", "back": number})

    assert answer.headers["location"] == f"{own}?saved"
    assert "0 / 3" in _text(boss.get(own)) and "0 / 100" in _text(boss.get(f"{LIMITS}/{other.sender}"))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"rule": "nothing"}, "choice"),
        ({"scope": "nothing"}, "choice"),
        ({"scope": "sender.999"}, "choice"),
        ({"scope": "app.999"}, "choice"),
        ({"mode": "harder"}, "choice"),
        ({"limit": "-1"}, "number"),
        ({"limit": "many"}, "number"),
        ({"limit": "９"}, "number"),
        ({"limit": "9" * 30}, "number"),
    ],
)
def test_a_bad_change_changes_nothing(desk: DeskWorld, boss: Browser, fields: dict[str, str], problem: str) -> None:
    answer = boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": "all", "limit": "7"} | fields)

    assert answer.headers["location"] == f"{LIMITS}/rules?problem={problem}"
    assert "Nothing was changed" in boss.get(answer.headers["location"]).text
    assert desk.engine.rulekeeper.book.settings == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SENDER, Role.APPROVER])
def test_others_see_limits_and_change_none(desk: DeskWorld, own: str, role: Role) -> None:
    browser = desk.operator(role)

    for page in (LIMITS, f"{LIMITS}/rules", own):
        answer = browser.get(page)
        assert answer.status_code == 200 and "limits/change" not in answer.text
    assert browser.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": "all", "mode": "off"}).status_code == 403
    assert desk.engine.rulekeeper.book.settings == []


def test_a_foreign_page_changes_nothing(desk: DeskWorld, boss: Browser) -> None:
    assert boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": "all", "mode": "off"}, site="cross-site").status_code == 403
    assert desk.engine.rulekeeper.book.settings == []


def test_senders_and_changes_of_another_organisation_are_out_of_reach(desk: DeskWorld, boss: Browser) -> None:
    other = desk.write(create_corp_txn, "dingother", "别家", "Asia/Shanghai")
    foreign = desk.write(create_account_txn, other, CorpId("dingother"), NewAccount("别家的号"))
    assert isinstance(foreign, Account)
    boss.post("/console/o/dingother/limits/change", {"rule": "mass.sends_per_day", "scope": "all", "limit": "77777"})

    assert "别家的号" not in boss.get(LIMITS).text
    assert boss.get(f"{LIMITS}/{foreign.sender}").status_code == 404
    assert (
        boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": f"sender.{foreign.sender}", "limit": "1"})
        .headers["location"]
        .endswith("choice")
    )
    assert "77,777" not in boss.get(f"{LIMITS}/rules").text


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_names_are_escaped(desk: DeskWorld, boss: Browser, evil: str) -> None:
    account = desk.add_account(evil)
    boss.post(f"{LIMITS}/change", {"rule": "mass.sends_per_day", "scope": f"sender.{account.sender}", "limit": "1"})

    for page in (LIMITS, f"{LIMITS}/rules", f"{LIMITS}/{account.sender}"):
        assert evil not in boss.get(page).text


def test_the_profile_and_how_to_change_it_are_shown(boss: Browser) -> None:
    page = _text(boss.get(LIMITS))

    assert "Profile: dingtalk" in page and "--profile" in page


def test_another_profile_holds_at_once_and_after_a_restart(desk: DeskWorld, boss: Browser) -> None:
    assert boss.post(f"/console/o/{desk.corp_id}/limits/profile", {"profile": "open"}).status_code == 303
    assert desk.engine.rulekeeper.book.profile is Profile.OPEN
    again = RuleKeeper(desk.engine.store, Profile.STRICT)
    desk.server.run(again.reload())
    assert again.book.profile is Profile.OPEN, "what was chosen here wins over what a start names"
    assert "profile.change" in boss.get("/console/audit").text
    desk.observe_all_but()
    assert desk.send_ok()


def test_a_profile_is_the_administrators_choice_among_three(desk: DeskWorld, boss: Browser) -> None:
    assert "problem=choice" in boss.post(f"/console/o/{desk.corp_id}/limits/profile", {"profile": "none"}).headers["location"]
    assert desk.operator(Role.APPROVER).post(f"/console/o/{desk.corp_id}/limits/profile", {"profile": "open"}).status_code == 403
    assert desk.engine.rulekeeper.book.profile is Profile.DINGTALK
