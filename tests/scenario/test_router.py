"""The older door `/router/rest`, as `dingtalk-sdk` 1.3 and the clients of that time knock at it."""

import json
from typing import Any

import httpx
import pytest

from harness import World
from hongyan.admission.rules import APP_API_QPS, IP_BUDGET, Mode
from hongyan.sandbox.faults import Fault
from hongyan.wire.router import PATH
from office import AGENT, BASE, Office

OAPI, CORP = "dingtalk.oapi.message.corpconversation", "dingtalk.corp.message.corpconversation"
TEXT = {"msgtype": "text", "text": {"content": "你好 & + ="}}


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def system(world: World, method: str, **changes: Any) -> dict[str, Any]:
    """What every call of the older door carries."""
    known = {"method": method, "session": world.token, "format": "json", "v": "2.0", "timestamp": "2026-11-21 19:43:29", "simplify": "false"}
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


def ask(world: World, method: str, **params: Any) -> dict[str, Any]:
    """Everything in the query under an empty body, as `dingtalk-sdk` sends it; answers what it finds under the method's name."""
    reply = world.server.client.post(PATH, params=system(world, method, **params))
    assert reply.status_code == 200
    assert b"\\u" not in reply.content
    body = reply.json()
    return body.get(method.replace(".", "_") + "_response", body)


def async_send(world: World, **changes: Any) -> dict[str, Any]:
    msg = json.dumps(changes.pop("msg", TEXT))
    return ask(world, f"{OAPI}.asyncsend_v2", **{"agent_id": AGENT, "userid_list": "u1", "to_all_user": "false", "msg": msg, **changes})


def test_a_send_of_today_arrives_and_answers_as_below_topapi(office: Office) -> None:
    reply = async_send(office.world)

    assert set(reply) == {"errcode", "errmsg", "task_id", "request_id"}
    assert (reply["errcode"], reply["errmsg"], type(reply["task_id"])) == (0, "ok", int)
    assert [entry["body"]["text"] for entry in office.world.inbox("u1")] == ["你好 & + ="]


def test_the_first_send_holds_type_and_content_apart_and_answers_in_a_result(office: Office) -> None:
    world = office.world
    message = {"msgtype": "text", "msgcontent": json.dumps(TEXT["text"])}
    reply = ask(world, f"{CORP}.asyncsend", agent_id=AGENT, userid_list="u1", dept_id_list="", to_all_user=False, **message)
    task = reply["result"]["task_id"]

    assert reply["result"] == {"ding_open_errcode": 0, "error_msg": "", "success": True, "task_id": task}
    assert reply["request_id"]
    assert world.inbox("u1")[0]["task_id"] == str(task)
    progress = ask(world, f"{CORP}.getsendprogress", agent_id=AGENT, task_id=task)["result"]
    assert progress["progress"] == {"progress_in_percent": 100, "status": 2}
    result = ask(world, f"{CORP}.getsendresult", agent_id=AGENT, task_id=task)["result"]
    assert result["send_result"]["unread_user_id_list"] == ["u1"]
    assert ask(world, f"{OAPI}.recall", agent_id=AGENT, msg_task_id=task)["errcode"] == 0
    assert world.inbox("u1")[0]["body"] is None


def test_parameters_may_stand_in_a_form_in_json_or_in_parts(office: Office) -> None:
    world, client = office.world, office.world.server.client
    given = {"agent_id": str(AGENT), "userid_list": "u1,u2"}

    def said(number: int) -> dict[str, Any]:
        return {"msgtype": "text", "text": {"content": f"{number}"}}

    method = system(world, f"{OAPI}.asyncsend_v2")
    replies: list[httpx.Response] = [
        client.post(PATH, data={**method, **given, "msg": json.dumps(said(1))}),
        client.post(PATH, params=method, data={**given, "msg": json.dumps(said(2))}),
        client.post(PATH, json={**method, "agent_id": AGENT, "userid_list": "u1,u2", "msg": said(3)}),
        client.post(PATH, params=method, json={"agent_id": AGENT, "userid_list": "u1,u2", "msg": said(4)}),
        client.post(PATH, data={**method, **given, "msg[msgtype]": "text", "msg[text][content]": "5"}),
        client.get(PATH, params={**method, **given, "msg": json.dumps(said(6)), "sign": "00", "sign_method": "md5", "partner_id": "x"}),
    ]

    key = f"{OAPI}.asyncsend_v2_response".replace(".", "_")
    assert [reply.json()[key]["errcode"] for reply in replies] == [0] * 6
    assert [entry["body"]["text"] for entry in world.inbox("u2")] == ["6", "5", "4", "3", "2", "1"]


def test_a_simplified_answer_is_flat(office: Office) -> None:
    flat = office.world.server.client.post(
        PATH, params=system(office.world, f"{OAPI}.getsendresult", agent_id=AGENT, task_id=1, simplify="true")
    ).json()
    task = async_send(office.world)["task_id"]
    older = ask(office.world, f"{CORP}.getsendprogress", agent_id=AGENT, task_id=task, simplify="true")

    assert flat["errcode"] == 40035
    assert older["result"]["progress"]["status"] == 2


def test_what_the_interface_refuses_is_said_where_each_kind_of_name_has_it(office: Office) -> None:
    unknown = {"agent_id": AGENT, "task_id": 12345}
    today = ask(office.world, f"{OAPI}.getsendprogress", **unknown)
    older = ask(office.world, f"{CORP}.getsendprogress", **unknown)

    assert (today["errcode"], today["errmsg"]) == (40035, "不合法的参数")
    assert older["result"] == {"ding_open_errcode": 40035, "error_msg": "不合法的参数", "success": False}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"session": "nosuch"}, {"code": 88, "msg": "ding talk error", "sub_code": "40014", "sub_msg": "不合法的access_token"}),
        ({"session": None}, {"code": 88, "msg": "ding talk error", "sub_code": "40000", "sub_msg": "access_token is blank"}),
        (
            {"method": "dingtalk.smartwork.bpms.list"},
            {"code": 22, "msg": "Invalid method", "sub_msg": "不合法ApiName，ApiName = dingtalk.smartwork.bpms.list"},
        ),
        ({"method": None}, {"code": 22, "msg": "Invalid method", "sub_msg": "不合法ApiName，ApiName = "}),
        ({"agent_id": None}, {"code": 40, "msg": "Missing required arguments:agent_id"}),
        ({"to_all_user": "perhaps"}, {"code": 41, "msg": "Invalid arguments:to_all_user"}),
        ({"format": "xml"}, {"code": 41, "msg": "Invalid arguments:format"}),
    ],
)
def test_what_stands_before_the_interface_is_an_error_response(office: Office, changes: dict[str, Any], expected: dict[str, Any]) -> None:
    params = {"agent_id": AGENT, "userid_list": "u1", "msg": json.dumps(TEXT), **system(office.world, f"{OAPI}.asyncsend_v2"), **changes}
    reply = office.world.server.client.post(PATH, params={name: value for name, value in params.items() if value is not None})
    error = reply.json()["error_response"]

    assert {name: value for name, value in error.items() if name != "request_id"} == expected
    assert len(error["request_id"]) == 12
    assert office.world.inbox("u1") == []


def test_bodies_that_nobody_can_read_are_refused(office: Office) -> None:
    method = system(office.world, f"{OAPI}.asyncsend_v2")
    broken = office.world.server.client.post(PATH, params=method, content=b'{"msg":', headers={"content-type": "application/json"})
    content = ask(office.world, f"{CORP}.asyncsend", agent_id=AGENT, userid_list="u1", msgtype="text", msgcontent="{")

    assert broken.json()["error_response"]["code"] == 43009
    assert content["error_response"] | {"request_id": ""} == {"code": 41, "msg": "Invalid arguments:msgcontent", "request_id": ""}


def test_an_outage_is_the_remote_services_error(office: Office) -> None:
    office.world.faults.plant(Fault(f"api:{BASE}/asyncsend_v2"))
    error = async_send(office.world)["error_response"]

    assert (error["code"], error["msg"], error["sub_code"], error["sub_msg"]) == (15, "Remote service error", "-1", "系统繁忙")


def test_the_same_limits_and_addresses_hold_here(office: Office) -> None:
    world = office.world
    for number in range(20):
        assert office.send(f"{number}", userid_list="u2")["errcode"] == 0
    assert async_send(world)["error_response"]["sub_code"] == "90018"

    world.rule(APP_API_QPS.id, mode=Mode.OFF)
    world.add_app("fenced", allow_ips=("10.0.0.0/8",))
    assert async_send(world, session=world.get_token("fenced", "s"))["error_response"]["sub_code"] == "60020"
    world.rule(IP_BUDGET.id, mode=Mode.ENFORCE, limit=1)
    assert [async_send(world).get("status") for _ in range(2)][1] == 1111


def test_every_name_below_topapi_is_known_here(office: Office) -> None:
    reply = ask(office.world, "dingtalk.oapi.message.mass.send", **{**office.world.a_send(), "is_to_all": "false"})

    assert reply["task_id"].startswith("push")


def test_roles_have_their_older_parameter_names(office: Office) -> None:
    world = office.world
    reply = ask(world, "dingtalk.corp.role.addrolesforemps", rolelid_list="7", userid_list="u3")
    people = ask(world, "dingtalk.corp.role.simplelist", role_id=7)["result"]["list"]

    assert reply["result"]["success"] is True
    assert {one["userid"] for one in people} == {"u1", "u2", "u3"}
