"""People, departments and roles of one organisation, and changes to them."""

import msgspec
from pyroaring import BitMap

from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Limit, find_corp_txn, find_person_txn
from hongyan.control.problems import invalid
from hongyan.directory.details import PersonDetails
from hongyan.directory.edit import OrgChange, OrgProblem, OrgReport
from hongyan.directory.entries import change_problems
from hongyan.directory.office import change_org_txn
from hongyan.directory.records import Corp, Department, Person, Role, page_people_txn
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx
from hongyan.transfer.run import forget_organisation


class UsersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`search` matches inside userid and name; `after` is the last userid of the page before."""

    search: str = ""
    after: str = ""
    limit: Limit = 100


class PersonAnswer(msgspec.Struct, frozen=True):
    """A person; `left_at` is set for somebody who left."""

    userid: str
    unionid: str
    name: str
    mobile: str
    title: str
    email: str
    avatar: str
    job_number: str
    depts: tuple[int, ...]
    active: bool
    details: PersonDetails
    joined_at: EpochMs
    left_at: EpochMs | None


class UserPage(msgspec.Struct, frozen=True):
    """A page in userid order; `next` is the `after` of the next one."""

    users: list[PersonAnswer]
    next: str | None


class DepartmentList(msgspec.Struct, frozen=True):
    departments: list[Department]


class RoleList(msgspec.Struct, frozen=True):
    roles: list[Role]


def _person(person: Person) -> PersonAnswer:
    return PersonAnswer(**{name: getattr(person, name) for name in PersonAnswer.__struct_fields__})


def _users_txn(tx: Tx, corp_id: str, query: UsersQuery) -> UserPage:
    corp = find_corp_txn(tx, corp_id)
    people = page_people_txn(tx, corp.no, after=query.after, limit=query.limit, search=query.search)
    return UserPage([_person(one) for one in people], people[-1].userid if len(people) == query.limit else None)


async def list_users(call: Call[UsersQuery, None]) -> UserPage:
    return await call.engine.store.read(_users_txn, call.path["corp"], call.query)


def _user_txn(tx: Tx, corp_id: str, userid: str) -> PersonAnswer:
    return _person(find_person_txn(tx, find_corp_txn(tx, corp_id).no, userid))


async def get_user(call: Call[None, None]) -> PersonAnswer:
    return await call.engine.store.read(_user_txn, call.path["corp"], call.path["userid"])


def _departments_txn(tx: Tx, corp_id: str) -> DepartmentList:
    rows = tx.all("department.all", corp=find_corp_txn(tx, corp_id).no)
    found = [Department(dept, parent, name, position, len(BitMap.deserialize(members))) for dept, parent, name, position, members in rows]
    return DepartmentList(sorted(found, key=lambda one: one.dept))


async def list_departments(call: Call[None, None]) -> DepartmentList:
    return await call.engine.store.read(_departments_txn, call.path["corp"])


def _roles_txn(tx: Tx, corp_id: str) -> RoleList:
    rows = tx.all("role.all", corp=find_corp_txn(tx, corp_id).no)
    return RoleList([Role(role, name, group, len(BitMap.deserialize(members))) for role, name, group, members in rows])


async def list_roles(call: Call[None, None]) -> RoleList:
    return await call.engine.store.read(_roles_txn, call.path["corp"])


def _change_txn(tx: Tx, corp_id: str, change: OrgChange, now: EpochMs) -> tuple[Corp, OrgReport]:
    corp = find_corp_txn(tx, corp_id)
    outcome = change_org_txn(tx, corp, change, now)
    if isinstance(outcome, list):
        raise _refused(outcome)
    return corp, outcome


def _refused(problems: list[OrgProblem]) -> Exception:
    return invalid("Nothing was changed; correct the entries that `details` names.", problems[:100], code="invalid_change")


async def change_organisation(call: Call[None, OrgChange]) -> OrgReport:
    problems = change_problems(call.body)
    if problems:
        raise _refused(problems)
    corp, report = await call.engine.store.write(_change_txn, call.path["corp"], call.body)
    forget_organisation(call.engine, corp.no)
    return report


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/users", "Page through the people, or search them", list_users, UserPage, query=UsersQuery),
    Endpoint("GET", "/corps/{corp}/users/{userid}", "One person, also one who left", get_user, PersonAnswer),
    Endpoint("GET", "/corps/{corp}/departments", "List the departments", list_departments, DepartmentList),
    Endpoint("GET", "/corps/{corp}/roles", "List the roles", list_roles, RoleList),
    Endpoint("POST", "/corps/{corp}/changes", "Change the organisation, whole or not at all", change_organisation, OrgReport, request=OrgChange),
)
