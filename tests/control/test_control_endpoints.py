"""Routing, the token, decoding and the document."""

import json
from typing import Any

import pytest

from hongyan.control.endpoints import PREFIX
from hongyan.control.routes import ENDPOINTS
from hongyan.sandbox.faults import Fault


@pytest.mark.parametrize("token", ["", "hyadm_wrong", "é"])
def test_without_the_admin_token_nothing_is_answered(caller: Any, token: str) -> None:
    answer = caller.request("GET", "/server", status=401, headers={"authorization": f"Bearer {token}".encode()})

    assert answer.json()["error"]["code"] == "unauthorized"


def test_the_server_says_what_it_is(caller: Any) -> None:
    answer = caller.get("/server")

    assert answer["profile"] == "dingtalk"
    assert answer["sandbox"] is True
    assert answer["schema"] >= 1


def test_unknown_paths_and_methods_are_told_apart(caller: Any) -> None:
    assert caller.code("GET", "/nothing", 404) == "unknown_path"
    assert caller.code("DELETE", "/server", 405) == "wrong_method"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b'{"corp_id":"\xff"}', 400, "malformed"),
        (b"[" * 100_000, 422, "invalid"),
        (b"", 422, "invalid"),
        (b'{"corp_id":1,"name":"x"}', 422, "invalid"),
        (b'{"corp_id":"a","name":"x","colour":1}', 422, "invalid"),
        (b'{"corp_id":"a","name":"\\u0000"}', 422, "invalid"),
        (b'{"corp_id":"a b","name":"x"}', 422, "invalid"),
        (b'{"corp_id":"a","name":"x","zone":"Mars/Base"}', 422, "invalid"),
        (b'{"corp_id":"a","name":"' + b"x" * (1 << 20) + b'"}', 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_taken_is_a_clear_error(caller: Any, content: bytes, status: int, code: str) -> None:
    assert caller.code("POST", "/corps", status, content=content) == code


def test_a_backslash_before_u0000_is_no_nul(caller: Any) -> None:
    caller.request("POST", "/corps", status=201, content=rb'{"corp_id":"a","name":"\\u0000"}')


def test_a_large_body_without_a_length_is_refused_while_it_comes(caller: Any) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"x" * 65536

    assert caller.code("POST", "/corps", 413, content=pieces()) == "too_large"


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=5000", "colour=red"])
def test_a_wrong_query_is_a_clear_error(acme: Any, query: str) -> None:
    assert acme.code("GET", f"/corps/acme/users?{query}", 422) == "invalid"


def test_a_failing_store_answers_503_or_500_and_no_traceback(caller: Any, caplog: pytest.LogCaptureFixture) -> None:
    caller.faults.plant(Fault("store.begin"))

    answer = caller.request("POST", "/corps", status=500, json={"corp_id": "a", "name": "A"})

    assert answer.json()["error"]["code"] == "internal"
    assert "Traceback" not in answer.text
    assert "PlantedFault" in caplog.text


UNKNOWN = [
    ("/corps/none", "unknown_corp"),
    ("/corps/none/users", "unknown_corp"),
    ("/corps/none/export", "unknown_corp"),
    ("/corps/acme/users/none", "unknown_user"),
    ("/corps/acme/rules?account=none", "unknown_account"),
    ("/corps/acme/rules?app=none", "unknown_app"),
    ("/corps/acme/tasks/none", "unknown_task"),
    ("/corps/acme/tasks/none/people", "unknown_task"),
    ("/corps/acme/tasks/none/explain/ann", "unknown_task"),
    ("/corps/acme/accounts/none/attempts/u", "unknown_account"),
    ("/corps/acme/accounts/acc/attempts/a/b", "unknown_attempt"),
    ("/corps/acme/inboxes/none", "unknown_user"),
    ("/corps/acme/inboxes/none/events", "unknown_user"),
]


@pytest.mark.parametrize(("path", "code"), UNKNOWN, ids=[path for path, _ in UNKNOWN])
def test_what_does_not_exist_is_named(acme: Any, path: str, code: str) -> None:
    assert acme.code("GET", path, 404) == code


def test_the_document_lists_every_route_and_every_reference_resolves(caller: Any) -> None:
    document = caller.get("/openapi.json", token="")

    listed = {(method.upper(), path) for path, row in document["paths"].items() for method in row}
    assert {(row.method, PREFIX + row.path.replace(":path", "")) for row in ENDPOINTS} <= listed
    assert ("PUT", f"{PREFIX}/sandbox/clock") in listed
    assert len(listed) == len(ENDPOINTS) + 12
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]
    operations = [operation for row in document["paths"].values() for operation in row.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    json.dumps(document)


def test_parameters_of_a_path_are_described(caller: Any) -> None:
    document = caller.get("/openapi.json", token="")

    for path, row in document["paths"].items():
        for operation in row.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for one in node.values() for found in _references(one)]
    return [found for one in node for found in _references(one)] if isinstance(node, list) else []
