"""The rules for replies refuse what real clients break on, and pass what the server really says."""

import json
from typing import Any

import pytest

from hongyan.model.errors import CATALOGUE, Refusal
from hongyan.wire.replies import Reply, ok_top, refuse
from replies import problems_of, surface_of

TOP = "application/json;charset=UTF-8"
OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok", "request_id": "0123456789ab"}
BAD: dict[str, Any] = {"errcode": 800022, "errmsg": "不合法", "request_id": "0123456789ab"}
V1_BAD: dict[str, Any] = {"code": "x", "message": "m", "requestid": "01A08FE7-CD6B-79BB-8B2E-35D8768AD457"}
WRAPPED = BAD | {"errcode": 88, "sub_code": "40014", "sub_msg": "m", "errmsg": "ding talk error[subcode=40014,submsg=m]"}


def found(surface: str, body: Any, *, status: int = 200, content_type: str = TOP, path: str = "") -> list[str]:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return list(problems_of(surface, status, content_type, raw, path))


@pytest.mark.parametrize("body", [OK, BAD, WRAPPED, OK | {"list": []}, OK | {"text": "a\\u4e2d and a\nline"}, OK | {"send_result": {}}])
def test_good_replies_pass(body: dict[str, Any]) -> None:
    assert not found("top", body)
    assert not found("v1", V1_BAD, status=400) and not found("v1", {"errorcode": "0", "errmsg": "ok"})


@pytest.mark.parametrize(
    ("surface", "body", "options"),
    [
        ("top", json.dumps(BAD).encode(), {}),
        ("top", b'{"errcode":0,"errmsg":"\\u001f","request_id":"0123456789ab"}', {}),
        ("top", BAD, {"status": 400}),
        ("top", OK, {"content_type": "text/html"}),
        ("top", OK, {"content_type": "application/json"}),
        ("top", b"", {}),
        ("top", b"<html>", {}),
        ("top", [OK], {}),
        ("top", OK | {"errcode": "0"}, {}),
        ("top", OK | {"errcode": 0.0}, {}),
        ("top", OK | {"errcode": False}, {}),
        ("top", {"errmsg": "ok", "request_id": "0123456789ab"}, {}),
        ("top", {"errcode": 0, "request_id": "0123456789ab"}, {}),
        ("top", {"errcode": 0, "errmsg": "ok"}, {}),
        ("top", OK | {"request_id": "ABC"}, {}),
        ("top", OK | {"sub_code": "1"}, {}),
        ("top", BAD | {"result": {}}, {}),
        ("top", BAD | {"errmsg": "ok"}, {}),
        ("top", BAD | {"sub_code": "40014", "sub_msg": "m"}, {}),
        ("top", WRAPPED | {"sub_code": 40014}, {}),
        ("top", WRAPPED | {"errmsg": "m"}, {}),
        ("top", {name: value for name, value in WRAPPED.items() if name != "sub_code"}, {}),
        ("top", OK | {"userid_list": "a,b"}, {}),
        ("top", OK | {"result": {"list": {}}}, {}),
        ("top", OK | {"send_result": []}, {}),
        ("top", OK | {"send_result": {"invalid_dept_id_list": ["1"]}}, {}),
        ("top", OK | {"result": {"has_more": True}}, {}),
        ("top", OK | {"id": 1 << 60}, {}),
        ("top", OK | {"task_id": 1}, {"path": "/topapi/message/mass/send"}),
        ("top", OK | {"task_id": "1"}, {"path": "/topapi/message/corpconversation/asyncsend_v2"}),
        ("classic", OK, {}),
        ("classic", {"errcode": 1, "errmsg": "m", "sub_code": "1"}, {}),
        ("classic", {"errcode": 0, "errmsg": "ok", "access_token": "a+b/c=12345"}, {}),
        ("classic", {"errcode": 0, "errmsg": "ok", "expires_in": 86400}, {}),
        ("classic", {"errcode": 0, "errmsg": "ok", "expires_in": "7200"}, {}),
        ("v1", {"errcode": 0}, {}),
        ("v1", {"errorcode": 0}, {}),
        ("v1", V1_BAD, {}),
        ("v1", V1_BAD | {"data": 1}, {"status": 400}),
        ("v1", {"code": "x", "message": "m"}, {"status": 400}),
        ("v1", V1_BAD | {"requestid": "01a08fe7-cd6b-79bb-8b2e-35d8768ad457"}, {"status": 400}),
        ("v1", V1_BAD, {"status": 404}),
        ("router", OK, {"status": 500}),
    ],
)
def test_bad_replies_do_not(surface: str, body: Any, options: dict[str, Any]) -> None:
    assert found(surface, body, **options)


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_every_refusal_of_the_catalogue_keeps_the_rules(key: str) -> None:
    row = CATALOGUE[key]
    fields = dict.fromkeys(("name", "sub_msg", "ip", "app_key", "scope", "api", "begin", "end", "limit", "member", "reason"), "x")
    reply = refuse(Refusal(row, fields if "{" in row.errmsg + row.code else {}))

    assert not _found(row.family.value, reply)


def _found(surface: str, reply: Reply) -> list[str]:
    return list(problems_of(surface, reply.status, reply.content_type.decode(), reply.body))


def test_texts_of_every_kind_stay_unescaped() -> None:
    assert not _found("top", ok_top({"text": '中文 \U0001f600 "quoted" \\ /'}))


def test_only_dingtalks_surfaces_are_looked_at() -> None:
    assert [surface_of(path) for path in ("/topapi/x", "/v1.0/x", "/gettoken", "/media/upload", "/router/rest")] == [
        "top",
        "v1",
        "classic",
        "classic",
        "router",
    ]
    assert not any(surface_of(path) for path in ("/", "/inbox", "/hongyan/v1/server", "/static/x"))
