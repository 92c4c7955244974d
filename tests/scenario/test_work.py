"""Work notifications over HTTP: what is sent, who is left out, what the caller hears of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness import MORNING, World, serving
from hongyan.admission.rules import APP_API_QPS, WORK_INTERNAL, WORK_THIRD_PARTY, Mode, Profile
from hongyan.model.clock import DAY_MS, HOUR_MS
from office import AGENT, BASE, SUITE_AGENT, Office


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def _only(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if value}


def test_a_template_arrives_filled_and_is_read(office: Office) -> None:
    reply = office.by_template(userid_list='"u1,u2"', data='{\\"name\\":\\"张三\\"}')
    assert reply["errcode"] == 0 and isinstance(reply["task_id"], int) and 0 < reply["task_id"] < 1 << 53

    entry = office.world.inbox("u1")[0]
    assert entry["body"]["text"] == "你好张三，${名字}", "a parameter without a value stays as it is written"
    assert _only(office.result(reply["task_id"], suite=True)) == {"unread_user_id_list": ["u1", "u2"]}
    office.world.admin("POST", "/inboxes/u1/read", json={})
    assert office.result(reply["task_id"], suite=True)["read_user_id_list"] == ["u1"]
    assert office.world.inbox("u1")[0]["task_id"] == str(reply["task_id"])


def test_the_lists_partition_the_audience_with_a_code_for_each_rule(office: Office) -> None:
    world = office.world
    world.rule(APP_API_QPS.id, mode=Mode.OFF)
    for n in range(100):
        assert office.by_template(userid_list="u5", data={"name": f"{n}"})["errcode"] == 0
    assert office.by_template(userid_list="u8")["errcode"] == 0
    reply = office.by_template(userid_list="u5,u8,u2,ghost", dept_id_list="11,777")

    result = office.result(reply["task_id"], suite=True)
    assert set(result["unread_user_id_list"]) == {"u1", "u2", "u4", "u7", "u10"}
    assert {(one["userid"], one["code"], one["count"]) for one in result["forbidden_list"]} == {("u5", "143205", 100), ("u8", "143206", 1)}
    assert set(result["forbidden_user_id_list"]) == {"u5", "u8"}
    assert (result["invalid_user_id_list"], result["invalid_dept_id_list"]) == (["ghost"], [777])
    five = world.admin("GET", f"/tasks/{reply['task_id']}/explain/u5").json()
    assert five["rule"] == WORK_THIRD_PARTY.person.id
    look = next(look for look in five["rules"] if look["rule"] == WORK_THIRD_PARTY.person.id)
    assert (look["used"], look["limit"], look["passed"]) == (100, 100, False)
    eight = world.admin("GET", f"/tasks/{reply['task_id']}/explain/u8").json()
    assert eight["rule"] == WORK_THIRD_PARTY.same_content.id and eight["twin"]
    assert world.admin("GET", f"/tasks/{reply['task_id']}/explain/ghost").json()["list"] == "invalid"


def test_the_same_message_twice_succeeds_and_reaches_nobody_until_tomorrow(office: Office) -> None:
    first, second = office.send(), office.send()
    assert (first["errcode"], second["errcode"]) == (0, 0)
    assert office.result(second["task_id"])["forbidden_list"] == [{"code": "143106", "count": 1, "userid": "u1"}]

    office.world.clock.set(MORNING + 14 * HOUR_MS)
    office.world.token = office.world.get_token()
    assert _only(office.result(office.send()["task_id"])) == {"unread_user_id_list": ["u1"]}


def test_receivers_a_minute_go_to_the_first_in_the_callers_order(office: Office) -> None:
    office.world.rule(WORK_INTERNAL.receivers.id, limit=3)
    result = office.result(office.send(userid_list="u9,u2", dept_id_list="20")["task_id"])

    assert len(result["unread_user_id_list"]) == 3 and {"u9", "u2"} <= set(result["unread_user_id_list"])
    assert {one["code"] for one in result["forbidden_list"]} == {"143103"}
    office.world.advance(60_000)
    assert office.result(office.send("另一条", userid_list="u3")["task_id"])["unread_user_id_list"] == ["u3"]


def test_a_send_above_its_cap_reaches_the_first(office: Office) -> None:
    office.world.rule(WORK_INTERNAL.audience.id, limit=2)
    result = office.result(office.send(userid_list="u7,u3,u1")["task_id"])

    assert set(result["unread_user_id_list"]) == {"u7", "u3"}
    assert result["forbidden_list"] == [{"code": "143103", "count": 2, "userid": "u1"}]


def test_everybody_three_times_a_day(office: Office) -> None:
    replies = [office.send(f"{n}", userid_list=None, to_all_user="true")["errcode"] for n in range(4)]
    assert replies == [0, 0, 0, 41045]


def test_every_message_type_is_taken(office: Office) -> None:
    card = {"title": "t", "markdown": "m", "btn_orientation": "1", "btn_json_list": [{"title": "b", "action_url": "https://a"}]}
    oa = {"message_url": "https://a", "head": {"bgcolor": "FFBBBBBB", "text": "head"}, "body": {"title": "oa", "form": [{"key": "k", "value": "v"}]}}
    messages: list[dict[str, Any]] = [
        {"msgtype": "text", "text": {"content": "t"}},
        {"msgtype": "link", "link": {"messageUrl": "https://a", "picUrl": "@x", "title": "t", "text": "s"}},
        {"msgtype": "markdown", "markdown": {"title": "t", "text": "m"}},
        {"msgtype": "action_card", "action_card": card},
        {"msgtype": "oa", "oa": oa},
    ]
    for msg in messages:
        assert office.send(msg=json.dumps(msg))["errcode"] == 0, msg
    assert [entry["msg_type"] for entry in office.world.inbox("u1")] == ["oa", "action_card", "markdown", "link", "text"]


def test_recall_takes_the_notice_from_everybody(office: Office) -> None:
    task_id = office.send(userid_list="u1,u2")["task_id"]
    assert office.ask("recall", msg_task_id=task_id)["errcode"] == 0
    assert office.world.inbox("u2")[0]["body"] is None
    assert office.ask("recall", msg_task_id=task_id)["errcode"] == 0


def test_a_notice_can_be_recalled_for_a_day_and_stays_recalled(office: Office) -> None:
    recalled, left = office.send(userid_list="u1")["task_id"], office.send(userid_list="u2")["task_id"]
    assert office.ask("recall", msg_task_id=recalled)["errcode"] == 0
    office.world.advance(DAY_MS + 1)
    office.world.token = office.world.get_token()
    assert office.ask("recall", msg_task_id=left)["errcode"] == 400002
    assert office.world.inbox("u2")[0]["body"] is not None
    assert office.ask("recall", msg_task_id=recalled)["errcode"] == 0, "as for a service account, and for a caller who asks again"


def test_a_status_bar_changes_for_everyone_who_has_the_message(office: Office) -> None:
    oa = {
        "message_url": "https://a",
        "head": {"bgcolor": "FFBBBBBB", "text": "h"},
        "status_bar": {"status_value": "待审批", "status_bg": "0xFFFF9D46"},
        "body": {"title": "请假"},
    }
    task_id = office.send(msg={"msgtype": "oa", "oa": oa})["task_id"]
    assert office.ask("status_bar/update", task_id=task_id, status_value="已同意", status_bg="0xFF78C06E")["errcode"] == 0

    body = office.world.inbox("u1")[0]["body"]
    assert (body["status_value"], body["status_color"]) == ("已同意", "0xFF78C06E")
    assert office.ask("status_bar/update", task_id=office.send()["task_id"], status_value="x")["errcode"] == 40035


def test_progress_follows_visibility(office: Office) -> None:
    assert office.world.server.application.sandbox is not None
    office.world.server.application.sandbox.delay_ms = 1000
    task_id = office.send()["task_id"]
    assert office.ask("getsendprogress", task_id=task_id)["progress"] == {"progress_in_percent": 0, "status": 0}
    office.world.advance(1000)
    assert office.ask("getsendprogress", task_id=task_id)["progress"] == {"progress_in_percent": 100, "status": 2}


def test_ids_in_values_become_names(office: Office) -> None:
    office.by_template(data={"name": "$userName=u2$", "名字": "$departmentName=10$ $userName=nobody$"})

    assert office.world.inbox("u1")[0]["body"]["text"] == "你好人2，研发 $userName=nobody$"


def test_internal_apps_use_templates_only_where_the_setting_allows(tmp_path: Path, office: Office) -> None:
    refused = office.world.post(f"{BASE}/sendbytemplate", {"agent_id": AGENT, "template_id": "greeting", "userid_list": "u1"}).json()
    assert (refused["errcode"], refused["sub_code"]) == (88, "60011")
    with serving(tmp_path / "open", profile=Profile.OPEN) as server:
        other = Office(World(server))
        reply = other.world.post(f"{BASE}/sendbytemplate", {"agent_id": AGENT, "template_id": "greeting", "userid_list": "u1"}).json()
        assert reply["errcode"] == 885001, "allowed, but the template is the suite's"


def test_observed_rules_let_through_and_say_so(office: Office) -> None:
    office.world.rule(WORK_INTERNAL.same_content.id, mode=Mode.OBSERVE)
    office.send()
    task_id = office.send()["task_id"]

    assert _only(office.result(task_id)) == {"unread_user_id_list": ["u1"]}


def test_one_app_is_not_limited_by_what_another_sent(office: Office) -> None:
    office.send("同文")
    reply = office.world.post(
        f"{BASE}/asyncsend_v2",
        {"agent_id": SUITE_AGENT, "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": "同文"}}},
        token=office.suite_token,
    ).json()

    assert _only(office.result(reply["task_id"], suite=True)) == {"unread_user_id_list": ["u1"]}
