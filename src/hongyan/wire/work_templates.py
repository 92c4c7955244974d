"""Templates and id translation as a work notification uses them.

Pages: work-notification-templating-v2, create-and-configure-message-templates.
"""

from typing import Any

import msgspec

from hongyan.admission.work_checks import names_txn
from hongyan.messages.bodies import AnyBody
from hongyan.messages.id_names import NO_NAMES, NameLookup, WantedNames, translate_ids, wanted_in
from hongyan.messages.template_book import Unsendable, sendable_txn
from hongyan.messages.template_fill import fill_template, template_values, wanted_names
from hongyan.messages.templates import TemplateContent, TemplateProblem
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.wire.endpoint import Call

_ID_MAX = 128  # no template has a longer one


def find_template(call: Call) -> TemplateContent | Refusal:
    """The approved content that `template_id` names for this app in this organisation."""
    template_id = call.params.text("template_id").strip()
    if len(template_id) > _ID_MAX:
        return Refusal(errors.TEMPLATE_UNKNOWN)
    found = call.engine.store.read_kept(sendable_txn, template_id, call.grant.app.no, call.grant.corp.no)
    match found:
        case Unsendable.UNKNOWN:
            return Refusal(errors.TEMPLATE_UNKNOWN)
        case Unsendable.UNAVAILABLE:
            return Refusal(errors.TEMPLATE_UNAVAILABLE)
        case _:
            return found


async def filled_template(call: Call, content: TemplateContent) -> AnyBody:
    """The message that `data` makes of the template; parameters without a value stay as they are written."""
    data = call.params.object("data")
    values = template_values({} if data is None else data.values())
    names = await _names(call, wanted_names(values))
    body = fill_template(content, values, strict_names=call.engine.strict, names=names)
    assert not isinstance(body, TemplateProblem), "missing values are kept"
    return body


async def translated(call: Call, body: AnyBody) -> AnyBody:
    """The message with names in place of `$userName=…$` and `$departmentName=…$` in every text of it."""
    plain = msgspec.to_builtins(body)
    names = await _names(call, wanted_in(_texts(plain)))
    return msgspec.convert(_translate(plain, names), AnyBody)


async def _names(call: Call, wanted: WantedNames) -> NameLookup:
    return await call.engine.store.read(names_txn, call.grant.corp.no, wanted) if wanted else NO_NAMES


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for inner in value.values() for text in _texts(inner)]
        case list() | tuple():
            return [text for inner in value for text in _texts(inner)]
        case _:
            return []


def _translate(value: Any, names: NameLookup) -> Any:
    match value:
        case str():
            return translate_ids(value, names)
        case dict():
            return {key: _translate(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [_translate(inner, names) for inner in value]
        case _:
            return value
