"""Access tokens. An internal app gets the same one while it is valid, renewed by each fetch (obtain-orgapp-token).

A third-party app gets a new one each time (obtain-the-access-token-of-the-third-party-application-authorization-enterprise).
"""

import secrets
from typing import NamedTuple

from hongyan.access.keys import NO_HASH, ServerKey, same_secret, token_hash
from hongyan.access.records import Account, App, AppKind, account_by_unionid_txn, app_by_key_txn, app_by_no_txn
from hongyan.directory.records import Corp, load_corp_by_no_txn, load_corp_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord
from hongyan.store.interface import Store, Tx

TOKEN_LIFE_S = 7200
TOKEN_LIFE_MS = TOKEN_LIFE_S * 1000
# A renewal is written only when it moves the end by more than this; the exact end is kept in memory.
RENEWAL_STEP_MS = 60_000
KEPT_GRANTS = 10_000


class Grant(NamedTuple):
    """What a valid token gives: an app in an organisation."""

    app: App
    corp: Corp
    expires_at: EpochMs | None  # None: never


class IssuedToken(NamedTuple):
    token: str
    expires_at: EpochMs


def issue_token_txn(tx: Tx, app: App, corp: CorpNo, key: ServerKey, now: EpochMs) -> IssuedToken:
    """The present token renewed, or the next one when it has ended."""
    newest = tx.one("token.newest", app=app.no, corp=corp)
    expires_at = EpochMs(now + TOKEN_LIFE_MS)
    if newest is not None and newest[2] > now:
        token = key.app_token(app.no, corp, newest[1])
        if token_hash(token) == newest[0]:
            if expires_at - newest[2] > RENEWAL_STEP_MS:
                tx.run("token.renew", hash=newest[0], expires_at=expires_at)
            return IssuedToken(token, expires_at)
    generation = newest[1] + 1 if newest else 1
    token = key.app_token(app.no, corp, generation)
    # The newest row stays, so that a generation is never used twice.
    tx.run("token.purge", app=app.no, corp=corp, before=now - TOKEN_LIFE_MS)
    tx.run("token.insert", hash=token_hash(token), app=app.no, corp=corp, generation=generation, expires_at=expires_at, pinned=0)
    return IssuedToken(token, expires_at)


def issue_fresh_token_txn(tx: Tx, app: App, corp: CorpNo, now: EpochMs) -> IssuedToken:
    """A new token; those before stay valid to their own end."""
    token, expires_at = secrets.token_hex(16), EpochMs(now + TOKEN_LIFE_MS)
    tx.run("token.purge_fresh", app=app.no, corp=corp, before=now - TOKEN_LIFE_MS, now=now)
    tx.run("token.insert", hash=token_hash(token), app=app.no, corp=corp, generation=now, expires_at=expires_at, pinned=0)
    return IssuedToken(token, expires_at)


def _load_grant_txn(tx: Tx, hash_: bytes) -> Grant | None:
    row = tx.one("token.by_hash", hash=hash_)
    if row is None:
        return None
    app_no, corp_no, expires_at, pinned = row
    app = app_by_no_txn(tx, app_no)
    corp = load_corp_by_no_txn(tx, corp_no)
    if app is None or corp is None or app.disabled_at is not None:
        return None
    if app.kind is not AppKind.INTERNAL:
        end = None if pinned else EpochMs(expires_at)
        return Grant(app, corp, end) if tx.one("installation.live", corp=corp.no, app=app.no) else None
    # Renewals of the last minute may be unwritten; a token is honoured for at least as long as was promised.
    return Grant(app, corp, None if pinned else EpochMs(expires_at + RENEWAL_STEP_MS))


class Access:
    """Answers what a token, a key or a unionid stands for, from memory where it can. One per process."""

    def __init__(self, store: Store, key: ServerKey) -> None:
        self._store = store
        self._key = key
        self.version = 0  # moves whenever what was answered before may be wrong
        self._grants: dict[bytes, Grant] = {}
        self._accounts: dict[tuple[CorpNo, str], Account] = {}
        self._readers: dict[bytes, tuple[CorpNo, Ord, EpochMs]] = {}

    def forget(self) -> None:
        """Drop what is remembered; after every change of an app, account or organisation."""
        self.version += 1
        self._grants.clear()
        self._accounts.clear()
        self._readers.clear()

    async def app_with_secret(self, app_key: str, secret: str) -> App | None:
        """The live app, when the secret is its own."""
        app = await self._store.read(app_by_key_txn, app_key)
        # An unknown key costs the same comparison as a wrong secret.
        right = same_secret(secret, app.secret_hash if app else NO_HASH)
        return app if app is not None and right and app.disabled_at is None else None

    async def issue(self, app: App, corp: CorpNo) -> IssuedToken:
        """The app's token for an organisation; it is valid for 7200 s from now."""
        if app.kind is not AppKind.INTERNAL:
            return await self._store.write(issue_fresh_token_txn, app, corp)
        issued = await self._store.write(issue_token_txn, app, corp, self._key)
        hash_ = token_hash(issued.token)
        grant = await self._store.read(_load_grant_txn, hash_)
        if grant is not None:
            self._grants[hash_] = grant._replace(expires_at=issued.expires_at)
        return issued

    async def access_grant(self, token: str, now: EpochMs) -> Grant | None:
        """What a token gives; None when it is unknown, revoked or expired."""
        hash_ = token_hash(token)
        grant = self._grants.get(hash_)
        if grant is None:
            grant = await self._store.read(_load_grant_txn, hash_)
            if grant is None:
                return None
            if len(self._grants) >= KEPT_GRANTS:
                self._grants.clear()
            self._grants[hash_] = grant
        if grant.expires_at is not None and grant.expires_at <= now:
            return None
        return grant

    def known_account(self, corp: CorpNo, unionid: str) -> Account | None:
        """The live service account, when it is in memory."""
        account = self._accounts.get((corp, unionid))
        return account if account is not None and account.live else None

    async def access_account(self, corp: CorpNo, unionid: str) -> Account | None:
        """A live service account of this organisation."""
        account = self._accounts.get((corp, unionid))
        if account is None:
            account = await self._store.read(account_by_unionid_txn, corp, unionid)
            if account is None:
                return None
            self._accounts[corp, unionid] = account
        return account if account.live else None

    async def access_inbox(self, token: str, now: EpochMs) -> tuple[CorpNo, Ord] | None:
        """The one inbox a reader's token opens."""
        hash_ = token_hash(token)
        reader = self._readers.get(hash_)
        if reader is None:
            row = await self._store.read(_load_reader_txn, hash_)
            if row is None:
                return None
            reader = self._readers[hash_] = row
        corp, ord_, expires_at = reader
        return (corp, ord_) if expires_at > now else None


def _load_reader_txn(tx: Tx, hash_: bytes) -> tuple[CorpNo, Ord, EpochMs] | None:
    row = tx.one("reader.by_hash", hash=hash_)
    return (row[0], row[1], row[2]) if row else None


def corp_of_app_txn(tx: Tx, app: App) -> Corp | None:
    """The owner of an internal app."""
    return load_corp_by_no_txn(tx, app.corp) if app.kind is AppKind.INTERNAL and app.corp is not None else None


def corp_for_app_txn(tx: Tx, app: App, corp_id: str) -> Corp | None:
    """The organisation, when the app is its own or installed in it and not disabled there."""
    corp = load_corp_txn(tx, corp_id)
    if corp is None or app.corp == corp.no:
        return corp
    return corp if tx.one("installation.live", corp=corp.no, app=app.no) else None
