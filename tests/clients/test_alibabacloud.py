"""The official SDK of the new API drives the server: `protocol` and `endpoint` of its Config, else as it comes."""

from typing import Any

import pytest
from driving import drive_node, drive_python, facts_of
from inboxes import received

from office import Office

FORBIDDEN = "Forbidden.AccessDenied.AccessTokenPermissionDenied"


@pytest.fixture(scope="module")
def told(office: Office) -> dict[str, Any]:
    return drive_python("alibabacloud_client", "shared", facts_of(office))


@pytest.fixture(scope="module")
def node(office: Office) -> dict[str, Any]:
    return drive_node("alicloud_client", facts_of(office))


def test_its_models_hold_the_tokens(office: Office, told: dict[str, Any]) -> None:
    assert told["token"] == {"accessToken": office.world.token, "expireIn": 7200}
    assert told["corp_token"].keys() == {"access_token", "expires_in"}


def test_a_mass_send_arrives_once_with_a_task_that_its_model_keeps(office: Office, told: dict[str, Any]) -> None:
    assert told["sent"]["errorcode"] == "0"
    assert office.world.people(told["sent"]["task_id"], "unread") == {"u1", "u2", "u5", "u8", "u11"}

    assert received(office.world, "u1").count("来自新版接口") == 1
    assert received(office.world, "u1").count("异步发送") == 1
    assert "不会到达" not in received(office.world, "u1")


def test_every_kind_of_body_arrives(office: Office, told: dict[str, Any]) -> None:
    assert told["markdown"]["errorcode"] == told["card"]["errorcode"] == "0"

    bodies = {entry["body"]["type"]: entry["body"] for entry in office.world.inbox("u1")}
    assert bodies["markdown"]["title"] == "周报"
    assert bodies["action_card"]["title"] == "卡片"


def test_its_models_hold_the_records(told: dict[str, Any]) -> None:
    sent = [told[name]["task_id"] for name in ("async", "card", "markdown", "sent")]
    assert [item["task_id"] for item in told["records"]["result"]["items"]] == sent
    assert told["records"]["result"]["total_count"] == 4

    detail = told["detail"]["result"]
    assert (detail["textContent"], detail["userid_list"], detail["dep_id_list"], detail["roleIdList"]) == ("来自新版接口", ["u1"], ["20"], ["7"])


def test_its_model_holds_the_people_found(told: dict[str, Any]) -> None:
    assert told["found"]["list"] == ["u1"]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("wrong_token", "InvalidAuthentication"),
        ("forbidden", FORBIDDEN),
        ("same_uuid", "uuid.repeat"),
        ("wrong_unionid", "invalid.unionid"),
        ("wrong_secret", "invalidClientIdOrSecret"),
    ],
)
def test_errors_are_its_own_exception_with_our_code(told: dict[str, Any], what: str, code: str) -> None:
    assert told[what]["type"].endswith("Exception")
    assert told[what]["code"] == code
    assert told[what]["message"] and "None" not in told[what]["message"]


def test_the_node_sdk_sends_once(office: Office, node: dict[str, Any]) -> None:
    assert node["token"] == {"accessToken": office.world.token, "expireIn": 7200}
    assert node["sent"]["errorcode"] == "0" and isinstance(node["sent"]["task_id"], str)

    assert received(office.world, "u2").count("来自 Node") == 1


@pytest.mark.parametrize(("what", "code"), [("wrong_token", "InvalidAuthentication"), ("forbidden", FORBIDDEN), ("same_uuid", "uuid.repeat")])
def test_the_node_sdk_reads_our_errors(node: dict[str, Any], what: str, code: str) -> None:
    assert node[what]["code"] == code
    assert "undefined" not in node[what]["message"]
