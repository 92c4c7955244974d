"""Templates: their limits, their parameters, what filling makes of them, and the names that ids stand for."""

from typing import Any

import msgspec
import pytest

from hongyan.messages.bodies import ActionCardBody, Button, MarkdownBody, OaBody, OaRow, check_body
from hongyan.messages.id_names import NameLookup, WantedNames, translate_ids, wanted_in
from hongyan.messages.markdown import render_markdown
from hongyan.messages.template_fill import fill_template, template_values, wanted_names
from hongyan.messages.templates import (
    ActionCardTemplate,
    FormTemplate,
    MarkdownTemplate,
    TemplateButton,
    TemplateProblem,
    TemplateRow,
    check_template,
    decode_template,
    encode_template,
    kind_of,
    parameters_of,
)
from hongyan.model.ids import DeptId

BUTTON = TemplateButton("打开", "https://example.com")
MARKDOWN = MarkdownTemplate(name="n", title="t", content="您好，${名字}")
CARD = ActionCardTemplate(name="n", title="t", content="c", buttons=(BUTTON,))
FORM = FormTemplate(name="n", title="t", mobile_link="https://example.com")


def changed(content: Any, /, **members: Any) -> Any:
    return msgspec.structs.replace(content, **members)


def text_of(content: str, data: dict[str, str], **options: Any) -> str:
    """What a markdown template with this content becomes."""
    body = fill_template(changed(MARKDOWN, content=content), data, **options)
    assert isinstance(body, MarkdownBody)
    return body.text


def buttons(count: int) -> tuple[TemplateButton, ...]:
    return (BUTTON,) * count


GOOD = {
    "markdown": MARKDOWN,
    "action card": CARD,
    "form": FORM,
    "card title at the limit": changed(CARD, title="鸿" * 64),
    "markdown title has no such limit": changed(MARKDOWN, title="鸿" * 65),
    "content at the limit": changed(MARKDOWN, content="鸿" * 5000),
    "button at the limits": changed(CARD, buttons=(TemplateButton("b" * 20, "h" * 500),)),
    "ten buttons": changed(CARD, buttons=buttons(10)),
    "form head at the limit": changed(FORM, head_text="h" * 10, head_color="FFBBbb00"),
    "six rows": changed(FORM, rows=(TemplateRow("${k}", "${v}"),) * 6),
    "picture by id": changed(MARKDOWN, image="@lALPDeC2uOPVEsvNAVjNAVg"),
    "picture by address": changed(CARD, image="https://example.com/a%28b%29.png"),
    "a hash that is no heading": changed(MARKDOWN, content="#1 of ten\nC# is one\n    # code"),
    "an exclamation before a link": changed(MARKDOWN, content="wow! [link](https://example.com)"),
    "backslash and n": changed(MARKDOWN, content="a\\nb"),
    "a dollar that is no parameter": changed(MARKDOWN, title="$5 ${} ${a b} $x"),
}


@pytest.mark.parametrize("content", GOOD.values(), ids=list(GOOD))
def test_a_template_within_the_limits_has_no_problem(content: Any) -> None:
    assert check_template(content) == []


BAD = {
    "blank name": (changed(MARKDOWN, name=" "), "name"),
    "name too long": (changed(MARKDOWN, name="n" * 65), "name"),
    "scenario too long": (changed(FORM, scenario="s" * 501), "scenario"),
    "no title": (changed(MARKDOWN, title=""), "title"),
    "card title too long": (changed(CARD, title="鸿" * 65), "title"),
    "parameter in a title": (changed(MARKDOWN, title="${名字}"), "title"),
    "parameter in a name": (changed(CARD, name="${a}"), "name"),
    "parameter in a picture": (changed(FORM, image="https://example.com/${a}"), "image"),
    "no content": (changed(MARKDOWN, content="\n"), "content"),
    "content too long": (changed(CARD, content="鸿" * 5001), "content"),
    "heading": (changed(MARKDOWN, content="a\n  ## b"), "content"),
    "heading without a text": (changed(MARKDOWN, content="#"), "content"),
    "picture in the text": (changed(CARD, content="a ![x](@lAL)"), "content"),
    "picture by reference": (changed(CARD, content="![x][y]"), "content"),
    "no button": (changed(CARD, buttons=()), "buttons"),
    "eleven buttons": (changed(CARD, buttons=buttons(11)), "buttons"),
    "button without a title": (changed(CARD, buttons=(BUTTON, TemplateButton("", "u"))), "buttons[1].title"),
    "button without an address": (changed(CARD, buttons=(TemplateButton("t", " "),)), "buttons[0].url"),
    "button title too long": (changed(CARD, buttons=(TemplateButton("t" * 21, "u"),)), "buttons[0].title"),
    "button address too long": (changed(CARD, buttons=(TemplateButton("t", "u" * 501),)), "buttons[0].url"),
    "form without a link": (changed(FORM, mobile_link=""), "mobile_link"),
    "form link too long": (changed(FORM, pc_link="h" * 2049), "pc_link"),
    "form head too long": (changed(FORM, head_text="h" * 11), "head_text"),
    "colour with 0x": (changed(FORM, head_color="0xFFBBBBBB"), "head_color"),
    "colour without alpha": (changed(FORM, head_color="BBBBBB"), "head_color"),
    "seven rows": (changed(FORM, rows=(TemplateRow("k", "v"),) * 7), "rows"),
    "picture that is neither": (changed(FORM, image="a.png"), "image"),
    "picture that would end its markdown": (changed(MARKDOWN, image="https://example.com/a)b"), "image"),
}


@pytest.mark.parametrize(("content", "member"), BAD.values(), ids=list(BAD))
def test_a_template_beyond_a_limit_names_the_member(content: Any, member: str) -> None:
    assert [problem.member for problem in check_template(content)] == [member]


def test_all_problems_are_told_at_once() -> None:
    bad = changed(CARD, name="", title="${a}", buttons=())

    assert [problem.member for problem in check_template(bad)] == ["name", "title", "buttons"]


@pytest.mark.parametrize("content", [MARKDOWN, CARD, FORM, changed(FORM, rows=(TemplateRow("k", "${v}"),)), changed(CARD, horizontal=True)])
def test_the_stored_form_is_read_back_unchanged(content: Any) -> None:
    assert decode_template(encode_template(content)) == content
    assert f'"kind":"{kind_of(content)}"' in encode_template(content)


@pytest.mark.parametrize(
    "stored",
    [
        '{"kind":"form","name":"n","title":"t","mobile_link":"u","rows":[{"key":"k","valeu":"v"}]}',
        '{"kind":"markdown","name":"n","title":"t","content":"c","buttons":[]}',
        '{"kind":"text","name":"n","title":"t","content":"c"}',
    ],
)
def test_a_misspelt_member_is_refused(stored: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_template(stored)


# --- parameters


def test_parameters_are_named_once_in_order_and_from_filled_members_only() -> None:
    rows = (TemplateRow("${b}", "${a} ${b}"),)
    form = changed(FORM, title="${no}", head_text="${a}", content="${c}", rows=rows, mobile_link="https://h/${d}", pc_link="${e}")

    assert parameters_of(form) == ["a", "c", "b", "d", "e"]


@pytest.mark.parametrize(
    ("text", "default", "strict"),
    [
        ("${名字}", ["名字"], []),
        ("${name}${name2}", ["name", "name2"], ["name", "name2"]),
        ("${1a}", ["1a"], []),
        ("${a b} ${} $a {a} ${a", [], []),
        ("$${a}}", ["a"], ["a"]),
        ("${a${b}}", ["b"], ["b"]),
    ],
)
def test_what_a_parameter_is(text: str, default: list[str], strict: list[str]) -> None:
    content = changed(MARKDOWN, content=text)

    assert parameters_of(content) == default
    assert parameters_of(content, strict_names=True) == strict


def test_the_strict_profile_refuses_names_that_it_does_not_fill() -> None:
    problems = check_template(changed(MARKDOWN, content="${ok} ${名字} ${1a}"), strict_names=True)

    assert [problem.reason.split(" ")[0] for problem in problems] == ["${名字}", "${1a}"]
    assert text_of("${ok} ${名字}", {"ok": "1", "名字": "2"}, strict_names=True) == "1 ${名字}"


# --- filling


def test_the_samples_of_the_page() -> None:
    card = changed(CARD, content="您好，${name}", buttons=(TemplateButton("查看", "${name2}"),))

    assert text_of("您好，${名字}", {"名字": "张三"}) == "您好，张三"
    filled = fill_template(card, {"name": "淘宝 6", "name2": "http://www.taobao.com"})
    assert filled == ActionCardBody("您好，淘宝 6", "t", single=Button("查看", "http://www.taobao.com"))


@pytest.mark.parametrize(
    ("text", "data", "becomes"),
    [
        ("${a} and ${a}", {"a": "1"}, "1 and 1"),
        ("${a}", {"a": "${b}", "b": "2"}, "${b}"),
        ("${a}${b}", {"a": "${", "b": "b}"}, "${b}"),
        ("${a}", {"a": r"\1 \g<0> $0"}, r"\1 \g<0> $0"),
        ("${a}", {}, "${a}"),
        ("${a}", {"a": ""}, ""),
        ("no parameter", {"a": "1"}, "no parameter"),
        ("${A}", {"a": "1"}, "${A}"),
    ],
)
def test_what_filling_makes_of_a_text(text: str, data: dict[str, str], becomes: str) -> None:
    assert text_of(text, data) == becomes


def test_a_missing_value_stays_vanishes_or_is_an_error() -> None:
    card = changed(CARD, buttons=(BUTTON, TemplateButton("${t}", "${u}")))

    assert text_of("a${x}b", {}, missing="keep") == "a${x}b"
    assert text_of("a${x}b", {}, missing="empty") == "ab"
    assert fill_template(card, {"t": "1"}, missing="error") == TemplateProblem("buttons[1].url", "there is no value for ${u}")
    assert isinstance(fill_template(card, {"t": "1", "u": "2"}, missing="error"), ActionCardBody)


def test_only_some_members_are_filled() -> None:
    filled = fill_template(changed(MARKDOWN, title="${a}", content="${a}"), {"a": "1"})

    assert filled == MarkdownBody("${a}", "1")


def test_a_form_becomes_an_oa_message() -> None:
    form = changed(
        FORM, head_text="${a}", head_color="FF112233", content="${b}", image="@i", pc_link="https://p/${a}", rows=(TemplateRow("${a}", "${b}"),)
    )

    filled = fill_template(form, {"a": "A", "b": "B"})
    assert filled == OaBody(
        url="https://example.com",
        pc_url="https://p/A",
        head_color="FF112233",
        head_text="A",
        title="t",
        form=(OaRow("A", "B"),),
        content="B",
        image="@i",
    )
    assert type(filled.form[0]) is OaRow


def test_one_button_is_the_whole_card_and_several_are_buttons() -> None:
    several = changed(CARD, buttons=buttons(2))

    one = fill_template(CARD, {})
    assert one == ActionCardBody("c", "t", single=Button("打开", "https://example.com"))
    assert fill_template(several, {}) == ActionCardBody("c", "t", orientation="0", buttons=(Button("打开", "https://example.com"),) * 2)
    assert fill_template(changed(several, horizontal=True), {}).orientation == "1"  # type: ignore[union-attr]


def test_the_picture_stands_on_top() -> None:
    text = text_of("c", {})
    pictured = fill_template(changed(MARKDOWN, content="c", image="@lAL"), {})

    assert text == "c"
    assert isinstance(pictured, MarkdownBody)
    assert pictured.text == "![](@lAL)\n\nc"
    assert '<img src="media/@lAL"' in render_markdown(pictured.text)


@pytest.mark.parametrize("content", [GOOD[name] for name in ("markdown", "action card", "form", "ten buttons", "six rows", "picture by id")])
def test_what_is_filled_is_a_body_that_can_be_sent(content: Any) -> None:
    body = fill_template(content, {"k": "x" * 9999, "v": "y", "名字": "张三"})

    assert not isinstance(body, TemplateProblem)
    assert check_body(body) is None


def test_what_becomes_too_long_is_cut() -> None:
    card = changed(CARD, content="${a}", buttons=(TemplateButton("${a}", "https://h/${a}"),))
    form = changed(FORM, head_text="${a}")

    filled = fill_template(card, {"a": "鸿" * 6000})
    assert isinstance(filled, ActionCardBody)
    assert filled.single is not None
    assert filled.markdown == "鸿" * 4999 + "…"
    assert filled.single.title == "鸿" * 19 + "…"
    assert filled.single.url == "https://h/" + "鸿" * 490
    assert fill_template(form, {"a": "1234567890"}).head_text == "1234567890"  # type: ignore[union-attr]
    assert fill_template(form, {"a": "12345678901"}).head_text == "123456789…"  # type: ignore[union-attr]


def test_a_huge_value_in_many_places_costs_no_memory() -> None:
    assert len(text_of("${a}" * 1250, {"a": "x" * 1_000_000})) == 5000


def test_values_that_are_no_text_become_their_json() -> None:
    given = {"a": "x", "b": 1, "c": 1.5, "d": True, "e": None, "f": ["一", 2], "g": {"h": 1}}

    assert template_values(given) == {"a": "x", "b": "1", "c": "1.5", "d": "true", "e": "null", "f": '["一",2]', "g": '{"h":1}'}


# --- ids that stand for names

NAMES = NameLookup({"zhangsan01": "张三", "100": "somebody"}, {DeptId(100): "研发部"})


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("$userName=zhangsan01$", "张三"),
        ("$departmentName=100$", "研发部"),
        ("a$userName=zhangsan01$$departmentName=100$b", "a张三研发部b"),
        ("$userName=nobody$ $departmentName=7$", "$userName=nobody$ $departmentName=7$"),
        ("$departmentName=zhangsan01$", "$departmentName=zhangsan01$"),
        ("$userName=$ $userName=a b$ $username=zhangsan01$", "$userName=$ $userName=a b$ $username=zhangsan01$"),
        ("$departmentName=1٠٠$ $departmentName=" + "9" * 30 + "$", "$departmentName=1٠٠$ $departmentName=" + "9" * 30 + "$"),
        ("5$ and 6$", "5$ and 6$"),
    ],
)
def test_ids_become_names(text: str, becomes: str) -> None:
    assert translate_ids(text, NAMES) == becomes


def test_which_ids_must_be_looked_up() -> None:
    data = {"a": "$userName=u1$ $userName=u1$", "b": "$departmentName=5$ $departmentName=x$", "$userName=key$": ""}

    assert wanted_names(data) == WantedNames(("u1",), (DeptId(5),))
    assert not wanted_names({"a": "nothing"})
    assert wanted_in(["$userName=u2$"]).userids == ("u2",)


def test_ids_are_translated_in_values_only_and_once() -> None:
    names = NameLookup({"a": "$userName=b$", "b": "B"}, {})

    assert text_of("$userName=b$ ${x}", {"x": "$userName=a$"}, names=names) == "$userName=b$ $userName=b$"
