"""Changes to apps, accounts, installations and readers' keys."""

import hashlib

import msgspec

from hongyan.access.keys import make_secret, secret_hash, token_hash
from hongyan.access.records import (
    Account,
    App,
    AppKind,
    Installation,
    account_by_unionid_txn,
    account_of,
    app_by_key_txn,
    app_by_no_txn,
    installation_by_agent_txn,
)
from hongyan.model.ids import AppNo, CorpId, CorpNo, EpochMs, Ord, SenderId
from hongyan.store.interface import Tx

READER_LIFE_MS = 30 * 24 * 3600 * 1000
MAX_LIVE_ACCOUNTS = 40  # added-service-number


class Conflict(msgspec.Struct, frozen=True):
    """What was asked for exists already or cannot be; says which."""

    reason: str


class NewApp(msgspec.Struct, frozen=True):
    """An app to create. `corp` is the owner of an internal app."""

    app_key: str
    name: str
    kind: AppKind = AppKind.INTERNAL
    scopes: tuple[str, ...] = ()
    allow_ips: tuple[str, ...] = ()
    secret: str = ""  # empty: make one


class NewAccount(msgspec.Struct, frozen=True):
    """A service account to create; `unionid` empty: make one."""

    name: str
    unionid: str = ""
    brief: str = ""
    descr: str = ""
    avatar_media_id: str = ""
    preview_media_id: str = ""


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()


def create_app_txn(tx: Tx, corp: CorpNo | None, new: NewApp, now: EpochMs) -> tuple[AppNo, str] | Conflict:
    """The new app and its secret, which nobody can read again."""
    if app_by_key_txn(tx, new.app_key):
        return Conflict(f"the app key {new.app_key} is taken")
    secret = new.secret or make_secret()
    fields = {"app_key": new.app_key, "name": new.name, "kind": str(new.kind), "corp": corp, "secret_hash": secret_hash(secret)}
    row = tx.one("app.insert", **fields, scopes=_json(new.scopes), allow_ips=_json(new.allow_ips), now=now)
    assert row is not None
    return AppNo(row[0]), secret


def save_app_txn(tx: Tx, app: App, now: EpochMs) -> None:
    """Store a changed app; a disabled one loses its tokens."""
    scopes, allow_ips = _json(sorted(app.scopes)), _json(app.allow_ips)
    tx.run("app.update", app=app.no, name=app.name, secret_hash=app.secret_hash, scopes=scopes, allow_ips=allow_ips, disabled_at=app.disabled_at)
    if app.disabled_at is not None:
        revoke_tokens_txn(tx, app, now)


def revoke_tokens_txn(tx: Tx, app: App, now: EpochMs) -> None:
    """End every token of an app but the pinned ones; none of them comes back."""
    tx.run("token.end" if app.kind is AppKind.INTERNAL else "token.revoke", app=app.no)


def new_secret_txn(tx: Tx, app_key: str, now: EpochMs) -> str | Conflict:
    """Replace an app's secret; tokens given out stay valid to their end."""
    app = app_by_key_txn(tx, app_key)
    if app is None:
        return Conflict(f"no app has the key {app_key}")
    secret = make_secret()
    save_app_txn(tx, msgspec.structs.replace(app, secret_hash=secret_hash(secret)), now)
    return secret


def _new_sender(tx: Tx, corp: CorpNo, kind: str, now: EpochMs) -> SenderId:
    row = tx.one("sender.insert", corp=corp, kind=kind, now=now)
    assert row is not None
    return SenderId(row[0])


def create_account_txn(tx: Tx, corp: CorpNo, corp_id: CorpId, new: NewAccount, now: EpochMs) -> Account | Conflict:
    count = tx.one("account.count", corp=corp)
    assert count is not None
    if count[0] >= MAX_LIVE_ACCOUNTS:
        return Conflict(f"an organisation has at most {MAX_LIVE_ACCOUNTS} service accounts")
    if tx.one("account.by_name", corp=corp, name=new.name):
        return Conflict(f"a service account is called {new.name} already")
    if new.unionid and account_by_unionid_txn(tx, corp, new.unionid):
        return Conflict(f"the unionid {new.unionid} is taken")
    sender = _new_sender(tx, corp, "account", now)
    unionid = new.unionid or make_account_unionid(corp_id, sender)
    texts = {
        "name": new.name,
        "brief": new.brief,
        "descr": new.descr,
        "avatar_media_id": new.avatar_media_id,
        "preview_media_id": new.preview_media_id,
    }
    tx.run("account.insert", sender=sender, corp=corp, unionid=unionid, **texts)
    account = account_by_unionid_txn(tx, corp, unionid)
    assert account is not None
    return account


def save_account_txn(tx: Tx, account: Account, now: EpochMs) -> None:
    tx.run(
        "account.update",
        corp=account.corp,
        sender=account.sender,
        name=account.name,
        brief=account.brief,
        descr=account.descr,
        avatar_media_id=account.avatar_media_id,
        preview_media_id=account.preview_media_id,
        disabled_at=account.disabled_at,
        operators=_json(account.operators),
        blocked=_json(account.blocked),
        allow_all=int(account.allow_all),
        allow_userids=_json(account.allow_userids),
        allow_depts=_json(account.allow_depts),
    )


def account_named_txn(tx: Tx, corp: CorpNo, name: str) -> Account | None:
    row = tx.one("account.by_name", corp=corp, name=name)
    return account_of(row) if row else None


def make_account_unionid(corp_id: CorpId, sender: SenderId) -> str:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    digest = hashlib.sha256(f"account:{corp_id}:{sender}".encode()).digest()
    return "".join(alphabet[byte % 62] for byte in digest[:16]) + "iEiE"


def install_app_txn(tx: Tx, corp: CorpNo, app: AppNo, agent_id: int, name: str, now: EpochMs) -> Installation | Conflict:
    """Install an app under an agent id; one that it had here before brings its history back."""
    before = installation_by_agent_txn(tx, corp, agent_id)
    if before and (before.app != app or before.uninstalled_at is None):
        return Conflict(f"the agent id {agent_id} is taken")
    if before:
        again = Installation(before.sender, corp, app, agent_id, name)
        save_installation_txn(tx, again, now)
        return again
    sender = _new_sender(tx, corp, "installation", now)
    tx.run("installation.insert", sender=sender, corp=corp, app=app, agent_id=agent_id, name=name)
    return Installation(sender, corp, app, agent_id, name)


def save_installation_txn(tx: Tx, installation: Installation, now: EpochMs) -> None:
    """Store a changed installation. An app whose last live one in the organisation goes loses its tokens there."""
    tx.run(
        "installation.update",
        corp=installation.corp,
        sender=installation.sender,
        name=installation.name,
        disabled_at=installation.disabled_at,
        visible_all=int(installation.visible_all),
        visible_userids=_json(installation.visible_userids),
        visible_depts=_json(installation.visible_depts),
        admins=_json(installation.admins),
        description=installation.description,
        logo_url=installation.logo_url,
        uninstalled_at=installation.uninstalled_at,
    )
    app = app_by_no_txn(tx, installation.app)
    if app and app.kind is not AppKind.INTERNAL and not tx.one("installation.live", corp=installation.corp, app=app.no):
        tx.run("token.revoke_in_corp", corp=installation.corp, app=app.no)


def pin_token_txn(tx: Tx, token: str, app: AppNo, corp: CorpNo, now: EpochMs) -> None:
    """Make a given text a token that never expires (demo company)."""
    tx.run("token.insert", hash=token_hash(token), app=app, corp=corp, generation=0, expires_at=None, pinned=1)


def add_reader_txn(tx: Tx, hash_: bytes, corp: CorpNo, ord_: Ord, now: EpochMs) -> EpochMs:
    """Store a reader's key to one inbox and answer when it ends."""
    tx.run("reader.purge", now=now)
    expires_at = EpochMs(now + READER_LIFE_MS)
    tx.run("reader.insert", hash=hash_, corp=corp, ord=ord_, expires_at=expires_at)
    return expires_at
