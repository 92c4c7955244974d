"""No secret stays in what is kept, in whatever form it came; what is no secret stays byte for byte."""

import json
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.capture.masking import Masker, is_secret, masked
from hongyan.capture.reading import KEPT_BYTES, capture_of
from hongyan.capture.records import Note, Part, Trail
from hongyan.model.ids import EpochMs
from hongyan.wire.http import HttpRequest
from hongyan.wire.replies import Reply

SECRET = "Zq7+secret/value=With%Odd&Signs"
TOKEN = "0123456789abcdef0123456789abcdef"


def kept(
    *, query: bytes = b"", body: bytes = b"", kind: bytes = b"application/json", reply: bytes = b"{}", headers: tuple[tuple[bytes, bytes], ...] = (),
    parts: tuple[Part, ...] = (), path: str = "/topapi/x",
) -> bytes:  # fmt: skip
    """Everything that is kept of a call, in one piece."""
    trail = Trail()
    trail.parts = parts
    request = HttpRequest("POST", query, [(b"content-type", kind), *headers], body, "10.0.0.1", trail)
    note = Note(1, EpochMs(0), 5, path, request, Reply(200, reply), len(body), len(reply))
    capture = capture_of(note, None, lambda _: "id")
    assert msgspec.json.encode(capture), "it can be written"
    return repr(capture).encode() + capture.content.query + capture.content.body + capture.content.reply


def spellings(secret: str) -> set[bytes]:
    return {secret.encode(), quote(secret).encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}


@pytest.mark.parametrize(
    "given",
    [
        {"query": b"access_token=" + quote(SECRET, safe="").encode()},
        {"query": b"a=1&appsecret=" + quote(SECRET).encode() + b"&b=2"},
        {"query": b"APP_SECRET=" + quote(SECRET).encode()},
        {"query": b"%61ccess_token=" + quote(SECRET).encode()},
        {"query": b"msg=" + quote(json.dumps({"inner": {"accessToken": SECRET}})).encode()},
        {"body": json.dumps({"appSecret": SECRET}).encode()},
        {"body": json.dumps({"a": {"b": [{"client_secret": SECRET}]}}, indent=3).encode()},
        {"body": json.dumps({"access_token": [SECRET, {"x": SECRET}]}).encode()},
        {"body": b'{"access_token":"' + TOKEN.encode() + b'","access_token":' + json.dumps(SECRET).encode() + b"}"},
        {"body": json.dumps({"msg": json.dumps({"suite_ticket": SECRET})}).encode()},
        {"body": b'{"access\\u005ftoken":' + json.dumps(SECRET).encode() + b"}"},
        {"body": b'["a", ":", "b", {"token": ' + json.dumps(SECRET).encode() + b"}]"},
        {"body": b'{"x": 1, "aes_key": ' + json.dumps(SECRET).encode()},
        {"body": b'{"x": 1, "aes_key": ' + json.dumps(SECRET).encode()[:-1]},
        {"body": b"x=1&suite_secret=" + quote(SECRET).encode(), "kind": b"application/x-www-form-urlencoded"},
        {"body": b"message[token]=" + quote(SECRET).encode(), "kind": b"application/x-www-form-urlencoded"},
        {"body": b'--b\r\nContent-Disposition: form-data; name="access_token"\r\n\r\n' + SECRET.encode() + b"\r\n--b--", "kind": b"multipart/form-data; boundary=b"},
        {"parts": (Part("access_token", 9, None, SECRET),), "kind": b"multipart/form-data; boundary=b"},
        {"reply": json.dumps({"errcode": 0, "access_token": SECRET}).encode()},
        {"headers": ((b"x-acs-dingtalk-access-token", SECRET.encode()),)},
        {"headers": ((b"cookie", b"a=" + SECRET.encode()), (b"authorization", SECRET.encode()))},
        {"body": json.dumps({"code": SECRET}).encode(), "path": "/topapi/v2/user/getuserinfo"},
        {"body": ('{"token":"' + SECRET + '"}').encode("utf-16")},
    ],
)  # fmt: skip
def test_a_secret_is_not_kept(given: dict[str, bytes]) -> None:
    found = kept(**given)  # type: ignore[arg-type]
    for spelling in spellings(SECRET):
        assert spelling not in found
    assert SECRET[6:].encode() not in found


def test_a_secret_that_stands_elsewhere_too_is_masked_there() -> None:
    found = kept(
        query=b"access_token=" + TOKEN.encode(), body=b'{"text":"my ' + TOKEN.encode() + b'"}', reply=b'{"errmsg":"bad ' + TOKEN.encode() + b'"}'
    )
    assert TOKEN.encode() not in found


def test_what_is_no_secret_stays_byte_for_byte() -> None:
    body = b'{ "unionid" : "u\\u0031",\n "text_content":"a: \\"b\\" access_token is blank", "dept_id_list":[1, 2.50] }'
    masker = Masker()
    assert masker.sweep(masker.json("body", body)) == body
    assert masker.sweep(masker.form("query", b"a=%41&b=+%20&c")) == b"a=%41&b=+%20&c"
    assert not masker.places


def test_only_the_secret_of_a_body_changes() -> None:
    masker = Masker()
    assert masker.json("body", b'{"a" : 1,  "access_token" : "' + TOKEN.encode() + b'" }') == '{"a" : 1,  "access_token" : "0123…" }'.encode()
    assert list(masker.places) == ["body access_token"]


@pytest.mark.parametrize(("secret", "shown"), [("0123456789ab", "0123…"), ("0123456789a", "…"), ("s", "…")])
def test_short_secrets_show_nothing(secret: str, shown: str) -> None:
    assert masked(secret) == shown


@pytest.mark.parametrize(
    "name", ["access_token", "accessToken", "ACCESS-TOKEN", "suiteTicket", "client_secret", "x-acs-dingtalk-access-token", "signature"]
)
def test_names_of_secrets_in_every_spelling(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["userid", "errcode", "next_cursor", "uuid", "task_id", "code", "dept_id"])
def test_names_that_are_none(name: str) -> None:
    assert not is_secret(name)


def test_people_task_and_uuid_are_found() -> None:
    request = HttpRequest(
        "POST", b"", [], b'{"uuid":"x1","unionid":"U","userid_list":"a, b,","msg":{"x":[{"useridList":["c"]}]},"operator_user_id":"d"}', "", Trail()
    )
    capture = capture_of(Note(1, EpochMs(0), 5, "/p", request, Reply(200, b'{"errcode":0,"task_id":77}'), 9, 9), None, lambda _: "")
    assert capture.content.userids == ("a", "b", "c", "d")
    assert (capture.content.uuid, capture.content.unionid, capture.summary.task) == ("x1", "U", "77")


def test_a_cut_body_says_so() -> None:
    body = b'{"a":"' + b"x" * KEPT_BYTES
    request = HttpRequest("POST", b"", [], body[:KEPT_BYTES], "", Trail())
    capture = capture_of(Note(1, EpochMs(0), 5, "/p", request, Reply(200, b"{}"), len(body), 2), None, lambda _: "")
    assert capture.content.body_cut
    assert capture.content.body_bytes == len(body)


_ODD = (b"\xff\xfe\xba\xb5\xc3" * 4, b"%FF%FEabc%BAdef%B5ghi", b"\xed\xa0\x80\xed\xb0\x80 and more", b"\xff\xe2\x80\xa6")


@pytest.mark.parametrize("odd", _ODD)
@pytest.mark.parametrize("name", [b"access_token", b"token[\xff]", b"userid_list", b"uuid", b"unionid", b"msg[token]", b"\xffaeskey"])
def test_bytes_that_are_no_text_can_be_kept(name: bytes, odd: bytes) -> None:
    form, kind = name + b"=" + odd, b"application/x-www-form-urlencoded"

    assert kept(query=form)
    assert kept(body=form, kind=kind)
    assert kept(body=b'{"' + name + b'":"' + odd + b'","' + name + b'":["' + odd + b'"]}')
    assert kept(body=b'{"msg":"{\\"' + name + b'\\":\\"' + odd + b'\\"}"}')
    assert kept(parts=(Part(odd.decode("utf-8", "surrogateescape"), 1, odd.decode("utf-8", "surrogateescape")),))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"token", b"=", b"&", b"[", b"]", b"{", b"}", b'"', b":", b"\\", b"%FF", b"\xff", b"\xba", b"a" * 12, b"userid_list", b","])
    )
)
def test_whatever_came_can_be_kept(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)

    assert kept(query=raw, body=raw, kind=b"application/json")
    assert kept(query=raw, body=raw, kind=b"application/x-www-form-urlencoded", reply=raw, headers=((b"x-acs-dingtalk-access-token", raw),))


def test_a_secret_inside_what_was_named_is_found() -> None:
    everything = kept(
        query=b"access_token=" + TOKEN.encode(), body=b'{"userid_list":["u1","a ' + TOKEN.encode() + b' b"],"uuid":"a' + TOKEN.encode() + b'"}'
    )

    assert TOKEN.encode() not in everything and b"u1" in everything
