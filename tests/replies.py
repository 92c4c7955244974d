"""What every reply to a DingTalk client must keep, whatever was asked: the rules that the real clients break on.

`harness` checks each reply of the whole test run with them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

CLASSIC_PATHS = (
    *("/gettoken", "/service/", "/media/upload", "/role/", "/auth/scopes", "/sns/", "/robot/"),
    *("/user/", "/department/", "/call_back/"),
)
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u([0-9a-fA-F]{4})")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{8,512}")
_REQUEST_ID = re.compile(r"[0-9a-z]{12,13}")
_UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")
_TOP_ERROR = {"errcode", "errmsg", "sub_code", "sub_msg", "request_id"}
_V1_ERROR = {"code", "message", "requestid", "accessdenieddetail"}
_TEXT_LISTS = {"deptmanageruseridlist"}  # of the older /department/get: userids with bars between them
LARGEST = 1 << 53  # of integers that JavaScript keeps
_AS_GIVEN = frozenset(("order", "dept_order", "hired_date"))  # an application's own numbers; the platform's orders are larger, too


def surface_of(path: str) -> str:
    """`top`, `classic`, `v1`, `router`; empty for everything that is no DingTalk client's business."""
    if path.startswith("/topapi/"):
        return "top"
    if path.startswith("/v1.0/"):
        return "v1"
    if path == "/router/rest":
        return "router"
    return "classic" if path.startswith(CLASSIC_PATHS) else ""


def check_response(response: httpx.Response) -> None:
    """An event hook for clients: reads a reply of DingTalk's surfaces and fails when it breaks a rule."""
    surface = surface_of(response.request.url.path)
    if surface and response.request.method != "HEAD":
        response.read()
        problems = list(
            problems_of(surface, response.status_code, response.headers.get("content-type", ""), response.content, response.request.url.path)
        )
        assert not problems, (str(response.request.url), problems, response.content[:2000])


def problems_of(surface: str, status: int, content_type: str, raw: bytes, path: str = "") -> Iterator[str]:
    """The rules that a reply breaks; `raw` is its body."""
    if any(match.isdigit() is False or int(match, 16) >= 0x20 for match in _ESCAPE.findall(raw)):
        yield "text is escaped: the Java SDK reads \\u with letters wrongly"
    try:
        body = json.loads(raw.decode("utf-8"))
    except ValueError:
        yield "no JSON in UTF-8"
        return
    if not isinstance(body, dict):
        yield "no JSON object"
        return
    yield from _value_problems(body)
    yield from _content_type_problems(surface, content_type)
    if surface == "v1":
        yield from _v1_problems(status, body)
        return
    if status != 200:
        yield f"HTTP {status}: official clients lose the body"
    if surface != "router":
        yield from _classic_problems(surface, body)
        yield from _task_id_problems(path, body)


def _content_type_problems(surface: str, content_type: str) -> Iterator[str]:
    plain = content_type.lower().replace(" ", "")
    wanted = ("application/json", "application/json;charset=utf-8") if surface == "classic" else ("application/json;charset=utf-8",)
    if plain not in wanted:
        yield f"content type {content_type}"


def _classic_problems(surface: str, body: dict[str, Any]) -> Iterator[str]:
    if set(body) == {"status", "wait", "source", "punish", "uuid"}:
        return  # a banned address gets no errcode body
    errcode = body.get("errcode")
    if not _is_int(errcode):
        yield "errcode is no integer"
    if not isinstance(body.get("errmsg"), str):
        yield "errmsg is missing"
    has_id = "request_id" in body
    if surface == "classic" and has_id:
        yield "a request_id on the classic surface"
    if surface == "top" and not (has_id and isinstance(body["request_id"], str) and _REQUEST_ID.fullmatch(body["request_id"])):
        yield "no request_id of 12 to 13 lower-case letters and digits"
    if errcode != 0:
        yield from _error_problems(surface, body)
    elif {"sub_code", "sub_msg"} & set(body):
        yield "a sub_code in a success"


def _error_problems(surface: str, body: dict[str, Any]) -> Iterator[str]:
    allowed = _TOP_ERROR if surface == "top" else {"errcode", "errmsg"}
    if set(body) - allowed:
        yield f"an error with {sorted(set(body) - allowed)}: dingding-sdk takes the members as arguments"
    if body.get("errmsg") in ("", "ok"):
        yield "an error without a message"
    if (body.get("errcode") == 88) != ("sub_code" in body):
        yield "sub_code belongs to errcode 88 and to nothing else"
    if "sub_code" in body and not (isinstance(body["sub_code"], str) and body["sub_code"].isdigit()):
        yield "sub_code is no text of digits"
    if "sub_code" in body and body.get("errmsg") != f"ding talk error[subcode={body['sub_code']},submsg={body.get('sub_msg')}]":
        yield "errmsg does not repeat sub_code and sub_msg"


def _v1_problems(status: int, body: dict[str, Any]) -> Iterator[str]:
    if "errcode" in body:
        yield "errcode on the new surface, which its clients drop"
    if status == 200:
        if "errorcode" in body and body["errorcode"] != "0":
            yield 'errorcode of a success is not the text "0"'
        if {"code", "requestid"} <= set(body):
            yield "an error with HTTP 200"
        return
    if not 400 <= status < 600 or (status == 404 and body.get("code") != "InvalidAction.NotFound"):
        yield f"HTTP {status}"
    if not {"code", "message", "requestid"} <= set(body) <= _V1_ERROR:
        yield f"an error with the members {sorted(body)}"
    elif not (isinstance(body["code"], str) and body["code"] and isinstance(body["message"], str)):
        yield "code or message is no text"
    elif not (isinstance(body["requestid"], str) and _UUID.fullmatch(body["requestid"])):
        yield "requestid is no upper-case UUID"


def _task_id_problems(path: str, body: dict[str, Any]) -> Iterator[str]:
    task_id = body.get("task_id")
    if task_id is None:
        return
    if path.startswith("/topapi/message/mass/") and not isinstance(task_id, str):
        yield "the task_id of a mass send is no text"
    if path.startswith("/topapi/message/corpconversation/") and not (_is_int(task_id) and 0 < task_id < LARGEST):
        yield "the task_id of a work notification is no integer that JavaScript keeps"


def _value_problems(value: Any, name: str = "") -> Iterator[str]:
    """What holds for every member wherever it stands."""
    lower = name.lower()
    if lower.endswith("list") and lower not in _TEXT_LISTS and not isinstance(value, list | None):
        yield f"{name} is no list"
    if lower == "send_result" and not isinstance(value, dict):
        yield "send_result is no object"
    if lower in ("access_token", "accesstoken", "suite_access_token") and not (isinstance(value, str) and _TOKEN.fullmatch(value)):
        yield f"{name} cannot stand in a URL unescaped"
    if lower in ("expires_in", "expirein") and not (_is_int(value) and 0 < value <= 7200):
        yield f"{name} is no integer up to 7200: one client reads 16 bits"
    if lower == "invalid_dept_id_list" and isinstance(value, list) and not all(_is_int(one) for one in value):
        yield f"{name} holds something else than numbers"
    if _is_int(value) and abs(value) > LARGEST and name not in _AS_GIVEN:
        yield f"{name} is larger than JavaScript's integers"
    match value:
        case dict():
            if value.get("has_more") is True and not _is_int(value.get("next_cursor")):
                yield "has_more without an integer next_cursor"
            for key, inner in value.items():
                yield from _value_problems(inner, key)
        case list():
            for inner in value:
                yield from _value_problems(inner)
        case _:
            return


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
