"""The list of sends, one send, why somebody did not get it, and what an operator does to it."""

import csv
import io
import re
import uuid
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from desk_world import Browser, DeskWorld

from harness import World
from hongyan.access.edit import install_app_txn
from hongyan.access.operators import Role
from hongyan.access.records import AppKind, app_by_key_txn
from hongyan.admission.rules import ALL_STAFF, SAME_CONTENT, SENDS_PER_DAY
from hongyan.console.desk.charts import columns_of, round_up
from hongyan.console.desk.send_people import plain_cell
from hongyan.delivery.inbox import END
from hongyan.delivery.sends import SendFilter, page_sends_txn
from hongyan.delivery.timeline import BUCKETS_MAX, bucketed
from hongyan.directory.edit import OrgChange, UserEntry
from hongyan.model.ids import EpochMs

SENDS = "/console/o/dingtest/sends"
DAY = 86_400_000
AGENT = 5001
NOTICE = "/topapi/message/corpconversation/asyncsend_v2"


def _rows(page: httpx.Response) -> list[str]:
    """Titles in the list, as they stand in the HTML."""
    assert page.status_code == 200, page.text
    return re.findall(r'class="clip-link"[^>]*>([^<]*)<', page.text)


def _read(desk: DeskWorld, userid: str) -> None:
    assert desk.admin("POST", f"/inboxes/{userid}/read", json={}).status_code == 200


def _notice(desk: DeskWorld, **changes: Any) -> str:
    """A work notification by the organisation's own app; its id."""
    app = desk.read(app_by_key_txn, desk.app_key)
    assert app is not None
    desk.write(install_app_txn, desk.corp, app.no, AGENT, "自建应用")  # a second time it is refused, and stands
    body = {"agent_id": AGENT, "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": "notice"}}, **changes}
    reply = desk.post(NOTICE, {name: value for name, value in body.items() if value is not None}).json()
    assert reply["errcode"] == 0, reply
    return str(reply["task_id"])


def _next_day(desk: DeskWorld) -> None:
    """A token does not live as long."""
    desk.advance(DAY)
    desk.token = desk.get_token()


# --- the list


def test_the_list_shows_what_was_sent_with_its_figures(desk: DeskWorld) -> None:
    desk.send_ok(userid_list="u1,u2,u3", text_content="to three")
    _read(desk, "u1")
    page = desk.operator(Role.VIEWER).get(SENDS)

    assert _rows(page) == ["to three"]
    assert re.findall(r'data-label="(\w+)">(\w+)', page.text) == [("Addressed", "3"), ("Delivered", "3"), ("Filtered", "0"), ("Read", "1")]


def test_filters_stay_in_the_address(desk: DeskWorld) -> None:
    desk.send_ok(text_content="plain")
    recalled = desk.send_ok(text_content="taken back")
    assert desk.admin("POST", f"/tasks/{recalled}/recall").status_code == 200
    desk.send_ok(
        msg_type="action_card",
        text_content=None,
        msg_body={"action_card": {"markdown": "m", "title": "card", "single_title": "s", "single_url": "https://a.b"}},
    )
    other = desk.add_account("other")
    desk.send_ok(unionid=other.unionid, text_content="of another")
    _notice(desk)
    browser = desk.operator(Role.VIEWER)

    assert len(_rows(browser.get(SENDS))) == 5
    assert _rows(browser.get(f"{SENDS}?state=recalled")) == ["taken back"]
    assert _rows(browser.get(f"{SENDS}?type=action_card")) == ["card"]
    assert _rows(browser.get(f"{SENDS}?sender={other.unionid}")) == ["of another"]
    assert _rows(browser.get(f"{SENDS}?sender={AGENT}")) == ["notice"]
    assert _rows(browser.get(f"{SENDS}?kind=notice")) == ["notice"]
    assert _rows(browser.get(f"{SENDS}?sender=nobody")) == []
    page = browser.get(f"{SENDS}?state=recalled&q=back")
    assert _rows(page) == ["taken back"] and 'value="back"' in page.text and '<option value="recalled" selected>' in page.text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("PLAIN", ["plain words"]),
        ("words", ["plain words"]),
        ("type", []),
        ("引号", ["她说“引号”\\"]),
        ("\\", ["她说“引号”\\"]),
        ("%", []),
        ("' or 1=1", []),
    ],
)
def test_words_are_looked_for_in_what_the_message_says(desk: DeskWorld, words: str, found: list[str]) -> None:
    desk.send_ok(text_content="plain words")
    desk.send_ok(text_content="她说“引号”\\")

    assert _rows(desk.operator(Role.VIEWER).get(SENDS, params={"q": words})) == found


def test_a_task_id_or_uuid_finds_its_send_whatever_else_is_filtered(desk: DeskWorld) -> None:
    task = desk.send_ok(text_content="by id", uuid="my-uuid")
    desk.send_ok(text_content="other")
    notice = _notice(desk)
    browser = desk.operator(Role.VIEWER)

    assert _rows(browser.get(f"{SENDS}?q={task}")) == ["by id"]
    assert _rows(browser.get(f"{SENDS}?q=my-uuid&state=failed")) == ["by id"]
    assert _rows(browser.get(f"{SENDS}?q={notice}")) == ["notice"]


def test_a_refused_uuid_says_why(desk: DeskWorld) -> None:
    desk.rule(SENDS_PER_DAY.id, limit=0)
    assert desk.send(userid_list="u1,u2", uuid="refused-one")["errcode"] == 800014
    page = desk.operator(Role.VIEWER).get(f"{SENDS}?q=refused-one")

    assert "refused-one was refused" in page.text and "800014" in page.text


def test_days_are_those_of_the_organisation(desk: DeskWorld) -> None:
    desk.send_ok(text_content="first day")
    _next_day(desk)
    desk.send_ok(text_content="second day")
    browser = desk.operator(Role.VIEWER)
    first = desk.read(_day_of_first, desk.corp)

    assert _rows(browser.get(f"{SENDS}?until={first}")) == ["first day"]
    assert _rows(browser.get(f"{SENDS}?since={first}&until={first}")) == ["first day"]
    assert len(_rows(browser.get(f"{SENDS}?since={first}"))) == 2
    assert len(_rows(browser.get(f"{SENDS}?since=2026-99-99&until=x"))) == 2


def _day_of_first(tx: Any, corp: int) -> str:
    (oldest,) = sorted(row[0] for row in tx.all("task.newest", corp=corp, before=1 << 53, limit=10))[:1]
    return datetime.fromtimestamp((oldest >> 12) / 1000, ZoneInfo("Asia/Shanghai")).date().isoformat()


def test_pages_go_on_where_the_last_one_ended(desk: DeskWorld) -> None:
    desk.observe_all_but()
    for n in range(60):
        desk.send_ok(text_content=f"n{n}")
    browser = desk.operator(Role.VIEWER)
    first = browser.get(SENDS)
    older = re.search(r'href="(\?before=\d+)"', first.text)
    assert older
    second = browser.get(SENDS + older[1])

    assert _rows(first) + _rows(second) == [f"n{n}" for n in reversed(range(60))]
    assert "data-live=" in first.text and "data-live=" not in second.text


def test_a_search_that_stops_goes_on_where_it_stopped(desk: DeskWorld) -> None:
    desk.observe_all_but()
    desk.send_ok(text_content="needle")
    for n in range(9):
        desk.send_ok(text_content=f"hay {n}")
    search = partial(page_sends_txn, scan_max=4)
    wanted, position, titles, steps = SendFilter(text="needle"), END, list[str](), 0
    while position is not None:
        page = desk.read(search, desk.corp, wanted, position, 50, desk.clock.now())
        titles += [row.title for row in page.rows]
        position, steps = page.older, steps + 1
        assert page.stopped == (position is not None)

    assert titles == ["needle"] and steps == 3


def test_the_list_follows_what_happens(desk: DeskWorld) -> None:
    browser = desk.operator(Role.VIEWER)
    position = re.search(r'data-position="(\d+)"', browser.get(SENDS).text)
    assert position
    assert browser.get(f"{SENDS}/rows?position={position[1]}").status_code == 204
    desk.send_ok(text_content="fresh")
    answer = browser.get(f"{SENDS}/rows?position={position[1]}")

    assert _rows(answer) == ["fresh"]
    assert browser.get(f"{SENDS}/rows?position={answer.headers['x-position']}").status_code == 204


# --- one send


def test_a_send_shows_what_was_asked_and_decided(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1,u2", dep_id_list=[20], roleIds=[7], text_content="hello there", uuid="seen-uuid")
    page = desk.operator(Role.VIEWER).get(f"{SENDS}/{task}").text

    for piece in ("hello there", "seen-uuid", "u1, u2", "市场 (20)", "主管 (7)", "mass.sends_per_day", "seen-uuid", task):
        assert piece in page, piece
    assert "Recall" not in page and "Send again" not in page, "a viewer only looks"


def test_reads_are_counted_and_drawn_over_time(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1,u2,u3,u4")
    for userid in ("u1", "u2"):
        desk.advance(60_000)
        _read(desk, userid)
    page = desk.operator(Role.VIEWER).get(f"{SENDS}/{task}").text

    assert re.search(r"<b>2</b><span>Read 50%", page)
    assert "<svg" in page and "2 of 4 had read it" in page
    assert "1 more, 2 in all" in page


def test_opening_the_conversation_again_is_no_second_reading(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1,u2")
    desk.advance(1000)
    _read(desk, "u1")
    desk.send_ok(userid_list="u1")
    desk.advance(5000)
    _read(desk, "u1")

    assert "1 of 2 had read it" in desk.operator(Role.VIEWER).get(f"{SENDS}/{task}").text


def test_the_live_part_of_a_send_changes_with_it(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1,u2")
    browser = desk.operator(Role.VIEWER)
    position = re.search(r'data-position="(\d+)"', browser.get(f"{SENDS}/{task}").text)
    assert position
    assert browser.get(f"{SENDS}/{task}/live?position={position[1]}").status_code == 204
    _read(desk, "u2")

    assert "Read 50%" in browser.get(f"{SENDS}/{task}/live?position={position[1]}").text


def test_the_preview_draws_media_below_the_page(desk: DeskWorld) -> None:
    browser = desk.operator(Role.VIEWER)
    assert browser.get(f"{SENDS}/media/@unknown").status_code == 404
    assert browser.get(f"{SENDS}/article/1").status_code == 404


@pytest.mark.parametrize("task", ["push0000000000000000iEiE", "1", "abc", "push7d301ded8e12a000iEi", "99999999999999999999"])
def test_what_is_no_send_is_not_found(desk: DeskWorld, task: str) -> None:
    browser = desk.operator(Role.ADMINISTRATOR)
    assert browser.get(f"{SENDS}/{task}").status_code == 404
    assert browser.get(f"{SENDS}/{task}/people.csv").status_code == 404
    assert browser.post(f"{SENDS}/{task}/recall").status_code == 404
    assert browser.post(f"{SENDS}/{task}/again").status_code == 404


def test_another_organisation_s_sends_are_not_reachable(desk: DeskWorld) -> None:
    other = World(desk.server, corp_id="dingother")
    task = other.send_ok(text_content="not yours")
    browser = desk.operator(Role.ADMINISTRATOR)

    assert browser.get(f"/console/o/dingother/sends/{task}").status_code == 200
    assert browser.get(f"{SENDS}/{task}").status_code == 404
    assert browser.post(f"{SENDS}/{task}/recall").status_code == 404
    assert _rows(browser.get(SENDS)) == [] and _rows(browser.get(f"{SENDS}?q={task}")) == []
    assert browser.get("/console/o/nowhere/sends").status_code == 404


# --- why


def _sentence(browser: Browser, task: str, who: str) -> str:
    page = browser.get(f"{SENDS}/{task}", params={"why": who})
    assert page.status_code == 200
    found = re.search(r'class="sentence">([^<]*)<', page.text)
    assert found, page.text
    return found[1]


def test_a_filtered_person_s_reason_is_two_clicks_from_the_list(desk: DeskWorld) -> None:
    desk.send_ok(userid_list="u1,u2", text_content="same")
    second = desk.send_ok(userid_list="u1,u2,u3", text_content="same")
    browser = desk.operator(Role.VIEWER)
    one = re.search(r'href="([^"#]*\?list=filtered)#people"', browser.get(SENDS).text)
    assert one
    people = browser.get(one[1])
    assert "had the same content that day already" in people.text
    two = re.search(r'href="(\?list=filtered&amp;why=u1)#why"', people.text)
    assert two
    page = browser.get(one[1].split("?")[0] + two[1].replace("&amp;", "&")).text

    assert "人1 had the same content that day (task push" in page and SAME_CONTENT.id in page and "left out" in page
    assert second in page


def test_why_answers_for_anybody_in_both_languages(desk: DeskWorld) -> None:
    desk.change(OrgChange(users=(UserEntry("sleepy", "没登录", (10,), active=False),)))
    task = desk.send_ok(userid_list="u1,u2,sleepy")
    desk.advance(1000)
    desk.change(OrgChange(users=(UserEntry("late", "新人", (10,)),)))
    _read(desk, "u2")
    browser = desk.operator(Role.VIEWER)

    assert _sentence(browser, task, "u1") == "人1 has it and has not read it yet."
    assert _sentence(browser, task, "u2") == "人2 has it and has read it."
    assert _sentence(browser, task, "人2") == "人2 has it and has read it."
    assert _sentence(browser, task, "sleepy") == "没登录 has never signed in to the client and gets nothing."
    assert _sentence(browser, task, "late") == "新人 joined the organisation after it was sent."
    assert _sentence(browser, task, "u5").startswith("None of the people")
    assert _sentence(browser, task, "ghost") == "Nobody in the organisation has the userid ghost."
    page = browser.http.get(f"{SENDS}/{task}", params={"why": "sleepy"}, headers={"accept-language": "zh-CN"}).text
    assert "没登录 从未登录过客户端（未激活），不会收到消息。" in page


def test_a_name_that_several_have_asks_which(desk: DeskWorld) -> None:
    desk.change(OrgChange(users=(UserEntry("x1", "王伟", (10,)), UserEntry("x2", "王伟", (20,)))))
    task = desk.send_ok()
    page = desk.operator(Role.VIEWER).get(f"{SENDS}/{task}", params={"why": "王伟"}).text

    assert "Several people fit" in page and "why=x1" in page and "why=x2" in page


def test_why_explains_a_notice_s_limits(desk: DeskWorld) -> None:
    desk.rule("work.internal.per_person", limit=1)
    _notice(desk, msg={"msgtype": "text", "text": {"content": "one"}})
    second = _notice(desk, msg={"msgtype": "text", "text": {"content": "two"}})

    assert _sentence(desk.operator(Role.VIEWER), second, "u1").startswith("人1 had 1 work notices of this app that day; the limit is 1.")


def test_the_lists_of_people_are_paged_and_searched(desk: DeskWorld) -> None:
    desk.change(OrgChange(users=tuple(UserEntry(f"p{n:03d}", f"员工{n}", (20,)) for n in range(120))))
    task = desk.send_ok(userid_list=None, is_to_all=True, text_content="all")
    browser = desk.operator(Role.VIEWER)
    seen: list[str] = []
    address = f"{SENDS}/{task}?list=unread"
    while address:
        page = browser.get(address).text
        seen += re.findall(r"<td><code>([^<]*)</code></td>", page.partition('id="people"')[2].partition('id="checks-title"')[0])
        following = re.search(r'href="(\?list=unread&amp;after=\d+)#people"', page)
        address = f"{SENDS}/{task}{following[1].replace('&amp;', '&')}" if following else ""

    assert len(seen) == len(set(seen)) == 132
    back = browser.get(f"{SENDS}/{task}?list=unread&before=131")
    assert "Previous" in back.text
    for find, userid in (("p077", "p077"), ("员工77", "p077"), ("P07", "p070")):
        assert f"<code>{userid}</code>" in browser.get(f"{SENDS}/{task}", params={"list": "unread", "find": find}).text
    assert "Not found" in browser.get(f"{SENDS}/{task}", params={"list": "unread", "find": "nobody"}).text


def test_ids_that_name_nobody_have_their_list(desk: DeskWorld) -> None:
    task = _notice(desk, userid_list="u1,ghost1", dept_id_list="777")
    page = desk.operator(Role.VIEWER).get(f"{SENDS}/{task}?list=invalid").text

    assert "<code>ghost1</code>" in page and "<code>777</code>" in page


# --- as a file


def test_the_file_has_everybody_once_with_list_and_reason(desk: DeskWorld) -> None:
    desk.change(OrgChange(users=(UserEntry("evil", "=HYPERLINK(1)", (10,)), UserEntry("sleepy", "睡", (10,), active=False))))
    task = desk.send_ok(userid_list="u1,u2,evil,sleepy")
    _read(desk, "u1")
    answer = desk.operator(Role.VIEWER).get(f"{SENDS}/{task}/people.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["content-type"].startswith("text/csv") and "attachment" in answer.headers["content-disposition"]
    assert rows[0][0] == "userid"
    assert {row[0]: (row[1], row[2]) for row in rows[1:]} == {
        "u1": ("人1", "Read"),
        "u2": ("人2", "Unread"),
        "evil": ("'=HYPERLINK(1)", "Unread"),
        "sleepy": ("睡", "Filtered"),
    }
    assert next(row for row in rows if row[0] == "sleepy")[3:] == ["person.not_activated", "has never signed in to the client"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert plain_cell(text) == "'" + text


def test_plain_cells_stay_as_they_are() -> None:
    assert plain_cell("u-1") == "u-1" and plain_cell("") == ""


# --- recall and sending again


def test_a_recall_takes_effect_and_is_logged(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1")
    desk.operator(Role.VIEWER).post(f"{SENDS}/{task}/recall")
    assert desk.inbox("u1")[0]["recalled_at"] is None, "a viewer cannot"
    sender = desk.operator(Role.SENDER)
    answer = sender.post(f"{SENDS}/{task}/recall")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{SENDS}/{task}?said=recalled")
    assert desk.inbox("u1")[0]["recalled_at"] is not None
    page = sender.get(answer.headers["location"]).text
    assert "Recalled." in page and f'action="{SENDS}/{task}/recall"' not in page
    assert "send.recall" in desk.operator(Role.ADMINISTRATOR).get("/console/audit").text


def test_a_recall_that_comes_too_late_says_so(desk: DeskWorld) -> None:
    task = desk.send_ok()
    desk.advance(DAY + 1)
    sender = desk.operator(Role.SENDER)

    assert f'action="{SENDS}/{task}/recall"' not in sender.get(f"{SENDS}/{task}").text
    assert sender.post(f"{SENDS}/{task}/recall").status_code == 409


def test_sending_again_makes_a_new_task_once(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1", text_content="again")
    sender = desk.operator(Role.SENDER)
    token = re.search(r'name="uuid" value="(\w+)"', sender.get(f"{SENDS}/{task}").text)
    assert token
    answer = sender.post(f"{SENDS}/{task}/again", {"uuid": token[1]})
    twice = sender.post(f"{SENDS}/{task}/again", {"uuid": token[1]})

    assert answer.status_code == 303 and task not in answer.headers["location"]
    assert "Sent again" in sender.get(answer.headers["location"]).text
    assert twice.status_code == 409 and "800035" in twice.text
    assert len(desk.inbox("u1")) == 2
    assert "send.again" in desk.operator(Role.ADMINISTRATOR).get("/console/audit").text


def test_sending_again_goes_the_way_of_every_send(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1,u2", text_content="again")
    sender = desk.operator(Role.SENDER)
    again = sender.post(f"{SENDS}/{task}/again", {"uuid": uuid.uuid4().hex}).headers["location"].split("/")[-1].split("?")[0]
    assert desk.people(again, "forbidden") == {"u1", "u2"}, "they have the same content already"
    desk.rule(SENDS_PER_DAY.id, limit=2)
    refused = sender.post(f"{SENDS}/{task}/again", {"uuid": uuid.uuid4().hex})

    assert refused.status_code == 409 and "800014" in refused.text and "used up" in refused.text


def test_a_notice_is_sent_again_too(desk: DeskWorld) -> None:
    task = _notice(desk)
    desk.advance(DAY)
    answer = desk.operator(Role.SENDER).post(f"{SENDS}/{task}/again", {})

    assert answer.status_code == 303
    assert len(desk.inbox("u1")) == 2


def test_a_viewer_sends_nothing_and_a_foreign_page_neither(desk: DeskWorld) -> None:
    task = desk.send_ok(userid_list="u1")
    assert desk.operator(Role.VIEWER).post(f"{SENDS}/{task}/again", {}).status_code == 403
    sender = desk.operator(Role.SENDER)
    for action in ("again", "recall"):
        assert sender.post(f"{SENDS}/{task}/{action}", {}, site="cross-site").status_code == 403
        assert desk.browser().post(f"{SENDS}/{task}/{action}", {}).status_code == 303, "to the door"

    assert len(desk.inbox("u1")) == 1 and desk.inbox("u1")[0]["recalled_at"] is None


def test_a_disabled_account_does_not_send_again(desk: DeskWorld) -> None:
    other = desk.add_account("short-lived")
    task = desk.send_ok(unionid=other.unionid, userid_list="u1")
    assert desk.admin("PATCH", f"/accounts/{other.unionid}", json={"disabled": True}).status_code < 300
    answer = desk.operator(Role.SENDER).post(f"{SENDS}/{task}/again", {})

    assert answer.status_code == 409 and "disabled" in answer.text


# --- safety


SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_script_in_any_text_is_text(desk: DeskWorld) -> None:
    desk.change(OrgChange(users=(UserEntry("bad", SCRIPT[:60], (10,)),)))
    account = desk.add_account(SCRIPT[:20])
    task = desk.send_ok(unionid=account.unionid, userid_list="bad,u1", text_content=SCRIPT, uuid=SCRIPT[:100])
    card = {"action_card": {"title": SCRIPT[:60], "markdown": SCRIPT, "single_title": "<b>x</b>", "single_url": "javascript:alert(1)"}}
    second = desk.send_ok(userid_list="u1", msg_type="action_card", text_content=None, msg_body=card)
    browser = desk.operator(Role.ADMINISTRATOR)
    pages = [browser.get(SENDS), browser.get(SENDS, params={"q": SCRIPT}), browser.get("/console/o/dingtest/")]
    pages += [browser.get(f"{SENDS}/{one}", params={"why": SCRIPT, "find": SCRIPT, "list": SCRIPT}) for one in (task, second)]
    pages += [browser.get(f"{SENDS}/{task}", params={"why": "bad"})]

    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text and 'href="javascript:' not in page.text
        assert " style=" not in page.text and " onerror=alert(2)>" not in re.sub(r"&#?\w+;[^<]*", "", page.text)
        assert "unsafe" not in page.headers["content-security-policy"]


# --- the overview


def test_the_overview_tells_the_day(desk: DeskWorld) -> None:
    desk.send_ok(text_content="yesterday")
    _next_day(desk)
    desk.send_ok(userid_list="u1,u2", text_content="today")
    desk.send_ok(userid_list="u1,u2", text_content="today")
    desk.rule(SENDS_PER_DAY.id, limit=2)
    assert desk.send(userid_list="u1,u2")["errcode"] == 800014
    desk.server.run(desk.engine.captures.flush())
    page = desk.operator(Role.VIEWER).get("/console/o/dingtest/").text

    assert [int(n) for n in re.findall(r"<b>(\d+)</b>", page)] == [12, 2, 1, 2]
    assert "3 in all" in page and "Today: 2" in page and "Yesterday: 1" in page
    assert "used up" in page, "the day's sends are at their limit"
    assert _rows_of(page) == ["today", "today", "yesterday"]


def _rows_of(page: str) -> list[str]:
    return re.findall(r'class="clip-link"[^>]*>([^<]*)<', page)


def test_an_empty_organisation_says_what_to_do_next(desk: DeskWorld) -> None:
    page = desk.operator(Role.VIEWER).get("/console/o/dingtest/").text

    assert "What to do next" in page and "/topapi/message/mass/send" in page and desk.unionid in page


def test_the_overview_follows(desk: DeskWorld) -> None:
    browser = desk.operator(Role.VIEWER)
    position = re.search(r'data-position="([-\d]+)"', browser.get("/console/o/dingtest/").text)
    assert position
    assert browser.get(f"/console/o/dingtest/overview?position={position[1]}").status_code == 204
    desk.send_ok(text_content="fresh")

    assert _rows_of(browser.get(f"/console/o/dingtest/overview?position={position[1]}").text) == ["fresh"]


def test_notices_to_all_staff_count_among_limits(desk: DeskWorld) -> None:
    desk.rule(ALL_STAFF.id, limit=1)
    _notice(desk, userid_list=None, to_all_user=True)

    assert "used up" in desk.operator(Role.VIEWER).get("/console/o/dingtest/").text


# --- arithmetic


@pytest.mark.parametrize(("value", "rounded"), [(0, 1), (1, 1), (3, 5), (7, 10), (12, 20), (50, 50), (51, 100), (999_999, 1_000_000)])
def test_the_upper_edge_is_a_round_number(value: int, rounded: int) -> None:
    assert round_up(value) == rounded


def test_columns_stand_in_their_box() -> None:
    chart = columns_of([0, 1, 1000], ["a", "b", "c"])

    assert chart.top == 1000
    assert [column.height for column in chart.columns] == [0.0, 1.5, 100.0]
    assert all(column.x >= 0 and column.x + column.width <= 100 for column in chart.columns)


@pytest.mark.parametrize("last_ms", [0, 999, 60_000, 86_400_000, 40 * 86_400_000, 4000 * 86_400_000])
def test_reads_fall_into_few_spans_and_none_is_lost(last_ms: int) -> None:
    times = [EpochMs(1000), EpochMs(1000 + last_ms // 2), EpochMs(1000 + last_ms)]
    buckets = bucketed(EpochMs(1000), times)

    assert 1 <= len(buckets) <= BUCKETS_MAX
    assert sum(bucket.reads for bucket in buckets) == 3 == buckets[-1].total
    assert buckets[0].since == 1000 and buckets[-1].until > times[-1]


def test_kinds_of_apps_that_installed_their_own_agent(desk: DeskWorld) -> None:
    desk.add_app("isv", kind=AppKind.THIRD_PARTY)
    page = desk.operator(Role.VIEWER).get(SENDS).text

    assert "isv · app" in page
