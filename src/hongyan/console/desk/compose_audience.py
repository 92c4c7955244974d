"""The audience picker: departments level by level, a search, and what is chosen."""

import msgspec

from hongyan.directory.audience import Selectors
from hongyan.directory.census import Census
from hongyan.directory.names import dept_names_txn, find_depts_txn, user_names_txn
from hongyan.directory.people import RoleRecord, children_txn
from hongyan.directory.records import load_person_txn, page_people_txn
from hongyan.model.ids import ROOT_DEPT, CorpNo, DeptId
from hongyan.store.interface import Tx

CHILDREN_SHOWN = 200
FOUND_SHOWN = 20
CHIPS_SHOWN = 60
OPENED_MAX = 100


class DeptNode(msgspec.Struct, frozen=True):
    """A department of the tree; `children` None: folded."""

    dept: int
    name: str
    count: int
    picked: bool
    parent: bool
    children: "tuple[DeptNode, ...] | None" = None


class FoundPerson(msgspec.Struct, frozen=True):
    userid: str
    name: str
    where: str
    picked: bool


class Found(msgspec.Struct, frozen=True):
    """What a search found; people first those whose userid it is."""

    word: str
    people: tuple[FoundPerson, ...]
    depts: tuple[DeptNode, ...]


class Chip(msgspec.Struct, frozen=True):
    """One chosen thing; `count` None: it names nobody."""

    list: str  # users, depts, roles
    id: str
    name: str
    count: int | None


class Chosen(msgspec.Struct, frozen=True):
    """What is chosen; people beyond `CHIPS_SHOWN` are only counted."""

    chips: tuple[Chip, ...]
    more: int


def tree_txn(tx: Tx, corp: CorpNo, census: Census, parent: int, opened: tuple[int, ...], picked: tuple[int, ...]) -> tuple[DeptNode, ...]:
    """One level below `parent`, and below those of `opened`; of each level the first `CHILDREN_SHOWN`."""
    above = set(census.parents.values())
    unfold = set(opened[:OPENED_MAX])

    def level(dept: int) -> tuple[DeptNode, ...]:
        nodes: list[DeptNode] = []
        for one in children_txn(tx, corp, dept)[:CHILDREN_SHOWN]:
            inner = level(one.dept) if one.dept in unfold and one.dept in above else None
            nodes.append(DeptNode(one.dept, one.name, _headcount(census, one.dept), one.dept in picked, one.dept in above, inner))
        return tuple(nodes)

    return level(parent)


def _headcount(census: Census, dept: int) -> int:
    below = census.below(dept)
    return len(below) if below is not None else 0


def top_txn(tx: Tx, corp: CorpNo, census: Census, opened: tuple[int, ...], picked: tuple[int, ...]) -> tuple[DeptNode, ...]:
    return tree_txn(tx, corp, census, ROOT_DEPT, opened, picked)


def find_txn(tx: Tx, corp: CorpNo, census: Census, word: str, to: Selectors) -> Found:
    """People by userid or a part of it or of their name; departments by a part of their name."""
    exact = load_person_txn(tx, corp, word)
    people = [exact] if exact is not None and exact.left_at is None else []
    people += [one for one in page_people_txn(tx, corp, after="", limit=FOUND_SHOWN, search=word) if one.userid != word]
    depts = find_depts_txn(tx, corp, word, FOUND_SHOWN)
    names = dept_names_txn(tx, corp, [DeptId(dept) for dept in {*depts, *(dept for one in people for dept in one.depts[:1])}])
    shown = tuple(
        FoundPerson(one.userid, one.name, names.get(one.depts[0], "") if one.depts else "", one.userid in to.userids) for one in people[:FOUND_SHOWN]
    )
    nodes = tuple(DeptNode(dept, names.get(DeptId(dept), str(dept)), _headcount(census, dept), dept in to.depts, False) for dept in depts)
    return Found(word, shown, nodes)


def chosen_txn(tx: Tx, corp: CorpNo, census: Census, roles: tuple[RoleRecord, ...], to: Selectors) -> Chosen:
    """The names of what is chosen."""
    dept_names = dept_names_txn(tx, corp, [DeptId(dept) for dept in to.depts[:CHIPS_SHOWN]])
    role_names = {role.role: role.name for role in roles}
    shown = to.userids[:CHIPS_SHOWN]
    names = user_names_txn(tx, corp, shown)
    depts = [
        Chip("depts", str(dept), dept_names.get(DeptId(dept), str(dept)), _headcount(census, dept) if dept in census.spans else None)
        for dept in to.depts[:CHIPS_SHOWN]
    ]
    chosen_roles = [
        Chip("roles", str(role), role_names.get(role, str(role)), len(census.roles[role]) if role in census.roles else None)
        for role in to.roles[:CHIPS_SHOWN]
    ]
    users = [Chip("users", userid, names.get(userid, userid), 1 if userid in names else None) for userid in shown]
    more = sum(max(0, len(ids) - CHIPS_SHOWN) for ids in (to.userids, to.depts, to.roles))
    return Chosen((*depts, *chosen_roles, *users), more)
