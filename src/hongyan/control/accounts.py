"""Service accounts of an organisation."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hongyan.access.account_checks import LISTED, LISTS, account_problem
from hongyan.access.accounts import edit_account_txn, make_account_txn
from hongyan.access.edit import Conflict, NewAccount
from hongyan.access.records import Account, page_accounts_txn
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import find_account_txn, find_corp_txn
from hongyan.control.problems import ControlError, conflict, invalid
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx


class AccountAnswer(msgspec.Struct, frozen=True):
    """A service account. With `allow_all` false only people in `allow_userids` and below `allow_depts` get its messages."""

    unionid: str
    name: str
    brief: str
    descr: str
    avatar_media_id: str
    preview_media_id: str
    operators: tuple[str, ...]
    blocked: tuple[str, ...]
    allow_all: bool
    allow_userids: tuple[str, ...]
    allow_depts: tuple[int, ...]
    disabled_at: EpochMs | None


class AccountList(msgspec.Struct, frozen=True):
    accounts: list[AccountAnswer]


class NewAccountBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account to create; `unionid` empty: make one."""

    name: str
    unionid: str = ""
    brief: str = ""
    descr: str = ""
    avatar_media_id: str = ""
    preview_media_id: str = ""
    operators: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    allow_all: bool = True
    allow_userids: tuple[str, ...] = ()
    allow_depts: tuple[int, ...] = ()


class AccountPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `disabled` true is final."""

    name: str | UnsetType = UNSET
    brief: str | UnsetType = UNSET
    descr: str | UnsetType = UNSET
    avatar_media_id: str | UnsetType = UNSET
    preview_media_id: str | UnsetType = UNSET
    operators: tuple[str, ...] | UnsetType = UNSET
    blocked: tuple[str, ...] | UnsetType = UNSET
    allow_all: bool | UnsetType = UNSET
    allow_userids: tuple[str, ...] | UnsetType = UNSET
    allow_depts: tuple[int, ...] | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


def _answer(account: Account) -> AccountAnswer:
    return AccountAnswer(**{name: getattr(account, name) for name in AccountAnswer.__struct_fields__})


def _given(body: NewAccountBody | AccountPatch) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}


def _checked(body: NewAccountBody | AccountPatch) -> dict[str, Any]:
    given = _given(body)
    problem = account_problem(given)
    if problem:
        raise invalid(f"Correct the account: {problem}.")
    return given


def _list_txn(tx: Tx, corp_id: str) -> AccountList:
    _total, accounts = page_accounts_txn(tx, find_corp_txn(tx, corp_id).no, 0, LISTED)
    return AccountList([_answer(account) for account in accounts])


async def list_accounts(call: Call[None, None]) -> AccountList:
    return await call.engine.store.read(_list_txn, call.path["corp"])


def _create_txn(tx: Tx, corp_id: str, body: NewAccountBody, now: EpochMs) -> AccountAnswer:
    corp = find_corp_txn(tx, corp_id)
    new = NewAccount(body.name, body.unionid, body.brief, body.descr, body.avatar_media_id, body.preview_media_id)
    account = make_account_txn(tx, corp.no, corp.corp_id, new, {name: getattr(body, name) for name in LISTS}, now)
    if isinstance(account, Conflict):
        raise conflict("account_conflict", f"The account was not created: {account.reason}.")
    return _answer(account)


async def create_account(call: Call[None, NewAccountBody]) -> AccountAnswer:
    _checked(call.body)
    answer = await call.engine.store.write(_create_txn, call.path["corp"], call.body)
    call.engine.access.forget()
    return answer


def _patch_txn(tx: Tx, corp_id: str, unionid: str, given: dict[str, Any], now: EpochMs) -> AccountAnswer:
    corp = find_corp_txn(tx, corp_id)
    account = find_account_txn(tx, corp.no, unionid)
    changes = {name: value for name, value in given.items() if name != "disabled"}
    disabled = given.get("disabled", not account.live)
    if not account.live and (changes or not disabled):
        raise _final(unionid)
    changed = edit_account_txn(tx, account, {**changes, "disabled_at": (account.disabled_at or now) if disabled else None}, now)
    if isinstance(changed, Conflict):
        raise conflict("account_conflict", f"Choose another name: {changed.reason}.")
    return _answer(changed)


def _final(unionid: str) -> ControlError:
    return conflict("account_disabled", f"The account {unionid} is disabled, which is final; create another one.")


async def patch_account(call: Call[None, AccountPatch]) -> AccountAnswer:
    given = _checked(call.body)
    answer = await call.engine.store.write(_patch_txn, call.path["corp"], call.path["unionid"], given)
    call.engine.access.forget()
    return answer


ENDPOINTS = (
    Endpoint("GET", "/corps/{corp}/accounts", "List the live service accounts", list_accounts, AccountList),
    Endpoint("POST", "/corps/{corp}/accounts", "Create a service account", create_account, AccountAnswer, request=NewAccountBody, status=201),
    Endpoint("PATCH", "/corps/{corp}/accounts/{unionid}", "Change or end an account", patch_account, AccountAnswer, request=AccountPatch),
)
