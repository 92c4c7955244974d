"""Filling a template: values in, message body out. Pure.

Values do not differ from receiver to receiver, so a template is filled once for a send.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from hongyan.messages.bodies import ActionCardBody, AnyBody, Button, MarkdownBody, OaBody, OaRow
from hongyan.messages.id_names import NO_NAMES, NameLookup, WantedNames, translate_ids, wanted_in
from hongyan.messages.templates import (
    ActionCardTemplate,
    FormTemplate,
    MarkdownTemplate,
    TemplateContent,
    TemplateProblem,
    parameter_pattern,
    slots_of,
)

Missing = Literal["keep", "empty", "error"]
SPLIT_KEPT = 200  # templates that are not taken apart again for each send; a few kilobytes each
_CUT = "…"


def template_values(given: Mapping[str, object]) -> dict[str, str]:
    """Texts as they are; of everything else its JSON text, as in `true`, `12`, `null`, `["a"]`. `given` is decoded JSON."""
    return {name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in given.items()}


def wanted_names(data: Mapping[str, str]) -> WantedNames:
    """Which people and departments the values name; look them up and pass them to `fill_template`."""
    return wanted_in(data.values())


def fill_template(
    content: TemplateContent,
    data: Mapping[str, str],
    *,
    strict_names: bool = False,
    missing: Missing = "keep",
    names: NameLookup = NO_NAMES,
) -> AnyBody | TemplateProblem:
    """The message. Its only refusal is a parameter without a value under `missing="error"`; values that no parameter asks for are ignored.

    Ids are translated in the values alone, and what was put in is not looked at again. A member that becomes too long is cut.
    """
    values = {name: translate_ids(value, names) for name, value in data.items()}
    filled = dict[str, str]()
    for slot in _split(content, strict_names):
        absent = [name for name in slot.parameters if name not in values]
        if absent and missing == "error":
            return TemplateProblem(slot.member, f"there is no value for ${{{absent[0]}}}")
        if missing == "empty":
            values |= dict.fromkeys(absent, "")
        filled[slot.member] = slot.fill(values)
    return _body_of(content, filled)


class _SplitSlot(NamedTuple):
    """A slot's text around its parameters: one more text than there are parameters."""

    member: str
    texts: list[str]
    parameters: list[str]
    longest: int
    address: bool

    def fill(self, values: Mapping[str, str]) -> str:
        # One value may be a megabyte and stand in the text a thousand times: what would be cut anyway is not put in.
        pieces = [text + values.get(name, f"${{{name}}}")[: self.longest + 1] for text, name in zip(self.texts, self.parameters, strict=False)]
        text = "".join((*pieces, self.texts[-1]))
        if len(text) <= self.longest:
            return text
        return text[: self.longest] if self.address else text[: self.longest - 1] + _CUT


@lru_cache(SPLIT_KEPT)
def _split(content: TemplateContent, strict_names: bool) -> tuple[_SplitSlot, ...]:
    pieces = [(slot, parameter_pattern(strict_names=strict_names).split(slot.text)) for slot in slots_of(content)]
    return tuple(_SplitSlot(slot.member, split[::2], split[1::2], slot.longest, slot.address) for slot, split in pieces)


def _body_of(content: TemplateContent, filled: Mapping[str, str]) -> AnyBody:
    match content:
        case MarkdownTemplate():
            return MarkdownBody(content.title, _under_picture(content.image, filled["content"]))
        case ActionCardTemplate():
            return _card_of(content, filled)
        case FormTemplate():
            return _form_of(content, filled)


def _under_picture(image: str, text: str) -> str:
    # Message bodies have no member for it. The inbox page draws media ids in markdown and names the host of other pictures.
    return f"![]({image})\n\n{text}" if image else text


def _card_of(content: ActionCardTemplate, filled: Mapping[str, str]) -> ActionCardBody:
    buttons = tuple(Button(filled[f"buttons[{place}].title"], filled[f"buttons[{place}].url"]) for place in range(len(content.buttons)))
    text = _under_picture(content.image, filled["content"])
    if len(buttons) == 1:
        return ActionCardBody(text, content.title, single=buttons[0])
    return ActionCardBody(text, content.title, orientation="1" if content.horizontal else "0", buttons=buttons)


def _form_of(content: FormTemplate, filled: Mapping[str, str]) -> OaBody:
    return OaBody(
        url=filled["mobile_link"],
        pc_url=filled["pc_link"],
        head_color=content.head_color,
        head_text=filled["head_text"],
        title=content.title,
        form=tuple(OaRow(filled[f"rows[{place}].key"], filled[f"rows[{place}].value"]) for place in range(len(content.rows))),
        content=filled["content"],
        image=content.image,
    )
