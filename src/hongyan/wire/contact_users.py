"""Reading people: user/get, list, listsimple, listid, count, getbymobile, getbyunionid, listadmin, getuserinfo."""

import re
from typing import Any

from pyroaring import BitMap

from hongyan.access.keys import token_hash
from hongyan.access.records import SCOPE_BASE, SCOPE_DEPT_MEMBER, SCOPE_MEMBER, SCOPE_MOBILE
from hongyan.access.tokens import Grant
from hongyan.directory.census import Census
from hongyan.directory.people import admin_level, load_dept_txn, people_by_ord_txn, roles_txn
from hongyan.directory.records import Person, load_person_by_ord_txn, load_person_txn
from hongyan.directory.rosters import CUSTOM, ENTRY_ASC, ORDERS, Rosters
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import EpochMs, Ord
from hongyan.store.interface import Tx
from hongyan.wire.contact_people import around_txn, member_answer, person_answer
from hongyan.wire.contacts import LIST_MAX, READERS, Sight, answered, lacking, number, paging, sight_txn, text
from hongyan.wire.endpoint import INTERNAL_ONLY, Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, ok_top, refuse

MOBILE = re.compile(r"\+?[0-9][0-9-]{4,19}")
UNIONID = re.compile(r"[^\s\x00-\x1f]{1,128}")
MOBILE_MAX, UNIONID_MAX = 15, 128

Answer = dict[str, Any]


def live_person_txn(tx: Tx, grant: Grant, userid: str) -> Person | None:
    """Somebody who is in the organisation now."""
    person = load_person_txn(tx, grant.corp.no, userid)
    return person if person is not None and person.left_at is None else None


def person_in_sight_txn(tx: Tx, grant: Grant, sight: Sight, userid: str) -> Person | Refusal:
    person = live_person_txn(tx, grant, userid)
    if person is None:
        return Refusal(errors.NO_SUCH_USER)
    return person if sight.person_txn(tx, grant, person) else Refusal(errors.USER_OUT_OF_RANGE)


def get_user_txn(tx: Tx, grant: Grant, userid: str) -> Answer | Refusal:
    sight = sight_txn(tx, grant)
    person = person_in_sight_txn(tx, grant, sight, userid)
    return person if isinstance(person, Refusal) else person_answer(around_txn(tx, grant, sight, [person]), person)


async def get_user(call: Call) -> Reply:
    """Everything of one person that the caller may see."""
    missing = lacking(call, "userid")
    return refuse(missing) if missing else await answered(call, get_user_txn, text(call, "userid"))


def dept_in_sight_txn(tx: Tx, grant: Grant, sight: Sight, dept: int) -> Refusal | None:
    """The refusal for a department that is not there, or not in sight."""
    if load_dept_txn(tx, grant.corp.no, dept) is None:
        return Refusal(errors.NO_SUCH_DEPT)
    return None if sight.dept_txn(tx, grant, dept) else Refusal(errors.DEPT_OUT_OF_RANGE)


def _members_txn(tx: Tx, grant: Grant, rosters: Rosters, dept: int, order: str, start: int, size: int) -> tuple[Sight, list[Person], int] | Refusal:
    """A page of the direct members, and how many there are."""
    sight = sight_txn(tx, grant)
    refusal = dept_in_sight_txn(tx, grant, sight, dept)
    if refusal:
        return refusal
    ords = rosters.of_txn(tx, grant.corp.no, dept, order) or []
    return sight, people_by_ord_txn(tx, grant.corp.no, ords[start : start + size]), len(ords)


def page_answer(found: list[Answer], start: int, total: int) -> Answer:
    """The next cursor is there only when there is a next page, and larger than this one's."""
    following = start + len(found)
    more = following < total
    return {"has_more": more, **({"next_cursor": following} if more else {}), "list": found}


def list_users_txn(tx: Tx, grant: Grant, rosters: Rosters, dept: int, order: str, start: int, size: int) -> Answer | Refusal:
    page = _members_txn(tx, grant, rosters, dept, order, start, size)
    if isinstance(page, Refusal):
        return page
    sight, people, total = page
    around = around_txn(tx, grant, sight, people)
    return page_answer([member_answer(around, person, dept) for person in people], start, total)


def list_simple_txn(tx: Tx, grant: Grant, rosters: Rosters, dept: int, order: str, start: int, size: int) -> Answer | Refusal:
    page = _members_txn(tx, grant, rosters, dept, order, start, size)
    if isinstance(page, Refusal):
        return page
    return page_answer([{"userid": person.userid, "name": person.name} for person in page[1]], start, page[2])


def _order(call: Call) -> str:
    order = call.params.text("order_field") or CUSTOM
    if order not in ORDERS:
        raise BadArgument("order_field")
    return order


async def list_users(call: Call) -> Reply:
    """A page of a department's direct members."""
    missing = lacking(call, "dept_id", "cursor", "size")
    if missing:
        return refuse(missing)
    dept, order = number(call, "dept_id"), _order(call)
    page = paging(call, ("cursor", "size"), (errors.DIRECTORY_PARAMETER, errors.DIRECTORY_PARAMETER), LIST_MAX)
    if isinstance(page, Refusal):
        return refuse(page)
    return await answered(call, list_users_txn, call.engine.directory.rosters, dept, order, *page)


async def list_simple(call: Call) -> Reply:
    """Userid and name alone."""
    missing = lacking(call, "dept_id", "cursor", "size")
    if missing:
        return refuse(missing)
    dept, order = number(call, "dept_id"), _order(call)
    page = paging(call, ("cursor", "size"), (errors.BAD_OFFSET, errors.BAD_PAGE_SIZE), LIST_MAX)
    if isinstance(page, Refusal):
        return refuse(page)
    return await answered(call, list_simple_txn, call.engine.directory.rosters, dept, order, *page)


def list_ids_txn(tx: Tx, grant: Grant, rosters: Rosters, dept: int) -> Answer | Refusal:
    refusal = dept_in_sight_txn(tx, grant, sight_txn(tx, grant), dept)
    if refusal:
        return refusal
    ords = rosters.of_txn(tx, grant.corp.no, dept, ENTRY_ASC) or []
    userids = dict(map(tuple, tx.by_keys("user.ids_by_ord", [(grant.corp.no, ord_) for ord_ in ords])))
    return {"userid_list": [userids[ord_] for ord_ in ords]}


async def list_ids(call: Call) -> Reply:
    """Every direct member's userid, at once."""
    missing = lacking(call, "dept_id")
    return refuse(missing) if missing else await answered(call, list_ids_txn, call.engine.directory.rosters, number(call, "dept_id"))


async def count_in_sight(call: Call, *, only_active: bool) -> int:
    """How many live people the caller sees, those who never signed in among them or not."""
    census = await call.engine.directory.census(call.grant.corp.no)
    people = await call.engine.store.read(_people_in_sight_txn, call.grant, census)
    return len(people - census.inactive if only_active else people)


def _people_in_sight_txn(tx: Tx, grant: Grant, census: Census) -> BitMap:
    sight = sight_txn(tx, grant)
    if sight.everything:
        return census.live
    people = BitMap(row[1] for row in tx.by_keys("user.ords_by_userid", [(grant.corp.no, userid) for userid in sight.userids]))
    for dept in sight.depts:
        people |= census.below(dept) or BitMap()
    return people


async def count_users(call: Call) -> Reply:
    """How many people there are."""
    only_active = call.params.flag("only_active")
    if only_active is None:
        return refuse(Refusal(errors.MISSING_ARGUMENT, {"name": "only_active"}))
    return ok_top({"result": {"count": await count_in_sight(call, only_active=only_active)}})


def by_mobile_txn(tx: Tx, grant: Grant, mobile: str) -> Answer | Refusal:
    row = tx.one("user.by_mobile", corp=grant.corp.no, mobile=mobile)
    return {"userid": row[0]} if row else Refusal(errors.NO_SUCH_USER)


async def get_by_mobile(call: Call) -> Reply:
    missing = lacking(call, "mobile")
    if missing:
        return refuse(missing)
    mobile = text(call, "mobile", MOBILE_MAX)
    return await answered(call, by_mobile_txn, mobile) if MOBILE.fullmatch(mobile) else refuse(Refusal(errors.BAD_PHONE))


def by_unionid_txn(tx: Tx, grant: Grant, unionid: str) -> Answer | Refusal:
    row = tx.one("user.by_unionid", corp=grant.corp.no, unionid=unionid)
    found = person_in_sight_txn(tx, grant, sight_txn(tx, grant), row[0]) if row else Refusal(errors.NO_SUCH_USER)
    return found if isinstance(found, Refusal) else {"contact_type": 0, "userid": found.userid}


async def get_by_unionid(call: Call) -> Reply:
    missing = lacking(call, "unionid")
    if missing:
        return refuse(missing)
    unionid = call.params.text("unionid")
    return await answered(call, by_unionid_txn, unionid) if UNIONID.fullmatch(unionid) else refuse(Refusal(errors.BAD_UNIONID_TEXT))


def list_admins_txn(tx: Tx, grant: Grant) -> list[Answer]:
    roles = [role for role in roles_txn(tx, grant.corp.no) if role.system]
    levels = {ord_: admin_level(roles, ord_) for role in roles for ord_ in role.members}
    people = people_by_ord_txn(tx, grant.corp.no, sorted(ord_ for ord_, level in levels.items() if level))
    return [{"userid": person.userid, "sys_level": levels[person.ord]} for person in people]


async def list_admins(call: Call) -> Reply:
    """The members of the roles 主管理员 and 子管理员 of the default group."""
    return await answered(call, list_admins_txn)


def take_code_txn(tx: Tx, grant: Grant, code: str, now: EpochMs) -> Answer | Refusal:
    """Who handed the code out. It is used up even when it is refused."""
    row = tx.one("login_code.take", hash=token_hash(code), corp=grant.corp.no)
    if row is None or row[2] <= now:
        return Refusal(errors.BAD_LOGIN_CODE)
    person = load_person_by_ord_txn(tx, grant.corp.no, Ord(row[1]))
    if person is None or person.left_at is not None:
        return Refusal(errors.NO_SUCH_USER)
    level = admin_level(roles_txn(tx, grant.corp.no), person.ord)
    answer: Answer = {"userid": person.userid, "unionid": person.unionid, "device_id": "", "sys": level > 0, "sys_level": level}
    return answer | {"name": person.name, "associated_unionid": person.unionid}


async def get_user_info(call: Call) -> Reply:
    """Who a reader's code stands for."""
    missing = lacking(call, "code")
    if missing:
        return refuse(missing)
    outcome = await call.engine.store.write(take_code_txn, call.grant, call.params.text("code"))
    return refuse(outcome) if isinstance(outcome, Refusal) else ok_top({"result": outcome})


_LANGUAGE = Field("language", choices=("zh_CN", "en_US"))
_USERID = Field("userid", required=True, most=64)
_DEPT = Field("dept_id", Kind.NUMBER, required=True, least=1)
_PAGE = (
    _DEPT,
    Field("cursor", Kind.NUMBER, required=True, least=0),
    Field("size", Kind.NUMBER, required=True, least=1, most=LIST_MAX),
    Field("order_field", choices=ORDERS),
    Field("contain_access_limit", Kind.FLAG),
    _LANGUAGE,
)


def _endpoint(name: str, scope: str, handler: Any, page: str, purpose: str, fields: tuple[Field, ...], *, internal: bool = False) -> Endpoint:
    kinds = INTERNAL_ONLY if internal else READERS
    return Endpoint(f"/topapi/{name}", Family.TOP, scope, handler, page, kinds, True, purpose, fields)


ENDPOINTS = (
    _endpoint("v2/user/get", SCOPE_MEMBER, get_user, "query-user-details", "a person", (_USERID, _LANGUAGE)),
    _endpoint(
        "v2/user/list", SCOPE_DEPT_MEMBER, list_users, "queries-the-complete-information-of-a-department-user", "members of a department", _PAGE
    ),
    _endpoint("user/listsimple", SCOPE_DEPT_MEMBER, list_simple, "queries-the-simple-information-of-a-department-user", "names of members", _PAGE),
    _endpoint("user/listid", SCOPE_MEMBER, list_ids, "query-the-list-of-department-userids", "userids of members", (_DEPT,)),
    _endpoint(
        "user/count",
        SCOPE_MEMBER,
        count_users,
        "obtain-the-number-of-employees-v2",
        "number of people",
        (Field("only_active", Kind.FLAG, required=True),),
    ),
    _endpoint(
        "v2/user/getbymobile",
        SCOPE_MOBILE,
        get_by_mobile,
        "query-users-by-phone-number",
        "a userid by mobile",
        (Field("mobile", required=True, most=MOBILE_MAX),),
        internal=True,
    ),
    _endpoint(
        "user/getbyunionid",
        SCOPE_MEMBER,
        get_by_unionid,
        "query-a-user-by-the-union-id",
        "a userid by unionid",
        (Field("unionid", required=True, most=UNIONID_MAX),),
    ),
    _endpoint("user/listadmin", SCOPE_MEMBER, list_admins, "query-the-administrator-list", "administrators", ()),
    _endpoint(
        "v2/user/getuserinfo",
        SCOPE_BASE,
        get_user_info,
        "obtain-the-userid-of-a-user-by-using-the-log-free",
        "who a code is of",
        (Field("code", required=True),),
    ),
)
