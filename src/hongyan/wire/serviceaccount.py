"""`/topapi/serviceaccount/*`: the accounts of an organisation.

Pages: added-service-number, service-number-update-1, query-service-number-list, inquire-about-service-number-details.
"""

from typing import Any

from hongyan.access.accounts import AccountChange, add_account_txn, change_account_txn
from hongyan.access.edit import NewAccount
from hongyan.access.records import SCOPE_ACCOUNT, Account, account_by_unionid_txn, page_accounts_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.wire.account_calls import UNIONID, answered, missing, page_of, unionid_of
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params

PAGE_MAX = 50  # official SDK
PAGE_DEFAULT = 20  # unpublished
_LONGEST = {"name": 30, "brief": 60, "desc": 200, "avatar_media_id": 256, "preview_media_id": 256}  # added-service-number, official SDK
_NEEDED = ("name", "avatar_media_id", "desc", "preview_media_id")
STATUSES = ("normal", "disabled")


def _shown(account: Account) -> dict[str, Any]:
    return {
        "unionid": account.unionid,
        "name": account.name,
        "brief": account.brief,
        "desc": account.descr,
        "avatar_media_id": account.avatar_media_id,
        "preview_media_id": account.preview_media_id,
        "status": "normal" if account.live else "disabled",
    }


def _texts(params: Params) -> dict[str, str]:
    """The texts of an account that were sent, within their lengths. A blank one counts as absent, but a brief may be taken away."""
    found = {name: params.text(name).strip() for name in _LONGEST if params.raw(name) is not None}
    for name, text in found.items():
        if len(text) > _LONGEST[name] or "\0" in text:
            raise BadArgument(name)
    return {name: text for name, text in found.items() if text or name == "brief"}


async def _add(call: Call) -> dict[str, Any] | Refusal:
    """Create an account; its name is free again when the account is disabled."""
    refusal = missing(call.params, *_NEEDED)
    if refusal:
        return refusal
    texts = _texts(call.params)
    blank = next((name for name in _NEEDED if name not in texts), None)
    if blank:
        return Refusal(errors.MISSING_ARGUMENT, {"name": blank})
    new = NewAccount(texts["name"], "", texts.get("brief", ""), texts["desc"], texts["avatar_media_id"], texts["preview_media_id"])
    corp = call.grant.corp
    account = await call.engine.store.write(add_account_txn, corp.no, corp.corp_id, new, call.engine.strict)
    call.engine.access.forget()
    return account if isinstance(account, Refusal) else {"unionid": account.unionid}


async def _update(call: Call) -> dict[str, Any] | Refusal:
    """Change what was sent; `disabled` is final."""
    refusal = missing(call.params, "unionid")
    if refusal:
        return refusal
    unionid, texts, status = unionid_of(call.params), _texts(call.params), call.params.text("status").strip()
    if status and status not in STATUSES:
        raise BadArgument("status")
    change = AccountChange(
        texts.get("name"),
        texts.get("brief"),
        texts.get("desc"),
        texts.get("avatar_media_id"),
        texts.get("preview_media_id"),
        disable=status == "disabled",
    )
    refusal = await call.engine.store.write(change_account_txn, call.grant.corp.no, unionid, change, call.engine.strict)
    call.engine.access.forget()
    return refusal or {}


async def _list(call: Call) -> dict[str, Any] | Refusal:
    """Live accounts by pages. One public caller sends no body at all."""
    offset, size = page_of(call.params, "pageStart", "pageSize", longest=PAGE_MAX, default=PAGE_DEFAULT)
    total, accounts = await call.engine.store.read(page_accounts_txn, call.grant.corp.no, offset, size)
    return {"total_count": total, "item_count": len(accounts), "items": [_shown(account) for account in accounts]}


async def _get(call: Call) -> dict[str, Any] | Refusal:
    """One account with its lists; a disabled one is shown as such."""
    refusal = missing(call.params, "unionid")
    if refusal:
        return refusal
    account = await call.engine.store.read(account_by_unionid_txn, call.grant.corp.no, unionid_of(call.params))
    if account is None:
        return Refusal(errors.BAD_UNIONID)
    lists = {
        "operator_user_id_list": list(account.operators),
        "black_user_id_list": list(account.blocked),
        "allow_send_to_all": account.allow_all,
        "allow_send_user_id_list": list(account.allow_userids),
        "allow_send_dept_id_list": list(account.allow_depts),
    }
    return {"service_account": _shown(account) | lists}


def _fields(*required: str) -> tuple[Field, ...]:
    return tuple(Field(name, required=name in required, most=most) for name, most in _LONGEST.items())


_BASE = "/topapi/serviceaccount"
_PAGE = (Field("pageStart", Kind.NUMBER, least=1), Field("pageSize", Kind.NUMBER, least=1, most=PAGE_MAX))
ENDPOINTS = (
    Endpoint(
        f"{_BASE}/add", Family.TOP, SCOPE_ACCOUNT, answered(_add), "added-service-number", purpose="create an account", fields=_fields(*_NEEDED)
    ),
    Endpoint(
        f"{_BASE}/update",
        Family.TOP,
        SCOPE_ACCOUNT,
        answered(_update),
        "service-number-update-1",
        purpose="change or end an account",
        fields=(UNIONID, *_fields(), Field("status", choices=STATUSES)),
    ),
    Endpoint(
        f"{_BASE}/list",
        Family.TOP,
        SCOPE_ACCOUNT,
        answered(_list),
        "query-service-number-list",
        reads=True,
        purpose="list accounts",
        fields=_PAGE,
    ),
    Endpoint(
        f"{_BASE}/get",
        Family.TOP,
        SCOPE_ACCOUNT,
        answered(_get),
        "inquire-about-service-number-details",
        reads=True,
        purpose="one account",
        fields=(UNIONID,),
    ),
)
