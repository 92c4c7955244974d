"""What programs change about service accounts, and why they may not."""

from typing import Any

import msgspec

from hongyan.access.account_checks import LISTS
from hongyan.access.edit import MAX_LIVE_ACCOUNTS, Conflict, NewAccount, account_named_txn, create_account_txn, save_account_txn
from hongyan.access.records import Account, account_by_unionid_txn, page_accounts_txn
from hongyan.messages.library import load_media_txn
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpId, CorpNo, EpochMs
from hongyan.store.interface import Tx


class AccountChange(msgspec.Struct, frozen=True):
    """What to change; None: leave it. `disable` is final."""

    name: str | None = None
    brief: str | None = None
    descr: str | None = None
    avatar_media_id: str | None = None
    preview_media_id: str | None = None
    disable: bool = False


def _picture_refusal(tx: Tx, corp: CorpNo, *media_ids: str | None, strict: bool) -> Refusal | None:
    """Any upload of the organisation will do, unless `strict` asks for a picture."""
    for media_id in media_ids:
        media = load_media_txn(tx, corp, media_id) if media_id is not None else None
        if media_id is not None and (media is None or (strict and media.kind != "image")):
            return Refusal(errors.MEDIA_UNKNOWN)
    return None


def add_account_txn(tx: Tx, corp: CorpNo, corp_id: CorpId, new: NewAccount, strict: bool, now: EpochMs) -> Account | Refusal:
    """A new account; refused for its pictures, then its name, then the number there are."""
    refusal = _picture_refusal(tx, corp, new.avatar_media_id, new.preview_media_id, strict=strict)
    if refusal:
        return refusal
    if account_named_txn(tx, corp, new.name):
        return Refusal(errors.NAME_TAKEN)
    if page_accounts_txn(tx, corp, 0, 1)[0] >= MAX_LIVE_ACCOUNTS:
        return Refusal(errors.TOO_MANY_ACCOUNTS)
    made = create_account_txn(tx, corp, corp_id, new, now)
    # Its reasons were asked for above; what is left is a made-up unionid that somebody gave to another account by hand.
    return Refusal(errors.SYSTEM_BUSY) if isinstance(made, Conflict) else made


def change_account_txn(tx: Tx, corp: CorpNo, unionid: str, change: AccountChange, strict: bool, now: EpochMs) -> Refusal | None:
    """Change a live account; a disabled one is gone for good."""
    account = account_by_unionid_txn(tx, corp, unionid)
    if account is None or not account.live:
        return Refusal(errors.BAD_UNIONID)
    refusal = _picture_refusal(tx, corp, change.avatar_media_id, change.preview_media_id, strict=strict)
    if refusal:
        return refusal
    named = account_named_txn(tx, corp, change.name) if change.name is not None else None
    if named is not None and named.sender != account.sender:
        return Refusal(errors.NAME_TAKEN)
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if name != "disable" and value is not None}
    save_account_txn(tx, msgspec.structs.replace(account, **given, disabled_at=now if change.disable else None), now)
    return None


def make_account_txn(tx: Tx, corp: CorpNo, corp_id: CorpId, new: NewAccount, lists: dict[str, Any], now: EpochMs) -> Account | Conflict:
    """A new account with its lists, by whoever runs the server; `lists` are of `LISTS`."""
    made = create_account_txn(tx, corp, corp_id, new, now)
    if isinstance(made, Conflict):
        return made
    account = msgspec.structs.replace(made, **{name: lists[name] for name in LISTS if name in lists})
    save_account_txn(tx, account, now)
    return account


def edit_account_txn(tx: Tx, account: Account, given: dict[str, Any], now: EpochMs) -> Account | Conflict:
    """Change members of an account, by whoever runs the server. `given` passed `account_problem`; `disabled_at` among it is final."""
    named = account_named_txn(tx, account.corp, given.get("name", account.name))
    if named is not None and named.sender != account.sender:
        return Conflict(f"a service account is called {named.name} already")
    changed = msgspec.structs.replace(account, **given)
    save_account_txn(tx, changed, now)
    return changed
