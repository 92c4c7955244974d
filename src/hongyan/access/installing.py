"""Apps that come into an organisation, what becomes of them there, and who is told."""

from typing import Any

import msgspec

from hongyan.access.edit import Conflict, NewApp, create_app_txn, install_app_txn, save_installation_txn
from hongyan.access.installation_events import tell_installation_txn
from hongyan.access.records import App, AppKind, Installation, installation_by_agent_txn
from hongyan.directory.entries import NAME_MAX, TEXT_MAX, USERID_MAX, id_problem, text_problem
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

DESCRIPTION_MAX = 4000
MEMBERS_MAX = 10_000  # entries of each list
_MEMBERS = ("visible_all", "visible_userids", "visible_depts", "admins", "description", "logo_url")


def installation_problem(given: dict[str, Any]) -> str | None:
    """The first reason why no installation can have these members; absent ones are not looked at."""
    problem = text_problem("name", given.get("name") or "-", NAME_MAX, required=True)
    problem = problem or text_problem("description", given.get("description", ""), DESCRIPTION_MAX)
    return problem or text_problem("logo_url", given.get("logo_url", ""), TEXT_MAX) or _lists_problem(given)


def _lists_problem(given: dict[str, Any]) -> str | None:
    for member in ("visible_userids", "visible_depts", "admins"):
        entries: tuple[Any, ...] = given.get(member, ())
        if len(entries) > MEMBERS_MAX:
            return f"{member} has more than {MEMBERS_MAX} entries"
        for one in entries:
            problem = id_problem(f"a department in {member}", one) if isinstance(one, int) else text_problem(member, one, USERID_MAX, required=True)
            if problem:
                return problem
    return None


def create_installed_app_txn(tx: Tx, corp: CorpNo, new: NewApp, agent_id: int | None, now: EpochMs) -> str | Conflict:
    """A new app, installed under an agent id if one is given; answers its secret, which nobody can read again."""
    # Looked at first: what is refused must leave no app behind.
    if agent_id is not None and installation_by_agent_txn(tx, corp, agent_id):
        return Conflict(f"the agent id {agent_id} is taken")
    created = create_app_txn(tx, corp if new.kind is AppKind.INTERNAL else None, new, now)
    if isinstance(created, Conflict):
        return created
    app, secret = created
    if agent_id is not None:
        install_app_txn(tx, corp, app, agent_id, new.name, now)
    return secret


def install_txn(tx: Tx, corp: CorpNo, app: App, given: dict[str, Any], now: EpochMs) -> Installation | Conflict:
    """Install an app as `agent_id`, with the other members that are given; `name` blank: the app's."""
    made = install_app_txn(tx, corp, app.no, given["agent_id"], given.get("name") or app.name, now)
    if isinstance(made, Conflict):
        return made
    installed = msgspec.structs.replace(made, **{name: given[name] for name in _MEMBERS if name in given})
    save_installation_txn(tx, installed, now)
    tell_installation_txn(tx, None, installed, now)
    return installed


def change_installation_txn(tx: Tx, before: Installation, given: dict[str, Any], now: EpochMs) -> Installation:
    """Change members of an installation; `disabled` among them switches it off or on."""
    disabled = given.get("disabled", before.disabled_at is not None)
    changes = {name: value for name, value in given.items() if name != "disabled"}
    changed = msgspec.structs.replace(before, **changes, disabled_at=(before.disabled_at or now) if disabled else None)
    save_installation_txn(tx, changed, now)
    tell_installation_txn(tx, before, changed, now)
    return changed


def uninstall_txn(tx: Tx, before: Installation, now: EpochMs) -> None:
    """Take an app out of the organisation; what it sent stays."""
    # Disabled as well: whoever asks only whether an agent is disabled must not let this one send.
    after = msgspec.structs.replace(before, disabled_at=before.disabled_at or now, uninstalled_at=now)
    save_installation_txn(tx, after, now)
    tell_installation_txn(tx, before, after, now)
