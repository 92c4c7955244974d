"""Pure decisions behind callbacks: when to try again, what becomes of an installation, which addresses can be one, what the events hold."""

import json

import pytest

from hongyan.access.callback_crypto import CallbackKeys
from hongyan.access.callbacks import Callback, Style
from hongyan.access.installation_events import decide_kinds
from hongyan.access.keys import ServerKey
from hongyan.access.outbox import Event
from hongyan.access.records import Installation
from hongyan.access.sealing import Seal
from hongyan.access.sessions import Session, open_session, session_text
from hongyan.delivery.callback_client import url_problem
from hongyan.delivery.callback_forms import event_text, url_check
from hongyan.delivery.callback_push import pushed_url
from hongyan.delivery.dispatcher import decide_retry
from hongyan.delivery.said import find_button
from hongyan.messages.menus import Menu, MenuButton
from hongyan.model.ids import AppNo, CorpId, CorpNo, EpochMs, Ord, SenderId

NOW = EpochMs(1_000_000)


@pytest.mark.parametrize(
    ("kind", "attempts", "wait_s"),
    [
        ("user_add_org", 1, 1),
        ("user_add_org", 2, 2),
        ("user_add_org", 10, 512),
        ("user_add_org", 11, 600),
        ("user_add_org", 15, 600),
        ("user_add_org", 16, None),
        ("suite_ticket", 1, 1),
        ("suite_ticket", 9, 180),
        ("suite_ticket", 99, 180),
        ("suite_ticket", 100, None),
    ],
)
def test_the_waits_double_up_to_a_longest_and_end(kind: str, attempts: int, wait_s: int | None) -> None:
    assert decide_retry(kind, attempts, NOW) == (None if wait_s is None else NOW + wait_s * 1000)


def _installed(**changes: object) -> Installation:
    return Installation(**{"sender": 1, "corp": 1, "app": 1, "agent_id": 9, "name": "x", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "others", "kinds"),
    [
        (None, _installed(), False, ["org_suite_auth"]),
        (None, _installed(), True, ["org_suite_change"]),
        (_installed(uninstalled_at=5, disabled_at=5), _installed(), False, ["org_suite_auth"]),
        (_installed(), _installed(disabled_at=5), False, ["org_micro_app_stop"]),
        (_installed(disabled_at=5), _installed(), True, ["org_micro_app_restore"]),
        (_installed(), _installed(visible_all=False), False, ["org_micro_app_scope_update"]),
        (_installed(), _installed(disabled_at=5, visible_depts=(3,)), False, ["org_micro_app_stop", "org_micro_app_scope_update"]),
        (_installed(), _installed(disabled_at=5, uninstalled_at=5), True, ["org_micro_app_remove"]),
        (_installed(disabled_at=5), _installed(disabled_at=5, uninstalled_at=6), False, ["org_micro_app_remove", "org_suite_relieve"]),
        (_installed(), _installed(name="another"), False, []),
    ],
)
def test_each_change_of_an_installation_has_its_events(before: Installation | None, after: Installation, others: bool, kinds: list[str]) -> None:
    assert decide_kinds(before, after, others=others) == kinds


@pytest.mark.parametrize("url", ["http://a", "https://a.example:8443/x?y=1", "http://127.0.0.1:9000/events", "http://[::1]:9/"])
def test_an_address_that_can_be_one(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "a",
            "//a",
            "ftp://a",
            "http://",
            "http://:80",
            "http://a:x",
            "http://a:70000",
            "http://a:0",
            "http://u:p@a",
            "http://a/#f",
            "http://a/ b",
        ),
        *("http://é", "http://a/\n", "http://[::1", "http://a/" + "x" * 1000),
    ],
)
def test_an_address_that_cannot(url: str) -> None:
    assert url_problem(url)


def _callback(style: Style) -> Callback:
    return Callback(1, AppNo(1), CorpNo(1), style, "owner", "http://a", b"", b"", frozenset(), NOW, NOW, 77)


def _event(data: object, kind: str = "user_add_org") -> Event:
    return Event(5, 1, CorpNo(1), kind, "eid", "bid", json.dumps(data), NOW, NOW, 0, "waiting", None)


def test_a_flat_event_has_its_fields_beside_the_head() -> None:
    text = event_text(_callback(Style.FLAT), _event({"userId": ["u1"]}), CorpId("ding1"))

    assert json.loads(text) == {"EventType": "user_add_org", "EventTime": NOW, "CorpId": "ding1", "BizId": "bid", "eventId": "eid", "userId": ["u1"]}


def test_a_push_is_urgent_only_when_every_record_is() -> None:
    records = [{"biz_type": kind, "biz_id": str(kind), "data": {}} for kind in (7, 13)]
    push = json.loads(event_text(_callback(Style.SYNC), _event(records), CorpId("ding1")))

    assert push["EventType"] == "SYNC_HTTP_PUSH_MEDIUM"
    assert [row["id"] for row in push["bizData"]] == [500, 501]
    assert [json.loads(row["biz_data"])["eventId"] for row in push["bizData"]] == ["eid-0", "eid-1"]
    assert json.loads(event_text(_callback(Style.SYNC), _event(records[:1]), None))["EventType"] == "SYNC_HTTP_PUSH_HIGH"


@pytest.mark.parametrize(
    ("style", "first", "kind", "expected"),
    [
        (Style.SYNC, True, "check_create_suite_url", "r"),
        (Style.SYNC, False, "check_update_suite_url", "r"),
        (Style.FLAT, True, "check_url", "success"),
        (Style.CLASSIC, False, "check_url", "success"),
    ],
)
def test_an_address_is_asked_in_the_form_of_its_events(style: Style, first: bool, kind: str, expected: str) -> None:
    check = url_check(style, "owner", "ding1", "r", first=first, now=NOW)

    assert (json.loads(check.text)["EventType"], check.expected) == (kind, expected)


@pytest.mark.parametrize(("url", "start"), [("http://a/x", "http://a/x?msg_signature="), ("http://a/x?y=1", "http://a/x?y=1&msg_signature=")])
def test_the_signature_joins_what_the_address_has(url: str, start: str) -> None:
    keys = CallbackKeys("t", "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij", "o")

    assert pushed_url(url, keys, "e", "1", "n").startswith(start)


def test_a_session_comes_back_and_no_other_text_is_one() -> None:
    seal = Seal(ServerKey(b"k" * 32))
    session = Session(AppNo(1), CorpNo(2), SenderId(3), Ord(4), EpochMs(5))
    text = session_text(seal, session)

    assert open_session(seal, text) == session
    for other in ("", "x", "é", text[:-1], text + "a", "A" + text[1:], "x" * 5000):
        assert open_session(seal, other) is None or other == text
    assert open_session(Seal(ServerKey(b"j" * 32)), text) is None


MENU = Menu((MenuButton("a", "click", "A"), MenuButton("b", sub_button=(MenuButton("c", "view", url="http://c"),)), MenuButton("d")), status=0)


@pytest.mark.parametrize(("place", "name"), [("0", "a"), ("1.0", "c")])
def test_a_button_is_found_at_its_place(place: str, name: str) -> None:
    button = find_button(MENU, place)

    assert button is not None and button.name == name


@pytest.mark.parametrize("place", ["1", "2", "3", "1.1", "0.0", "", ".", "x", "-1", "1.0.0", "٠", "9999"])
def test_no_button_is_found_elsewhere(place: str) -> None:
    assert find_button(MENU, place) is None
    assert find_button(Menu(MENU.button, status=1), "0") is None
