"""What an entry of an organisation must keep, whichever way it comes in. Pure."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hongyan.directory.details import DeptDetails, PersonDetails
from hongyan.directory.edit import DeptEntry, GroupEntry, OrgChange, OrgProblem, RoleEntry, UserEntry
from hongyan.model.clock import is_zone

USERID_MAX = 64
NAME_MAX = 80
TEXT_MAX = 512  # every other text of a person
ORDER_MAX = (1 << 63) - 1  # of positions; the platform's own are above 2**53
DETAIL_MAX = 2000  # every text among the details
DEPTS_MAX = 1000  # departments of one person
ID_MAX = 1 << 53
CORP_NAME_MAX = 80
_CORP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def text_problem(member: str, value: str, longest: int, *, required: bool = False) -> str | None:
    """Why a text cannot be taken; lengths count characters."""
    if required and not value.strip():
        return f"{member} is blank"
    if len(value) > longest:
        return f"{member} is longer than {longest} characters"
    return f"{member} contains U+0000" if "\0" in value else None


def id_problem(member: str, value: int) -> str | None:
    return None if 1 <= value <= ID_MAX else f"{member} must be 1 to {ID_MAX}"


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)


def corp_problem(corp_id: str, name: str, zone: str) -> str | None:
    """Why there can be no such organisation."""
    if not _CORP_ID.fullmatch(corp_id):
        return "corp_id must be 1 to 64 letters, digits, - and _"
    if not name.strip() or len(name) > CORP_NAME_MAX or "\0" in name:
        return f"name must have 1 to {CORP_NAME_MAX} characters"
    return None if is_zone(zone) else f"zone {zone} is not in the time zone database; Asia/Shanghai is one"


def user_problem(user: UserEntry) -> str | None:
    """The first reason why there can be no such person."""
    return (
        text_problem("userid", user.userid, USERID_MAX, required=True)
        or text_problem("name", user.name, NAME_MAX, required=True)
        or _first(text_problem(member, getattr(user, member), TEXT_MAX) for member in ("unionid", "mobile", "title", "email", "avatar", "job_number"))
        or _user_depts_problem(user.depts)
        or details_problem(user.details)
    )


def details_problem(details: PersonDetails | DeptDetails | None) -> str | None:
    """The first member of the details that is too long, too large or not what it should be."""
    if details is None:
        return None
    for member, value in msgspec.structs.asdict(details).items():
        problem = _detail_problem(f"details.{member}", value)
        if problem:
            return problem
    return _extension_problem(details.extension) if isinstance(details, PersonDetails) else None


def _detail_problem(member: str, value: Any) -> str | None:
    if isinstance(value, str):
        return text_problem(member, value, DETAIL_MAX)
    if isinstance(value, int) and abs(value) > ORDER_MAX:
        return f"{member} must be at most {ORDER_MAX}"
    if not isinstance(value, tuple):
        return None
    if len(value) > DEPTS_MAX:  # pyright: ignore[reportUnknownArgumentType]
        return f"{member} has more than {DEPTS_MAX} entries"
    for one in value:  # pyright: ignore[reportUnknownVariableType]
        parts = msgspec.structs.astuple(one) if isinstance(one, msgspec.Struct) else (one,)
        problem = _first(_detail_problem(member, part) for part in parts)
        if problem:
            return problem
    return None


def _extension_problem(extension: str) -> str | None:
    try:
        msgspec.json.decode(extension or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return "details.extension must be the text of a JSON object"
    return None


def group_problem(group: GroupEntry) -> str | None:
    """The first reason why there can be no such group of roles."""
    return id_problem("group", group.group) or text_problem("name", group.name, NAME_MAX, required=True)


def _user_depts_problem(depts: tuple[int, ...]) -> str | None:
    if len(depts) > DEPTS_MAX:
        return f"depts names more than {DEPTS_MAX} departments"
    if len(set(depts)) != len(depts):
        return "depts names a department twice"
    return _first(id_problem("a department id", dept) for dept in depts)


def dept_problem(dept: DeptEntry) -> str | None:
    """The first reason why there can be no such department."""
    above = None if dept.dept == 1 else id_problem("parent", dept.parent)
    place = None if abs(dept.position) <= ORDER_MAX else f"position must be at most {ORDER_MAX}"
    return (
        id_problem("dept", dept.dept) or text_problem("name", dept.name, NAME_MAX, required=True) or above or place or details_problem(dept.details)
    )


def role_problem(role: RoleEntry) -> str | None:
    """The first reason why there can be no such role."""
    names = text_problem("name", role.name, NAME_MAX, required=True) or text_problem("group", role.group, NAME_MAX, required=role.group != "")
    scoped = (id_problem("a department id", dept) for depts in (role.scopes or {}).values() for dept in depts)
    return id_problem("role", role.role) or names or _first(scoped)


def change_problems(change: OrgChange) -> list[OrgProblem]:
    """What is wrong with the entries themselves; whether what they name exists is asked in the transaction."""
    found = [OrgProblem(f"user:{user.userid}", reason) for user in change.users if (reason := user_problem(user))]
    found += [OrgProblem(f"department:{dept.dept}", reason) for dept in change.departments if (reason := dept_problem(dept))]
    found += [OrgProblem(f"role:{role.role}", reason) for role in change.roles if (reason := role_problem(role))]
    found += [OrgProblem(f"role_group:{group.group}", reason) for group in change.groups if (reason := group_problem(group))]
    removed = (("department", change.remove_departments), ("role", change.remove_roles), ("role_group", change.remove_groups))
    found += [OrgProblem(f"{kind}:{one}", reason) for kind, ids in removed for one in ids if (reason := id_problem("its id", one))]
    subjects = [f"role_group:{group.group}" for group in change.groups] + [f"role_group:{group.name}" for group in change.groups]
    subjects += [f"user:{user.userid}" for user in change.users] + [f"user:{userid}" for userid in change.leave]
    subjects += [f"department:{dept.dept}" for dept in change.departments] + [f"department:{dept}" for dept in change.remove_departments]
    subjects += [f"role:{role.role}" for role in change.roles] + [f"role:{role}" for role in change.remove_roles]
    found += [OrgProblem(subject, "is named twice") for subject in _twice(subjects)]
    return found + [OrgProblem(f"unionid:{one}", "is named twice") for one in _twice([user.unionid for user in change.users if user.unionid])]


def _twice(names: list[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]
