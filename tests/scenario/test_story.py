"""Stories over HTTP: what a caller, a reader and an operator see of the same send."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from harness import MORNING, World, serving
from hongyan.admission import rules
from hongyan.admission.rules import Mode, Profile
from hongyan.directory.edit import OrgChange, UserEntry
from hongyan.model.clock import DAY_MS, HOUR_MS

RECALL = "/topapi/message/mass/recall"
ACCOUNTS = "/topapi/serviceaccount"


def _explain(world: World, task_id: str, userid: str) -> dict[str, Any]:
    return world.admin("GET", f"/tasks/{task_id}/explain/{userid}").json()


def test_a_send_is_read_recalled_and_explained(world: World) -> None:
    task_id = world.send_ok(userid_list="u1,u2", text_content="会议改到三点")
    assert world.people(task_id, "unread") == {"u1", "u2"}
    assert world.inbox("u1")[0]["body"]["text"] == "会议改到三点"

    assert world.admin("POST", "/inboxes/u1/read", json={"task_id": task_id}).status_code == 200
    assert (world.people(task_id, "read"), world.people(task_id, "unread")) == ({"u1"}, {"u2"})
    assert _explain(world, task_id, "u1")["list"] == "read"

    recalled = world.post(RECALL, {"unionid": world.unionid, "task_id": task_id}).json()
    assert recalled["errcode"] == 0
    assert world.inbox("u2")[0]["body"] is None
    world.admin("POST", "/inboxes/u2/read", json={})
    assert world.people(task_id, "unread") == {"u2"}, "recall freezes reads"
    assert world.post(RECALL, {"unionid": world.unionid, "task_id": task_id}).json()["errcode"] == 0, "a second recall succeeds"


def test_recall_is_refused_a_day_later_and_for_another_account(world: World) -> None:
    other = world.add_account("别的号")
    task_id = world.send_ok()
    assert world.post(RECALL, {"unionid": other.unionid, "task_id": task_id}).json()["errcode"] == 800025

    world.advance(DAY_MS + 1)
    token = world.get_token()
    assert world.post(RECALL, {"unionid": world.unionid, "task_id": task_id}, token=token).json()["errcode"] == 800025
    assert world.inbox("u1")[0]["body"] is not None


def test_what_was_recalled_stays_so_whenever_it_is_asked_for_again(world: World) -> None:
    task_id = world.send_ok()
    for wait in (0, DAY_MS + 1):
        world.advance(wait)
        answer = world.post(RECALL, {"unionid": world.unionid, "task_id": task_id}, token=world.get_token()).json()
        assert answer["errcode"] == 0, wait


def test_everybody_addressed_is_in_exactly_one_list(world: World) -> None:
    world.change(OrgChange(users=(UserEntry("idle", "未激活", (10,), active=False),)))
    first = world.send_ok(userid_list="u3,u6", text_content="同文")
    task_id = world.send_ok(userid_list="u1", dep_id_list="10,99", text_content="同文")

    lists = {name: world.people(task_id, name) for name in ("unread", "read", "forbidden", "failed")}
    assert lists == {"unread": {"u1", "u4", "u7", "u9", "u10", "u12"}, "read": set(), "forbidden": {"u3", "u6", "idle"}, "failed": set()}
    same = _explain(world, task_id, "u3")
    assert (same["rule"], same["twin"]["task_id"]) == ("mass.same_content", first)
    assert _explain(world, task_id, "idle")["rule"] == "person.not_activated"
    assert _explain(world, task_id, "u2")["list"] == "not_addressed"
    assert world.admin("GET", f"/tasks/{task_id}").json()["invalid"]["depts"] == [99]


def test_the_same_content_arrives_once_a_day_and_again_the_next(world: World) -> None:
    first = world.send_ok(is_to_all=True, userid_list=None, text_content="通知")
    second = world.send_ok(is_to_all=True, userid_list=None, text_content="通知")
    single = world.send_ok(userid_list="u1", text_content="通知")
    assert len(world.people(first, "unread")) == 12
    assert len(world.people(second, "forbidden")) == 12
    assert world.people(single, "unread") == {"u1"}, "single-directed sends are exempt"

    world.clock.set(MORNING + 14 * HOUR_MS)  # 00:00 of the next day in Shanghai
    token = world.get_token()
    third = world.post("/topapi/message/mass/send", world.a_send(is_to_all=True, userid_list=None, text_content="通知"), token=token).json()[
        "task_id"
    ]
    assert len(world.people(third, "unread")) == 12


def test_a_broad_send_above_the_cap_fails_as_a_whole_and_costs_nothing(world: World) -> None:
    world.rule(rules.AUDIENCE_CAP.id, limit=11)
    task_id = world.send_ok(is_to_all=True, userid_list=None)

    assert len(world.people(task_id, "failed")) == 12
    assert world.inbox("u1") == []
    world.rule(rules.AUDIENCE_CAP.id)
    world.rule(rules.PERSON_TIMES.id, limit=1)
    assert len(world.people(world.send_ok(is_to_all=True, userid_list=None), "unread")) == 12


def test_observe_counts_and_explains_and_lets_through(world: World) -> None:
    world.rule(rules.SAME_CONTENT.id, mode=Mode.OBSERVE)
    world.send_ok(userid_list="u1,u2")
    task_id = world.send_ok(userid_list="u1,u2")

    assert world.people(task_id, "unread") == {"u1", "u2"}
    look = next(look for look in _explain(world, task_id, "u1")["rules"] if look["rule"] == rules.SAME_CONTENT.id)
    assert (look["mode"], look["passed"]) == ("observe", False)


def test_a_refusal_spends_its_uuid_and_says_which_limit(world: World) -> None:
    world.observe_all_but(rules.ACCOUNT_QPS.id)
    world.rule(rules.ACCOUNT_QPS.id, limit=1)
    world.send_ok()
    assert world.send(uuid="late")["errcode"] == 800055
    world.advance(1000)

    assert world.send(uuid="late")["errcode"] == 800035
    attempt = world.admin("GET", f"/accounts/{world.unionid}/attempts/late").json()
    assert attempt["errcode"] == 800055 and attempt["task_id"] is None


def test_an_invalid_request_does_not_spend_its_uuid(world: World) -> None:
    assert world.send(uuid="again", text_content="")["errcode"] == 800020
    assert world.send(uuid="again", userid_list="stranger")["errcode"] == 800022

    assert world.send(uuid="again")["errcode"] == 0


def test_blocked_and_not_allowed_people_are_left_out_by_name_of_the_rule(world: World) -> None:
    world.admin("PATCH", f"/accounts/{world.unionid}", json={"blocked": ["u1"], "allow_all": False, "allow_userids": ["u1", "u2"]})
    task_id = world.send_ok(userid_list="u1,u2,u3")

    assert world.people(task_id, "unread") == {"u2"}
    assert _explain(world, task_id, "u1")["rule"] == "person.blocked"
    assert _explain(world, task_id, "u3")["rule"] == "person.not_allowed"


def test_a_token_is_the_same_while_valid_and_another_when_expired(world: World) -> None:
    world.advance(HOUR_MS)
    assert world.get_token() == world.token, "each fetch renews it"
    world.advance(HOUR_MS + 1)
    assert world.send()["errcode"] == 0
    world.advance(2 * HOUR_MS)

    assert world.send()["sub_code"] == "40014"
    assert world.get_token() != world.token


def test_one_token_serves_both_surfaces(world: World) -> None:
    body = {"appKey": world.app_key, "appSecret": world.secret}
    fresh = world.server.client.post("/v1.0/oauth2/accessToken", json=body).json()

    assert fresh == {"accessToken": world.token, "expireIn": 7200}
    assert world.v1("/v1.0/exclusive/follow/message/send", world.a_send()).json()["errorcode"] == "0"


@pytest.mark.parametrize("uuid", ["", " ", "\x85", "\u3000"])
def test_without_a_uuid_the_new_surface_sends_each_time(world: World, uuid: str) -> None:
    for _ in range(2):
        assert world.v1("/v1.0/exclusive/follow/message/send", world.a_send(uuid=uuid)).json()["errorcode"] == "0"

    assert len(world.inbox("u1")) == 2


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        world = World(server)
        task_id = world.send_ok(text_content="还在吗")
        token, corp = world.token, world.corp_id
    with serving(tmp_path) as server:
        headers = {"authorization": f"Bearer {server.engine.key.admin_token(1)}"}
        inbox = server.client.get(f"/hongyan/v1/corps/{corp}/inboxes/u1", headers=headers).json()["entries"]
        reply = server.client.post(f"{ACCOUNTS}/list", params={"access_token": token}, headers={"content-type": "application/json"}).json()

        assert reply["errcode"] == 0 and reply["total_count"] == 1
        assert [entry["task_id"] for entry in inbox] == [task_id]


def test_accounts_are_listed_and_shown(world: World) -> None:
    world.add_account("第二个")
    page = world.post(f"{ACCOUNTS}/list", {"pageStart": "1", "pageSize": "1"}).json()
    by_get = world.server.client.get(f"{ACCOUNTS}/get", params={"access_token": world.token, "unionid": world.unionid}).json()

    assert (page["total_count"], page["item_count"], len(page["items"])) == (2, 1, 1)
    assert by_get["service_account"]["allow_send_to_all"] is True
    assert world.post(f"{ACCOUNTS}/list", {"pageSize": 51}).json()["errcode"] == 41
    assert world.post(f"{ACCOUNTS}/get", {"unionid": "nobody"}).json()["errcode"] == 800003


def test_a_delayed_message_shows_when_its_time_comes(world: World) -> None:
    assert world.server.application.sandbox is not None
    world.server.application.sandbox.delay_ms = 5000
    task_id = world.send_ok()
    assert world.inbox("u1") == []
    assert world.admin("GET", f"/tasks/{task_id}").json()["progress_percent"] == 0

    world.advance(5000)
    assert len(world.inbox("u1")) == 1
    assert world.admin("GET", f"/tasks/{task_id}").json()["progress_percent"] == 100


def test_an_open_inbox_sees_the_next_message_at_once(world: World) -> None:
    """The events of a person carry on from where the last connection ended."""
    headers = {"authorization": f"Bearer {world.engine.key.admin_token(1)}"}
    url = f"/hongyan/v1/corps/{world.corp_id}/inboxes/u1/events"
    with world.server.client.stream("GET", url, headers=headers) as stream:
        lines = stream.iter_lines()
        sender = threading.Timer(0.2, lambda: world.send_ok(text_content="现场"))
        sender.start()
        data = next(json.loads(line[5:]) for line in lines if line.startswith("data:"))
        sender.join()

    assert data["entry"]["body"]["text"] == "现场"


def test_another_organisation_sees_nothing(world: World) -> None:
    task_id = world.send_ok()
    other = World.__new__(World)
    other.__init__(world.server, corp_id="dingother")

    assert other.post(RECALL, {"unionid": world.unionid, "task_id": task_id}).json()["errcode"] == 800003
    assert other.send(unionid=world.unionid)["errcode"] == 800003
    assert other.post(RECALL, {"unionid": other.unionid, "task_id": task_id}).json()["errcode"] == 800025
    assert other.inbox("u1") == []


def test_the_open_profile_has_no_quotas(tmp_path: Path) -> None:
    with serving(tmp_path, profile=Profile.OPEN) as server:
        world = World(server)
        assert {world.send(userid_list="u1,u2")["errcode"] for _ in range(150)} == {0}
        assert len(world.inbox("u1")) == 50, "a page"


def test_when_all_bad_userids_are_dropped_unless_none_is_left(tmp_path: Path) -> None:
    with serving(tmp_path, userid_policy="all") as server:
        world = World(server)
        task_id = world.send_ok(userid_list="u1,stranger")

        assert world.people(task_id, "unread") == {"u1"}
        assert world.admin("GET", f"/tasks/{task_id}").json()["invalid"]["userids"] == ["stranger"]
        assert world.send(userid_list="stranger")["errcode"] == 800022


def test_of_two_who_left_at_once_the_userid_names_the_later_one(world: World) -> None:
    world.send_ok()
    world.change(OrgChange(leave=("u1",)))
    world.change(OrgChange(users=(UserEntry("u1", "第二位", (10,)),)))
    world.change(OrgChange(leave=("u1",)))

    assert world.inbox("u1") == [], "the clock stood still, and the second one got nothing"
