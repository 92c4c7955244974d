"""Somebody's inbox in front of an operator: what it shows, what it leaves alone, and that it is written down."""

import html
import json
import re
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from desk_world import Browser, DeskWorld

from hongyan.access.audit import page_audit_txn
from hongyan.access.operators import Role
from hongyan.delivery.inbox import END, Inbox, load_mark_txn, sender_names_txn
from hongyan.directory.edit import create_corp_txn
from hongyan.directory.records import load_person_txn
from hongyan.messages.articles import Draft, NewArticle, add_article_txn, publish_article_txn
from hongyan.messages.library import Card, put_card_txn
from hongyan.model.ids import EpochMs, Ord, parse_task_id
from hongyan.store.interface import Tx

CANARY = "<script>canary()</script>"
LOOK = "/console/o/dingtest/inboxes/u1/look/"
ACT = "/console/o/dingtest/inboxes/u1/act/"


@pytest.fixture
def real(desk: DeskWorld) -> Iterator[DeskWorld]:
    """The same server as one that serves real people."""
    desk.engine.sandbox = False
    yield desk
    desk.engine.sandbox = True


def _ord(desk: DeskWorld, userid: str) -> Ord:
    person = desk.read(load_person_txn, desk.corp, userid)
    assert person is not None
    return person.ord


def _unread(desk: DeskWorld, userid: str) -> int:
    reader = _ord(desk, userid)

    def count(tx: Tx) -> int:
        found = Inbox(tx, desk.engine.broadcasts, desk.corp, reader, EpochMs(desk.clock.now())).conversations(sender_names_txn(tx, desk.corp))
        return sum(one.unread for one in found)

    return desk.read(count)


def _openings(desk: DeskWorld) -> list[tuple[str, str]]:
    return [(entry.deed.actor, entry.deed.subject) for entry in desk.read(page_audit_txn, END, 100) if entry.deed.action == "inbox.open"]


def _conversation(browser: Browser) -> str:
    found = re.search(r'data-sender="(\d+)"', browser.get(LOOK).text)
    assert found
    return found[1]


def test_people_are_found_by_name_and_userid_and_in_pages(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    page = viewer.get("/console/o/dingtest/inboxes").text
    assert "人1" in page and "/console/o/dingtest/inboxes/u12/look/" in page and "后端" in page
    assert "人3" in viewer.get("/console/o/dingtest/inboxes?q=u3").text
    assert "人5" not in viewer.get("/console/o/dingtest/inboxes?q=人3").text
    behind = viewer.get("/console/o/dingtest/inboxes?after=u7").text
    assert "人8" in behind and "人7" not in behind
    nobody = viewer.get(f"/console/o/dingtest/inboxes?q={CANARY}").text
    assert "Nobody matches" in nobody and CANARY not in nobody


def test_looking_shows_what_the_reader_has_and_marks_nothing(desk: DeskWorld) -> None:
    desk.send_ok(text_content=f"good morning {CANARY}")
    recalled = desk.send_ok(text_content="a mistake")
    viewer = desk.operator(Role.VIEWER)
    assert viewer.get("/console/o/dingtest/inboxes/u1").headers["location"] == LOOK
    sender = _conversation(viewer)
    thread = viewer.get(f"{LOOK}thread?c={sender}").text
    assert "good morning" in thread and CANARY not in thread and 'id="write"' not in thread
    assert desk.admin("POST", f"/tasks/{recalled}/recall").status_code == 200
    assert "a mistake" not in viewer.get(f"{LOOK}older?c={sender}").text
    assert viewer.get(f"{LOOK}list?c={sender}").status_code == 200
    assert "data-look" in viewer.get(f"{LOOK}?c={sender}").text

    assert viewer.post(f"{LOOK}read?c={sender}&up_to={END - 1}").status_code == 403
    assert desk.operator(Role.SENDER).post(f"{LOOK}read?c={sender}&up_to={END - 1}").status_code == 401
    assert _unread(desk, "u1") == 1


def test_acting_as_the_reader_is_for_senders_in_a_sandbox(desk: DeskWorld) -> None:
    desk.send_ok()
    viewer, sender = desk.operator(Role.VIEWER), desk.operator(Role.SENDER)
    assert viewer.get(ACT).status_code == 403 and ACT not in viewer.get(LOOK).text
    assert "../act/" in sender.get(LOOK).text
    page = sender.get(ACT)
    assert page.status_code == 200 and "data-look" not in page.text
    account = desk.account.sender
    assert 'id="write"' in sender.get(f"{ACT}thread?c={account}").text
    assert sender.post(f"{ACT}read?c={account}&up_to={END - 1}", site="cross-site").status_code == 403
    assert sender.post(f"{ACT}read?c={account}&up_to={END - 1}").status_code == 204
    assert _unread(desk, "u1") == 0
    assert sender.post(f"{ACT}say?c={account}", {"text": "hello from u1"}).status_code == 303
    assert "hello from u1" in sender.get(f"{ACT}thread?c={account}").text
    assert sender.post(f"{ACT}press?c={account}", {"place": "0", "key": "none"}).status_code == 409


def test_outside_a_sandbox_nobody_acts_for_a_reader_and_every_opening_is_written_down(real: DeskWorld) -> None:
    real.send_ok()
    boss, viewer = real.operator(Role.ADMINISTRATOR, "boss"), real.operator(Role.VIEWER, "vera")
    assert boss.get(ACT).status_code == 403
    assert _openings(real) == []
    assert viewer.get(f"{LOOK}thread?c={real.account.sender}").status_code == 401, "there is no way past the page that is recorded"
    assert viewer.get(f"{LOOK}events").status_code == 401
    assert viewer.get(LOOK).status_code == 200
    assert _openings(real) == [("vera", "u1")]
    assert viewer.get(f"{LOOK}thread?c={real.account.sender}").status_code == 200
    assert viewer.get("/console/o/dingtest/wall?u=u2&u=u3&u=nobody").status_code == 200
    assert _openings(real)[:2] == [("vera", "u3"), ("vera", "u2")]
    assert "Every opening is written" in viewer.get("/console/o/dingtest/inboxes").text


def test_a_ticket_is_for_one_inbox_and_one_session(real: DeskWorld) -> None:
    vera, otto = real.operator(Role.VIEWER, "vera"), real.operator(Role.VIEWER, "otto")
    ticket = re.search(r"hongyan_look=(\w+)", vera.get(LOOK).headers["set-cookie"])
    assert ticket
    for browser, path in ((otto, LOOK), (vera, LOOK.replace("u1", "u2"))):
        session = browser.http.cookies["hongyan_session"]
        answer = httpx.get(f"{real.server.base_url}{path}list", headers={"cookie": f"hongyan_session={session}; hongyan_look={ticket[1]}"})
        assert answer.status_code == 401
    assert _openings(real) == [("vera", "u1")]


def test_there_is_no_inbox_of_strangers(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    assert viewer.get("/console/o/dingtest/inboxes/nobody/look/").status_code == 404
    assert viewer.get("/console/o/other/inboxes/u1/look/").status_code == 404
    assert viewer.get("/console/o/dingtest/inboxes/u1/peek/").status_code == 404
    assert desk.browser().get(LOOK).status_code == 303


def _follow(browser: Browser, path: str, kind: str, act: object) -> dict[str, object]:
    """The first event of a kind after something was done."""
    with browser.http.stream("GET", path) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        assert callable(act)
        act()
        for line in lines:
            if line.startswith("data: ") and f'"{kind}"' in line:
                return json.loads(line[6:])
    raise AssertionError("the stream ended")


def test_messages_arrive_by_themselves(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    position = re.search(r'data-position="(\d+)"', viewer.get(LOOK).text)
    assert position
    event = _follow(viewer, f"{LOOK}events?after={position[1]}", "message", lambda: desk.send_ok(text_content="here now"))
    assert "here now" in str(event["message"]) and "here now" in str(event["conversation"])


def test_the_wall_shows_several_people_at_once_and_live(desk: DeskWorld) -> None:
    desk.send_ok(userid_list="u1,u2", text_content=f"for two {CANARY}")
    viewer = desk.operator(Role.VIEWER)
    page = viewer.get("/console/o/dingtest/wall?u=u1&u=u2&u=u3&u=u1").text
    assert page.count('class="pane"') == 3 and page.count("for two") == 2 and CANARY not in page
    assert page.count(">1</span>") == 2, "an unread badge for each of the two"
    assert 'href="?u=u2&amp;u=u3"' in page, "the address without the first"
    events = re.search(r'data-events="([^"]+)"', page)
    assert events
    address = "/console/o/dingtest/" + events[1].replace("&amp;", "&")
    event = _follow(viewer, address, "message", lambda: desk.send_ok(userid_list="u2,u3,u4", text_content="for three"))
    panes = event["panes"]
    assert isinstance(panes, list) and [pane[0] for pane in panes] == [_ord(desk, "u2"), _ord(desk, "u3")]
    assert viewer.get(address.replace("u=u2", "u=u4")).status_code == 401, "the ticket is for these people"
    assert desk.read(load_mark_txn, desk.corp, desk.account.sender, _ord(desk, "u1")).seq == 0


def test_a_stream_of_the_wall_counts_as_one_of_each_inbox(desk: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, live = desk.operator(Role.VIEWER), desk.engine.live
    monkeypatch.setattr("hongyan.delivery.live.FOLLOWERS_MAX", 1)
    assert viewer.get(LOOK).status_code == 200
    two, one, other = (_wall_stream(viewer, people) for people in ("u=u1&u=u2", "u=u2", "u=u3"))

    with viewer.http.stream("GET", two) as stream:
        lines = stream.iter_lines()  # kept: a stream that is let go of is closed
        assert next(lines).startswith("retry")
        _until(lambda: live.crowded(desk.corp, _ord(desk, "u1")) and live.crowded(desk.corp, _ord(desk, "u2")))
        assert [_status(viewer, path) for path in (two, one, f"{LOOK}events", other)] == [429, 429, 429, 200]
    _until(lambda: not live.crowded(desk.corp, *(_ord(desk, userid) for userid in ("u1", "u2", "u3"))))
    assert _status(viewer, one) == 200


def _status(viewer: Browser, path: str) -> int:
    """Of a stream that is closed at once."""
    with viewer.http.stream("GET", path) as stream:
        return stream.status_code


def _wall_stream(viewer: Browser, people: str) -> str:
    """Where the wall of these people is followed."""
    events = re.search(r'data-events="([^"]+)"', viewer.get(f"/console/o/dingtest/wall?{people}").text)
    assert events
    return "/console/o/dingtest/" + events[1].replace("&amp;", "&")


def _until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 8
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_the_wall_has_room_for_six(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    full = viewer.get("/console/o/dingtest/wall?" + "&".join(f"u=u{n}" for n in range(1, 9))).text
    assert full.count('class="pane"') == 6 and "At most 6 people" in full and "remove one" in full
    empty = viewer.get(f"/console/o/dingtest/wall?u={CANARY}").text
    assert 'class="pane"' in viewer.get("/console/o/dingtest/wall?u=人12").text, "a name is enough when one person has it"
    assert "several people" in viewer.get("/console/o/dingtest/wall?u=人1&u=人").text
    assert "Nobody is here yet" in empty and "&lt;script&gt;" in empty and CANARY not in empty


def test_a_stream_ends_with_the_session(desk: DeskWorld) -> None:
    viewer = desk.operator(Role.VIEWER)
    position = re.search(r'data-position="(\d+)"', viewer.get(LOOK).text)
    assert position
    with viewer.http.stream("GET", f"{LOOK}events?after={position[1]}") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        viewer.http.headers["connection"] = "close"
        other = desk.browser(session=viewer.http.cookies["hongyan_session"])
        assert other.post("/console/sign-out").status_code == 303
        desk.send_ok(text_content="too late")
        assert "too late" not in "".join(lines)


def test_another_organisation_has_its_own_people(desk: DeskWorld) -> None:
    desk.write(create_corp_txn, "dingother", "另一家", "Asia/Shanghai")
    viewer = desk.operator(Role.VIEWER)
    assert viewer.get(LOOK.replace("dingtest", "dingother")).status_code == 404
    assert 'class="pane"' not in viewer.get("/console/o/dingother/wall?u=u1").text
    assert "人1" not in viewer.get("/console/o/dingother/inboxes").text


def _commented(desk: DeskWorld) -> str:
    """A message with an article that may be commented is in u1's inbox; the address of the article, below the inbox."""
    number = desk.write(add_article_txn, desk.corp, desk.account.sender, NewArticle(Draft("班车", "<p>新时刻表</p>"), "once"))
    assert isinstance(number, int)
    desk.write(publish_article_txn, desk.corp, desk.account.sender, number)
    desk.write(put_card_txn, desk.corp, Card("card1", desk.account.sender, (number,)))
    task = desk.send_ok(msg_type="news_card", media_id="card1", text_content=None, msg_body={"news_card": {"media_id": "card1"}}, allow_comment=True)
    seq = parse_task_id(task)
    assert seq is not None
    return f"article/{number}?m={seq}"


def test_who_acts_for_a_reader_comments_on_an_article(desk: DeskWorld) -> None:
    address = _commented(desk)
    sender = desk.operator(Role.SENDER)
    sender.get(ACT)
    page = sender.get(ACT + address)
    action = re.search(r'<form class="comment-form" method="post" action="([^"]+)"', page.text)
    assert action

    answer = sender.post(f"{ACT}article/{html.unescape(action[1])}", {"text": f"Thanks {CANARY}"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"{ACT}{address}&said=1#comments")
    page = sender.get(answer.headers["location"])
    assert "Thanks &lt;script" in page.text and "人1" in page.text


def test_who_only_looks_reads_comments_and_writes_none(desk: DeskWorld) -> None:
    address = _commented(desk)
    article = address.partition("?")[0]
    sender, viewer = desk.operator(Role.SENDER), desk.operator(Role.VIEWER)
    for browser in (sender, viewer):
        browser.get(LOOK)
        assert "comment-form" not in browser.get(LOOK + address).text
        assert browser.post(f"{LOOK}{article}/comment?m=1", {"text": "no"}).status_code in (401, 403)
    assert sender.post(f"{ACT}{article}/comment?m=1", {"text": "no ticket"}).status_code == 401
    assert viewer.get(ACT).status_code == 403


def test_in_a_real_organisation_nobody_comments_for_a_reader(real: DeskWorld) -> None:
    article = _commented(real).partition("?")[0]
    sender = real.operator(Role.SENDER)
    sender.get(LOOK)

    assert sender.post(f"{ACT}{article}/comment?m=1", {"text": "no"}).status_code == 403
