"""The interfaces of the organisation before /topapi, which many clients still read with GET.

Their paths and parameters are those that client libraries send (mingyoung/dingtalk, ding_sdk_golang, the official Java SDK); the answers are the
same facts as on /topapi under the older names.
"""

from collections.abc import Callable
from typing import Any

from hongyan.access.records import SCOPE_BASE, SCOPE_DEPT, SCOPE_DEPT_MEMBER, SCOPE_MEMBER, SCOPE_MOBILE, AppKind
from hongyan.access.tokens import Grant
from hongyan.directory.people import DeptRecord, children_txn, load_dept_txn, people_by_ord_txn, way_up_txn
from hongyan.directory.records import Person
from hongyan.directory.rosters import CUSTOM, Rosters
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import ROOT_DEPT
from hongyan.store.interface import Tx
from hongyan.wire.contact_departments import list_parents_of_user_txn
from hongyan.wire.contact_people import Around, around_txn, leads, member_answer, person_answer
from hongyan.wire.contact_users import (
    by_mobile_txn,
    by_unionid_txn,
    count_in_sight,
    dept_in_sight_txn,
    list_admins_txn,
    list_ids_txn,
    person_in_sight_txn,
    take_code_txn,
)
from hongyan.wire.contacts import LIST_MAX, READERS, classic_refusal, number, plain, sight_txn, text
from hongyan.wire.endpoint import INTERNAL_ONLY, Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, refuse

Answer = dict[str, Any]


async def _read(call: Call, body: Callable[..., Any], *args: Any) -> Reply:
    outcome = await call.engine.store.read(body, call.grant, *args)
    return refuse(classic_refusal(outcome)) if isinstance(outcome, Refusal) else plain(outcome)


def _missing(name: str) -> Reply:
    return refuse(Refusal(errors.CLASSIC_MISSING, {"name": name}))


# --- departments


def _brief(dept: DeptRecord) -> Answer:
    known = {"id": dept.dept, "name": dept.name, "parentid": dept.parent}
    return known | {"createDeptGroup": dept.details.create_dept_group, "autoAddUser": dept.details.auto_add_user}


def _full(dept: DeptRecord) -> Answer:
    one = dept.details
    lists = {"deptPermits": one.dept_permits, "userPermits": one.user_permits}
    lists |= {"outerPermitDepts": one.outer_permit_depts, "outerPermitUsers": one.outer_permit_users, "deptManagerUseridList": one.managers}
    answer = _brief(dept) | {"order": dept.position, "deptHiding": one.hide_dept, "outerDept": one.outer_dept, "orgDeptOwner": one.owner}
    answer |= {name: "|".join(str(each) for each in ids) for name, ids in lists.items()}
    return answer | {"sourceIdentifier": one.source_identifier, "groupContainSubDept": one.group_contain_sub_dept}


def list_departments_txn(tx: Tx, grant: Grant, dept: int, *, deep: bool) -> Answer | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    if refusal:
        return refusal
    found, level = list[DeptRecord](), children_txn(tx, grant.corp.no, dept)
    while level:
        found += level
        level = [below for one in level for below in children_txn(tx, grant.corp.no, one.dept)] if deep else []
    # The root stands in the list of everything, as the first.
    top = load_dept_txn(tx, grant.corp.no, dept) if deep and dept == ROOT_DEPT else None
    return {"department": [_brief(one) for one in ([top] if top else []) + found]}


def _list_deep_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    return list_departments_txn(tx, grant, dept, deep=True)


def _list_flat_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    return list_departments_txn(tx, grant, dept, deep=False)


async def list_departments(call: Call) -> Reply:
    """One level below a department, or all levels; without an id everything."""
    body = _list_flat_txn if call.params.flag("fetch_child") is False else _list_deep_txn
    return await _read(call, body, number(call, "id", int(ROOT_DEPT)))


def get_department_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    found = load_dept_txn(tx, grant.corp.no, dept)
    return _full(found) if found and not refusal else refusal or Refusal(errors.NO_SUCH_DEPT)


def list_sub_ids_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    return refusal or {"sub_dept_id_list": [one.dept for one in children_txn(tx, grant.corp.no, dept)]}


def list_parents_txn(tx: Tx, grant: Grant, dept: int) -> Answer | Refusal:
    return dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept) or {"parentIds": way_up_txn(tx, grant.corp.no, dept)}


def user_parents_txn(tx: Tx, grant: Grant, userid: str) -> Answer | Refusal:
    found = list_parents_of_user_txn(tx, grant, userid)
    return found if isinstance(found, Refusal) else {"department": [way["parent_dept_id_list"] for way in found["parent_list"]]}


# --- people


_RENAMED_TEXTS = {"title": "position", "job_number": "jobnumber", "work_place": "workPlace", "state_code": "stateCode", "org_email": "orgEmail"}
_RENAMED_FLAGS = {"admin": "isAdmin", "boss": "isBoss", "senior": "isSenior", "hide_mobile": "isHide"}
_RENAMED = _RENAMED_TEXTS | _RENAMED_FLAGS | {"telephone": "tel", "hired_date": "hiredDate"}
_KEPT = ("userid", "unionid", "name", "avatar", "active", "mobile", "email", "remark")


def _older(around: Around, person: Person, answer: Answer) -> Answer:
    """What the newer answer says, under the older names."""
    older = {name: answer[name] for name in _KEPT if name in answer}
    older |= {old: answer[name] for name, old in _RENAMED.items() if name in answer}
    return older | {"department": list(person.depts)}


def get_user_txn(tx: Tx, grant: Grant, userid: str) -> Answer | Refusal:
    sight = sight_txn(tx, grant)
    person = person_in_sight_txn(tx, grant, sight, userid)
    if isinstance(person, Refusal):
        return person
    around = around_txn(tx, grant, sight, [person])
    answer = person_answer(around, person)
    # These two are texts that look like maps.
    orders = ",".join(f"{one['dept_id']}:{one['order']}" for one in answer["dept_order_list"])
    leaders = ",".join(f"{dept}:{str(leads(around, person, dept)).lower()}" for dept in person.depts)
    roles = [{"id": role["id"], "name": role["name"], "groupName": role["group_name"]} for role in answer.get("role_list", ())]
    return _older(around, person, answer) | {"orderInDepts": f"{{{orders}}}", "isLeaderInDepts": f"{{{leaders}}}", "roles": roles}


def list_users_txn(tx: Tx, grant: Grant, rosters: Rosters, dept: int, start: int, size: int, simple: bool) -> Answer | Refusal:
    sight = sight_txn(tx, grant)
    refusal = dept_in_sight_txn(tx, grant, sight, dept)
    if refusal:
        return refusal
    ords = rosters.of_txn(tx, grant.corp.no, dept, CUSTOM) or []
    people = people_by_ord_txn(tx, grant.corp.no, ords[start : start + size])
    around = around_txn(tx, grant, sight, people)
    listed = [{"userid": one.userid, "name": one.name} if simple else _member(around, one, dept) for one in people]
    return {"hasMore": start + size < len(ords), "userlist": listed}


def _member(around: Around, person: Person, dept: int) -> Answer:
    answer = member_answer(around, person, dept)
    return _older(around, person, answer) | {"order": answer["dept_order"], "isLeader": answer["leader"]}


async def _list(call: Call, *, simple: bool, paged: bool) -> Reply:
    if not call.params.has("department_id"):
        return _missing("department_id")
    start, size = number(call, "offset", 0), number(call, "size", LIST_MAX)
    if start < 0 or not 1 <= size <= LIST_MAX:
        raise BadArgument("size" if start >= 0 else "offset")
    if not paged and not call.params.has("size"):
        # Without a page these two give everybody.
        start, size = 0, 1 << 31
    return await _read(call, list_users_txn, call.engine.directory.rosters, number(call, "department_id"), start, size, simple)


async def list_simple(call: Call) -> Reply:
    return await _list(call, simple=True, paged=False)


async def list_users(call: Call) -> Reply:
    return await _list(call, simple=False, paged=False)


async def list_by_page(call: Call) -> Reply:
    return await _list(call, simple=False, paged=True)


def member_ids_txn(tx: Tx, grant: Grant, rosters: Rosters, dept: int) -> Answer | Refusal:
    found = list_ids_txn(tx, grant, rosters, dept)
    return found if isinstance(found, Refusal) else {"userIds": found["userid_list"]}


async def list_member_ids(call: Call) -> Reply:
    if not call.params.has("deptId"):
        return _missing("deptId")
    return await _read(call, member_ids_txn, call.engine.directory.rosters, number(call, "deptId"))


def userid_of_unionid_txn(tx: Tx, grant: Grant, unionid: str) -> Answer | Refusal:
    found = by_unionid_txn(tx, grant, unionid)
    return found if isinstance(found, Refusal) else {"contactType": found["contact_type"], "userid": found["userid"]}


def admins_txn(tx: Tx, grant: Grant) -> Answer:
    return {"adminList": list_admins_txn(tx, grant)}


async def list_admins(call: Call) -> Reply:
    return await _read(call, admins_txn)


async def count_users(call: Call) -> Reply:
    return plain({"count": await count_in_sight(call, only_active=call.params.number("onlyActive") == 1)})


async def get_user_info(call: Call) -> Reply:
    if not call.params.has("code"):
        return _missing("code")
    outcome = await call.engine.store.write(take_code_txn, call.grant, call.params.text("code"))
    if isinstance(outcome, Refusal):
        return refuse(classic_refusal(outcome))
    return plain({"userid": outcome["userid"], "name": outcome["name"], "is_sys": outcome["sys"], "sys_level": outcome["sys_level"]})


def _by_number(name: str, body: Callable[..., Any]) -> Callable[[Call], Any]:
    async def handler(call: Call) -> Reply:
        return await _read(call, body, number(call, name)) if call.params.has(name) else _missing(name)

    return handler


def _by_text(name: str, body: Callable[..., Any], longest: int = 64) -> Callable[[Call], Any]:
    async def handler(call: Call) -> Reply:
        return await _read(call, body, text(call, name, longest)) if call.params.has(name) else _missing(name)

    return handler


def _endpoint(path: str, scope: str, handler: Any, purpose: str, *fields: Field, kinds: frozenset[AppKind] = READERS) -> Endpoint:
    return Endpoint(path, Family.CLASSIC, scope, handler, "", kinds, True, purpose, fields)


_ID = Field("id", Kind.NUMBER, required=True, least=1)
_OF_DEPT = Field("department_id", Kind.NUMBER, required=True, least=1)
_PAGE = (_OF_DEPT, Field("offset", Kind.NUMBER, least=0), Field("size", Kind.NUMBER, least=1, most=LIST_MAX))
_USERID = Field("userid", required=True, most=64)
ENDPOINTS = (
    _endpoint("/department/list", SCOPE_DEPT, list_departments, "departments", Field("id", Kind.NUMBER, least=1), Field("fetch_child", Kind.FLAG)),
    _endpoint("/department/get", SCOPE_DEPT, _by_number("id", get_department_txn), "a department", _ID),
    _endpoint("/department/list_ids", SCOPE_DEPT, _by_number("id", list_sub_ids_txn), "ids of departments below one", _ID),
    _endpoint("/department/list_parent_depts_by_dept", SCOPE_DEPT, _by_number("id", list_parents_txn), "the way up to the root", _ID),
    _endpoint(
        "/department/list_parent_depts",
        SCOPE_DEPT,
        _by_text("userId", user_parents_txn),
        "the ways up from a person",
        Field("userId", required=True, most=64),
    ),
    _endpoint("/user/get", SCOPE_MEMBER, _by_text("userid", get_user_txn), "a person", _USERID),
    _endpoint("/user/simplelist", SCOPE_DEPT_MEMBER, list_simple, "names of members", *_PAGE),
    _endpoint("/user/list", SCOPE_DEPT_MEMBER, list_users, "members of a department", *_PAGE),
    _endpoint("/user/listbypage", SCOPE_DEPT_MEMBER, list_by_page, "members of a department", *_PAGE),
    _endpoint("/user/getDeptMember", SCOPE_MEMBER, list_member_ids, "userids of members", Field("deptId", Kind.NUMBER, required=True, least=1)),
    _endpoint(
        "/user/getUseridByUnionid",
        SCOPE_MEMBER,
        _by_text("unionid", userid_of_unionid_txn, 128),
        "a userid by unionid",
        Field("unionid", required=True, most=128),
    ),
    _endpoint(
        "/user/get_by_mobile",
        SCOPE_MOBILE,
        _by_text("mobile", by_mobile_txn, 15),
        "a userid by mobile",
        Field("mobile", required=True, most=15),
        kinds=INTERNAL_ONLY,
    ),
    _endpoint("/user/get_admin", SCOPE_MEMBER, list_admins, "administrators"),
    _endpoint("/user/get_org_user_count", SCOPE_MEMBER, count_users, "number of people", Field("onlyActive", Kind.NUMBER, least=0, most=1)),
    _endpoint("/user/getuserinfo", SCOPE_BASE, get_user_info, "who a code is of", Field("code", required=True)),
)
