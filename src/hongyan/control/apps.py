"""Apps: programs with credentials."""

import secrets

import msgspec
from msgspec import UNSET, UnsetType

from hongyan.access.app_checks import APP_KEY_MAX, app_problem
from hongyan.access.edit import Conflict, NewApp, new_secret_txn, save_app_txn
from hongyan.access.installing import create_installed_app_txn
from hongyan.access.records import App, AppKind, list_apps_txn
from hongyan.access.suites import is_suite_txn
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import find_app_txn, find_corp_txn
from hongyan.control.problems import conflict, invalid
from hongyan.directory.entries import id_problem, text_problem
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx


class AppAnswer(msgspec.Struct, frozen=True):
    """An app without its secret, which nobody can read again."""

    app_key: str
    name: str
    kind: AppKind
    scopes: list[str]
    allow_ips: list[str]
    created_at: EpochMs
    disabled_at: EpochMs | None


class AppList(msgspec.Struct, frozen=True):
    apps: list[AppAnswer]


class AppSecret(msgspec.Struct, frozen=True):
    """Shown once."""

    app_key: str
    secret: str


class NewAppBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An app to create. `app_key` empty: make one. An app that is not internal is installed in the organisation as `agent_id`."""

    name: str
    app_key: str = ""
    kind: AppKind = AppKind.INTERNAL
    scopes: tuple[str, ...] = ()
    allow_ips: tuple[str, ...] = ()
    agent_id: int | None = None


class AppPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. Disabling takes the app's tokens away; enabling again does not bring them back."""

    name: str | UnsetType = UNSET
    scopes: tuple[str, ...] | UnsetType = UNSET
    allow_ips: tuple[str, ...] | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


def _answer(app: App) -> AppAnswer:
    return AppAnswer(app.app_key, app.name, app.kind, sorted(app.scopes), list(app.allow_ips), app.created_at, app.disabled_at)


def _check(name: str | UnsetType, scopes: tuple[str, ...] | UnsetType, allow_ips: tuple[str, ...] | UnsetType) -> None:
    problem = app_problem(name, scopes, allow_ips)
    if problem:
        raise invalid(f"Correct the app: {problem}.")


def _list_txn(tx: Tx, corp_id: str) -> AppList:
    return AppList([_answer(app) for app in list_apps_txn(tx, find_corp_txn(tx, corp_id).no)])


async def list_apps(call: Call[None, None]) -> AppList:
    return await call.engine.store.read(_list_txn, call.path["corp"])


def _create_txn(tx: Tx, corp_id: str, body: NewAppBody, app_key: str, now: EpochMs) -> AppSecret:
    corp = find_corp_txn(tx, corp_id)
    new = NewApp(app_key, body.name, body.kind, body.scopes, body.allow_ips)
    secret = create_installed_app_txn(tx, corp.no, new, body.agent_id, now)
    if isinstance(secret, Conflict):
        raise conflict("agent_id_taken" if secret.reason.startswith("the agent id") else "app_exists", f"Choose another: {secret.reason}.")
    return AppSecret(app_key, secret)


async def create_app(call: Call[None, NewAppBody]) -> AppSecret:
    body = call.body
    _check(body.name, body.scopes, body.allow_ips)
    app_key = body.app_key or "ding" + secrets.token_hex(8)
    problem = text_problem("app_key", app_key, APP_KEY_MAX, required=True)
    if body.agent_id is None and body.kind is not AppKind.INTERNAL:
        problem = problem or "an app that is not internal needs an agent_id"
    if body.agent_id is not None:
        problem = problem or id_problem("agent_id", body.agent_id)
    if problem or "/" in app_key:
        raise invalid(f"Correct the app: {problem or 'app_key contains a slash'}.")
    return await call.engine.store.write(_create_txn, call.path["corp"], body, app_key)


def _patch_txn(tx: Tx, app_key: str, patch: AppPatch, now: EpochMs) -> AppAnswer:
    app = find_app_txn(tx, app_key)
    name = app.name if patch.name is UNSET else patch.name
    scopes = app.scopes if patch.scopes is UNSET else frozenset(patch.scopes)
    allow_ips = app.allow_ips if patch.allow_ips is UNSET else patch.allow_ips
    disabled_at = app.disabled_at
    if patch.disabled is not UNSET:
        disabled_at = (app.disabled_at or now) if patch.disabled else None
    changed = msgspec.structs.replace(app, name=name, scopes=scopes, allow_ips=allow_ips, disabled_at=disabled_at)
    save_app_txn(tx, changed, now)
    return _answer(changed)


async def patch_app(call: Call[None, AppPatch]) -> AppAnswer:
    _check(call.body.name, call.body.scopes, call.body.allow_ips)
    answer = await call.engine.store.write(_patch_txn, call.path["app_key"], call.body)
    call.engine.access.forget()
    return answer


def _renew_txn(tx: Tx, app_key: str, now: EpochMs) -> AppSecret:
    if is_suite_txn(tx, find_app_txn(tx, app_key).no):
        raise conflict("app_is_suite", f"{app_key} is a suite, whose secret signs calls; POST /suites/{app_key}/secret instead.")
    secret = new_secret_txn(tx, app_key, now)
    assert isinstance(secret, str)
    return AppSecret(app_key, secret)


async def renew_secret(call: Call[None, None]) -> AppSecret:
    answer = await call.engine.store.write(_renew_txn, call.path["app_key"])
    call.engine.access.forget()
    return answer


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/apps", "List the apps of an organisation", list_apps, AppList),
    Endpoint("POST", "/corps/{corp}/apps", "Create an app; its secret is shown once", create_app, AppSecret, request=NewAppBody, status=201),
    Endpoint("PATCH", "/apps/{app_key}", "Change, disable or enable an app", patch_app, AppAnswer, request=AppPatch),
    Endpoint("POST", "/apps/{app_key}/secret", "Replace an app's secret; the new one is shown once", renew_secret, AppSecret),
)
