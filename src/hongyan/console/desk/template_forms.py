"""Templates as the fields of a form, and as they look when they are filled."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from hongyan.access.records import App, AppKind, list_apps_txn
from hongyan.admission.work_checks import names_txn
from hongyan.console.bodies import BodyView, view_body_txn
from hongyan.console.desk.frame import Desk
from hongyan.console.desk.template_texts import TEXTS, problem_said
from hongyan.messages.bodies import AnyBody
from hongyan.messages.template_book import EVERY_CORP, KeptTemplate, TemplateOwner, load_template_txn
from hongyan.messages.template_fill import fill_template, wanted_names
from hongyan.messages.templates import (
    BUTTONS_MAX,
    ROWS_MAX,
    ActionCardTemplate,
    FormTemplate,
    MarkdownTemplate,
    TemplateButton,
    TemplateContent,
    TemplateProblem,
    TemplateRow,
    check_template,
    fields_of,
    parameters_of,
)
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx

VALUE = "p:"  # before the name of a parameter, in the name of its field
VALUE_MAX = 20_000
EMPTY: dict[str, TemplateContent] = {
    "markdown": MarkdownTemplate("", "", ""),
    "action_card": ActionCardTemplate("", "", "", (TemplateButton("", ""),)),
    "form": FormTemplate("", "", ""),
}


class Found(NamedTuple):
    """A template of an app that this organisation has."""

    template: KeptTemplate
    app: App


class Filled(msgspec.Struct, frozen=True):
    """A template with values put in, as its receivers would see it."""

    body: AnyBody
    view: BodyView
    names: list[str]
    values: dict[str, str]

    @property
    def missing(self) -> list[str]:
        return [name for name in self.names if name not in self.values]


def owner_of(app: App, corp: CorpNo) -> TemplateOwner:
    """Where the templates of an app stand: its organisation's, or everybody's."""
    return TemplateOwner(app.no, corp if app.kind is AppKind.INTERNAL else EVERY_CORP)


def template_apps_txn(tx: Tx, corp: CorpNo) -> list[App]:
    """The apps of an organisation that may have templates: its own, and the third-party apps installed in it."""
    return [app for app in list_apps_txn(tx, corp) if app.kind is not AppKind.PERSONAL]


def usable_template_txn(tx: Tx, corp: CorpNo, template_id: str) -> Found | None:
    """One that the organisation can use; another's is not there, and neither is a deleted one."""
    template = load_template_txn(tx, template_id)
    if template is None or template.deleted_at is not None:
        return None
    app = next((app for app in template_apps_txn(tx, corp) if app.no == template.owner.app), None)
    return Found(template, app) if app is not None and template.owner == owner_of(app, corp) else None


async def find_template(desk: Desk) -> Found | None:
    return await desk.engine.store.read(usable_template_txn, desk.corp.no, desk.request.path_params["template_id"])


# --- the form


def content_of(kind: str, fields: Mapping[str, str]) -> TemplateContent:
    """What stands in the editor. Buttons and rows without anything in them are left out."""
    text = {name: value.replace("\r\n", "\n").replace("\0", "") for name, value in fields.items()}
    line = {name: value.strip() for name, value in text.items()}
    shared = {"name": line.get("name", ""), "title": line.get("title", ""), "image": line.get("image", ""), "scenario": text.get("scenario", "")}
    content = text.get("content", "")
    if kind == "markdown":
        return MarkdownTemplate(content=content, **shared)
    if kind == "action_card":
        buttons = tuple(TemplateButton(*pair) for pair in _pairs(line, "button", ("title", "url"), BUTTONS_MAX))
        return ActionCardTemplate(content=content, buttons=buttons, horizontal=line.get("horizontal") == "1", **shared)
    rows = tuple(TemplateRow(*pair) for pair in _pairs(line, "row", ("key", "value"), ROWS_MAX))
    links = {name: line.get(name, "") for name in ("mobile_link", "pc_link", "head_text", "head_color")}
    return FormTemplate(content=content, rows=rows, **links, **shared)


def _pairs(line: Mapping[str, str], group: str, names: tuple[str, str], most: int) -> list[tuple[str, str]]:
    found = [(line.get(f"{group}_{names[0]}_{place}", ""), line.get(f"{group}_{names[1]}_{place}", "")) for place in range(most)]
    return [pair for pair in found if any(pair)]


def values_of(fields: Mapping[str, str]) -> dict[str, str]:
    """The values given for parameters; a blank one is none."""
    given = ((name[len(VALUE) :], value) for name, value in fields.items() if name.startswith(VALUE))
    return {name: value.replace("\r\n", "\n")[:VALUE_MAX] for name, value in given if value}


def limits_of(content: TemplateContent) -> dict[str, int]:
    """How many characters each member may have."""
    return {slot.member: slot.longest for slot in fields_of(content)}


def problems_of(desk: Desk, content: TemplateContent) -> list[str]:
    """Everything that is wrong with it, in the operator's language."""
    found = check_template(content, strict_names=desk.engine.strict)
    return [problem_said(TEXTS[desk.t.lang], desk.t.lang, problem) for problem in found]


# --- how it looks


async def fill(desk: Desk, content: TemplateContent, values: dict[str, str]) -> Filled:
    return await desk.engine.store.read(fill_txn, desk.corp.no, content, values, desk.engine.strict)


def fill_txn(tx: Tx, corp: CorpNo, content: TemplateContent, values: dict[str, str], strict: bool) -> Filled:
    """The message; parameters without a value stay as they are written, and ids in values become names of this organisation."""
    body = fill_template(content, values, strict_names=strict, names=names_txn(tx, corp, wanted_names(values)))
    assert not isinstance(body, TemplateProblem), "missing values are kept"
    return Filled(body, view_body_txn(tx, corp, body), parameters_of(content, strict_names=strict), values)
