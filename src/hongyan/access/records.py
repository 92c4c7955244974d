"""Apps, service accounts and installations as values."""

from enum import StrEnum

import msgspec

from hongyan.model.ids import AppNo, CorpNo, EpochMs, SenderId
from hongyan.store.interface import Row, Tx


class AppKind(StrEnum):
    """What an app is; it decides which interfaces it may call."""

    INTERNAL = "internal"
    THIRD_PARTY = "third_party"
    PERSONAL = "personal"


# Permission points (服务号 pages; work-notification pages)
SCOPE_MASS = "qyapi_service_account_message"
SCOPE_ACCOUNT = "qyapi_service_account_manage"
SCOPE_MENU = "qyapi_service_account_menu"
SCOPE_MATERIAL = "qyapi_service_account_materials"
SCOPE_BASE = "qyapi_base"
# Reading and changing the organisation (work-notification pages; permission-pointp-mapping-document)
SCOPE_MEMBER = "qyapi_get_member"
SCOPE_DEPT_MEMBER = "qyapi_get_department_member"
SCOPE_DEPT = "qyapi_get_department_list"
SCOPE_MOBILE = "qyapi_get_member_by_mobile"
SCOPE_DIRECTORY = "qyapi_manage_addresslist"
# Fields of a person that need a permission of their own.
FIELD_MOBILE, FIELD_EMAIL = "fieldMobile", "fieldEmail"
DIRECTORY_SCOPES = (SCOPE_MEMBER, SCOPE_DEPT_MEMBER, SCOPE_DEPT, SCOPE_MOBILE, SCOPE_DIRECTORY, FIELD_MOBILE, FIELD_EMAIL)
ALL_SCOPES = (SCOPE_BASE, SCOPE_MASS, SCOPE_ACCOUNT, SCOPE_MENU, SCOPE_MATERIAL, *DIRECTORY_SCOPES)


class App(msgspec.Struct, frozen=True):
    """A program with credentials."""

    no: AppNo
    app_key: str
    name: str
    kind: AppKind
    corp: CorpNo | None
    secret_hash: bytes
    scopes: frozenset[str]
    allow_ips: tuple[str, ...]
    created_at: EpochMs
    disabled_at: EpochMs | None


class Account(msgspec.Struct, frozen=True):
    """A service account (服务号)."""

    sender: SenderId
    corp: CorpNo
    unionid: str
    name: str
    brief: str
    descr: str
    avatar_media_id: str
    preview_media_id: str
    disabled_at: EpochMs | None
    operators: tuple[str, ...]
    blocked: tuple[str, ...]
    allow_all: bool
    allow_userids: tuple[str, ...]
    allow_depts: tuple[int, ...]

    @property
    def live(self) -> bool:
        return self.disabled_at is None

    @property
    def open_to_all(self) -> bool:
        """True when nobody is kept out: no need to resolve the lists."""
        return self.allow_all and not self.blocked


class Installation(msgspec.Struct, frozen=True):
    """An app in an organisation; `agent_id` is its name on the wire. The visible range is who may get its work notifications."""

    sender: SenderId
    corp: CorpNo
    app: AppNo
    agent_id: int
    name: str
    disabled_at: EpochMs | None = None
    visible_all: bool = True
    visible_userids: tuple[str, ...] = ()
    visible_depts: tuple[int, ...] = ()
    admins: tuple[str, ...] = ()
    description: str = ""
    logo_url: str = ""
    uninstalled_at: EpochMs | None = None

    @property
    def live(self) -> bool:
        return self.disabled_at is None and self.uninstalled_at is None


def _texts(json: str) -> tuple[str, ...]:
    return msgspec.json.decode(json, type=tuple[str, ...])


def app_of(row: Row) -> App:
    no, app_key, name, kind, corp, secret, scopes, allow_ips, created_at, disabled_at = row
    return App(no, app_key, name, AppKind(kind), corp, secret, frozenset(_texts(scopes)), _texts(allow_ips), created_at, disabled_at)


def account_of(row: Row) -> Account:
    return Account(
        *row[:9],
        operators=_texts(row[9]),
        blocked=_texts(row[10]),
        allow_all=bool(row[11]),
        allow_userids=_texts(row[12]),
        allow_depts=msgspec.json.decode(row[13], type=tuple[int, ...]),
    )


def installation_of(row: Row) -> Installation:
    return Installation(
        *row[:6],
        visible_all=bool(row[6]),
        visible_userids=_texts(row[7]),
        visible_depts=msgspec.json.decode(row[8], type=tuple[int, ...]),
        admins=_texts(row[9]),
        description=row[10],
        logo_url=row[11],
        uninstalled_at=row[12],
    )


def app_by_key_txn(tx: Tx, app_key: str) -> App | None:
    row = tx.one("app.by_key", app_key=app_key)
    return app_of(row) if row else None


def app_by_no_txn(tx: Tx, app: AppNo) -> App | None:
    row = tx.one("app.by_no", app=app)
    return app_of(row) if row else None


def list_apps_txn(tx: Tx, corp: CorpNo) -> list[App]:
    return [app_of(row) for row in tx.all("app.of_corp", corp=corp)]


def account_by_unionid_txn(tx: Tx, corp: CorpNo, unionid: str) -> Account | None:
    """The account, disabled or not."""
    row = tx.one("account.by_unionid", corp=corp, unionid=unionid)
    return account_of(row) if row else None


def account_by_sender_txn(tx: Tx, corp: CorpNo, sender: SenderId) -> Account | None:
    row = tx.one("account.by_sender", corp=corp, sender=sender)
    return account_of(row) if row else None


def page_accounts_txn(tx: Tx, corp: CorpNo, offset: int, limit: int) -> tuple[int, list[Account]]:
    """How many live accounts there are, and a page of them in order of creation."""
    total = tx.one("account.count", corp=corp)
    assert total is not None
    return total[0], [account_of(row) for row in tx.all("account.page", corp=corp, offset=offset, limit=limit)]


def installations_txn(tx: Tx, corp: CorpNo) -> list[Installation]:
    """What is installed in an organisation, disabled or not."""
    return [installation_of(row) for row in tx.all("installation.of_corp", corp=corp)]


def installation_by_agent_txn(tx: Tx, corp: CorpNo, agent_id: int) -> Installation | None:
    """The installation, disabled or uninstalled or not."""
    row = tx.one("installation.by_agent", corp=corp, agent_id=agent_id)
    return installation_of(row) if row else None
