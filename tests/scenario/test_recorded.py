"""Every encoding that real clients were seen to send, replayed byte for byte over a socket: each reaches whom it names."""

import itertools
import json
import uuid
from typing import Any

import pytest
from recorded import MASS_SENDS, TEMPLATE_SENDS, UPLOADS, Recorded, async_sends, transmit

from harness import Server, World
from hongyan.model.errors import Family
from hongyan.sandbox.demo import AGENT_ID
from hongyan.wire.fields import Field, Kind
from hongyan.wire.surface import ENDPOINTS
from media_samples import PNG

ASYNC_SENDS = async_sends(AGENT_ID)


def _replay(demo: Server, request: Recorded) -> tuple[dict[str, Any], str]:
    """The reply and the mark, a minute after the case before, so that no window is in the way."""
    sandbox = demo.application.sandbox
    assert sandbox is not None
    sandbox.clock.set(sandbox.clock.now() + 60_000)  # type: ignore[arg-type]
    mark = uuid.uuid4().hex
    reply = json.loads(transmit(demo.base_url, request, mark))
    assert reply["errcode"] == 0, reply
    return reply, mark


def _newest(demo: Server) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {demo.engine.key.admin_token(1)}"}
    return demo.client.get("/hongyan/v1/corps/dingdemo/inboxes/zhangwei", params={"limit": 1}, headers=headers).json()["entries"][0]


@pytest.mark.parametrize("name", MASS_SENDS)
def test_a_mass_send(demo: Server, name: str) -> None:
    reply, mark = _replay(demo, MASS_SENDS[name])

    entry = _newest(demo)
    assert entry["task_id"] == reply["task_id"]
    assert mark in json.dumps(entry["body"])


@pytest.mark.parametrize("name", TEMPLATE_SENDS)
def test_a_template_send(demo: Server, name: str) -> None:
    reply, mark = _replay(demo, TEMPLATE_SENDS[name])

    entry = _newest(demo)
    assert entry["task_id"] == str(reply["task_id"])
    assert mark in json.dumps(entry["body"])


@pytest.mark.parametrize("name", ASYNC_SENDS)
def test_an_asynchronous_send(demo: Server, name: str) -> None:
    reply, mark = _replay(demo, ASYNC_SENDS[name])

    entry = _newest(demo)
    assert entry["task_id"] == str(reply["task_id"])
    assert entry["body"]["text"] == mark


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload(demo: Server, name: str) -> None:
    reply, _ = _replay(demo, UPLOADS[name])

    headers = {"authorization": f"Bearer {demo.engine.key.admin_token(1)}"}
    content = demo.client.get(f"/hongyan/v1/corps/dingdemo/media/{reply['media_id']}/content", headers=headers).content
    assert content.startswith(PNG)


def test_the_connection_goes_on_after_an_upload_that_was_refused_unread(demo: Server) -> None:
    for _ in range(3):
        reply = demo.client.post("/media/upload", params={"access_token": "nosuch"}, files={"media": ("a.png", PNG * 100_000)})
        assert reply.json()["errcode"] == 40014


READS = [
    f"GET {path}?access_token=30c9a84136943eaxxxx{query} HTTP/1.1\r\nHost: oapi.dingtalk.com\r\nContent-Type: application/json\r\n\r\n".encode()
    for path, query in (
        ("/topapi/serviceaccount/list", "&page_start=1&page_size=10"),
        ("/topapi/serviceaccount/get", f"&unionid={'IlrIsTHaiSYXluZP61h0zxgiEiE'}"),
    )
]


@pytest.mark.parametrize("head", READS)
def test_a_read_by_get(demo: Server, head: bytes) -> None:
    _replay(demo, Recorded(head, b""))


# --- the Java SDK, for every interface that there is


# Fields whose texts have a form of their own.
_FORMED = {"status_bg": "0xFF78C06E", "state_code": "86", "email": "a@b.cn", "org_email": "a@b.cn", "login_email": "a@b.cn"}
_numbers = itertools.count(13_800_000_000)


def _native(field: Field) -> Any:
    """Some value of the field's kind."""
    if field.name in _FORMED:
        return _FORMED[field.name]
    match field.kind:
        case Kind.NUMBER:
            return max(field.least or 1, 1)
        case Kind.FLAG:
            return False
        case Kind.IDS:
            return ["u1", "u2"]
        case Kind.NUMBERS:
            return [10, 11]
        case Kind.OBJECT:
            return {one.name: _native(one) for one in field.inner}
        case Kind.OBJECTS:
            return [{one.name: _native(one) for one in field.inner}]
        case _:
            return field.choices[0] if field.choices else f"{field.name}-1"


def _as_java(value: Any) -> Any:
    """Top-level scalars become texts, lists of them comma texts; objects keep their types."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case [str() | int(), *_]:
            return ",".join(map(str, value))
        case _:
            return value


SPOKEN = [endpoint for endpoint in ENDPOINTS if endpoint.family is not Family.V1 and endpoint.fields and not endpoint.upload]


@pytest.mark.parametrize("path", [endpoint.path for endpoint in SPOKEN])
def test_the_java_sdk_is_read_like_native_types(world: World, path: str) -> None:
    world.observe_all_but()
    fields = next(endpoint.fields for endpoint in SPOKEN if endpoint.path == path)
    native = {field.name: _native(field) for field in fields}

    def errcode(body: dict[str, Any]) -> int:
        number = str(next(_numbers))  # what may be there once
        given = {"uuid": number, "userid": number, "mobile": number, "name": number, "unionid": world.unionid}
        return world.post(path, body | {name: value for name, value in given.items() if name in body}).json()["errcode"]

    answers = [errcode(native), errcode({name: _as_java(value) for name, value in native.items()})]
    assert answers[0] == answers[1]
    assert not {40, 41, 43009} & set(answers)
