"""Reading departments: v2/department/get, listsub, listsubid, listparentbydept, listparentbyuser."""

from typing import Any

from pyroaring import BitMap

from hongyan.access.records import SCOPE_DEPT
from hongyan.access.tokens import Grant
from hongyan.directory.census import Census
from hongyan.directory.people import DeptRecord, children_txn, load_dept_txn, way_up_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import ROOT_DEPT
from hongyan.store.interface import Tx
from hongyan.wire.contact_users import dept_in_sight_txn, live_person_txn
from hongyan.wire.contacts import READERS, answered, lacking, number, sight_txn, text
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.replies import Reply, refuse

Answer = dict[str, Any]


def dept_id(call: Call, *, default: int | None = None) -> int | Refusal:
    """The department that is asked about; ids count from 1."""
    missing = None if default else lacking(call, "dept_id")
    if missing:
        return missing
    dept = number(call, "dept_id", default)
    return dept if dept > 0 else Refusal(errors.DIRECTORY_INVALID)


def department_answer(dept: DeptRecord) -> Answer:
    """Everything of a department but its head counts."""
    one = dept.details
    above = {"parent_id": dept.parent} if dept.dept != ROOT_DEPT else {}
    return {
        "dept_id": dept.dept,
        "name": dept.name,
        **above,
        "order": dept.position,
        "brief": one.brief,
        "create_dept_group": one.create_dept_group,
        "auto_add_user": one.auto_add_user,
        "group_contain_sub_dept": one.group_contain_sub_dept,
        "auto_approve_apply": one.auto_approve_apply,
        "org_dept_owner": one.owner,
        "dept_manager_userid_list": list(one.managers),
        "hide_dept": one.hide_dept,
        "dept_permits": list(one.dept_permits),
        "user_permits": list(one.user_permits),
        "outer_dept": one.outer_dept,
        "outer_dept_only_self": one.outer_dept_only_self,
        "outer_permit_depts": list(one.outer_permit_depts),
        "outer_permit_users": list(one.outer_permit_users),
        "from_union_org": False,
        **({"code": one.code} if one.code else {}),
        **({"source_identifier": one.source_identifier} if one.source_identifier else {}),
    }


def get_department_txn(tx: Tx, grant: Grant, census: Census, dept: int) -> Answer | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    found = load_dept_txn(tx, grant.corp.no, dept)
    if refusal or found is None:
        return refusal or Refusal(errors.NO_SUCH_DEPT)
    row = tx.one("department.members", corp=grant.corp.no, dept=dept)
    counts = {"member_count": len(census.below(dept) or ()), "owning_member_count": len(BitMap.deserialize(row[0])) if row else 0}
    return department_answer(found) | counts


async def get_department(call: Call) -> Reply:
    """Everything of one department."""
    dept = dept_id(call)
    if isinstance(dept, Refusal):
        return refuse(dept)
    census = await call.engine.directory.census(call.grant.corp.no)
    return await answered(call, get_department_txn, census, dept)


def list_sub_txn(tx: Tx, grant: Grant, dept: int) -> list[Answer] | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    return refusal or [_brief(child) for child in children_txn(tx, grant.corp.no, dept)]


def _brief(dept: DeptRecord) -> Answer:
    one = dept.details
    known = {"dept_id": dept.dept, "name": dept.name, "parent_id": dept.parent}
    flags = {"create_dept_group": one.create_dept_group, "auto_add_user": one.auto_add_user, "from_union_org": False}
    return known | flags | ({"source_identifier": one.source_identifier} if one.source_identifier else {})


async def list_sub(call: Call) -> Reply:
    """One level below a department, without it."""
    dept = dept_id(call, default=int(ROOT_DEPT))
    return refuse(dept) if isinstance(dept, Refusal) else await answered(call, list_sub_txn, dept)


def list_sub_ids_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    found = list_sub_txn(tx, grant, dept)
    return found if isinstance(found, Refusal) else {"dept_id_list": [child["dept_id"] for child in found]}


async def list_sub_ids(call: Call) -> Reply:
    dept = dept_id(call)
    return refuse(dept) if isinstance(dept, Refusal) else await answered(call, list_sub_ids_txn, dept)


def list_parents_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    return refusal or {"parent_id_list": way_up_txn(tx, grant.corp.no, dept)}


async def list_parents(call: Call) -> Reply:
    """The department itself first, the root last."""
    dept = dept_id(call)
    return refuse(dept) if isinstance(dept, Refusal) else await answered(call, list_parents_txn, dept)


def list_parents_of_user_txn(tx: Tx, grant: Grant, userid: str) -> Answer | Refusal:
    person = live_person_txn(tx, grant, userid)
    if person is None:
        return Refusal(errors.BAD_USERID)
    if not sight_txn(tx, grant).person_txn(tx, grant, person):
        return Refusal(errors.USER_OUT_OF_RANGE)
    return {"parent_list": [{"parent_dept_id_list": way_up_txn(tx, grant.corp.no, dept)} for dept in person.depts]}


async def list_parents_of_user(call: Call) -> Reply:
    """One way up for each department of the person."""
    missing = lacking(call, "userid")
    return refuse(missing) if missing else await answered(call, list_parents_of_user_txn, text(call, "userid"))


_LANGUAGE = Field("language", choices=("zh_CN", "en_US"))
_DEPT = Field("dept_id", Kind.NUMBER, required=True, least=1)


def _endpoint(name: str, handler: Any, page: str, purpose: str, fields: tuple[Field, ...]) -> Endpoint:
    return Endpoint(f"/topapi/v2/department/{name}", Family.TOP, SCOPE_DEPT, handler, page, READERS, True, purpose, fields)


ENDPOINTS = (
    _endpoint("get", get_department, "query-department-details0-v2", "a department", (_DEPT, _LANGUAGE)),
    _endpoint(
        "listsub",
        list_sub,
        "user-management-acquires-the-list-departments",
        "departments below one",
        (Field("dept_id", Kind.NUMBER, least=1), _LANGUAGE),
    ),
    _endpoint("listsubid", list_sub_ids, "obtain-the-list-of-sub-department-ids", "ids of departments below one", (_DEPT,)),
    _endpoint("listparentbydept", list_parents, "query-the-list-of-all-parent-departments-of-a-department", "the way up to the root", (_DEPT,)),
    _endpoint(
        "listparentbyuser",
        list_parents_of_user,
        "queries-the-list-of-all-parent-departments-of-a-user",
        "the ways up from a person",
        (Field("userid", required=True, most=64),),
    ),
)
