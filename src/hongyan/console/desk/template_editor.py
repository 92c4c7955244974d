"""Writing a template, with what is wrong with it and how it looks beside."""

from typing import Any

from starlette.responses import HTMLResponse, Response

from hongyan.access.operators import Role
from hongyan.access.records import App
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.recorded import recorded_txn
from hongyan.console.desk.shown_media import show_media
from hongyan.console.desk.template_forms import (
    EMPTY,
    VALUE,
    content_of,
    fill,
    find_template,
    limits_of,
    owner_of,
    problems_of,
    template_apps_txn,
    values_of,
)
from hongyan.console.desk.template_texts import TEXTS
from hongyan.console.desk.templates import missing
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.pages import render
from hongyan.messages.bodies import BUTTON_TITLE_MAX, BUTTON_URL_MAX
from hongyan.messages.template_book import (
    KeptTemplate,
    NotPossible,
    State,
    create_template_txn,
    edit_template_txn,
    find_template_txn,
    make_template_id,
)
from hongyan.messages.templates import BUTTONS_MAX, ROWS_MAX, TEXT_MAX, TemplateContent, kind_of
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx


async def _beside(desk: Desk, content: TemplateContent, fields: dict[str, str], *, checked: bool) -> dict[str, Any]:
    """What stands beside the editor and follows it."""
    filled = await fill(desk, content, values_of(fields))
    return {"x": TEXTS[desk.t.lang], "filled": filled, "problems": problems_of(desk, content) if checked else [], "value_prefix": VALUE}


async def _editor(
    desk: Desk,
    app: App,
    content: TemplateContent,
    template: KeptTemplate | None,
    fields: dict[str, str] | None,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    kind = kind_of(content)
    values: dict[str, Any] = {
        "app": app,
        "kind": kind,
        "content": content,
        "template": template,
        "limits": limits_of(content),
        "pair_limits": {"title": BUTTON_TITLE_MAX, "url": BUTTON_URL_MAX, "key": TEXT_MAX, "value": TEXT_MAX},
        "buttons_max": BUTTONS_MAX,
        "rows_max": ROWS_MAX,
        "problem": problem,
    }
    beside = await _beside(desk, content, fields or {}, checked=fields is not None)
    return desk.page("desk/template_editor.html", status, **values, **beside)


async def _asked_app(desk: Desk) -> App | None:
    """The app that a new template is to belong to."""
    apps = await desk.engine.store.read(template_apps_txn, desk.corp.no)
    wanted = desk.request.query_params.get("app", "")
    return next((app for app in apps if app.app_key == wanted), None)


async def new_template(desk: Desk) -> Response:
    """The app and the kind are chosen first."""
    app, kind = await _asked_app(desk), desk.request.query_params.get("kind", "")
    if app is None or kind not in EMPTY:
        apps = await desk.engine.store.read(template_apps_txn, desk.corp.no)
        return desk.page("desk/template_new.html", x=TEXTS[desk.t.lang], apps=apps, kinds=list(EMPTY))
    return await _editor(desk, app, EMPTY[kind], None, None)


async def create_template(desk: Desk) -> Response:
    app, kind, fields = await _asked_app(desk), desk.request.query_params.get("kind", ""), await desk.form()
    if app is None or kind not in EMPTY:
        return missing(desk)
    content, template_id = content_of(kind, fields), make_template_id()
    if "preview" in fields or problems_of(desk, content):
        return await _editor(desk, app, content, None, fields, status=200 if "preview" in fields else 400)

    def change_txn(tx: Tx, now: EpochMs) -> KeptTemplate | NotPossible:
        return create_template_txn(tx, owner_of(app, desk.corp.no), content, template_id, now)

    await desk.engine.store.write(recorded_txn, change_txn, desk.deed("template.create", template_id, name=content.name, app=app.app_key))
    return desk.to(f"templates/{template_id}?done=save")


async def edit_template(desk: Desk) -> Response:
    found = await find_template(desk)
    if found is None:
        return missing(desk)
    waiting = found.template.newest.state is State.SUBMITTED
    problem = TEXTS[desk.t.lang].steps["edit"] if waiting else ""
    return await _editor(desk, found.app, found.template.newest.content, found.template, None, problem=problem)


async def save_template(desk: Desk) -> Response:
    """Keep the draft, or begin a new one beside the version in use."""
    found, fields = await find_template(desk), await desk.form()
    if found is None:
        return missing(desk)
    template = found.template
    content = content_of(kind_of(template.newest.content), fields)
    if "preview" in fields or problems_of(desk, content):
        return await _editor(desk, found.app, content, template, fields, status=200 if "preview" in fields else 400)

    def change_txn(tx: Tx, now: EpochMs) -> KeptTemplate | NotPossible:
        again = find_template_txn(tx, template.owner, template.template_id)
        return edit_template_txn(tx, again, content, now) if again else NotPossible("it is gone")

    outcome = await desk.engine.store.write(recorded_txn, change_txn, desk.deed("template.edit", template.template_id, name=content.name))
    if isinstance(outcome, NotPossible):
        return await _editor(desk, found.app, content, template, fields, status=409, problem=TEXTS[desk.t.lang].steps["edit"])
    return desk.to(f"templates/{template.template_id}?done=save")


async def preview_template(desk: Desk) -> Response:
    """What stands beside the editor, for the script; nothing is kept."""
    fields = await desk.form()
    kind = desk.request.query_params.get("kind", "")
    content = content_of(kind if kind in EMPTY else "markdown", fields)
    beside = await _beside(desk, content, fields, checked=True)
    return HTMLResponse(render("desk/template_beside.html", t=desk.t, w=desk.w, **beside), headers=PAGE_HEADERS)


_ONE = OF_CORP + "/templates/{template_id}"
PAGES = (
    Page(OF_CORP + "/new-template", "templates", new_template, Role.SENDER),
    Page(OF_CORP + "/new-template", "templates", create_template, Role.SENDER, "POST"),
    Page(OF_CORP + "/preview-template", "templates", preview_template, Role.SENDER, "POST"),
    Page(_ONE + "/edit", "templates", edit_template, Role.SENDER),
    Page(_ONE + "/edit", "templates", save_template, Role.SENDER, "POST"),
    Page(_ONE + "/media/{media_id:path}", "templates", show_media),
)
