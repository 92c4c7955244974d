"""The service account whose articles and cards a page shows."""

import msgspec

from hongyan.access.records import Account, account_by_unionid_txn, page_accounts_txn
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx

ACCOUNTS_OFFERED = 200


class AccountChoice(msgspec.Struct, frozen=True):
    """`chosen` None: the organisation has no account, or the address names one that it does not have."""

    offered: tuple[Account, ...]
    chosen: Account | None


def account_choice_txn(tx: Tx, corp: CorpNo, unionid: str) -> AccountChoice:
    """The account named, else the first."""
    _, offered = page_accounts_txn(tx, corp, 0, ACCOUNTS_OFFERED)
    chosen = account_by_unionid_txn(tx, corp, unionid) if unionid else offered[0] if offered else None
    return AccountChoice(tuple(offered), chosen)
