"""Requirements of the table that no other test shows: what a form lets in, which ciphers are used, how passwords are entered."""

import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

import msgspec
from desk_world import DeskWorld

from harness import SEND, World
from hongyan.access.operators import Role
from hongyan.control.routes import ENDPOINTS

SOURCES = Path(__file__).parents[2] / "src" / "hongyan"
STATIC = SOURCES / "console" / "static"


# --- passwords


def _password_fields(page: str) -> list[str]:
    return [field for field in re.findall(r"<input[^>]*>", page) if re.search(r'name="(password|again|current)"', field)]


def test_passwords_are_masked_and_left_to_password_managers(desk: DeskWorld) -> None:
    new = desk.browser().get(f"/console/set-up?key={desk.set_up_key}").text
    signed_in = desk.operator(Role.VIEWER)
    pages = [new, desk.browser().get("/console/sign-in").text, signed_in.get("/console/password").text]

    for page in pages:
        fields = _password_fields(page)
        assert fields
        for field in fields:
            assert 'type="password"' in field, field
            assert re.search(r'autocomplete="(current|new)-password"', field), field


def test_no_script_and_no_page_meddles_with_pasting() -> None:
    files = [*STATIC.glob("*.js"), *(SOURCES / "console" / "templates").rglob("*.html")]

    assert len(files) > 20
    assert [
        path.name
        for path in files
        if re.search(r"onpaste|['\"]paste['\"]|oncopy|autocomplete=\"off\"[^>]*type=\"password\"", path.read_text("utf-8"))
    ] == []


# --- input


def test_every_body_and_query_of_our_own_interface_refuses_members_that_it_does_not_know() -> None:
    types: set[type[msgspec.Struct]] = set()
    for endpoint in ENDPOINTS:
        _gather(endpoint.request, types)
        _gather(endpoint.query, types)

    assert len(types) > 50
    assert [kind.__name__ for kind in types if not kind.__struct_config__.forbid_unknown_fields] == []


def _gather(kind: Any, found: set[type[msgspec.Struct]]) -> None:
    """A type and those of its members."""
    for part in get_args(kind):
        _gather(part, found)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
        found.add(kind)
        for field in msgspec.structs.fields(kind):
            _gather(field.type, found)


def test_a_member_that_is_not_named_is_refused_and_changes_nothing(world: World) -> None:
    refused = world.admin("POST", "/erasures", json={"userid": "u1", "everybody": False, "role": "administrator"})

    assert refused.status_code == 422
    assert "role" in refused.json()["error"]["message"]
    assert world.admin("GET", "/users/u1").status_code == 200


def test_of_a_repeated_parameter_the_last_counts_wherever_it_stands(world: World) -> None:
    world.observe_all_but()
    fields = world.a_send(uuid="in-a-form", is_to_all="false") | {"userid_list": "u2"}
    form = urlencode([("userid_list", "u1"), *fields.items()])
    json = msgspec.json.encode(world.a_send(userid_list="u3")).replace(b'"userid_list":', b'"userid_list":"u1","userid_list":')
    sent = [
        world.server.client.post(SEND, params={"access_token": world.token}, content=content, headers={"content-type": kind}).json()
        for content, kind in ((form.encode(), "application/x-www-form-urlencoded"), (json, "application/json"))
    ]
    doubled = [world.server.client.post(f"{SEND}?access_token={one}&access_token={two}", json=world.a_send()).json() for one, two in _orders(world)]

    assert [world.people(one["task_id"], "unread") for one in sent] == [{"u2"}, {"u3"}]
    assert [one["errcode"] for one in doubled] == [0, 88]


def _orders(world: World) -> list[tuple[str, str]]:
    return [("wrong", world.token), (world.token, "wrong")]


# --- ciphers


def test_what_is_sealed_is_sealed_with_authenticated_encryption_alone() -> None:
    """Of other modes there is one, in the one module that speaks as DingTalk's clients expect."""
    used = {
        path.relative_to(SOURCES).as_posix(): set(re.findall(r"primitives\.ciphers[\w.]* import (.+)", path.read_text("utf-8")))
        for path in SOURCES.rglob("*.py")
    }

    assert {name: found for name, found in used.items() if found} == {
        "access/sealing.py": {"AESGCM"},
        "access/callback_crypto.py": {"Cipher", "AES", "CBC"},
    }
