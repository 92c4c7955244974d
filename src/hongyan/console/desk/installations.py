"""Where apps are installed: to whom they are visible, and whether they live there."""

from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.edit import Conflict
from hongyan.access.installing import change_installation_txn, install_txn, installation_problem, uninstall_txn
from hongyan.access.operators import Role
from hongyan.access.records import App, Installation, app_by_no_txn, installation_by_agent_txn
from hongyan.console.desk.app_texts import app_texts
from hongyan.console.desk.apps import done_text, find_app_txn
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import ids_in, kept, number_in, numbers_in
from hongyan.console.desk.problem_words import say_problem
from hongyan.directory.entries import id_problem
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx


class Agent(msgspec.Struct, frozen=True):
    """An installation with its app."""

    one: Installation
    app: App


def _agent_txn(tx: Tx, corp: CorpNo, agent_id: int) -> Agent | None:
    one = installation_by_agent_txn(tx, corp, kept(agent_id))
    app = app_by_no_txn(tx, one.app) if one and one.uninstalled_at is None else None
    return Agent(one, app) if one and app else None


async def show_agent(desk: Desk) -> Response:
    return await _page(desk)


async def _page(desk: Desk, *, status: int = 200, problem: str = "") -> Response:
    agent = await desk.engine.store.read(_agent_txn, desk.corp.no, desk.request.path_params["agent"])
    if agent is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    return desk.page("desk/installation.html", status, x=app_texts(desk), agent=agent, problem=problem, done=done_text(desk))


async def install(desk: Desk) -> Response:
    """Install an app; only a suite, or an app of this organisation."""
    form = await desk.form()
    agent_id, key = number_in(form.get("agent_id", "")) or 0, form.get("key", "").strip()
    problem = id_problem("AgentId", agent_id)
    deed = desk.deed("app.install", key, agent_id=agent_id)
    made = Conflict(problem) if problem else await desk.engine.store.write(_install_txn, desk.corp.no, key, agent_id, deed)
    if isinstance(made, Conflict):
        why = f"{app_texts(desk).nothing_changed} {say_problem(desk, made.reason) if made.reason else desk.w.not_there}"
        return desk.page("desk/refused.html", status=409, why=why)
    _changed(desk)
    return desk.to(f"apps/agents/{agent_id}")


def _install_txn(tx: Tx, corp: CorpNo, key: str, agent_id: int, deed: Deed, now: EpochMs) -> Installation | Conflict:
    app = find_app_txn(tx, corp, key, suites=True)
    if app is None:
        return Conflict("")
    made = install_txn(tx, corp, app, {"agent_id": agent_id}, now)
    if isinstance(made, Installation):
        record_deed_txn(tx, deed, now)
    return made


def _changed(desk: Desk) -> None:
    desk.engine.access.forget()
    desk.engine.dispatcher.wake()


async def save_agent(desk: Desk) -> Response:
    form = await desk.form()
    depts = numbers_in(form.get("visible_depts", ""))
    given: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "description", "logo_url")}
    given |= {name: ids_in(form.get(name, "")) for name in ("visible_userids", "admins")}
    given |= {"visible_all": "visible_all" in form, "visible_depts": depts or ()}
    problem = installation_problem(given) if depts is not None and given["name"] else "name is blank" if depts is not None else "visible_depts"
    if problem:
        return await _page(desk, status=400, problem=say_problem(desk, problem))
    shown = {"visible_all": given["visible_all"], "people": len(given["visible_userids"]), "departments": len(given["visible_depts"])}
    await _change(desk, given, "installation.change", **shown)
    return desk.to(f"apps/agents/{desk.request.path_params['agent']}?done=saved")


async def _change(desk: Desk, given: dict[str, Any], action: str, **detail: Any) -> None:
    agent_id = desk.request.path_params["agent"]
    await desk.engine.store.write(_change_txn, desk.corp.no, agent_id, given, desk.deed(action, str(agent_id), **detail))
    _changed(desk)


def _change_txn(tx: Tx, corp: CorpNo, agent_id: int, given: dict[str, Any], deed: Deed, now: EpochMs) -> None:
    agent = _agent_txn(tx, corp, agent_id)
    if agent is not None:
        change_installation_txn(tx, agent.one, given, now)
        record_deed_txn(tx, deed, now)


async def switch(desk: Desk) -> Response:
    live = (await desk.form()).get("to") == "live"
    await _change(desk, {"disabled": not live}, "installation.enable" if live else "installation.disable")
    return desk.to(f"apps/agents/{desk.request.path_params['agent']}?done=saved")


async def uninstall(desk: Desk) -> Response:
    agent_id = desk.request.path_params["agent"]
    await desk.engine.store.write(_uninstall_txn, desk.corp.no, agent_id, desk.deed("app.uninstall", str(agent_id)))
    _changed(desk)
    return desk.to("apps")


def _uninstall_txn(tx: Tx, corp: CorpNo, agent_id: int, deed: Deed, now: EpochMs) -> None:
    agent = _agent_txn(tx, corp, agent_id)
    if agent is not None:
        uninstall_txn(tx, agent.one, now)
        record_deed_txn(tx, deed, now)


_AGENT = OF_CORP + "/apps/agents/{agent:int}"
PAGES = (
    Page(OF_CORP + "/apps/agents", "apps", install, Role.ADMINISTRATOR, "POST"),
    Page(_AGENT, "apps", show_agent),
    Page(_AGENT, "apps", save_agent, Role.ADMINISTRATOR, "POST"),
    Page(_AGENT + "/switch", "apps", switch, Role.ADMINISTRATOR, "POST"),
    Page(_AGENT + "/uninstall", "apps", uninstall, Role.ADMINISTRATOR, "POST"),
)
