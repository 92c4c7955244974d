"""What the contact interfaces know of people and departments beside what this server itself needs; kept as JSON."""

from typing import Any

import msgspec

from hongyan.store.interface import Tx

DEFAULT_GROUP = "默认"  # where a role without a group stands


class Place(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody's place in one department; a higher `order` stands first."""

    dept: int
    order: int = 0
    title: str = ""
    work_place: str = ""

    @property
    def says_something(self) -> bool:
        return bool(self.order or self.title or self.work_place)


class PersonDetails(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`extension` is the text of a JSON object, `hired_date` epoch milliseconds, `manager` a userid."""

    telephone: str = ""
    state_code: str = ""
    org_email: str = ""
    login_email: str = ""
    work_place: str = ""
    remark: str = ""
    extension: str = ""
    hired_date: int | None = None
    hide_mobile: bool = False
    senior: bool = False
    boss: bool = False
    manager: str = ""
    places: tuple[Place, ...] = ()

    def within(self, depts: tuple[int, ...]) -> "PersonDetails":
        """The same with places in these departments alone, in their order."""
        if not self.places:
            return self
        by_dept = {place.dept: place for place in self.places if place.says_something}
        return msgspec.structs.replace(self, places=tuple(by_dept[dept] for dept in depts if dept in by_dept))


class DeptDetails(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`managers` are the userids of those who lead the department; `permits` and `outer_permits` say who may see it, or whom it may see."""

    brief: str = ""
    code: str = ""
    source_identifier: str = ""
    owner: str = ""
    managers: tuple[str, ...] = ()
    create_dept_group: bool = False
    auto_add_user: bool = False
    auto_approve_apply: bool = False
    group_contain_sub_dept: bool = False
    hide_dept: bool = False
    dept_permits: tuple[int, ...] = ()
    user_permits: tuple[str, ...] = ()
    outer_dept: bool = False
    outer_dept_only_self: bool = False
    outer_permit_depts: tuple[int, ...] = ()
    outer_permit_users: tuple[str, ...] = ()


PLAIN_PERSON, PLAIN_DEPT = PersonDetails(), DeptDetails()
_PERSON, _DEPT = msgspec.json.Decoder(PersonDetails), msgspec.json.Decoder(DeptDetails)


def person_details(stored: str) -> PersonDetails:
    return PLAIN_PERSON if stored == "{}" else _PERSON.decode(stored)


def dept_details(stored: str) -> DeptDetails:
    return PLAIN_DEPT if stored == "{}" else _DEPT.decode(stored)


def stored_details(details: PersonDetails | DeptDetails | None) -> str:
    """The JSON that the store keeps; nothing to say is `{}`."""
    return msgspec.json.encode(details).decode() if details is not None else "{}"


def groups_txn(tx: Tx, corp: int) -> dict[str, int]:
    """The ids of the role groups by name."""
    return {name: group for group, name in tx.all("role_group.all", corp=corp)}


def details_or_none(details: Any) -> Any:
    """None when there is nothing to say, so that a file does not say it either."""
    return None if details in (PLAIN_PERSON, PLAIN_DEPT) else details
