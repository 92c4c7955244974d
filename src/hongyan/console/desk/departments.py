"""Departments that come, change and go."""

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import ids_in, kept, number_in
from hongyan.console.desk.org_deeds import change_org
from hongyan.console.desk.organisation_texts import organisation_texts
from hongyan.directory.details import DeptDetails
from hongyan.directory.edit import DeptEntry, OrgChange
from hongyan.directory.people import DeptRecord, children_txn, load_dept_txn
from hongyan.directory.records import ords_of_txn
from hongyan.model.ids import ROOT_DEPT, CorpNo
from hongyan.store.interface import Tx


async def ask_new(desk: Desk) -> Response:
    return _form(desk, {"parent": desk.request.query_params.get("parent", "1"), "position": "0"}, None)


async def ask_edit(desk: Desk) -> Response:
    before = await desk.engine.store.read(load_dept_txn, desk.corp.no, kept(desk.request.path_params["dept"]))
    if before is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    values = {"name": before.name, "parent": str(before.parent), "position": str(before.position)}
    return _form(desk, values | {"managers": ", ".join(before.details.managers), "brief": before.details.brief}, before)


def _form(desk: Desk, values: dict[str, str], dept: DeptRecord | None, problems: list[str] | None = None) -> Response:
    shown = {"values": values, "dept": dept, "problems": problems or [], "tab": "people", "root": ROOT_DEPT}
    return desk.page("desk/department_form.html", status=400 if problems else 200, x=organisation_texts(desk), **shown)


async def add_department(desk: Desk) -> Response:
    form = await desk.form()
    asked = number_in(form["dept"]) if form.get("dept", "").strip() else 0
    free, taken = await desk.engine.store.read(_free_txn, desk.corp.no, kept(asked or 0))
    if asked is None or taken:
        problem = f"{asked}: {desk.w.password_problems['taken']}" if taken else organisation_texts(desk).not_possible
        return _form(desk, form, None, [problem])
    return await _save(desk, form, None, asked or free)


def _free_txn(tx: Tx, corp: CorpNo, asked: int) -> tuple[int, bool]:
    """The next free id, and whether the one that was asked for is taken."""
    counters = tx.one("corp.counters", corp=corp)
    assert counters is not None
    return counters[1], load_dept_txn(tx, corp, asked) is not None


async def change_department(desk: Desk) -> Response:
    before = await desk.engine.store.read(load_dept_txn, desk.corp.no, kept(desk.request.path_params["dept"]))
    if before is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    return await _save(desk, await desk.form(), before, before.dept)


async def _save(desk: Desk, form: dict[str, str], before: DeptRecord | None, dept: int) -> Response:
    x, managers = organisation_texts(desk), ids_in(form.get("managers", ""))
    parent, position = number_in(form.get("parent", "") or "0"), number_in(form.get("position", "") or "0")
    known = await desk.engine.store.read(ords_of_txn, desk.corp.no, list(managers))
    strangers = [userid for userid in managers if userid not in known]
    if parent is None or position is None or strangers:
        return _form(desk, form, before, [f"{x.managers}: {', '.join(strangers)}" if strangers else x.not_possible])
    details = msgspec.structs.replace(before.details if before else DeptDetails(), managers=managers, brief=form.get("brief", "").strip())
    entry = DeptEntry(dept, form.get("name", "").strip(), parent, position, details)
    deed = desk.deed("department.change" if before else "department.add", str(dept), name=entry.name, parent=parent)
    problems = await change_org(desk, OrgChange(departments=(entry,)), deed)
    return _form(desk, form, before, problems) if problems else desk.to(f"organisation?dept={dept}")


async def remove_department(desk: Desk) -> Response:
    dept = kept(desk.request.path_params["dept"])
    before, below = await desk.engine.store.read(_standing_txn, desk.corp.no, dept)
    if before is None or dept == ROOT_DEPT:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    x = organisation_texts(desk)
    deed = desk.deed("department.remove", str(dept), name=before.name)
    problems = [x.remove_department_hint] if below else await change_org(desk, OrgChange(remove_departments=(dept,)), deed)
    if problems:
        return desk.page("desk/refused.html", status=409, why=f"{x.nothing_changed} {' '.join(problems)}")
    return desk.to(f"organisation?dept={before.parent}")


def _standing_txn(tx: Tx, corp: CorpNo, dept: int) -> tuple[DeptRecord | None, bool]:
    """The department, and whether others lie below it."""
    return load_dept_txn(tx, corp, dept), bool(children_txn(tx, corp, dept))


_DEPT = OF_CORP + "/organisation/departments"
PAGES = (
    Page(_DEPT + "/new", "organisation", ask_new, Role.ADMINISTRATOR),
    Page(_DEPT, "organisation", add_department, Role.ADMINISTRATOR, "POST"),
    Page(_DEPT + "/{dept:int}", "organisation", ask_edit, Role.ADMINISTRATOR),
    Page(_DEPT + "/{dept:int}", "organisation", change_department, Role.ADMINISTRATOR, "POST"),
    Page(_DEPT + "/{dept:int}/remove", "organisation", remove_department, Role.ADMINISTRATOR, "POST"),
)
