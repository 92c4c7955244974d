"""What a service account may be made of, whichever way it comes in. Pure."""

from typing import Any

from hongyan.directory.entries import ID_MAX, NAME_MAX, TEXT_MAX, USERID_MAX, text_problem

DESCR_MAX = 4000
MEMBERS_MAX = 10_000  # entries of each list
LISTED = 10_000
LISTS = ("operators", "blocked", "allow_all", "allow_userids", "allow_depts")
_LONGEST = {"unionid": USERID_MAX, "name": NAME_MAX, "brief": TEXT_MAX, "descr": DESCR_MAX, "avatar_media_id": TEXT_MAX, "preview_media_id": TEXT_MAX}


def account_problem(members: dict[str, Any]) -> str | None:
    """The first reason why no account can have these members; absent ones are not looked at."""
    for member, longest in _LONGEST.items():
        problem = text_problem(member, members.get(member, "-"), longest, required=member == "name")
        if problem:
            return problem
    if "/" in members.get("unionid", ""):
        return "unionid contains a slash"
    for member in ("operators", "blocked", "allow_userids"):
        userids: tuple[str, ...] = members.get(member, ())
        if len(userids) > MEMBERS_MAX:
            return f"{member} has more than {MEMBERS_MAX} entries"
        problem = next((found for userid in userids if (found := text_problem(f"a userid in {member}", userid, USERID_MAX, required=True))), None)
        if problem:
            return problem
    depts: tuple[int, ...] = members.get("allow_depts", ())
    return None if len(depts) <= MEMBERS_MAX and all(1 <= dept <= ID_MAX for dept in depts) else "allow_depts must be a short list of department ids"
