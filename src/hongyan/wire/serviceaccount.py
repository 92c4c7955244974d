"""`/topapi/serviceaccount/*`: the accounts of an organisation.

Pages: query-service-number-list, inquire-about-service-number-details.
"""

from typing import Any

from hongyan.access.records import SCOPE_ACCOUNT, Account, account_by_unionid_txn, page_accounts_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, ok_top, refuse

PAGE_MAX = 50  # official SDK
PAGE_DEFAULT = 20  # unpublished


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


async def list_accounts(call: Call) -> Reply:
    """Live accounts by pages from 1, 1 to 50 on a page. One public caller sends no body at all."""
    page = call.params.number("pageStart")
    size = call.params.number("pageSize")
    page, size = 1 if page is None else page, PAGE_DEFAULT if size is None else size
    if page < 1:
        raise BadArgument("pageStart")
    if not 1 <= size <= PAGE_MAX:
        raise BadArgument("pageSize")
    total, accounts = await call.engine.store.read(page_accounts_txn, call.grant.corp.no, min((page - 1) * size, 1 << 40), size)
    return ok_top({"total_count": total, "item_count": len(accounts), "items": [_shown(account) for account in accounts]})


async def get_account(call: Call) -> Reply:
    """One account with its lists; a disabled one is shown as such."""
    if not call.params.has("unionid"):
        return refuse(Refusal(errors.MISSING_ARGUMENT, {"name": "unionid"}))
    account = await call.engine.store.read(account_by_unionid_txn, call.grant.corp.no, call.params.text("unionid").strip())
    if account is None:
        return refuse(Refusal(errors.BAD_UNIONID))
    lists = {
        "operator_user_id_list": list(account.operators),
        "black_user_id_list": list(account.blocked),
        "allow_send_to_all": account.allow_all,
        "allow_send_user_id_list": list(account.allow_userids),
        "allow_send_dept_id_list": list(account.allow_depts),
    }
    return ok_top({"service_account": _shown(account) | lists})


ENDPOINTS = (
    Endpoint(
        "/topapi/serviceaccount/list", Family.TOP, SCOPE_ACCOUNT, list_accounts, "query-service-number-list", reads=True, purpose="list accounts"
    ),
    Endpoint(
        "/topapi/serviceaccount/get",
        Family.TOP,
        SCOPE_ACCOUNT,
        get_account,
        "inquire-about-service-number-details",
        reads=True,
        purpose="one account",
    ),
)
