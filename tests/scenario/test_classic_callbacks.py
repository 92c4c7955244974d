"""Registering over /call_back, what a reader writes to an account, and the answer through the session."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from callback_receiver import AES_KEY, TOKEN, Receiver, receiving
from harness import World
from hongyan.access.records import AppKind
from hongyan.directory.edit import OrgChange, UserEntry
from hongyan.messages.menus import Menu, MenuButton, save_menu_txn
from hongyan.model.clock import MINUTE_MS

ROOT = "/call_back"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def _register(world: World, receiver: Receiver, *tags: str, **changes: Any) -> dict[str, Any]:
    body = {"call_back_tag": tags or ("user_add_org",), "token": TOKEN, "aes_key": AES_KEY, "url": receiver.url, **changes}
    return world.post(f"{ROOT}/register_call_back", body).json()


def _get(world: World, name: str) -> dict[str, Any]:
    return world.server.client.get(f"{ROOT}/{name}", params={"access_token": world.token}).json()


def test_an_address_is_registered_read_changed_and_deleted(world: World, receiver: Receiver) -> None:
    assert _register(world, receiver, "user_add_org", "bpms_task_change") == {"errcode": 0, "errmsg": "ok"}
    assert receiver.owners == [world.corp_id], "an organisation's own app decrypts under its corp id here"
    found = _get(world, "get_call_back")
    assert found["call_back_tag"] == ["bpms_task_change", "user_add_org"]
    assert (found["token"], found["aes_key"], found["url"]) == (TOKEN, AES_KEY, receiver.url)
    reply = world.post(f"{ROOT}/update_call_back", {"call_back_tag": ["org_dept_create"], "url": receiver.url + "?v=2"}).json()
    assert reply["errcode"] == 0
    assert _get(world, "get_call_back")["url"].endswith("?v=2")

    assert _get(world, "delete_call_back") == {"errcode": 0, "errmsg": "ok"}
    assert [_get(world, name)["errcode"] for name in ("get_call_back", "delete_call_back")] == [71007, 71007]


def test_a_form_registers_too(world: World, receiver: Receiver) -> None:
    form = {"call_back_tag": '["user_add_org"]', "token": TOKEN, "aes_key": AES_KEY, "url": receiver.url}

    assert world.post(f"{ROOT}/register_call_back", data=form).json()["errcode"] == 0


def test_registering_needs_post(world: World) -> None:
    assert _get(world, "register_call_back")["errcode"] == 43002


def test_events_have_the_spellings_of_then_beside_those_of_today(world: World, receiver: Receiver) -> None:
    _register(world, receiver)
    world.change(OrgChange(users=(UserEntry("new1", "新人", (10,)),)))
    receiver.wait(lambda r: bool(r.of("user_add_org")))

    (event,) = receiver.of("user_add_org")
    assert event["UserId"] == event["userId"] == ["new1"]
    assert event["TimeStamp"] == event["timeStamp"] and event["CorpId"] == world.corp_id


def test_what_was_given_up_is_handed_out_once(world: World, receiver: Receiver) -> None:
    _register(world, receiver)
    receiver.answering = lambda event: 500
    world.change(OrgChange(users=(UserEntry("new1", "新人"),)))
    for tries in range(1, 17):
        receiver.wait(lambda r, tries=tries: len(r.of("user_add_org")) >= tries)  # type: ignore[misc]
        receiver.wait(lambda r, tries=tries: _attempts(world) >= tries)  # type: ignore[misc]
        world.advance(10 * MINUTE_MS)
    world.token = world.get_token()  # hours have passed
    (failure,) = _get(world, "get_call_back_failed_result")["failed_list"]

    assert failure["call_back_tag"] == "user_add_org" and failure["user_add_org"]["userid"] == ["new1"]
    assert failure["user_add_org"]["corpid"] == world.corp_id and failure["event_time"]
    assert _get(world, "get_call_back_failed_result") == {"errcode": 0, "errmsg": "ok", "failed_list": [], "has_more": False}


def _attempts(world: World) -> int:
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    answer = world.server.client.get(f"/hongyan/v1/apps/{world.app_key}/callback/events", headers=headers).json()
    return answer["events"][0]["attempts"] if answer["events"] else 0


# --- readers


def _say(world: World, text: str = "在吗", userid: str = "u1") -> Any:
    return world.admin("POST", f"/inboxes/{userid}/messages", json={"account": world.unionid, "text": text})


def _here(event: dict[str, Any]) -> str:
    """The session's address on this test's port, which the server cannot know beforehand."""
    webhook = urlsplit(event["sessionWebhook"])
    return f"{webhook.path}?{webhook.query}"


def test_what_a_reader_writes_reaches_the_app_which_answers_through_the_session(world: World, receiver: Receiver) -> None:
    _register(world, receiver, "isw_user_msg_received")
    assert _say(world).status_code == 201
    receiver.wait(lambda r: bool(r.of("isw_user_msg_received")))
    (event,) = receiver.of("isw_user_msg_received")
    person = world.admin("GET", "/users/u1").json()
    assert (event["toUser"], event["fromUserId"], event["senderNick"], event["content"]) == (world.unionid, "u1", "人1", "在吗")
    assert event["fromUser"] == person["unionid"] and event["msgType"] == "text" and event["msgId"]
    assert event["sessionWebhookExpiredTime"] == event["createTime"] + 90 * MINUTE_MS

    webhook = urlsplit(event["sessionWebhook"])
    assert webhook.path == "/robot/sendBySession" and f"http://{webhook.netloc}" == world.engine.public_url
    for message in (
        {"msgtype": "text", "text": {"content": "在的"}},
        {"msgtype": "markdown", "markdown": {"title": "好", "text": "**好**"}},
    ):
        assert world.server.client.post(_here(event), json=message).json() == {"errcode": 0, "errmsg": "ok"}
    assert [entry["msg_type"] for entry in world.inbox("u1")] == ["markdown", "text"]
    assert world.inbox("u1")[1]["body"]["text"] == "在的" and world.inbox("u2") == []
    said = world.admin("GET", "/inboxes/u1/messages", params={"account": world.unionid}).json()["messages"]
    assert [one["text"] for one in said] == ["在吗"]


def test_a_session_ends_and_takes_only_messages(world: World, receiver: Receiver) -> None:
    _register(world, receiver, "isw_user_msg_received")
    _say(world)
    receiver.wait(lambda r: bool(r.of("isw_user_msg_received")))
    webhook = _here(receiver.of("isw_user_msg_received")[0])
    client = world.server.client

    assert client.get(webhook).json()["errcode"] == 43002
    assert client.post(webhook, content=b"{").json()["errcode"] == 40035
    assert client.post(webhook, json={"msgtype": "telegram"}).json()["errcode"] == 40008
    assert client.post(webhook + "x", json={"msgtype": "text", "text": {"content": "x"}}).json()["errcode"] == 300001
    world.advance(90 * MINUTE_MS)
    assert client.post(webhook, json={"msgtype": "text", "text": {"content": "x"}}).json()["errcode"] == 300001
    assert world.inbox("u1") == []


def test_a_session_ends_with_its_app(world: World, receiver: Receiver) -> None:
    _register(world, receiver, "isw_user_msg_received")
    _say(world)
    receiver.wait(lambda r: bool(r.of("isw_user_msg_received")))
    webhook = _here(receiver.of("isw_user_msg_received")[0])
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    world.server.client.patch(f"/hongyan/v1/apps/{world.app_key}", headers=headers, json={"disabled": True})

    assert world.server.client.post(webhook, json={"msgtype": "text", "text": {"content": "x"}}).json()["errcode"] == 300001


def test_a_button_of_the_menu_is_told_with_its_key(world: World, receiver: Receiver) -> None:
    _register(world, receiver, "isw_user_event_received")
    more = MenuButton("更多", sub_button=(MenuButton("网站", "view", url="https://example.com/"),))
    world.write(save_menu_txn, world.corp, world.account.sender, Menu((MenuButton("今天", "click", "TODAY"), more), False, 0))
    for place in ("0", "1.0"):
        assert world.admin("POST", "/inboxes/u1/presses", json={"account": world.unionid, "place": place}).status_code == 200
    receiver.wait(lambda r: len(r.of("isw_user_event_received")) == 2)

    first, second = receiver.of("isw_user_event_received")
    assert (first["actionType"], first["actionKey"], first["toUser"]) == ("click", "TODAY", world.unionid)
    assert (second["actionType"], second["actionKey"]) == ("view", "https://example.com/")
    for place in ("1", "2", "1.1", "0.0", "x", "", "0.0.0", "-1"):
        assert world.admin("POST", "/inboxes/u1/presses", json={"account": world.unionid, "place": place}).status_code == 409, place
    assert _say(world).json()["error"]["code"] == "not_writable", "the menu switches input off"


@pytest.mark.parametrize(("text", "status"), [("", 422), (" ", 422), ("x" * 5001, 422), ("x" * 5000, 201)])
def test_a_message_has_1_to_5000_characters(world: World, text: str, status: int) -> None:
    assert _say(world, text).status_code == status


def test_a_message_is_kept_when_no_app_listens(world: World) -> None:
    assert _say(world).status_code == 201
    assert _say(world, userid="nobody").status_code == 404


def test_a_third_party_app_hears_while_it_is_installed_and_never_of_what_readers_write(world: World, receiver: Receiver) -> None:
    world.add_app("foreign", kind=AppKind.THIRD_PARTY)
    body = {"call_back_tag": ["user_add_org"], "token": TOKEN, "aes_key": AES_KEY, "url": receiver.url}
    token = world.corp_token("foreign")
    refused = world.post(f"{ROOT}/register_call_back", {**body, "call_back_tag": ["isw_user_msg_received"]}, token=token).json()
    assert refused["errcode"] == 71008
    assert world.post(f"{ROOT}/register_call_back", body, token=token).json()["errcode"] == 0
    world.change(OrgChange(users=(UserEntry("new1", "一"),)))
    receiver.wait(lambda r: bool(r.of("user_add_org")))
    agent = next(one["agent_id"] for one in world.admin("GET", "/installations").json()["installations"] if one["app_key"] == "foreign")
    world.admin("DELETE", f"/installations/{agent}")
    world.change(OrgChange(users=(UserEntry("new2", "二"),)))
    time.sleep(1)

    assert [event["userId"] for event in receiver.of("user_add_org")] == [["new1"]]


def test_what_an_address_says_is_not_told_to_whoever_registers_it(world: World, receiver: Receiver) -> None:
    receiver.answering = lambda event: 500
    reply = _register(world, receiver)

    assert reply["errcode"] == 71012 and reply["errmsg"].endswith("HTTP 500")
