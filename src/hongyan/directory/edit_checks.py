"""Why a change to an organisation cannot be."""

from hongyan.directory.changeset import OrgChange, OrgProblem, OrgState
from hongyan.model.ids import ROOT_DEPT, Ord
from hongyan.store.interface import Tx

Leaving = dict[str, tuple[Ord, tuple[int, ...]]]  # userid → ordinal and departments of the people who go


def problems_txn(tx: Tx, state: OrgState, change: OrgChange, leaving: Leaving) -> list[OrgProblem]:
    """Every reason, not the first alone."""
    # The tree is walked only when it changes: one person must not cost a walk over all departments.
    moves = change.departments or change.remove_departments or change.remove_absent
    found = _tree_problems(state, change) if moves else []
    known = state.depts.keys() | {entry.dept for entry in change.departments}
    gone = set(removed_departments(state, change))
    found += [
        OrgProblem(f"user:{entry.userid}", f"department {dept} does not exist")
        for entry in change.users
        for dept in entry.depts
        if dept not in known or dept in gone
    ]
    found += [OrgProblem(f"user:{userid}", "nobody has this userid") for userid in change.leave if userid not in leaving]
    return found + _role_problems(tx, state, change, leaving)


def _tree_problems(state: OrgState, change: OrgChange) -> list[OrgProblem]:
    gone = set(removed_departments(state, change))
    parents = {no: dept.parent for no, dept in state.depts.items() if no not in gone} | {entry.dept: entry.parent for entry in change.departments}
    parents[ROOT_DEPT] = 0
    found = [
        OrgProblem(f"department:{entry.dept}", f"its parent {entry.parent} does not exist")
        for entry in change.departments
        if entry.dept != ROOT_DEPT and entry.parent not in parents
    ]
    found += [OrgProblem(f"department:{no}", "it lies below itself") for no in _cycles(parents)]
    return found + [OrgProblem(f"department:{no}", f"its parent {parent} goes") for no, parent in parents.items() if parent in gone]


def _role_problems(tx: Tx, state: OrgState, change: OrgChange, leaving: Leaving) -> list[OrgProblem]:
    named = {entry.userid for entry in change.users}
    wanted = {userid for role in change.roles for userid in (*(role.userids or ()), *(role.scopes or ())) if userid not in named}
    known = {row[0] for row in tx.by_keys("user.ords_by_userid", [(state.corp, userid) for userid in sorted(wanted)])} - set(leaving)
    found = _moves_problems(tx, state, change, leaving) if change.members else []
    return found + [
        OrgProblem(f"role:{role.role}", f"its member {userid} does not exist")
        for role in change.roles
        for userid in dict.fromkeys((*(role.userids or ()), *(role.scopes or ())))
        if userid in wanted - known
    ]


def _moves_problems(tx: Tx, state: OrgState, change: OrgChange, leaving: Leaving) -> list[OrgProblem]:
    roles = {row[0] for row in tx.all("role.all", corp=state.corp)} | {role.role for role in change.roles}
    found = [OrgProblem(f"role:{moves.role}", "there is no such role") for moves in change.members if moves.role not in roles]
    wanted = {userid for moves in change.members for userid in (*moves.join, *moves.part)}
    known = {row[0] for row in tx.by_keys("user.ords_by_userid", [(state.corp, userid) for userid in sorted(wanted)])} - set(leaving)
    known |= {entry.userid for entry in change.users}
    return found + [OrgProblem(f"user:{userid}", "nobody has this userid") for userid in sorted(wanted - known)]


def _cycles(parents: dict[int, int]) -> list[int]:
    """Departments from which no way leads up to the root."""
    safe = {0, int(ROOT_DEPT)}
    bad: set[int] = set()
    for start in parents:
        path: list[int] = []
        here = start
        while here not in safe and here not in bad and here in parents:
            if here in path:
                break
            path.append(here)
            here = parents[here]
        # A missing parent is reported by its own check.
        (bad if here in path or here in bad else safe).update(path)
    return sorted(bad)


def removed_departments(state: OrgState, change: OrgChange) -> list[int]:
    """The departments that go; the root stays."""
    if change.remove_absent:
        named = {entry.dept for entry in change.departments} | {int(ROOT_DEPT)}
        return [no for no in state.depts if no not in named]
    return [no for no in change.remove_departments if no in state.depts and no != ROOT_DEPT]
