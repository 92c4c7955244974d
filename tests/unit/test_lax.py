"""Every spelling of a value that clients send, and what it reads as."""

from typing import Any

import pytest

from hongyan.wire import lax
from hongyan.wire.lax import Unreadable

PAIR = ("123", "456")

LISTS: list[tuple[Any, tuple[str, ...]]] = [
    # work-notification.md 2.5, in its order
    ('\\"123,456\\"', PAIR),
    ('"123,456"', PAIR),
    ("”123,456”", PAIR),
    ("“123,456”", PAIR),
    ("123,456", PAIR),
    (["123", 456], PAIR),
    ('["123",456]', PAIR),
    ('"["123","456"]"', PAIR),
    ('"[\\"123\\",\\"456\\"]"', PAIR),
    ('\\"[\\"123\\",\\"456\\"]\\"', PAIR),
    ("421897262", ("421897262",)),
    (421897262, ("421897262",)),
    ("", ()),
    ('\\"\\"', ()),
    (" ", ()),
    (None, ()),
    ("null", ()),
    # service-account.md 1.3 and 16
    ("id1, id2, id3", ("id1", "id2", "id3")),
    ("a，b", ("a", "b")),
    (",a,,b,", ("a", "b")),
    ("'a'", ("a",)),
    ([" a ", "", "b"], ("a", "b")),
    ([], ()),
    ("[]", ()),
    ([10012], ("10012",)),
    ("[10012]", ("10012",)),
    ("a,a", ("a", "a")),  # limits count what was written
    ("10203029011219896", ("10203029011219896",)),  # above 2**53: never a float
    (10203029011219896, ("10203029011219896",)),
    ("[10203029011219896]", ("10203029011219896",)),
    ("manager-4220_x@y.z", ("manager-4220_x@y.z",)),
]


@pytest.mark.parametrize(("value", "expected"), LISTS)
def test_a_list_of_ids(value: Any, expected: tuple[str, ...]) -> None:
    assert lax.as_ids(value) == expected


@pytest.mark.parametrize("value", [{"a": 1}, True, 1.5, [True], [None], [["a"]], [{"a": 1}], [1.0], "[1", "[a]"])
def test_what_is_no_list_of_ids(value: Any) -> None:
    if value == "[1":
        assert lax.as_ids(value) == ("[1",)  # a name as good as any; nobody has it
        return
    with pytest.raises(Unreadable):
        lax.as_ids(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1958658, 2324553], (1958658, 2324553)),
        ("1958658,2324553", (1958658, 2324553)),
        ('\\"123,456\\"', (123, 456)),
        ("421897262", (421897262,)),
        (1, (1,)),
        ("", ()),
        (None, ()),
        (" 7 , +8 ", (7, 8)),
    ],
)
def test_a_list_of_numbers(value: Any, expected: tuple[int, ...]) -> None:
    assert lax.as_int_ids(value) == expected


@pytest.mark.parametrize("value", ["x", "1,x", [0], ["-1"], "1.5", [1.5], "99999999999999999999", str(1 << 63), {"a": 1}, False])
def test_what_is_no_list_of_numbers(value: Any) -> None:
    with pytest.raises(Unreadable):
        lax.as_int_ids(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("TRUE", True),
        ("False", False),
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        (" true ", True),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_a_boolean(value: Any, expected: bool | None) -> None:
    assert lax.as_bool(value) is expected


@pytest.mark.parametrize("value", ["yes", "2", 2, 1.0, [], {}, "null"])
def test_what_is_no_boolean(value: Any) -> None:
    with pytest.raises(Unreadable):
        lax.as_bool(value)


@pytest.mark.parametrize("value", ["True", "False", "1", "0", 1, 0, "yes"])
def test_a_strict_boolean_is_true_or_false(value: Any) -> None:
    with pytest.raises(Unreadable):
        lax.as_bool(value, strict=True)
    assert (lax.as_bool("true", strict=True), lax.as_bool("false", strict=True), lax.as_bool(True, strict=True)) == (True, False, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("5", 5), (" -5 ", -5), (5.0, 5), ("", None), (" ", None), (None, None), ((1 << 63) - 1, (1 << 63) - 1), (-(1 << 63), -(1 << 63))],
)
def test_a_number(value: Any, expected: int | None) -> None:
    assert lax.as_int(value) == expected


@pytest.mark.parametrize("value", ["five", 5.5, True, [], {}, 1 << 63, str(1 << 63), "1e3", "5.0", float("inf"), float("nan")])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(Unreadable):
        lax.as_int(value)


def test_a_strict_number_is_no_float() -> None:
    with pytest.raises(Unreadable):
        lax.as_int(5.0, strict=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (5, "5"),
        (10203029011219896, "10203029011219896"),
        (True, "true"),
        (None, ""),
        ({"a": 1}, '{"a":1}'),
        ([1, "二"], '[1,"二"]'),
        (1.5, "1.5"),
    ],
)
def test_a_text(value: Any, expected: str) -> None:
    assert lax.as_text(value) == expected


OBJECTS: list[tuple[Any, dict[str, Any] | None]] = [
    ('{\\"名字\\":\\"张三\\"}', {"名字": "张三"}),
    ({"name": "淘宝6", "name2": "http://www.taobao.com"}, {"name": "淘宝6", "name2": "http://www.taobao.com"}),
    ('"{\\"a\\":\\"1\\"}"', {"a": "1"}),
    (
        '{     \\"msgtype\\": \\"text\\",     \\"text\\": {         \\"content\\": \\"张三的请假申请\\"     } }',
        {"msgtype": "text", "text": {"content": "张三的请假申请"}},
    ),
    ('{"a":"say \\"hi\\""}', {"a": 'say "hi"'}),  # parsed as it is before anything is undone
    ("", None),
    (None, None),
    ("null", None),
    ('""', None),
    (" ", None),
    ('{"a":1}', {"a": 1}),
]


@pytest.mark.parametrize(("value", "expected"), OBJECTS)
def test_an_object(value: Any, expected: dict[str, Any] | None) -> None:
    assert lax.as_object(value) == expected


@pytest.mark.parametrize("value", ["[1]", "abc", [1], True, 5, '{"a":', "[" * 100_000, '"[1]"', "\ud800"])
def test_what_is_no_object(value: Any) -> None:
    with pytest.raises(Unreadable):
        lax.as_object(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"a": 1}, {"b": 2}], ({"a": 1}, {"b": 2})),
        ({"a": 1}, ({"a": 1},)),
        ('[{"a":1}]', ({"a": 1},)),
        ('{"a":1}', ({"a": 1},)),
        ('[{\\"a\\":1}]', ({"a": 1},)),
        (['{"a":1}', None, ""], ({"a": 1},)),
        ([], ()),
        ("", ()),
        ("null", ()),
        (None, ()),
    ],
)
def test_a_list_of_objects(value: Any, expected: tuple[dict[str, Any], ...]) -> None:
    assert lax.as_objects(value) == expected


@pytest.mark.parametrize("value", [5, True, "abc", "5", [5], ["x"]])
def test_what_is_no_list_of_objects(value: Any) -> None:
    with pytest.raises(Unreadable):
        lax.as_objects(value)
