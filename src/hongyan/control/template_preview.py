"""Trying a template out."""

from typing import Any

import msgspec

from hongyan.control.endpoints import Call
from hongyan.control.lookups import Position, find_corp_txn
from hongyan.control.problems import invalid, unknown
from hongyan.control.template_places import Place, find_placed_txn, place_of
from hongyan.directory.names import dept_names_txn, user_names_txn
from hongyan.messages.bodies import AnyBody
from hongyan.messages.id_names import NO_NAMES, NameLookup
from hongyan.messages.template_book import EVERY_CORP, TemplateOwner, load_revision_txn
from hongyan.messages.template_fill import Missing, fill_template, template_values, wanted_names
from hongyan.messages.templates import TemplateProblem, parameters_of
from hongyan.store.interface import Tx


class PreviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`revision` absent: the newest. `corp` says whose people and departments ids in the values name; an internal app's are those of its own."""

    data: dict[str, Any] = {}
    revision: Position | None = None
    missing: Missing = "keep"
    corp: str = ""


class Preview(msgspec.Struct, frozen=True):
    """The message as it would be sent. `missing` are parameters without a value, `extra` values without a parameter."""

    revision: int
    body: AnyBody
    missing: list[str]
    extra: list[str]


def _names_txn(tx: Tx, owner: TemplateOwner, corp_id: str, data: dict[str, str]) -> NameLookup:
    corp = find_corp_txn(tx, corp_id).no if corp_id else owner.corp
    if corp == EVERY_CORP:
        return NO_NAMES
    if owner.corp not in (EVERY_CORP, corp):
        raise invalid("Leave corp out: an internal app's templates name the people of its own organisation.")
    wanted = wanted_names(data)
    return NameLookup(user_names_txn(tx, corp, wanted.userids), dept_names_txn(tx, corp, wanted.depts))


def preview_txn(tx: Tx, place: Place, body: PreviewBody, strict: bool) -> Preview:
    template = find_placed_txn(tx, place)
    revision = template.newest if body.revision is None else load_revision_txn(tx, template.template_id, body.revision)
    if revision is None:
        raise unknown("revision", body.revision)
    data = template_values(body.data)
    names = _names_txn(tx, template.owner, body.corp, data)
    filled = fill_template(revision.content, data, strict_names=strict, missing=body.missing, names=names)
    if isinstance(filled, TemplateProblem):
        raise invalid(f"Give a value: in {filled.member} {filled.reason}.")
    wanted = parameters_of(revision.content, strict_names=strict)
    return Preview(revision.no, filled, [one for one in wanted if one not in data], [one for one in data if one not in wanted])


async def preview_template(call: Call[None, PreviewBody]) -> Preview:
    return await call.engine.store.read(preview_txn, place_of(call), call.body, call.engine.strict)
