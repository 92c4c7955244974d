"""Message templates: what there is, where it stands in review, and every step it can take."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.access.records import App, Installation, installations_txn
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.recorded import recorded_txn
from hongyan.console.desk.shown_media import show_media
from hongyan.console.desk.template_forms import VALUE, Found, fill, find_template, owner_of, template_apps_txn, values_of
from hongyan.console.desk.template_texts import TEXTS
from hongyan.console.times import Times
from hongyan.messages.template_book import (
    EVERY_CORP,
    KeptTemplate,
    NotPossible,
    Revision,
    State,
    approve_template_txn,
    create_template_txn,
    delete_template_txn,
    find_template_txn,
    make_template_id,
    page_templates_txn,
    reject_template_txn,
    revisions_txn,
    submit_template_txn,
    switch_template_txn,
)
from hongyan.messages.templates import NAME_MAX, kind_of
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

SHOWN = 50
LOOKED_AT = 2000  # templates read for one page, when a filter leaves most out
REASON_MAX = 500
COPY_MARKS = {"zh": "（副本）", "en": " (copy)"}


class Row(msgspec.Struct, frozen=True):
    template: KeptTemplate
    app: App
    kind: str
    shared: bool


class TemplatePage(msgspec.Struct, frozen=True):
    """Some templates; `next` is the app's number and the template's id to go on behind."""

    rows: list[Row]
    apps: list[App]
    next: str


def _page_txn(tx: Tx, corp: CorpNo, app_key: str, state: str, after: str) -> TemplatePage:
    apps = template_apps_txn(tx, corp)
    app_no, _, template_id = after.partition(".")
    behind = int(app_no) if app_no.isascii() and app_no.isdigit() and len(app_no) < 16 else 0
    rows: list[Row] = []
    looked = 0
    for app in apps:
        if app.no < behind or (app_key and app.app_key != app_key):
            continue
        position = template_id if app.no == behind else ""
        while len(rows) < SHOWN and looked < LOOKED_AT:
            found = page_templates_txn(tx, owner_of(app, corp), position, SHOWN)
            looked += len(found)
            kept = [_row(one, app) for one in found if not state or one.newest.state == state]
            rows += kept[: SHOWN - len(rows)]
            if len(rows) == SHOWN:
                return TemplatePage(rows, apps, f"{app.no}.{rows[-1].template.template_id}")
            if len(found) < SHOWN:
                break
            position = found[-1].template_id
        if looked >= LOOKED_AT:
            return TemplatePage(rows, apps, f"{app.no}.{position}")
    return TemplatePage(rows, apps, "")


def _row(template: KeptTemplate, app: App) -> Row:
    return Row(template, app, kind_of(template.newest.content), template.owner.corp == EVERY_CORP)


async def list_templates(desk: Desk) -> Response:
    """Those of the organisation's own apps and of the third-party apps installed in it."""
    query = desk.request.query_params
    app_key, state = query.get("app", "")[:128], query.get("state", "") if query.get("state") in list(State) else ""
    page = await desk.engine.store.read(_page_txn, desk.corp.no, app_key, state, query.get("after", "")[:128])
    return desk.page("desk/templates.html", x=TEXTS[desk.t.lang], page=page, app_key=app_key, state=state, states=list(State))


# --- one template


def _around_txn(tx: Tx, corp: CorpNo, found: Found) -> tuple[list[Revision], list[Installation]]:
    installations = [one for one in installations_txn(tx, corp) if one.app == found.app.no and one.live]
    return revisions_txn(tx, found.template.template_id), installations


async def show_template(desk: Desk) -> Response:
    found = await find_template(desk)
    return missing(desk) if found is None else await show(desk, found)


def missing(desk: Desk) -> Response:
    return desk.page("desk/refused.html", status=404, why=desk.w.not_there)


async def show(desk: Desk, found: Found, *, status: int = 200, problem: str = "", fields: dict[str, str] | None = None, **more: Any) -> Response:
    """The template's page: what it says, its versions, its steps, and a test send."""
    revisions, installations = await desk.engine.store.read(_around_txn, desk.corp.no, found)
    asked = desk.request.query_params.get("revision", "")
    shown = next((one for one in revisions if str(one.no) == asked), revisions[0])
    x = TEXTS[desk.t.lang]
    values: dict[str, Any] = {
        "template": found.template,
        "app": found.app,
        "kind": kind_of(shown.content),
        "shared": found.template.owner.corp == EVERY_CORP,
        "shown": shown,
        "revisions": revisions,
        "installations": installations,
        "filled": await fill(desk, shown.content, values_of(fields or {})),
        "tester": (fields or {}).get("userid", ""),
        "agent": (fields or {}).get("agent_id", ""),
        "times": Times(desk.t, desk.corp.zone, desk.engine.clock.now()),
        "done": x.done.get(desk.request.query_params.get("done", ""), ""),
        "reason_max": REASON_MAX,
        "value_prefix": VALUE,
        "task": "",
    }
    return desk.page("desk/template.html", status, x=x, problem=problem, **(values | more))


def _taking(name: str) -> Callable[[Desk], Awaitable[Response]]:
    """The handler of one step of the review; what the book says about it holds."""

    async def take(desk: Desk) -> Response:
        found, form = await find_template(desk), await desk.form()
        if found is None:
            return missing(desk)
        x, reason = TEXTS[desk.t.lang], form.get("reason", "").replace("\r\n", "\n").replace("\0", "").strip()
        if name == "reject" and not 0 < len(reason) <= REASON_MAX:
            return await show(desk, found, status=400, problem=x.steps["reason"].format(count=REASON_MAX))
        template = found.template
        detail = {"name": template.name, "revision": template.newest.no} | ({"reason": reason} if name == "reject" else {})
        deed = desk.deed(f"template.{name}", template.template_id, **detail)
        change = partial(_step_txn, template=template, name=name, reason=reason, seen=form.get("revision", ""))
        outcome = await desk.engine.store.write(recorded_txn, change, deed)
        if isinstance(outcome, NotPossible):
            return await show(desk, found, status=409, problem=x.steps[name])
        return desk.to(f"templates/{template.template_id}?done={name}")

    return take


def _step_txn(tx: Tx, now: EpochMs, *, template: KeptTemplate, name: str, reason: str, seen: str) -> KeptTemplate | NotPossible:
    # Read again: another operator may have moved it, and nobody decides about a text that they did not see.
    again = find_template_txn(tx, template.owner, template.template_id)
    if again is None or (name in ("submit", "approve", "reject") and seen != str(again.newest.no)):
        return NotPossible("it is not what it was")
    match name:
        case "submit":
            return submit_template_txn(tx, again, now)
        case "approve":
            return approve_template_txn(tx, again, now)
        case "reject":
            return reject_template_txn(tx, again, reason, now)
        case _:
            return switch_template_txn(tx, again, name == "enable", now)


async def delete_template(desk: Desk) -> Response:
    found = await find_template(desk)
    if found is None:
        return missing(desk)

    def change_txn(tx: Tx, now: EpochMs) -> KeptTemplate:
        return delete_template_txn(tx, found.template, now)

    await desk.engine.store.write(recorded_txn, change_txn, desk.deed("template.delete", found.template.template_id, name=found.template.name))
    return desk.to("templates")


async def clone_template(desk: Desk) -> Response:
    """A new draft with the newest text of this one."""
    found = await find_template(desk)
    if found is None:
        return missing(desk)
    mark = COPY_MARKS[desk.t.lang]
    content = msgspec.structs.replace(found.template.newest.content, name=found.template.name[: NAME_MAX - len(mark)] + mark)
    template_id = make_template_id()

    def change_txn(tx: Tx, now: EpochMs) -> KeptTemplate | NotPossible:
        return create_template_txn(tx, found.template.owner, content, template_id, now)

    deed = desk.deed("template.clone", template_id, name=content.name, of=found.template.template_id)
    await desk.engine.store.write(recorded_txn, change_txn, deed)
    return desk.to(f"templates/{template_id}?done=clone")


_ONE = OF_CORP + "/templates/{template_id}"
_STEPS = {
    "submit": Role.SENDER,
    "approve": Role.APPROVER,
    "reject": Role.APPROVER,
    "enable": Role.APPROVER,
    "disable": Role.APPROVER,
}
PAGES = (
    Page(OF_CORP + "/templates", "templates", list_templates),
    Page(OF_CORP + "/templates/media/{media_id:path}", "templates", show_media),
    Page(_ONE, "templates", show_template),
    *(Page(f"{_ONE}/{name}", "templates", _taking(name), role, "POST") for name, role in _STEPS.items()),
    Page(_ONE + "/clone", "templates", clone_template, Role.SENDER, "POST"),
    Page(_ONE + "/delete", "templates", delete_template, Role.APPROVER, "POST"),
)
