"""Bodies and paths that no client means to send: refused as what they are, never as a failure of the server."""

import pytest

from harness import World
from office import BASE

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("name", ["asyncsend_v2", "getsendresult", "recall"])
def test_a_broken_body_of_a_work_notification_is_no_failure(name: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    reply = world.post(f"{BASE}/{name}", content=b'{"agent_id": 1,', headers=JSON).json()

    assert (reply["errcode"], reply["errmsg"]) == (43009, "post参数需要json类型")
    assert not caplog.records


@pytest.mark.parametrize("depth", [10, 600, 950, 100_000])
def test_deep_nesting_beside_a_nul_is_refused(depth: int, world: World, caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"unionid":"\\u0000","msg_body":' + b"[" * depth + b"]" * depth + b"}"

    assert world.post("/topapi/message/mass/send", content=body, headers=JSON).json()["errcode"] == 43009
    assert world.admin("POST", "/changes", content=body).status_code in (400, 422)
    assert not caplog.records


def test_control_characters_are_left_out_of_answers(world: World) -> None:
    """The Java SDK reads \\u001f as another character; what needs no letters in its escape stays."""
    made = world.post("/topapi/v2/department/create", {"name": "甲\x1f\\\x1e乙\x10丙", "parent_id": 1}).json()
    assert made["errcode"] == 0, made

    shown = world.post("/topapi/v2/department/get", {"dept_id": made["result"]["dept_id"]})
    assert shown.json()["result"]["name"] == "甲\\乙\x10丙"


def test_a_line_feed_in_a_path_of_ours_is_an_unknown_path_of_ours(world: World) -> None:
    reply = world.admin("GET", "/media/a%0Ab/content")

    assert reply.status_code == 404 and reply.json()["error"]["code"] == "unknown_path"


@pytest.mark.parametrize("path", ["/topapi/message/mass/send", f"{BASE}/recall", "/topapi/user/getbyunionid", "/department/list"])
def test_a_query_that_is_no_utf_8_is_no_missing_token(path: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """GBK, as some shells and editors write it."""
    token = world.get_token()
    gbk = "%C4%E3%BA%C3"
    reply = world.server.client.post(f"{path}?access_token={token}&text_content={gbk}", json={}).json()
    assert (reply["errcode"], reply["errmsg"]) in ((43009, "post参数需要json类型"), (40035, "缺少参数 json")), reply
    assert world.server.client.post(f"{path}?access_token={gbk}", json={}).json()["errcode"] in (88, 40035, 40014)
    assert not caplog.records
