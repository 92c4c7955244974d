"""Where templates stand: below an organisation's own app, or below a third-party app."""

from typing import Any

import msgspec

from hongyan.access.records import AppKind
from hongyan.control.endpoints import Call
from hongyan.control.lookups import find_app_txn, find_corp_txn
from hongyan.control.problems import conflict, unknown
from hongyan.messages.template_book import EVERY_CORP, KeptTemplate, TemplateOwner, find_template_txn
from hongyan.store.interface import Tx


class Place(msgspec.Struct, frozen=True):
    """What the path names."""

    corp_id: str | None
    app_key: str
    template_id: str = ""


def place_of(call: Call[Any, Any]) -> Place:
    return Place(call.path.get("corp"), call.path["app_key"], call.path.get("template_id", ""))


def owner_txn(tx: Tx, place: Place) -> TemplateOwner:
    app = find_app_txn(tx, place.app_key)
    if place.corp_id is None:
        if app.kind is AppKind.INTERNAL:
            raise conflict("internal_app", f"The templates of {place.app_key} stand below its organisation: /corps/…/apps/{place.app_key}/templates.")
        return TemplateOwner(app.no, EVERY_CORP)
    corp = find_corp_txn(tx, place.corp_id)
    if app.kind is not AppKind.INTERNAL:
        raise conflict("third_party_app", f"{place.app_key} has its templates in every organisation alike: /apps/{place.app_key}/templates.")
    if app.corp != corp.no:
        raise unknown("app", place.app_key)
    return TemplateOwner(app.no, corp.no)


def find_placed_txn(tx: Tx, place: Place) -> KeptTemplate:
    template = find_template_txn(tx, owner_txn(tx, place), place.template_id)
    if template is None:
        raise unknown("template", place.template_id)
    return template
