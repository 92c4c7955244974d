"""dingapi drives the server: one `host` to change, else as it comes."""

from typing import Any

import pytest
from driving import drive_python, facts_of
from inboxes import received

from office import Office


@pytest.fixture(scope="module")
def told(office: Office) -> dict[str, Any]:
    return drive_python("dingapi_client", "shared", facts_of(office))


def test_a_notice_arrives_once(office: Office, told: dict[str, Any]) -> None:
    assert told["token"]["access_token"] == office.world.token
    assert told["sent"]["errcode"] == 0
    assert told["progress"]["progress"] == {"progress_in_percent": 100, "status": 2}
    assert told["result"]["send_result"]["unread_user_id_list"] == ["u1", "u2"]

    assert received(office.world, "u1") == ["来自 dingapi"]
    assert received(office.world, "u3") == []


def test_an_uploaded_picture_is_sent(office: Office, told: dict[str, Any]) -> None:
    assert told["media"]["type"] == "image"

    assert [entry["body"] for entry in office.world.inbox("u3")] == [{"type": "image", "media_id": told["media"]["media_id"]}]
    assert told["not_a_picture"]["errcode"] == 40005


def test_the_organisation_is_read(told: dict[str, Any]) -> None:
    assert told["user"]["name"] == "人1"
    assert told["members"]["userIds"] == ["u2", "u5", "u8", "u11"]
    assert {department["id"] for department in told["departments"]["department"]} >= {10, 11, 20, 30}


def test_errors_are_its_own_exception_with_our_code(told: dict[str, Any]) -> None:
    assert told["wrong_secret"]["type"] == "DingRequestError"
    assert told["wrong_secret"]["errcode"] == 40096
    assert told["wrong_token"]["errcode"] == 88
    assert told["no_receiver"]["errcode"] > 0
    assert told["no_receiver"]["errmsg"]
