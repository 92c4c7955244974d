"""A person as the contact interfaces show them."""

from typing import Any

import msgspec

from hongyan.access.tokens import Grant
from hongyan.directory.details import Place
from hongyan.directory.people import DeptRecord, RoleRecord, admin_level, depts_txn, roles_txn
from hongyan.directory.records import Person
from hongyan.store.interface import Tx
from hongyan.wire.contacts import Sight

DEFAULT_COUNTRY = "86"


class Around(msgspec.Struct, frozen=True):
    """What a person's answer needs beside the person, read once for many."""

    roles: list[RoleRecord]
    depts: dict[int, DeptRecord]
    sight: Sight


def around_txn(tx: Tx, grant: Grant, sight: Sight, people: list[Person]) -> Around:
    return Around(roles_txn(tx, grant.corp.no), depts_txn(tx, grant.corp.no, (dept for person in people for dept in person.depts)), sight)


def person_answer(around: Around, person: Person) -> dict[str, Any]:
    """What is not set is absent; what the caller may not see too."""
    details, level = person.details, admin_level(around.roles, person.ord)
    answer: dict[str, Any] = {"userid": person.userid, "unionid": person.unionid, "name": person.name, "avatar": person.avatar}
    answer |= _said(title=person.title, job_number=person.job_number, manager_userid=details.manager)
    answer |= {"hide_mobile": details.hide_mobile, "active": person.active, "real_authed": person.active, "admin": level > 0, "boss": details.boss}
    answer |= {"senior": details.senior, "exclusive_account": False, "dept_id_list": list(person.depts)}
    return answer | _private(around.sight, person) | _places(around, person) | _roles(around, person) | {"union_emp_ext": {}}


def _said(**texts: Any) -> dict[str, Any]:
    return {name: value for name, value in texts.items() if value not in ("", None)}


def _private(sight: Sight, person: Person) -> dict[str, Any]:
    details = person.details
    answer: dict[str, Any] = {}
    if sight.private:
        texts = {"telephone": details.telephone, "work_place": details.work_place, "remark": details.remark, "extension": details.extension}
        answer |= _said(**texts, hired_date=details.hired_date)
    if sight.private and sight.mobile and person.mobile:
        answer |= {"mobile": person.mobile, "state_code": details.state_code or DEFAULT_COUNTRY}
    if sight.private and sight.mail:
        answer |= _said(email=person.email, org_email=details.org_email)
    return answer


def place_in(person: Person, dept: int) -> Place:
    """The place that somebody has in a department; a plain one when nothing is said of it."""
    return next((place for place in person.details.places if place.dept == dept), Place(dept))


def leads(around: Around, person: Person, dept: int) -> bool:
    found = around.depts.get(dept)
    return found is not None and person.userid in found.details.managers


def _places(around: Around, person: Person) -> dict[str, Any]:
    places = [place_in(person, dept) for dept in person.depts]
    titled = [
        {"dept_id": place.dept, **_said(title=place.title, work_place=place.work_place), "is_main": place.dept == person.depts[0]}
        for place in places
        if place.title or place.work_place
    ]
    answer: dict[str, Any] = {
        "dept_order_list": [{"dept_id": place.dept, "order": place.order} for place in places],
        "leader_in_dept": [{"dept_id": dept, "leader": leads(around, person, dept)} for dept in person.depts],
    }
    return answer | ({"dept_position_list": titled} if titled else {})


def _roles(around: Around, person: Person) -> dict[str, Any]:
    mine = [{"id": role.role, "name": role.name, "group_name": role.group} for role in around.roles if person.ord in role.members]
    return {"role_list": mine} if mine else {}


def member_answer(around: Around, person: Person, dept: int) -> dict[str, Any]:
    """The same as a member of one department."""
    return person_answer(around, person) | {"dept_order": place_in(person, dept).order, "leader": leads(around, person, dept)}
