"""People, departments and roles as the contact interfaces need them: with leads, roles and the way up."""

from collections.abc import Iterable

import msgspec
from pyroaring import BitMap

from hongyan.directory.details import DEFAULT_GROUP, DeptDetails, dept_details
from hongyan.directory.records import Person, person_of
from hongyan.model.ids import ROOT_DEPT, CorpNo, Ord
from hongyan.store.interface import Row, Tx

MAIN_ADMIN, SUB_ADMIN = "主管理员", "子管理员"
SYSTEM_ROLES = ("负责人", "主管", MAIN_ADMIN, SUB_ADMIN)  # of the default group; they cannot be deleted


class DeptRecord(msgspec.Struct, frozen=True):
    """A department with all that is known of it but its members."""

    dept: int
    parent: int
    name: str
    position: int
    details: DeptDetails


class RoleRecord(msgspec.Struct, frozen=True):
    """A role with its group's name, never blank, and its members."""

    role: int
    name: str
    group: str
    members: BitMap

    @property
    def system(self) -> bool:
        return self.group == DEFAULT_GROUP and self.name in SYSTEM_ROLES


def _dept_of(row: Row) -> DeptRecord:
    dept, parent, name, position, extra = row
    return DeptRecord(dept, parent, name, position, dept_details(extra))


def load_dept_txn(tx: Tx, corp: CorpNo, dept: int) -> DeptRecord | None:
    row = tx.one("department.one", corp=corp, dept=dept)
    return _dept_of(row) if row else None


def children_txn(tx: Tx, corp: CorpNo, parent: int) -> list[DeptRecord]:
    """One level, in the order that the departments' positions give."""
    return [_dept_of(row) for row in tx.all("department.children", corp=corp, parent=parent)]


def depts_txn(tx: Tx, corp: CorpNo, depts: Iterable[int]) -> dict[int, DeptRecord]:
    """Those that exist."""
    rows = tx.by_keys("department.by_key", [(corp, dept) for dept in set(depts)])
    return {row[0]: DeptRecord(row[0], row[1], row[2], row[3], msgspec.convert(row[4], DeptDetails)) for row in rows}


def way_up_txn(tx: Tx, corp: CorpNo, dept: int) -> list[int]:
    """The department itself, what it lies in, and so on to the root; empty when there is no such department."""
    way: list[int] = []
    while dept and (row := tx.one("department.one", corp=corp, dept=dept)):
        way.append(dept)
        dept = row[1] if dept != ROOT_DEPT else 0
    return way


def roles_txn(tx: Tx, corp: CorpNo) -> list[RoleRecord]:
    """All roles by id."""
    rows = sorted(tx.all("role.all", corp=corp))
    return [RoleRecord(role, name, group or DEFAULT_GROUP, BitMap.deserialize(members)) for role, name, group, members in rows]


def admin_level(roles: Iterable[RoleRecord], ord_: int) -> int:
    """1 for a main administrator, 2 for another one, 0 for everybody else: members of the roles that the system knows by name."""
    names = {role.name for role in roles if role.system and ord_ in role.members}
    return 1 if MAIN_ADMIN in names else 2 if SUB_ADMIN in names else 0


def people_by_ord_txn(tx: Tx, corp: CorpNo, ords: list[int]) -> list[Person]:
    """People in the order of the ordinals."""
    people = (person_of(tuple(row)) for row in tx.by_keys("user.rows_by_ord", [(corp, ord_) for ord_ in ords]))
    by_ord = {person.ord: person for person in people}
    return [by_ord[ord_] for ord_ in map(Ord, ords) if ord_ in by_ord]
