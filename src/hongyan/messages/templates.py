"""Message templates as values: the kinds there are, the limits they keep, and the parameters they hold. Pure.

Only some members are filled: those are its slots. A `${name}` anywhere else would be sent as it stands, so it is refused when a template is
made. (manage-message-templates)
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hongyan.messages.bodies import BUTTON_TITLE_MAX, BUTTON_URL_MAX, CARD_TITLE_MAX, OA_HEAD_MAX, Button, OaRow

NAME_MAX = 64
SCENARIO_MAX = 500
TEXT_MAX = 5000  # each text; the page's "at most 1000" and "at most 50" are recommendations
LINK_MAX = 2048  # no page says how long a form's link may be
ROWS_MAX = 6
BUTTONS_MAX = 10  # no page says; DingTalk's limit is on all buttons together, 1000 characters of JSON
UNICODE_PARAMETER = re.compile(r"\$\{(\w+)\}")
ASCII_PARAMETER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ARGB = re.compile(r"[0-9A-Fa-f]{8}")
_HEADING = re.compile(r"^ {0,3}#{1,6}(?:\s|$)", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]\n]*\]\s?[(\[]")
# A picture stands as `![](…)` on top of the text, which such characters would end.
_NOT_IN_PICTURE = re.compile(r"[\s()<>]")


class TemplateButton(Button, frozen=True, forbid_unknown_fields=True):
    """A button; both members are filled."""


class TemplateRow(OaRow, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A row of a form; both members are filled."""


class Template(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all kinds share; `kind` names them in the stored form. `scenario` tells a reviewer what the template is for."""


class MarkdownTemplate(Template, frozen=True, tag="markdown"):
    """Becomes a markdown message. `image` is a media id or a web address and stands on top. Filled: `content`."""

    name: str
    title: str
    content: str
    image: str = ""
    scenario: str = ""


class ActionCardTemplate(Template, frozen=True, tag="action_card"):
    """Becomes an action card: with one button the whole card leads there. Filled: `content`, the buttons' titles and addresses."""

    name: str
    title: str
    content: str
    buttons: tuple[TemplateButton, ...]
    image: str = ""
    scenario: str = ""
    horizontal: bool = False  # several buttons side by side


class FormTemplate(Template, frozen=True, tag="form"):
    """Becomes an OA message. `head_color` is AARRGGBB. Filled: `head_text`, `content`, the rows and both links."""

    name: str
    title: str
    mobile_link: str
    pc_link: str = ""
    head_text: str = ""
    head_color: str = ""
    content: str = ""
    image: str = ""
    rows: tuple[TemplateRow, ...] = ()
    scenario: str = ""


TemplateContent = MarkdownTemplate | ActionCardTemplate | FormTemplate


class TemplateProblem(msgspec.Struct, frozen=True):
    """Why a template, or what fills it, cannot be taken: the member and the rule it breaks."""

    member: str
    reason: str


class Slot(NamedTuple):
    """A member that is filled, and how many characters it may have before and after; `address`: no sign of a cut is put into it."""

    member: str
    text: str
    longest: int
    address: bool = False


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(TemplateContent)


def encode_template(content: TemplateContent) -> str:
    """The stored form."""
    return _ENCODER.encode(content).decode()


def decode_template(stored: str | bytes) -> TemplateContent:
    return _DECODER.decode(stored)


def kind_of(content: TemplateContent) -> str:
    """`markdown`, `action_card` or `form`."""
    return str(content.__struct_config__.tag)


def slots_of(content: TemplateContent) -> list[Slot]:
    """The members that are filled, in the order in which a reader meets them."""
    match content:
        case MarkdownTemplate():
            return [Slot("content", content.content, TEXT_MAX)]
        case ActionCardTemplate():
            return [Slot("content", content.content, TEXT_MAX), *_button_slots(content.buttons)]
        case FormTemplate():
            head = [Slot("head_text", content.head_text, OA_HEAD_MAX), Slot("content", content.content, TEXT_MAX)]
            links = [Slot("mobile_link", content.mobile_link, LINK_MAX, True), Slot("pc_link", content.pc_link, LINK_MAX, True)]
            return [*head, *_row_slots(content.rows), *links]


def _button_slots(buttons: tuple[TemplateButton, ...]) -> Iterator[Slot]:
    for place, button in enumerate(buttons):
        yield Slot(f"buttons[{place}].title", button.title, BUTTON_TITLE_MAX)
        yield Slot(f"buttons[{place}].url", button.url, BUTTON_URL_MAX, True)


def _row_slots(rows: tuple[TemplateRow, ...]) -> Iterator[Slot]:
    for place, row in enumerate(rows):
        yield Slot(f"rows[{place}].key", row.key, TEXT_MAX)
        yield Slot(f"rows[{place}].value", row.value, TEXT_MAX)


def _fixed_of(content: TemplateContent) -> list[Slot]:
    """The members that are sent, or kept, as they are."""
    title_max = CARD_TITLE_MAX if isinstance(content, ActionCardTemplate) else TEXT_MAX
    return [
        Slot("name", content.name, NAME_MAX),
        Slot("scenario", content.scenario, SCENARIO_MAX),
        Slot("title", content.title, title_max),
        Slot("image", content.image, BUTTON_URL_MAX),
    ]


def fields_of(content: TemplateContent) -> list[Slot]:
    """Every member that holds a text, filled or not, with its limit."""
    return [*_fixed_of(content), *slots_of(content)]


def parameter_pattern(*, strict_names: bool) -> re.Pattern[str]:
    """Finds `${name}`. DingTalk documents ASCII names, but its own sample has `名字`: any Unicode word is taken unless `strict_names`."""
    return ASCII_PARAMETER if strict_names else UNICODE_PARAMETER


def parameters_of(content: TemplateContent, *, strict_names: bool = False) -> list[str]:
    """The names of the parameters, each once, in the order of their first appearance."""
    pattern = parameter_pattern(strict_names=strict_names)
    return list(dict.fromkeys(name for slot in slots_of(content) for name in pattern.findall(slot.text)))


def check_template(content: TemplateContent, *, strict_names: bool = False) -> list[TemplateProblem]:
    """Everything that is wrong with a template; lengths count Unicode code points. Whether its picture exists is asked elsewhere."""
    fixed, slots = _fixed_of(content), slots_of(content)
    found = [*_required(content), *_too_long([*fixed, *slots]), *_unfillable(fixed), *_image_problems(content.image), *_shape_problems(content)]
    if strict_names:
        found += [_bad_name(slot.member, name) for slot in slots for name in _non_ascii(slot.text)]
    return found


def _required(content: TemplateContent) -> Iterator[TemplateProblem]:
    needed = {"name": content.name, "title": content.title}
    match content:
        case MarkdownTemplate():
            needed["content"] = content.content
        case ActionCardTemplate():
            needed["content"] = content.content
            needed |= {slot.member: slot.text for slot in _button_slots(content.buttons)}
        case FormTemplate():
            needed["mobile_link"] = content.mobile_link
    return (TemplateProblem(member, "is blank") for member, text in needed.items() if not text.strip())


def _too_long(members: list[Slot]) -> Iterator[TemplateProblem]:
    return (TemplateProblem(one.member, f"is longer than {one.longest} characters") for one in members if len(one.text) > one.longest)


def _unfillable(fixed: list[Slot]) -> Iterator[TemplateProblem]:
    return (
        TemplateProblem(one.member, f"is not filled, so it cannot hold {found[0]}") for one in fixed if (found := UNICODE_PARAMETER.search(one.text))
    )


def _non_ascii(text: str) -> list[str]:
    ascii_names = ASCII_PARAMETER.findall(text)
    return [name for name in UNICODE_PARAMETER.findall(text) if name not in ascii_names]


def _bad_name(member: str, name: str) -> TemplateProblem:
    return TemplateProblem(member, f"${{{name}}} is no parameter in the strict profile: letters A-Z, a-z, digits and _, no digit first")


def _image_problems(image: str) -> Iterator[TemplateProblem]:
    if not image:
        return
    if not image.startswith(("@", "$", "http://", "https://")):
        yield TemplateProblem("image", "must be a media id, which begins with @ or $, or a web address")
    if _NOT_IN_PICTURE.search(image):
        yield TemplateProblem("image", "contains a blank, a bracket or an angle bracket; write them as %20, %28, %29, %3C, %3E")


def _shape_problems(content: TemplateContent) -> Iterator[TemplateProblem]:
    match content:
        case MarkdownTemplate():
            yield from _markdown_problems(content.content)
        case ActionCardTemplate():
            yield from _markdown_problems(content.content)
            if not 1 <= len(content.buttons) <= BUTTONS_MAX:
                yield TemplateProblem("buttons", f"must be 1 to {BUTTONS_MAX}")
        case FormTemplate():
            if content.head_color and not _ARGB.fullmatch(content.head_color):
                yield TemplateProblem("head_color", "must be 8 hexadecimal digits, AARRGGBB, without 0x")
            if len(content.rows) > ROWS_MAX:
                yield TemplateProblem("rows", f"are more than {ROWS_MAX}")


def _markdown_problems(text: str) -> Iterator[TemplateProblem]:
    if _HEADING.search(text):
        yield TemplateProblem("content", "has a heading, a line that begins with #, which templates cannot show")
    if _PICTURE.search(text):
        yield TemplateProblem("content", "has a picture, ![](), which templates cannot show; use image")
