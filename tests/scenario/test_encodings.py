"""One send in every encoding that real clients use; each must reach the same people."""

import json
import uuid
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from harness import SEND, World, serving
from hongyan.admission.rules import Profile
from hongyan.sandbox.demo import SEED_TOKEN, seed_demo

SAMPLE: dict[str, Any] = json.loads(files("hongyan.app").joinpath("demo_send.json").read_text("utf-8"))
Encode = Callable[[dict[str, Any], str], tuple[str, dict[str, Any]]]  # body, token → path, httpx options


def _json(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    return f"{SEND}?access_token={token}", {"json": body}


def _all_strings(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    """The Java SDK: every top-level scalar is text, nested objects keep their types."""
    texts = {name: value if isinstance(value, dict) else _text(value) for name, value in body.items()}
    return f"{SEND}?access_token={token}", {"json": texts}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _objects_as_text(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    return f"{SEND}?access_token={token}", {"json": {name: json.dumps(value) if isinstance(value, dict) else value for name, value in body.items()}}


def _form(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    """The curl samples: everything in a form, the token too."""
    fields = {name: json.dumps(value) if isinstance(value, dict) else _text(value) for name, value in body.items()}
    return SEND, {"data": fields | {"access_token": token}}


def _php_form(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    """PHP's http_build_query: nested names in brackets, booleans as 0 and 1."""
    fields: dict[str, str] = {}

    def flatten(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                flatten(f"{name}[{key}]", inner)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                flatten(f"{name}[{index}]", inner)
        else:
            fields[name] = str(int(value)) if isinstance(value, bool) else str(value)

    for name, value in body.items():
        flatten(name, value)
    return SEND, {"data": fields | {"access_token": token}}


def _query(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    """Everything in the query, an empty body under a JSON header."""
    fields = {name: json.dumps(value) if isinstance(value, dict) else _text(value) for name, value in body.items()}
    return f"{SEND}?{urlencode(fields | {'access_token': token})}", {"headers": {"content-type": "application/json"}}


def _chunked(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    raw = json.dumps(body).encode()
    return f"{SEND}?access_token={token}", {"content": iter([raw[:40], raw[40:]]), "headers": {"content-type": "application/json"}}


def _no_content_type(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    return f"{SEND}?access_token={token}", {"content": json.dumps(body).encode()}


def _form_header_json_body(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    return f"{SEND}?access_token={token}", {"content": json.dumps(body).encode(), "headers": {"content-type": "application/x-www-form-urlencoded"}}


def _blanks(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    """An alerting script: `"false"` and blanks after the commas."""
    spaced = {"is_to_all": "false", "userid_list": body["userid_list"].replace(",", ", "), "dep_id_list": ", ".join(map(str, body["dep_id_list"]))}
    return f"{SEND}?access_token={token}", {"json": body | spaced}


def _quoted(body: dict[str, Any], token: str) -> tuple[str, dict[str, Any]]:
    return f"{SEND}?access_token={token}", {
        "json": body | {"userid_list": f'"{body["userid_list"]}"', "dep_id_list": json.dumps(body["dep_id_list"])}
    }


ENCODINGS: dict[str, Encode] = {encode.__name__.strip("_"): encode for encode in (
    _json, _all_strings, _objects_as_text, _form, _php_form, _query, _chunked, _no_content_type, _form_header_json_body, _blanks, _quoted,
)}  # fmt: skip


def _people(demo: Any, task_id: str) -> set[str]:
    headers = {"authorization": f"Bearer {demo.engine.key.admin_token(1)}"}
    found: set[str] = set()
    for which in ("unread", "read"):
        reply = demo.client.get(f"/hongyan/v1/corps/dingdemo/tasks/{task_id}/people", params={"list": which, "limit": 100}, headers=headers).json()
        found |= {person["userid"] for person in reply["people"]}
    return found


def _ahead(demo: Any) -> None:
    """A minute later, so that no window of an earlier case is in the way."""
    clock = demo.application.sandbox.clock
    clock.set(clock.now() + 60_000)


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_sample_as_preview_reaches_exactly_its_first_user(demo: Any, name: str) -> None:
    _ahead(demo)
    path, options = ENCODINGS[name](SAMPLE | {"uuid": uuid.uuid4().hex}, SEED_TOKEN)
    reply = demo.client.post(path, **options).json()

    assert reply["errcode"] == 0, reply
    assert _people(demo, reply["task_id"]) == {"10203029011219896"}


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_sample_without_preview_reaches_users_and_departments(demo: Any, name: str) -> None:
    _ahead(demo)
    marker = uuid.uuid4().hex  # other content than the case before, or it would be filtered as a duplicate
    body = SAMPLE | {"uuid": marker, "is_preview": False, "msg_body": {"action_card": SAMPLE["msg_body"]["action_card"] | {"markdown": marker}}}
    path, options = ENCODINGS[name](body, SEED_TOKEN)
    reply = demo.client.post(path, **options).json()

    assert reply["errcode"] == 0, reply
    people = _people(demo, reply["task_id"])
    assert {"10203029011219896", "manager4220", "zhangwei", "market01"} <= people
    assert "123" not in people and "boss001" not in people


@pytest.mark.parametrize("profile", list(Profile))
def test_the_sample_passes_in_every_profile(tmp_path: Path, profile: Profile) -> None:
    with serving(tmp_path, profile=profile) as server:
        server.run(seed_demo(server.engine, tmp_path))
        first = server.client.post(f"{SEND}?access_token={SEED_TOKEN}", json=SAMPLE)
        again = server.client.post(f"{SEND}?access_token={SEED_TOKEN}", json=SAMPLE)

    assert first.json()["errcode"] == 0, first.json()
    assert set(first.json()) == {"errcode", "errmsg", "task_id", "request_id"}
    assert isinstance(first.json()["task_id"], str)
    assert again.json()["errcode"] == 800035


def test_strict_refuses_lax_encodings(tmp_path: Path) -> None:
    with serving(tmp_path, profile=Profile.STRICT) as server:
        world = World(server)

        def refused(**changes: Any) -> tuple[int, str]:
            reply: httpx.Response = world.post(SEND, world.a_send(**changes))
            return reply.json()["errcode"], reply.json()["errmsg"]

        assert refused(is_to_all=None) == (40, "Missing required arguments:is_to_all")
        assert refused(is_preview="False") == (41, "Invalid arguments:is_preview")
        assert refused(is_to_all=0) == (41, "Invalid arguments:is_to_all")
        path, options = _php_form(world.a_send(msg_type="markdown", msg_body={"markdown": {"title": "t", "text": "x"}}), world.token)
        assert server.client.post(path, **options).json()["errcode"] in (41, 800020)


def test_text_that_looks_like_json_arrives_as_it_was_written(demo: Any) -> None:
    _ahead(demo)
    body = SAMPLE | {"uuid": uuid.uuid4().hex, "msg_type": "text", "text_content": {"a": 1}}
    reply = demo.client.post(f"{SEND}?access_token={SEED_TOKEN}", json=body).json()

    assert reply["errcode"] == 0
    headers = {"authorization": f"Bearer {demo.engine.key.admin_token(1)}"}
    entry = demo.client.get("/hongyan/v1/corps/dingdemo/inboxes/10203029011219896", params={"limit": 1}, headers=headers).json()["entries"][0]
    assert entry["body"]["text"] == '{"a":1}'
