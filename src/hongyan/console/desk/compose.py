"""Sending by hand: the form, its preview and preflight, and the send itself."""

import msgspec
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hongyan.access.operators import Role
from hongyan.admission.accept import Accepted
from hongyan.admission.tasks import Task, load_task_txn
from hongyan.console.desk.compose_audience import Found, find_txn, top_txn, tree_txn
from hongyan.console.desk.compose_draft import Draft, fresh_uuid, read_draft
from hongyan.console.desk.compose_editor import editors_for
from hongyan.console.desk.compose_ground import Ground, load_ground_txn
from hongyan.console.desk.compose_look import RefusalView, look_at, refusal_view
from hongyan.console.desk.compose_sending import body_of, request_of, send_now
from hongyan.console.desk.compose_texts import COMPOSE_TEXTS
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.guard import PAGE_HEADERS
from hongyan.console.pages import render
from hongyan.model.deeds import Deed
from hongyan.model.errors import Refusal
from hongyan.model.ids import EpochMs, parse_task_id, seq_ms, wire_task_id

_JUST_NOW_MS = 3_600_000


class Result(msgspec.Struct, frozen=True):
    """What became of the last send or preview."""

    task_id: str = ""
    count: int = 0
    left_out: int = 0
    preview_to: str = ""
    refusal: RefusalView | None = None


_NO_RESULT = Result()


async def show(desk: Desk) -> Response:
    """The form, filled in with what the address names."""
    draft = _ready(read_draft(dict(desk.request.query_params)))
    result = await _result_of(desk, desk.request.query_params.get("sent", ""))
    return await _page(desk, draft, result)


async def act(desk: Desk) -> Response:
    """Whatever a button of the form asks for; only two of them send."""
    form = await desk.form()
    draft, wanted = read_draft(form), form.get("do", "")
    if wanted == "send":
        return await _send(desk, draft)
    if wanted == "preview":
        return await _send_preview(desk, draft)
    return await _page(desk, _changed(draft, wanted))


async def look(desk: Desk) -> Response:
    """What stands beside the form, for the script."""
    draft = read_draft(await desk.form())
    ground = await _ground(desk, draft)
    view = await look_at(desk, ground, draft)
    return _piece(desk, "desk/compose_look.html", draft=draft, ground=ground, look=view)


async def departments(desk: Desk) -> Response:
    """The level below a department, for the script."""
    parent = desk.request.query_params.get("parent", "")
    if not parent.isdecimal() or len(parent) > 15:
        return Response(status_code=400, headers=PAGE_HEADERS)
    census = await desk.engine.directory.census(desk.corp.no)
    nodes = await desk.engine.store.read(tree_txn, desk.corp.no, census, int(parent), (), ())
    return _piece(desk, "desk/compose_tree.html", nodes=nodes)


async def people(desk: Desk) -> Response:
    """People and departments that a search finds, for the script."""
    draft = read_draft(dict(desk.request.query_params))
    return _piece(desk, "desk/compose_found.html", found=await _found(desk, draft))


# --- sending


async def _send(desk: Desk, draft: Draft) -> Response:
    ground = await _ground(desk, draft)
    deed = desk.deed("send.accept", "", sender=ground.sender.name if ground.sender else "", type=draft.type, template=draft.template_id)
    outcome = await _sent(desk, ground, draft, deed)
    if isinstance(outcome, Accepted) and ground.sender:
        # A page of its own: loading it again sends nothing.
        surface = "mass" if ground.sender.account else "work"
        address = f"compose?sent={wire_task_id(surface, outcome.seq)}&from={ground.sender.from_}"
        return RedirectResponse(desk.link(address), 303, PAGE_HEADERS)
    assert isinstance(outcome, Refusal)
    return await _page(desk, _ready(draft, new=True), Result(refusal=refusal_view(outcome, desk.t.lang)), 409)


async def _send_preview(desk: Desk, draft: Draft) -> Response:
    ground = await _ground(desk, draft)
    deed = desk.deed("send.preview", "", sender=ground.sender.name if ground.sender else "", to=draft.preview_to)
    outcome = await _sent(desk, ground, draft, deed, only=draft.preview_to)
    if isinstance(outcome, Refusal):
        return await _page(desk, draft, Result(refusal=refusal_view(outcome, desk.t.lang)), 409)
    return await _page(desk, draft, Result(preview_to=draft.preview_to))


async def _sent(desk: Desk, ground: Ground, draft: Draft, deed: Deed, *, only: str | None = None) -> Accepted | Refusal:
    body = await body_of(desk.engine, ground, draft)
    return await send_now(desk.engine, await request_of(desk.engine, ground, draft, body, only=only, deed=deed))


async def _result_of(desk: Desk, task_id: str) -> Result:
    seq = parse_task_id(task_id)
    task = await desk.engine.store.read(load_task_txn, desk.corp.no, seq) if seq is not None else None
    return _told(task, task_id, desk.engine.clock.now()) if task else _NO_RESULT


def _told(task: Task, task_id: str, now: EpochMs) -> Result:
    """Said once: an old address is no news."""
    return Result(task_id, len(task.delivered), task.n_filtered) if now - seq_ms(task.seq) < _JUST_NOW_MS else _NO_RESULT


# --- the page


def _ready(draft: Draft, *, new: bool = False) -> Draft:
    """With a uuid, which makes a second press of the button harmless."""
    return msgspec.structs.replace(draft, uuid=fresh_uuid()) if new or not draft.uuid else draft


def _changed(draft: Draft, wanted: str) -> Draft:
    """What a button without a script changes: `open.10` folds or unfolds, `drop.users.u1` takes a chosen one away."""
    verb, _, rest = wanted.partition(".")
    if verb == "open" and rest.isdecimal() and len(rest) < 16:
        dept = int(rest)
        opened = tuple(one for one in draft.opened if one != dept) if dept in draft.opened else (*draft.opened, dept)
        return msgspec.structs.replace(draft, opened=opened)
    if verb == "drop":
        name, _, one = rest.partition(".")
        field = {"users": "userids", "depts": "depts", "roles": "roles"}.get(name, "")
        if field:
            kept = tuple(had for had in getattr(draft.to, field) if str(had) != one)
            return msgspec.structs.replace(draft, to=msgspec.structs.replace(draft.to, **{field: kept}))
    return draft


async def _ground(desk: Desk, draft: Draft) -> Ground:
    engine = desk.engine
    return await engine.store.read(load_ground_txn, desk.corp, draft, engine.internal_templates, engine.strict)


async def _found(desk: Desk, draft: Draft) -> Found | None:
    if not draft.find:
        return None
    census = await desk.engine.directory.census(desk.corp.no)
    return await desk.engine.store.read(find_txn, desk.corp.no, census, draft.find, draft.to)


async def _page(desk: Desk, draft: Draft, result: Result = _NO_RESULT, status: int = 200) -> HTMLResponse:
    ground = await _ground(desk, draft)
    draft = _ready(_fitting(draft, ground))
    census = await desk.engine.directory.census(desk.corp.no)
    nodes = await desk.engine.store.read(top_txn, desk.corp.no, census, draft.opened, draft.to.depts)
    view = await look_at(desk, ground, draft)
    return desk.page(
        "desk/compose.html",
        status,
        x=COMPOSE_TEXTS[desk.t.lang],
        ground=ground,
        draft=draft,
        editors=editors_for(draft.source) if ground.sender and ground.sender.source != "template" else (),
        nodes=nodes,
        found=await _found(desk, draft),
        look=view,
        result=result,
    )


def _fitting(draft: Draft, ground: Ground) -> Draft:
    """The draft with the sender it really has, and a type that this one may send."""
    if ground.sender is None:
        return draft
    draft = msgspec.structs.replace(draft, source=ground.sender.source, sender=ground.sender.sender)
    known = {editor.type for editor in editors_for(draft.source)}
    return draft if draft.type in known else msgspec.structs.replace(draft, type="text")


def _piece(desk: Desk, template: str, /, **values: object) -> HTMLResponse:
    html = render(template, t=desk.t, w=desk.w, desk=desk, x=COMPOSE_TEXTS[desk.t.lang], **values)
    return HTMLResponse(html, headers=PAGE_HEADERS)


PAGES = (
    Page(f"{OF_CORP}/compose", "compose", show, Role.SENDER),
    Page(f"{OF_CORP}/compose", "compose", act, Role.SENDER, "POST"),
    Page(f"{OF_CORP}/compose/look", "compose", look, Role.SENDER, "POST"),
    Page(f"{OF_CORP}/compose/departments", "compose", departments, Role.SENDER),
    Page(f"{OF_CORP}/compose/people", "compose", people, Role.SENDER),
)
