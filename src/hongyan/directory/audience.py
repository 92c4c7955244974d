"""From selectors to people: pure arithmetic over a census."""

import msgspec
from pyroaring import BitMap

from hongyan.directory.census import Census
from hongyan.model.ids import Ord


class Selectors(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a send asks for, in the caller's words and order."""

    userids: tuple[str, ...] = ()
    depts: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False

    @property
    def broad(self) -> bool:
        """Selected by department, role or everyone; says nothing of how many people that is."""
        return self.everyone or bool(self.depts) or bool(self.roles)

    @property
    def empty(self) -> bool:
        return not (self.everyone or self.userids or self.depts or self.roles)


class Audience(msgspec.Struct, frozen=True):
    """Concrete people, and the ids that name nobody."""

    people: BitMap
    unknown_userids: tuple[str, ...] = ()
    unknown_depts: tuple[int, ...] = ()
    unknown_roles: tuple[int, ...] = ()


def resolve_audience(selectors: Selectors, census: Census, ords: dict[str, Ord]) -> Audience:
    """The union of users, departments with all below them, and roles.

    With `everyone` the other selectors add nobody and are not reported. `ords` holds the live people among the userids.
    """
    if selectors.everyone:
        return Audience(census.live)
    people = BitMap([ords[userid] for userid in selectors.userids if userid in ords])
    if not selectors.broad and len(people) == len(selectors.userids):
        return Audience(people)
    unknown_depts: list[int] = []
    unknown_roles: list[int] = []
    for dept in selectors.depts:
        below = census.below(dept)
        if below is None:
            unknown_depts.append(dept)
        else:
            people |= below
    for role in selectors.roles:
        members = census.roles.get(role)
        if members is None:
            unknown_roles.append(role)
        else:
            people |= members
    unknown = tuple(userid for userid in selectors.userids if userid not in ords)
    return Audience(people, unknown, tuple(unknown_depts), tuple(unknown_roles))
