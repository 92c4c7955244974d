"""What an entry of an organisation must keep, whichever way it comes in. Pure."""

from collections.abc import Iterable

from hongyan.directory.edit import DeptEntry, OrgChange, OrgProblem, RoleEntry, UserEntry

USERID_MAX = 64
NAME_MAX = 80
TEXT_MAX = 512  # every other text of a person
DEPTS_MAX = 1000  # departments of one person
ID_MAX = 1 << 53


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


def user_problem(user: UserEntry) -> str | None:
    """The first reason why there can be no such person."""
    return (
        text_problem("userid", user.userid, USERID_MAX, required=True)
        or text_problem("name", user.name, NAME_MAX, required=True)
        or _first(text_problem(member, getattr(user, member), TEXT_MAX) for member in ("unionid", "mobile", "title", "email", "avatar", "job_number"))
        or _user_depts_problem(user.depts)
    )


def _user_depts_problem(depts: tuple[int, ...]) -> str | None:
    if len(depts) > DEPTS_MAX:
        return f"depts names more than {DEPTS_MAX} departments"
    if len(set(depts)) != len(depts):
        return "depts names a department twice"
    return _first(id_problem("a department id", dept) for dept in depts)


def dept_problem(dept: DeptEntry) -> str | None:
    """The first reason why there can be no such department."""
    above = None if dept.dept == 1 else id_problem("parent", dept.parent)
    place = None if abs(dept.position) <= ID_MAX else f"position must be at most {ID_MAX}"
    return id_problem("dept", dept.dept) or text_problem("name", dept.name, NAME_MAX, required=True) or above or place


def role_problem(role: RoleEntry) -> str | None:
    """The first reason why there can be no such role."""
    names = text_problem("name", role.name, NAME_MAX, required=True) or text_problem("group", role.group, NAME_MAX)
    return id_problem("role", role.role) or names


def change_problems(change: OrgChange) -> list[OrgProblem]:
    """What is wrong with the entries themselves; whether what they name exists is asked in the transaction."""
    found = [OrgProblem(f"user:{user.userid}", reason) for user in change.users if (reason := user_problem(user))]
    found += [OrgProblem(f"department:{dept.dept}", reason) for dept in change.departments if (reason := dept_problem(dept))]
    found += [OrgProblem(f"role:{role.role}", reason) for role in change.roles if (reason := role_problem(role))]
    subjects = [f"user:{user.userid}" for user in change.users] + [f"user:{userid}" for userid in change.leave]
    subjects += [f"department:{dept.dept}" for dept in change.departments] + [f"department:{dept}" for dept in change.remove_departments]
    subjects += [f"role:{role.role}" for role in change.roles] + [f"role:{role}" for role in change.remove_roles]
    found += [OrgProblem(subject, "is named twice") for subject in _twice(subjects)]
    return found + [OrgProblem(f"unionid:{one}", "is named twice") for one in _twice([user.unionid for user in change.users if user.unionid])]


def _twice(names: list[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]
