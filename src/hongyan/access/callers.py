"""Whose call was it? For calls that were refused before the gateway knew, told from what they named."""

from hongyan.access.keys import token_hash
from hongyan.access.records import App, app_by_key_txn, app_by_no_txn
from hongyan.access.tokens import corp_for_app_txn, corp_of_app_txn
from hongyan.directory.records import Corp, load_corp_by_no_txn, load_corp_txn
from hongyan.store.interface import Tx

Owner = tuple[Corp | None, App | None]


def owner_txn(tx: Tx, token: str, app_key: str, corp_id: str) -> Owner:
    """The organisation and the app that a token (ended ones too), a key, or an organisation's id stands for. It proves nothing."""
    row = tx.one("token.by_hash", hash=token_hash(token)) if token else None
    if row is not None and row[1]:
        return load_corp_by_no_txn(tx, row[1]), app_by_no_txn(tx, row[0])
    app = app_by_no_txn(tx, row[0]) if row else app_by_key_txn(tx, app_key) if app_key else None
    if app is None:
        return (load_corp_txn(tx, corp_id) if corp_id else None), None
    # A third-party app is at home nowhere: only where it is installed may its calls be seen.
    return (corp_for_app_txn(tx, app, corp_id) if corp_id else None) or corp_of_app_txn(tx, app), app
