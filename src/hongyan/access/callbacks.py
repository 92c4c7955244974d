"""Where an application wants to hear of events, and what its pushes are encrypted with."""

from enum import StrEnum

import msgspec

from hongyan.access.callback_crypto import CallbackKeys
from hongyan.access.records import App
from hongyan.access.sealing import Seal
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.store.interface import Row, Tx

EVERY_CORP = CorpNo(0)  # of a suite's callback


class Style(StrEnum):
    """Which form the events have."""

    SYNC = "sync"  # a suite's: lists of records, each with a type number (configure-synchttp-push)
    FLAT = "flat"  # an internal app's: one event, its fields beside EventType (http-callback-overview)
    CLASSIC = "classic"  # registered over /call_back: flat, with the spellings of then, too


SUITE_TICKET = "suite_ticket"
SUITE_AUTH, SUITE_CHANGE, SUITE_RELIEVE = "org_suite_auth", "org_suite_change", "org_suite_relieve"
APP_STOP, APP_RESTORE, APP_REMOVE, APP_SCOPE = "org_micro_app_stop", "org_micro_app_restore", "org_micro_app_remove", "org_micro_app_scope_update"
ACCOUNT_EVENT, ACCOUNT_MESSAGE = "isw_user_event_received", "isw_user_msg_received"
_PEOPLE_KINDS = ("user_add_org", "user_modify_org", "user_leave_org", "user_active_org")
_DEPT_KINDS = ("org_dept_create", "org_dept_modify", "org_dept_remove")
SUITE_KINDS = (
    *(SUITE_TICKET, SUITE_AUTH, SUITE_CHANGE, SUITE_RELIEVE, APP_STOP, APP_RESTORE, APP_REMOVE, APP_SCOPE, *_PEOPLE_KINDS, *_DEPT_KINDS),
    *("user_role_change", "org_role_add", "org_role_modify", "org_role_remove"),
)
APP_KINDS = (
    *(ACCOUNT_EVENT, ACCOUNT_MESSAGE, *_PEOPLE_KINDS, *_DEPT_KINDS),
    *("label_user_change", "label_conf_add", "label_conf_modify", "label_conf_del"),
)


class Callback(msgspec.Struct, frozen=True):
    """One destination. No `kinds` means all; `suite_id` is set for a suite's."""

    no: int
    app: AppNo
    corp: CorpNo
    style: Style
    owner: str
    url: str
    token_sealed: bytes
    aes_key_sealed: bytes
    kinds: frozenset[str]
    created_at: EpochMs
    updated_at: EpochMs
    suite_id: int | None

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


class NewCallback(msgspec.Struct, frozen=True):
    """A destination as it is asked for."""

    app: AppNo
    corp: CorpNo
    style: Style
    owner: str
    url: str
    token: str
    aes_key: str
    kinds: tuple[str, ...] = ()

    def keys(self) -> CallbackKeys:
        return CallbackKeys(self.token, self.aes_key, self.owner)


def callback_for(app: App, *, suite: bool) -> tuple[CorpNo, Style, str] | None:
    """Whose events an app's own callback gets, in which form, under which owner key; None for an app that can have none."""
    if suite:
        return EVERY_CORP, Style.SYNC, app.app_key
    return (app.corp, Style.FLAT, app.app_key) if app.corp is not None else None


def _owner(app: AppNo, corp: CorpNo, what: str) -> str:
    return f"callback {app} {corp} {what}"


def _callback_of(row: Row) -> Callback:
    kinds = frozenset(msgspec.json.decode(row[8], type=tuple[str, ...]))
    no, app, corp, style, owner, url, token, aes_key, _, created_at, updated_at, suite_id = row
    return Callback(no, app, corp, Style(style), owner, url, token, aes_key, kinds, created_at, updated_at, suite_id)


def load_callback_txn(tx: Tx, app: AppNo, corp: CorpNo) -> Callback | None:
    row = tx.one("callback.of_app", app=app, corp=corp)
    return _callback_of(row) if row else None


def all_callbacks_txn(tx: Tx) -> list[Callback]:
    """Every destination of apps that are not disabled."""
    return [_callback_of(row) for row in tx.all("callback.all")]


def callbacks_in_corp_txn(tx: Tx, corp: CorpNo) -> list[Callback]:
    """The destinations of an organisation's own apps, disabled apps left out; suites' are not among them."""
    return [_callback_of(row) for row in tx.all("callback.of_corp", corp=corp)]


def suite_callbacks_in_corp_txn(tx: Tx, corp: CorpNo) -> list[Callback]:
    """The destinations of the suites that are installed and enabled there, each once."""
    return [_callback_of(row) for row in tx.all("callback.of_suites_in_corp", corp=corp)]


def save_callback_txn(tx: Tx, seal: Seal, new: NewCallback, now: EpochMs) -> Callback:
    """Store a destination, or change the one that the app has."""
    token, aes_key = (seal.seal(text, _owner(new.app, new.corp, what)) for text, what in ((new.token, "token"), (new.aes_key, "aes")))
    kinds = msgspec.json.encode(sorted(set(new.kinds))).decode()
    same = {"app": new.app, "corp": new.corp, "style": str(new.style), "owner": new.owner, "url": new.url}
    tx.run("callback.put", **same, token_sealed=token, aes_key_sealed=aes_key, kinds=kinds, now=now)
    # What waits there was given up on for a while, or is due later: the new address gets it now.
    saved = load_callback_txn(tx, new.app, new.corp)
    assert saved is not None
    tx.run("outbox.hurry", callback=saved.no, now=now)
    return saved


def delete_callback_txn(tx: Tx, callback: Callback, now: EpochMs) -> None:
    """Forget the destination with everything that waits for it and its log."""
    tx.run("callback_attempt.drop", callback=callback.no)
    tx.run("outbox.drop", callback=callback.no)
    tx.run("callback.delete", callback=callback.no)


def open_token(seal: Seal, callback: Callback) -> str:
    """Raises `SealBroken`."""
    return seal.open(callback.token_sealed, _owner(callback.app, callback.corp, "token"))


def open_aes_key(seal: Seal, callback: Callback) -> str:
    """Raises `SealBroken`."""
    return seal.open(callback.aes_key_sealed, _owner(callback.app, callback.corp, "aes"))


def keys_of(seal: Seal, callback: Callback) -> CallbackKeys:
    """What the callback's pushes are encrypted and signed with. Raises `SealBroken`."""
    return CallbackKeys(open_token(seal, callback), open_aes_key(seal, callback), callback.owner)
