"""Bodies of every kind, as parameters."""

from typing import Any

import pytest

from hongyan.wire.forms import MAX_FIELDS, BadBody, nest_fields, parse_body, parse_form, parse_json

FORM, JSON = b"application/x-www-form-urlencoded", b"application/json;charset=UTF-8"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a=%E5%BC%A0%E4%B8%89", {"a": "张三"}),
        ("a=张三".encode(), {"a": "张三"}),
        (b"a=x+y%2Bz", {"a": "x y+z"}),
        (b"a", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"&&a=1&", {"a": "1"}),
        (b"userid_list=%5C%22123%2C456%5C%22", {"userid_list": '\\"123,456\\"'}),
        (b"a=%zz%4", {"a": "%zz%4"}),
    ],
)
def test_a_form(raw: bytes, expected: dict[str, str]) -> None:
    assert parse_form(raw) == expected


@pytest.mark.parametrize("raw", [b"a=%ff", b"\xff=1", b"a=%00", b"a\x00=1", b"&".join([b"a=1"] * (MAX_FIELDS + 1))])
def test_what_is_no_form(raw: bytes) -> None:
    with pytest.raises(BadBody):
        parse_form(raw)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"msg[text][content]": "x", "a": "1"}, {"msg": {"text": {"content": "x"}}, "a": "1"}),
        ({"l[]": "1"}, {"l": ["1"]}),
        ({"l[0]": "1", "l[1]": "2"}, {"l": ["1", "2"]}),
        ({"l[1]": "1"}, {"l": {"1": "1"}}),
        ({"a[": "1", "[b]": "2", "c]": "3"}, {"a[": "1", "[b]": "2", "c]": "3"}),
        ({"a": "1", "a[b]": "2"}, {"a": "1"}),
        ({"a" + "[b]" * 17: "1"}, {"a" + "[b]" * 17: "1"}),
    ],
)
def test_brackets_in_names(fields: dict[str, str], expected: dict[str, Any]) -> None:
    assert nest_fields(fields) == expected


@pytest.mark.parametrize(
    "raw", [b"[]", b"1", b'"a"', b"null", b"{", b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}']
)
def test_what_is_no_json_object(raw: bytes) -> None:
    with pytest.raises(BadBody):
        parse_json(raw)


def test_depth_without_end_is_a_bad_body() -> None:
    with pytest.raises(BadBody):
        parse_json(b'{"a":' * 100_000)


def test_a_zero_that_is_only_spelled_out_is_text() -> None:
    assert parse_json(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}


MULTIPART = b'--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xe5\xbc\xa0\r\n--xx\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n1\r\n--xx--\r\n'


@pytest.mark.parametrize(
    ("content_type", "raw", "expected"),
    [
        (JSON, b'{"a":1}', {"a": 1}),
        (JSON, b"", {}),
        (JSON, b"  ", {}),
        (FORM, b"a=1", {"a": "1"}),
        (FORM, b' {"a":1}', {"a": 1}),
        (b"", b'{"a":1}', {"a": 1}),
        (b"", b"a=1", {"a": "1"}),
        (b"text/plain", b"a=1", {"a": "1"}),
        (b"APPLICATION/JSON", b'{"a":1}', {"a": 1}),
        (b"multipart/form-data; boundary=xx", MULTIPART, {"a": "张"}),
        (b'multipart/form-data; boundary="xx"', MULTIPART, {"a": "张"}),
    ],
)
def test_a_body(content_type: bytes, raw: bytes, expected: dict[str, Any]) -> None:
    assert parse_body(content_type, raw, strict=False) == expected


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        (JSON, b"a=1"),
        (JSON, b"[1]"),
        (FORM, b'{"a"'),
        (b"multipart/form-data", b"x"),
        (b"multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--'),
    ],
)
def test_what_is_no_body(content_type: bytes, raw: bytes) -> None:
    with pytest.raises(BadBody):
        parse_body(content_type, raw, strict=False)


def test_strict_does_not_know_brackets() -> None:
    assert parse_body(FORM, b"m%5Ba%5D=1", strict=True) == {"m[a]": "1"}
    assert parse_body(FORM, b"m%5Ba%5D=1", strict=False) == {"m": {"a": "1"}}
