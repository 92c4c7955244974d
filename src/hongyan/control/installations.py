"""Where apps are installed: agents, their visible range, and who may use them."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hongyan.access.edit import Conflict
from hongyan.access.installing import change_installation_txn, install_txn, installation_problem, uninstall_txn
from hongyan.access.records import App, AppKind, Installation, app_by_no_txn, installation_by_agent_txn, installations_txn
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import Done, find_app_txn, find_corp_txn
from hongyan.control.problems import conflict, invalid, unknown
from hongyan.directory.entries import ID_MAX, id_problem
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx


class InstallationAnswer(msgspec.Struct, frozen=True):
    """An app in an organisation. With `visible_all` false only people in `visible_userids` and below `visible_depts` get its notices."""

    agent_id: int
    app_key: str
    kind: AppKind
    name: str
    visible_all: bool
    visible_userids: tuple[str, ...]
    visible_depts: tuple[int, ...]
    admins: tuple[str, ...]
    description: str
    logo_url: str
    disabled_at: EpochMs | None


class InstallationList(msgspec.Struct, frozen=True):
    installations: list[InstallationAnswer]


class NewInstallationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An app to install as `agent_id`; `name` empty: the app's."""

    app_key: str
    agent_id: int
    name: str = ""
    visible_all: bool = True
    visible_userids: tuple[str, ...] = ()
    visible_depts: tuple[int, ...] = ()
    admins: tuple[str, ...] = ()
    description: str = ""
    logo_url: str = ""


class InstallationPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. A suite whose last live installation is disabled loses its tokens for the organisation."""

    name: str | UnsetType = UNSET
    visible_all: bool | UnsetType = UNSET
    visible_userids: tuple[str, ...] | UnsetType = UNSET
    visible_depts: tuple[int, ...] | UnsetType = UNSET
    admins: tuple[str, ...] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    logo_url: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


def _answer(one: Installation, app: App) -> InstallationAnswer:
    own = ("agent_id", "name", "visible_all", "visible_userids", "visible_depts", "admins", "description", "logo_url", "disabled_at")
    return InstallationAnswer(app_key=app.app_key, kind=app.kind, **{name: getattr(one, name) for name in own})


def _answer_txn(tx: Tx, one: Installation) -> InstallationAnswer:
    app = app_by_no_txn(tx, one.app)
    assert app is not None
    return _answer(one, app)


def _installed_txn(tx: Tx, corp_id: str) -> InstallationList:
    return InstallationList([_answer_txn(tx, one) for one in installations_txn(tx, find_corp_txn(tx, corp_id).no)])


async def list_installations(call: Call[None, None]) -> InstallationList:
    return await call.engine.store.read(_installed_txn, call.path["corp"])


def _find_installation_txn(tx: Tx, corp: CorpNo, agent: str) -> Installation:
    found = installation_by_agent_txn(tx, corp, int(agent)) if agent.isdecimal() and len(agent) <= len(str(ID_MAX)) else None
    if found is None or found.uninstalled_at is not None:
        raise unknown("agent", agent)
    return found


def _members(body: NewInstallationBody | InstallationPatch) -> dict[str, Any]:
    """What an installation may have, as it was given; refuses what none can have."""
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
    problem = installation_problem(given)
    if problem:
        raise invalid(f"Correct the installation: {problem}.")
    return given


def _install_txn(tx: Tx, corp_id: str, given: dict[str, Any], now: EpochMs) -> InstallationAnswer:
    corp, app = find_corp_txn(tx, corp_id), find_app_txn(tx, given["app_key"])
    if app.kind is AppKind.INTERNAL and app.corp != corp.no:
        raise conflict("app_of_another_corp", f"{app.app_key} is the internal app of another organisation; create one here.")
    installed = install_txn(tx, corp.no, app, given, now)
    if isinstance(installed, Conflict):
        raise conflict("agent_id_taken", f"Choose another agent_id: {installed.reason}.")
    return _answer(installed, app)


async def install(call: Call[None, NewInstallationBody]) -> InstallationAnswer:
    given = _members(call.body)
    problem = id_problem("agent_id", call.body.agent_id)
    if problem:
        raise invalid(f"Correct the installation: {problem}.")
    answer = await call.engine.store.write(_install_txn, call.path["corp"], given)
    call.engine.access.forget()
    call.engine.dispatcher.wake()
    return answer


def _patch_txn(tx: Tx, corp_id: str, agent: str, given: dict[str, Any], now: EpochMs) -> InstallationAnswer:
    before = _find_installation_txn(tx, find_corp_txn(tx, corp_id).no, agent)
    return _answer_txn(tx, change_installation_txn(tx, before, given, now))


async def patch_installation(call: Call[None, InstallationPatch]) -> InstallationAnswer:
    given = _members(call.body)
    if given.get("name") == "":
        raise invalid("Correct the installation: name is blank.")
    answer = await call.engine.store.write(_patch_txn, call.path["corp"], call.path["agent_id"], given)
    call.engine.access.forget()
    call.engine.dispatcher.wake()
    return answer


def _uninstall_txn(tx: Tx, corp_id: str, agent: str, now: EpochMs) -> None:
    uninstall_txn(tx, _find_installation_txn(tx, find_corp_txn(tx, corp_id).no, agent), now)


async def uninstall(call: Call[None, None]) -> Done:
    await call.engine.store.write(_uninstall_txn, call.path["corp"], call.path["agent_id"])
    call.engine.access.forget()
    call.engine.dispatcher.wake()
    return Done()


_INSTALLED = "/corps/{corp}/installations"
_AGENT = "/corps/{corp}/installations/{agent_id}"

ENDPOINTS = (
    Endpoint("GET", _INSTALLED, "List what is installed in an organisation", list_installations, InstallationList),
    Endpoint("POST", _INSTALLED, "Install an app in an organisation", install, InstallationAnswer, request=NewInstallationBody, status=201),
    Endpoint("PATCH", _AGENT, "Change, disable or enable an installation", patch_installation, InstallationAnswer, request=InstallationPatch),
    Endpoint("DELETE", _AGENT, "Uninstall an app; what it sent stays", uninstall, Done),
)
