"""What the server says about its interfaces: valid, whole, and the same as what routes the calls."""

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from harness import World
from hongyan.wire.coverage import coverage_page, load_coverage, pattern_of
from hongyan.wire.differences import Topic, load_differences
from hongyan.wire.fields import Field, Kind
from hongyan.wire.surface import ENDPOINTS, OPEN_ENDPOINTS

EVERY = (*ENDPOINTS, *OPEN_ENDPOINTS)
DINGTALK, OURS = "/hongyan/v1/dingtalk/openapi.json", "/hongyan/v1/openapi.json"
PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
NO_PARAMETERS = {
    "/auth/scopes",
    "/call_back/delete_call_back",
    "/call_back/get_call_back",
    "/call_back/get_call_back_failed_result",
    "/topapi/user/listadmin",
    "/user/get_admin",
}


def described(world: World, address: str) -> dict[str, Any]:
    reply = world.server.client.get(address)
    assert reply.status_code == 200 and reply.headers["content-type"] == "application/json"
    return reply.json()


@pytest.mark.parametrize("address", [DINGTALK, OURS])
def test_the_served_descriptions_are_valid_openapi(address: str, world: World) -> None:
    validate(described(world, address))


def test_every_interface_is_described_with_its_token_bodies_and_answers(world: World) -> None:
    document = described(world, DINGTALK)

    assert set(document["paths"]) == {endpoint.path for endpoint in EVERY}
    send = document["paths"]["/topapi/message/mass/send"]["post"]
    assert send["security"] == [{"access_token": []}]
    assert send["x-permission"] == "qyapi_service_account_message" and send["x-app-types"] == ["internal"]
    body = send["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["unionid", "uuid", "msg_type"]
    assert body["properties"]["unionid"] == {"type": "string", "minLength": 1, "maxLength": 128}
    assert body["properties"]["dep_id_list"]["anyOf"][1]["maxItems"] == 1000
    assert "application/x-www-form-urlencoded" in send["requestBody"]["content"]
    follow = document["paths"]["/v1.0/exclusive/follow/message/send"]["post"]
    assert follow["security"] == [{"token_header": []}] and list(follow["requestBody"]["content"]) == ["application/json"]
    assert list(document["paths"]["/media/upload"]["post"]["requestBody"]["content"]) == ["multipart/form-data"]
    assert list(document["paths"]["/gettoken"]) == ["get"]


def test_every_interface_names_its_parameters() -> None:
    assert {endpoint.path for endpoint in EVERY if not endpoint.fields} == NO_PARAMETERS


def fields_of(fields: tuple[Field, ...]) -> list[Field]:
    return [*fields, *(inner for field in fields for inner in fields_of(field.inner))]


def test_parameters_are_well_made() -> None:
    for endpoint in EVERY:
        for field in fields_of(endpoint.fields):
            where = f"{endpoint.path} {field.name}"
            assert not field.choices or field.kind in (Kind.TEXT, Kind.IDS), where
            assert not field.inner or field.kind in (Kind.OBJECT, Kind.OBJECTS), where
            assert field.least is None or field.most is None or field.least <= field.most, where
        names = [field.name for field in endpoint.fields]
        assert len(names) == len(set(names)), endpoint.path


def test_every_interface_says_what_it_is_for_in_both_languages() -> None:
    for row in load_coverage():
        assert row.purpose and row.purpose_zh != row.purpose, row.path
    for endpoint in ENDPOINTS:
        assert endpoint.page or not endpoint.path.startswith("/topapi/"), endpoint.path


def test_a_path_finds_its_row() -> None:
    assert pattern_of("/v1.0/oauth2/dingabc/token") == "/v1.0/oauth2/{corpId}/token"
    assert pattern_of("/topapi/message/mass/send") == "/topapi/message/mass/send"
    assert pattern_of("/topapi/nope") == pattern_of("/v1.0/oauth2/a/b/token") == ""


def test_every_interface_has_a_test_that_it_answered_without_error() -> None:
    untested = [row.path for row in load_coverage() if not row.tests]

    assert not untested, "run everything with `./test --record-coverage`, and write a test for what is left"


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == coverage_page(), "python -m hongyan.wire.coverage > docs/coverage.md"


def test_differences_are_told_in_both_languages() -> None:
    rows = load_differences()

    assert len({row.id for row in rows}) == len(rows) > 50
    assert {row.topic for row in rows} == set(Topic)
    for row in rows:
        assert all((row.platform.zh, row.platform.en, row.ours.zh, row.ours.en)), row.id
        assert row.platform.en.isascii() or "名字" in row.platform.en, row.id
        assert row.ours.en.isascii(), row.id


def test_the_page_of_the_console_shows_every_row(world: World) -> None:
    for language, word in (("zh", "接口与差异"), ("en", "Coverage")):
        reply = world.server.client.get("/coverage", params={"lang": language})
        assert reply.status_code == 200 and word in reply.text
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert all(f"<code>{endpoint.path}</code>" in reply.text for endpoint in EVERY)
        assert all(f'id="{row.id}"' in reply.text for row in load_differences())
