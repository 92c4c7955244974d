"""Roles and who has them."""

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.lists import ids_in
from hongyan.console.desk.org_deeds import change_org
from hongyan.console.desk.organisation_texts import organisation_texts
from hongyan.directory.edit import MembersEntry, OrgChange, RoleEntry
from hongyan.directory.people import RoleRecord, people_by_ord_txn, roles_txn
from hongyan.directory.records import Person
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx

PAGE = 50


class Holders(msgspec.Struct, frozen=True):
    """A page of a role's members; `next` is the position of the next one."""

    role: RoleRecord
    people: tuple[Person, ...]
    next: str


async def list_roles(desk: Desk) -> Response:
    return await _roles_page(desk, {}, [])


async def _roles_page(desk: Desk, values: dict[str, str], problems: list[str]) -> Response:
    roles = await desk.engine.store.read(roles_txn, desk.corp.no)
    groups = sorted({role.group for role in roles})
    shown = {"roles": sorted(roles, key=lambda one: (one.group, one.role)), "groups": groups, "values": values, "problems": problems}
    return desk.page("desk/roles.html", status=400 if problems else 200, x=organisation_texts(desk), tab="roles", **shown)


async def add_role(desk: Desk) -> Response:
    form = await desk.form()
    number = await desk.engine.store.read(_free_txn, desk.corp.no)
    entry = RoleEntry(number, form.get("name", "").strip(), form.get("group", "").strip())
    problems = await change_org(desk, OrgChange(roles=(entry,)), desk.deed("role.add", str(number), name=entry.name, group=entry.group))
    return await _roles_page(desk, form, problems) if problems else desk.to(f"organisation/roles/{number}")


def _free_txn(tx: Tx, corp: CorpNo) -> int:
    counters = tx.one("corp.counters", corp=corp)
    assert counters is not None
    return counters[3]


def _holders_txn(tx: Tx, corp: CorpNo, number: int, after: str) -> Holders | None:
    role = next((one for one in roles_txn(tx, corp) if one.role == number), None)
    if role is None:
        return None
    start = role.members.rank(int(after)) if after.isdecimal() and int(after) < 1 << 32 else 0
    ords = list(role.members[start : start + PAGE])
    return Holders(role, tuple(people_by_ord_txn(tx, corp, ords)), str(ords[-1]) if start + PAGE < len(role.members) else "")


async def show_role(desk: Desk, problems: list[str] | None = None) -> Response:
    after = desk.request.query_params.get("after", "")
    holders = await desk.engine.store.read(_holders_txn, desk.corp.no, desk.request.path_params["role"], after)
    if holders is None:
        return desk.page("desk/refused.html", status=404, why=desk.w.not_there)
    shown = {"holders": holders, "problems": problems or [], "after": after, "tab": "roles"}
    return desk.page("desk/role.html", status=400 if problems else 200, x=organisation_texts(desk), **shown)


async def _change(desk: Desk, change: OrgChange, action: str, **detail: str) -> list[str]:
    return await change_org(desk, change, desk.deed(action, str(desk.request.path_params["role"]), **detail))


async def change_role(desk: Desk) -> Response:
    form, number = await desk.form(), desk.request.path_params["role"]
    holders = await desk.engine.store.read(_holders_txn, desk.corp.no, number, "")
    if holders is None:
        return await show_role(desk)
    entry = RoleEntry(number, form.get("name", "").strip(), form.get("group", "").strip())
    problems = await _change(desk, OrgChange(roles=(entry,)), "role.change", name=entry.name, group=entry.group)
    return await show_role(desk, problems) if problems else desk.to(f"organisation/roles/{number}")


async def change_members(desk: Desk) -> Response:
    """Add the people that `join` names, take out the one that `part` names."""
    form, number = await desk.form(), desk.request.path_params["role"]
    join, part = ids_in(form.get("join", "")), ids_in(form.get("part", ""))
    moves = MembersEntry(number, join, part)
    problems = await _change(desk, OrgChange(members=(moves,)), "role.members", join=", ".join(join), part=", ".join(part)) if join or part else []
    return await show_role(desk, problems) if problems else desk.to(f"organisation/roles/{number}")


async def remove_role(desk: Desk) -> Response:
    number = desk.request.path_params["role"]
    holders = await desk.engine.store.read(_holders_txn, desk.corp.no, number, "")
    if holders is None:
        return await show_role(desk)
    problems = await _change(desk, OrgChange(remove_roles=(number,)), "role.remove", name=holders.role.name)
    return await show_role(desk, problems) if problems else desk.to("organisation/roles")


_ROLES = OF_CORP + "/organisation/roles"
PAGES = (
    Page(_ROLES, "organisation", list_roles),
    Page(_ROLES, "organisation", add_role, Role.ADMINISTRATOR, "POST"),
    Page(_ROLES + "/{role:int}", "organisation", show_role),
    Page(_ROLES + "/{role:int}", "organisation", change_role, Role.ADMINISTRATOR, "POST"),
    Page(_ROLES + "/{role:int}/members", "organisation", change_members, Role.ADMINISTRATOR, "POST"),
    Page(_ROLES + "/{role:int}/remove", "organisation", remove_role, Role.ADMINISTRATOR, "POST"),
)
