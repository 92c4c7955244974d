"""Changes to an organisation as values, and the organisation as it is being changed."""

import msgspec
from pyroaring import BitMap

from hongyan.directory.details import DeptDetails, PersonDetails
from hongyan.model.ids import CorpId, CorpNo


class UserEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person as a change names them. `unionid` empty: keep the present one, or make one."""

    userid: str
    name: str
    depts: tuple[int, ...] = (1,)
    unionid: str = ""
    mobile: str = ""
    title: str = ""
    email: str = ""
    avatar: str = ""
    job_number: str = ""
    active: bool = True
    rejoin: bool = False  # someone who left and comes back as the same person
    details: PersonDetails | None = None


class DeptEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A department as a change names it."""

    dept: int
    name: str
    parent: int = 1
    position: int = 0
    details: DeptDetails | None = None


class GroupEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of roles; the roles name it by its name."""

    group: int
    name: str


class RoleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role as a change names it; `userids` and `scopes` (userid → the departments managed) None leave what there is."""

    role: int
    name: str
    group: str = ""
    userids: tuple[str, ...] | None = None
    scopes: dict[str, tuple[int, ...]] | None = None


class MembersEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People who get a role, and people who lose it."""

    role: int
    join: tuple[str, ...] = ()
    part: tuple[str, ...] = ()


class OrgChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set of changes that happens whole or not at all.

    Entries are added or replace what has the same id. With `remove_absent`, people, departments and roles that no entry names go.
    """

    departments: tuple[DeptEntry, ...] = ()
    users: tuple[UserEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    leave: tuple[str, ...] = ()  # userids
    remove_departments: tuple[int, ...] = ()
    remove_roles: tuple[int, ...] = ()
    remove_absent: bool = False
    groups: tuple[GroupEntry, ...] = ()
    remove_groups: tuple[int, ...] = ()
    members: tuple[MembersEntry, ...] = ()


class OrgProblem(msgspec.Struct, frozen=True):
    """Why a change cannot be: the entry it concerns and the reason."""

    subject: str  # user:ID, department:ID, role:ID
    reason: str


class OrgReport(msgspec.Struct, frozen=True):
    """What a change did."""

    users_added: int = 0
    users_changed: int = 0
    users_left: int = 0
    departments: int = 0
    roles: int = 0
    headcount: int = 0


class DeptState:
    """A department as it is being changed; its members are unpacked when somebody asks for them."""

    def __init__(self, parent: int, name: str, position: int, packed: bytes | None, extra: str, *, touched: bool = False) -> None:
        self.parent, self.name, self.position, self.extra, self.touched = parent, name, position, extra, touched
        self._packed = packed
        self._members: BitMap | None = None

    @property
    def members(self) -> BitMap:
        if self._members is None:
            self._members = BitMap() if self._packed is None else BitMap.deserialize(self._packed)
        return self._members

    def touch(self) -> BitMap:
        """The members, which the caller is going to change."""
        self.touched = True
        return self.members

    def packed(self) -> bytes:
        return self._packed if self._members is None and self._packed is not None else packed(self.members)


class OrgState(msgspec.Struct):
    """The organisation as it is being changed."""

    corp: CorpNo
    corp_id: CorpId
    version: int
    next_ord: int
    next_dept: int
    next_role: int
    live: BitMap
    inactive: BitMap
    depts: dict[int, DeptState]
    changes: list[tuple[str, dict[str, object]]]


def packed(people: BitMap) -> bytes:
    people.run_optimize()
    return people.serialize()
