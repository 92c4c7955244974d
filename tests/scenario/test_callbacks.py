"""Callbacks from the outside: an application registers an address and hears what happens, in order, until it answers."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from callback_receiver import AES_KEY, TOKEN, Receiver, receiving, sealed_answer
from harness import World
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.delivery import callback_client
from hongyan.directory.edit import OrgChange, UserEntry
from hongyan.model.clock import HOUR_MS, MINUTE_MS, SECOND_MS

BODY = {"token": TOKEN, "aes_key": AES_KEY}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


class Apps:
    """A world with an internal app and a suite, and the calls of an operator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.own = f"/apps/{world.app_key}/callback"
        self.call("POST", "/suites", {"name": "套件", "suite_key": "suitekey", "suite_id": 77})
        self.suite = "/suites/suitekey/callback"

    def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        headers = {"authorization": f"Bearer {self.world.engine.key.admin_token(1)}"}
        answer = self.world.server.client.request(method, f"/hongyan/v1{path}", headers=headers, json=body)
        assert (status is None and answer.status_code < 300) or answer.status_code == status, answer.text
        return answer.json()

    def set(self, path: str, receiver: Receiver, **changes: Any) -> Any:
        return self.call("PUT", path, {"url": receiver.url, **BODY, **changes})

    def events(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self.call("GET", f"{path}/events?" + str(httpx.QueryParams(query)))["events"]

    def install(self, agent_id: int, **changes: Any) -> None:
        self.call("POST", f"/corps/{self.world.corp_id}/installations", {"app_key": "suitekey", "agent_id": agent_id, **changes})

    def wait_tried(self, path: str, times: int = 1) -> None:
        """Until so many tries of the oldest that still waits are on record, and one of each kind: the time to the next runs from there."""
        limit = time.monotonic() + 8
        while True:
            waiting = self.events(path, state="waiting")
            tried = {one["kind"] for one in waiting if one["attempts"]}
            if waiting and waiting[-1]["attempts"] >= times and all(one["kind"] in tried for one in waiting):
                return
            assert time.monotonic() < limit, waiting
            time.sleep(0.01)

    def wait_state(self, path: str, state: str, count: int = 1) -> list[dict[str, Any]]:
        limit = time.monotonic() + 8
        while len(found := self.events(path, state=state)) < count:
            assert time.monotonic() < limit, self.events(path)
            time.sleep(0.02)
        return found


@pytest.fixture
def apps(world: World) -> Apps:
    return Apps(world)


def _biz(event: dict[str, Any]) -> dict[str, Any]:
    return json.loads(event["bizData"][0]["biz_data"])


# --- registering


def test_an_address_is_asked_before_it_is_saved(apps: Apps, receiver: Receiver) -> None:
    answer = apps.set(apps.own, receiver, kinds=["user_add_org"])

    assert receiver.events[0]["EventType"] == "check_url"
    assert receiver.owners == [apps.world.app_key] and not receiver.problems
    assert (answer["style"], answer["owner"], answer["kinds"]) == ("flat", apps.world.app_key, ["user_add_org"])
    assert apps.call("GET", apps.own)["url"] == receiver.url
    assert TOKEN not in json.dumps(apps.call("GET", apps.own))


def test_a_suite_answers_the_random_text_at_first_and_at_a_change(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.suite, receiver)
    apps.call("PUT", apps.suite, {"url": receiver.url + "?a=1"})

    checks = [event for event in receiver.events if "Random" in event]
    assert [event["EventType"] for event in checks] == ["check_create_suite_url", "check_update_suite_url"]
    assert {event["TestSuiteKey"] for event in checks} == {"suitekey"} == set(receiver.owners)
    assert checks[0]["Random"] != checks[1]["Random"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, "HTTP 500"),
        (302, "HTTP 302"),
        (b"success", "must be JSON"),
        (b'{"encrypt":"success"}', "cannot be decrypted"),
        (sealed_answer("failure", "x"), "it is: failure"),
    ],
)
def test_an_address_that_answers_otherwise_is_not_saved(apps: Apps, receiver: Receiver, answer: bytes | int, said: str) -> None:
    receiver.answering = lambda event: answer
    error = apps.call("PUT", apps.own, {"url": receiver.url, **BODY}, 422)["error"]

    assert error["code"] == "callback_check_failed" and said in error["message"]
    assert apps.call("GET", apps.own, status=404)["error"]["code"] == "unknown_callback"


def test_an_address_where_nobody_is_is_not_saved(apps: Apps) -> None:
    with receiving() as gone:
        url = gone.url
    error = apps.call("PUT", apps.own, {"url": url, **BODY}, 422)["error"]

    assert error["details"]["outcome"] == "unreachable"


def test_an_address_that_takes_too_long_is_not_saved(apps: Apps, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_client, "READ_S", 0.2)
    receiver.answering = lambda event: time.sleep(2)  # type: ignore[func-returns-value]
    error = apps.call("PUT", apps.own, {"url": receiver.url, **BODY}, 422)["error"]

    assert error["details"]["outcome"] == "no_answer" and "within 0.2 seconds" in error["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ftp://a"},
        {"url": "http://"},
        {"url": "http://a:99999"},
        {"url": "http://user@a"},
        {"url": "http://a b"},
        {"token": ""},
        {"token": "x" * 65},
        {"aes_key": "short"},
        {"kinds": ["nosuch"]},
        {"kinds": ["suite_ticket"]},
    ],
)
def test_what_can_be_no_callback_is_refused(apps: Apps, changes: dict[str, Any]) -> None:
    apps.call("PUT", apps.own, {"url": "http://127.0.0.1:1", **BODY, **changes}, 422)


def test_a_suites_callback_is_no_apps(apps: Apps) -> None:
    assert apps.call("GET", "/apps/suitekey/callback", status=409)["error"]["code"] == "app_is_suite"
    assert apps.call("GET", f"/suites/{apps.world.app_key}/callback", status=404)["error"]["code"] == "unknown_suite"


def test_the_keys_are_sealed_in_the_store(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver)
    folder: Path = apps.world.server.settings.folder

    for file in folder.glob("*.db*"):
        assert AES_KEY.encode() not in file.read_bytes() and TOKEN.encode() not in file.read_bytes()


def test_a_server_that_forbids_private_networks_calls_none(apps: Apps, receiver: Receiver) -> None:
    client = apps.world.engine.dispatcher.client
    client._private = False
    error = apps.call("PUT", apps.own, {"url": receiver.url, **BODY}, 422)["error"]

    assert error["details"]["outcome"] == "forbidden_address" and not receiver.events


# --- what a suite hears


def test_a_suite_hears_of_its_ticket_at_once_every_five_hours_and_at_a_rotation(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.suite, receiver)
    receiver.wait(lambda r: len(r.of("suite_ticket")) == 1)
    apps.world.advance(5 * HOUR_MS)
    receiver.wait(lambda r: len(r.of("suite_ticket")) == 2)
    apps.call("POST", "/suites/suitekey/ticket")
    receiver.wait(lambda r: len(r.of("suite_ticket")) == 3)

    push = receiver.of("suite_ticket")[2]
    (row,) = push["bizData"]
    assert push["EventType"] == "SYNC_HTTP_PUSH_HIGH"
    assert (row["biz_type"], row["biz_id"], row["subscribe_id"], row["status"], row["open_cursor"]) == (2, "77", "77_0", 0, 0)
    assert _biz(push)["suiteTicket"] == apps.call("GET", "/suites/suitekey/ticket")["ticket"]
    tickets = [_biz(event)["suiteTicket"] for event in receiver.of("suite_ticket")]
    assert len(set(tickets)) == 3 and not receiver.problems


def test_a_suite_hears_of_its_installations_in_order(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.suite, receiver)
    corp = f"/corps/{apps.world.corp_id}/installations"
    apps.install(901, admins=["u1"])
    apps.install(902)
    apps.call("PATCH", f"{corp}/901", {"disabled": True})
    apps.call("PATCH", f"{corp}/901", {"disabled": False})
    apps.call("PATCH", f"{corp}/901", {"visible_all": False, "visible_userids": ["u2"], "visible_depts": [10]})
    apps.call("PATCH", f"{corp}/901", {"name": "another name"})
    apps.call("DELETE", f"{corp}/901")
    apps.call("DELETE", f"{corp}/902")
    receiver.wait(lambda r: bool(r.of("org_suite_relieve")))

    expected = ["org_suite_auth", "org_suite_change", "org_micro_app_stop", "org_micro_app_restore", "org_micro_app_scope_update"]
    expected += ["org_micro_app_remove", "org_micro_app_remove", "org_suite_relieve"]
    assert [kind for kind in receiver.kinds() if kind != "suite_ticket"] == expected
    auth, scope = receiver.of("org_suite_auth")[0], receiver.of("org_micro_app_scope_update")[0]
    assert auth["bizData"][0]["corp_id"] == apps.world.corp_id
    assert _biz(auth)["auth_info"]["agent"][0]["agentid"] == 901 and _biz(auth)["auth_user_info"] == {"userId": "u1"}
    assert (_biz(scope)["agentId"], _biz(scope)["userVisibleScopes"], _biz(scope)["deptVisibleScopes"]) == (901, '["u2"]', '["10"]')


# --- the directory


def test_an_app_hears_of_changes_of_the_directory(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver, kinds=["user_add_org", "user_leave_org"])
    apps.world.change(OrgChange(users=(UserEntry("new1", "新人", (10,)), UserEntry("u1", "改名", (10,))), leave=("u2",)))
    receiver.wait(lambda r: {"user_add_org", "user_leave_org"} <= set(r.kinds()))

    (added,) = receiver.of("user_add_org")
    assert added["userId"] == ["new1"] and added["CorpId"] == apps.world.corp_id and added["eventId"] and added["BizId"]
    assert added["EventTime"] == apps.world.clock.now()
    assert receiver.of("user_leave_org")[0]["userId"] == ["u2"]
    assert "user_modify_org" not in receiver.kinds()


def test_a_suite_hears_of_changes_where_it_is_installed_and_of_nobody_outside_its_range(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.suite, receiver)
    apps.install(901, visible_all=False, visible_userids=["new1"])
    apps.world.change(OrgChange(users=(UserEntry("new1", "新人", (10,)), UserEntry("new2", "外人", (20,)))))
    receiver.wait(lambda r: bool(r.of("user_add_org")))

    rows = {row["biz_id"]: json.loads(row["biz_data"]) for event in receiver.of("user_add_org") for row in event["bizData"]}
    assert rows["new1"]["name"] == "新人" and rows["new1"]["errcode"] == 0
    assert rows["new2"]["errcode"] == 50002 and "name" not in rows["new2"]
    assert receiver.of("user_add_org")[0]["EventType"] == "SYNC_HTTP_PUSH_MEDIUM"
    assert {row["biz_type"] for row in receiver.of("user_add_org")[0]["bizData"]} == {13}


def test_what_was_before_the_registration_is_not_told(apps: Apps, receiver: Receiver) -> None:
    apps.world.change(OrgChange(users=(UserEntry("early", "早"),)))
    apps.world.advance(1)
    apps.set(apps.own, receiver)
    apps.world.change(OrgChange(users=(UserEntry("late", "晚"),)))
    receiver.wait(lambda r: bool(r.of("user_add_org")))

    assert [event["userId"] for event in receiver.of("user_add_org")] == [["late"]]


# --- until it is answered


def test_an_event_at_the_last_moment_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async def story() -> None:
        async with asyncio.timeout(20), Application(Settings(data=str(tmp_path))).running() as application:
            await asyncio.sleep(0.2)  # the dispatcher waits now
            application.engine.dispatcher.wake()

    asyncio.run(story())


def test_an_event_is_sent_again_with_its_id_until_it_is_answered_and_nothing_overtakes_it(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver)
    receiver.answering = lambda event: 500
    apps.world.change(OrgChange(users=(UserEntry("new1", "一"),)))
    apps.wait_tried(apps.own)
    apps.world.change(OrgChange(users=(UserEntry("new2", "二"),)))
    apps.world.advance(SECOND_MS)
    apps.wait_tried(apps.own, 2)
    receiver.answering = lambda event: None
    apps.world.advance(2 * SECOND_MS)
    receiver.wait(lambda r: len(r.of("user_add_org")) == 4)

    told = receiver.of("user_add_org")
    assert [event["userId"] for event in told] == [["new1"], ["new1"], ["new1"], ["new2"]]
    assert len({event["eventId"] for event in told[:3]}) == 1
    (second, first) = apps.wait_state(apps.own, "delivered", 2)
    assert [one["status"] for one in first["tries"]] == [200, 500, 500] and first["attempts"] == 3
    assert second["attempts"] == 1 and second["tries"][0]["answer"] == "success"


def test_an_event_that_is_never_answered_is_given_up_and_may_be_sent_again_by_hand(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver)
    receiver.answering = lambda event: sealed_answer("no", "x")
    apps.world.change(OrgChange(users=(UserEntry("new1", "一"),)))
    for tries in range(1, 17):
        receiver.wait(lambda r, tries=tries: len(r.of("user_add_org")) == tries)  # type: ignore[misc]
        if tries < 16:
            apps.wait_tried(apps.own, tries)
        apps.world.advance(10 * MINUTE_MS)
    (event,) = apps.wait_state(apps.own, "failed")
    receiver.answering = lambda event: None
    apps.call("POST", f"{apps.own}/events/{event['n']}/again")

    (done,) = apps.wait_state(apps.own, "delivered")
    assert done["n"] == event["n"] and done["attempts"] == 17
    detail = apps.call("GET", f"{apps.own}/events/{event['n']}")
    assert len(detail["tries"]) == 17 and json.loads(detail["text"])["userId"] == ["new1"]
    assert "it is: no" in detail["tries"][1]["answer"]


def test_a_new_ticket_replaces_one_that_did_not_arrive_and_does_not_wait_for_other_events(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.suite, receiver)
    receiver.wait(lambda r: len(r.of("suite_ticket")) == 1)
    receiver.answering = lambda event: 500
    apps.install(901)
    receiver.wait(lambda r: bool(r.of("org_suite_auth")))
    apps.call("POST", "/suites/suitekey/ticket")
    receiver.wait(lambda r: len(r.of("suite_ticket")) == 2)
    apps.call("POST", "/suites/suitekey/ticket")
    receiver.wait(lambda r: len(r.of("suite_ticket")) == 3)
    apps.wait_tried(apps.suite)

    assert len(apps.wait_state(apps.suite, "replaced")) == 1
    receiver.answering = lambda event: None
    apps.world.advance(10 * SECOND_MS)
    assert {one["kind"] for one in apps.wait_state(apps.suite, "delivered", 3)} == {"suite_ticket", "org_suite_auth"}


def test_a_slow_application_delays_nobody_else(apps: Apps, receiver: Receiver) -> None:
    apps.world.add_app("other")
    with receiving() as slow:
        apps.set("/apps/other/callback", slow)
        apps.set(apps.own, receiver)
        released = threading.Event()
        slow.answering = lambda event: 500 if released.wait(30) else 501
        apps.world.change(OrgChange(users=(UserEntry("new1", "一"),)))
        slow.wait(lambda r: bool(r.of("user_add_org")))
        apps.world.change(OrgChange(users=(UserEntry("new2", "二"),)))
        receiver.wait(lambda r: len(r.of("user_add_org")) == 2)

        (first, _) = reversed(apps.events("/apps/other/callback"))
        assert (first["state"], first["attempts"]) == ("waiting", 0)
        released.set()


def test_a_wrong_signature_of_the_answer_is_taken_and_remarked(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver)
    receiver.answering = lambda event: sealed_answer("success", "other", token="wrong")
    apps.world.change(OrgChange(users=(UserEntry("new1", "一"),)))

    (event,) = apps.wait_state(apps.own, "delivered")
    assert "signature" in event["tries"][0]["answer"] and "other" in event["tries"][0]["answer"]


def test_a_deleted_callback_hears_nothing_more_and_forgets_its_log(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver)
    receiver.answering = lambda event: 500
    apps.world.change(OrgChange(users=(UserEntry("new1", "一"),)))
    receiver.wait(lambda r: bool(r.of("user_add_org")))
    apps.call("DELETE", apps.own)
    apps.world.advance(MINUTE_MS)
    receiver.answering = lambda event: None
    apps.set(apps.own, receiver)

    assert apps.events(apps.own) == []


def test_a_disabled_app_hears_nothing(apps: Apps, receiver: Receiver) -> None:
    apps.set(apps.own, receiver)
    apps.call("PATCH", f"/apps/{apps.world.app_key}", {"disabled": True})
    apps.world.change(OrgChange(users=(UserEntry("new1", "一"),)))
    time.sleep(0.7)

    assert receiver.kinds() == []
