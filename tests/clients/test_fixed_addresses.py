"""Clients with DingTalk's addresses in their source drive the server behind `hongyan intercept`."""

from pathlib import Path
from typing import Any

import pytest
from driving import drive_node, drive_python, facts_of, intercepted
from inboxes import recalled, received

from office import Office


@pytest.fixture(scope="module")
def dingding(office: Office) -> dict[str, Any]:
    return drive_python("dingding_sdk_client", "dingding-sdk", facts_of(office), around=intercepted(office))


@pytest.fixture(scope="module")
def zhcn(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("zhcn")
    return drive_python("zhcn_client", "dingtalk-oapi-zhcn", facts_of(office, folder=str(folder)), around=intercepted(office))


@pytest.fixture(scope="module")
def router(office: Office) -> dict[str, Any]:
    return drive_python("dingtalk_sdk_client", "dingtalk-sdk", facts_of(office), around=intercepted(office))


def test_dingding_sdk_sends_and_recalls(office: Office, dingding: dict[str, Any]) -> None:
    assert dingding["token"] == dingding["newer_token"] == office.world.token
    assert dingding["progress"] == {"progress_in_percent": 100, "status": 2}
    assert dingding["result"]["unread_user_id_list"] == ["u1", "u2"]
    assert dingding["recalled"] is True

    assert recalled(office.world, "u1", dingding["sent"]) and recalled(office.world, "u2", dingding["sent"])


@pytest.mark.parametrize("what", ["no_receiver", "not_its_agent"])
def test_dingding_sdk_can_hold_every_member_of_an_error(dingding: dict[str, Any], what: str) -> None:
    assert dingding[what]["type"] == "DingTalkException"
    assert dingding[what]["errcode"] > 0
    assert dingding[what]["errmsg"] and dingding[what]["request_id"]


def test_a_token_of_the_new_api_sends_on_the_older_one(office: Office, zhcn: dict[str, Any]) -> None:
    assert zhcn["sent"]["errcode"] == 0
    assert zhcn["kept"] == [f".dingtalk_oapi_zhcn_cache_{office.world.app_key}"]
    assert zhcn["no_receiver"]["errcode"] > 0
    assert zhcn["media"]["errcode"] == 40004, "with this httpx it loses the type of an upload"
    assert zhcn["wrong_secret"]["type"], "it knows no error of the token: it stumbles over the missing accessToken"

    assert received(office.world, "u1").count("来自中文客户端") == 1
    assert received(office.world, "u5").count("来自中文客户端") == 1


def test_dingtalk_sdk_sends_through_the_router(office: Office, router: dict[str, Any]) -> None:
    assert router["token"] == office.world.token
    assert router["progress"] == {"progress_in_percent": 100, "status": 2}
    assert router["result"]["unread_user_id_list"] == ["u1", "u2"]

    assert received(office.world, "u2").count("**要点**") == 1


def test_dingtalk_sdk_reads_our_errors(router: dict[str, Any]) -> None:
    assert router["wrong_secret"]["errcode"] == 40096
    assert router["wrong_token"]["type"] == router["no_receiver"]["type"] == "DingTalkClientException"


def test_whom_dingding_sdk_creates_gets_what_it_sends(office: Office, dingding: dict[str, Any]) -> None:
    assert dingding["children"] == [10, 20, 30]
    assert dingding["user"]["name"] == "人1"
    assert dingding["roles"]["list"][0]["roles"] == [{"id": 7, "name": "主管"}]

    assert dingding["new_user"] == "newcomer"
    assert received(office.world, "newcomer") == ["欢迎新人"]


def test_the_organisation_is_read(zhcn: dict[str, Any], router: dict[str, Any]) -> None:
    members = ["u2", "u5", "u8", "u11"]
    assert (zhcn["user"]["result"]["name"], zhcn["members"]["result"]["userid_list"]) == ("人1", members)
    assert zhcn["children"]["result"]["dept_id_list"] == router["departments"] == [10, 20, 30]
    assert (router["user"]["name"], router["members"]) == ("人1", members)
    assert [person["userid"] for person in router["page"]["userlist"]] == members[:3]
    assert router["roles"]["list"][0]["roles"] == [{"id": 7, "name": "主管"}]


@pytest.mark.parametrize("client", ["dingding", "router"])
def test_an_uploaded_picture_is_sent(office: Office, client: str, request: pytest.FixtureRequest) -> None:
    told = request.getfixturevalue(client)

    pictures = {entry["task_id"]: entry["body"]["media_id"] for entry in office.world.inbox("u3")}
    assert pictures[str(told["picture"])] == told["media_id"]


@pytest.mark.parametrize("options", [(), ("--private",)])
def test_the_node_sdk_keeps_its_own_address(office: Office, options: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    if options:
        request.getfixturevalue("private")
    told = drive_node("alicloud_client", facts_of(office, mark=str(options)), around=intercepted(office, *options), FIXED_ADDRESS="1")

    assert told["sent"]["errorcode"] == "0"
    assert received(office.world, "u2").count(f"来自 Node{options}") == 1
