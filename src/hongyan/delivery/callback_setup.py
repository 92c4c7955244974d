"""Takes a new address for events: it is asked first, and only saved when it answers as it must."""

import secrets

import msgspec

from hongyan.access.callback_crypto import is_aes_key
from hongyan.access.callbacks import (
    APP_KINDS,
    SUITE_KINDS,
    Callback,
    NewCallback,
    Style,
    callback_for,
    load_callback_txn,
    open_aes_key,
    open_token,
    save_callback_txn,
)
from hongyan.access.records import App
from hongyan.access.sealing import Seal
from hongyan.access.suites import issue_ticket_txn
from hongyan.delivery.callback_client import CallbackClient, url_problem
from hongyan.delivery.callback_forms import UrlCheck, url_check
from hongyan.delivery.callback_push import Pushed, push
from hongyan.directory.entries import text_problem
from hongyan.directory.records import Corp, load_corp_by_no_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

TOKEN_MAX = 64


class CallbackPlace(msgspec.Struct, frozen=True):
    """An app, what its callback is like, and the one it has."""

    app: App
    corp: Corp | None
    corp_no: CorpNo
    style: Style
    owner: str
    callback: Callback | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The events that there are for it."""
        return SUITE_KINDS if self.style is Style.SYNC else APP_KINDS


class Asked(msgspec.Struct, frozen=True):
    """Where somebody wants events to go. A blank token or key means the one that the callback has."""

    url: str
    token: str = ""
    aes_key: str = ""
    kinds: tuple[str, ...] = ()


def callback_place_txn(tx: Tx, app: App, *, suite: bool) -> CallbackPlace | None:
    """None for an app that can have no callback."""
    found = callback_for(app, suite=suite)
    if found is None:
        return None
    corp_no, style, owner = found
    callback = load_callback_txn(tx, app.no, corp_no)
    corp = load_corp_by_no_txn(tx, corp_no)
    # Registered over /call_back it keeps the form it was registered for.
    return CallbackPlace(app, corp, corp_no, callback.style if callback else style, callback.owner if callback else owner, callback)


def decide_callback(seal: Seal, place: CallbackPlace, asked: Asked) -> NewCallback | str:
    """The callback as it is to be, or why it cannot be. Raises `SealBroken`."""
    before = place.callback
    token = asked.token or (open_token(seal, before) if before else "")
    aes_key = asked.aes_key or (open_aes_key(seal, before) if before else "")
    strange = [kind for kind in asked.kinds if kind not in place.kinds]
    problem = url_problem(asked.url)
    problem = f"url: {problem}" if problem else text_problem("token", token, TOKEN_MAX, required=True)
    if not problem and not is_aes_key(aes_key):
        problem = "aes_key must be 43 letters and digits"
    if not problem and strange:
        problem = f"there is no event {strange[0]}; there are {', '.join(place.kinds)}"
    return problem or NewCallback(place.app.no, place.corp_no, place.style, place.owner, asked.url, token, aes_key, asked.kinds)


async def ask_address(client: CallbackClient, new: NewCallback, corp: Corp | None, *, first: bool, now: EpochMs) -> tuple[UrlCheck, Pushed]:
    """What was sent to the address, and how it went. `corp` None: a suite's address, which is of no organisation."""
    check = url_check(new.style, new.owner, corp.corp_id if corp else "", secrets.token_hex(4), first=first, now=now)
    return check, await push(client, new.url, new.keys(), check.text, check.expected, now)


def save_asked_txn(tx: Tx, seal: Seal, new: NewCallback, first: bool, now: EpochMs) -> Callback:
    """Save an address that answered. A suite's gets a ticket at once: it need not wait five hours for its first."""
    callback = save_callback_txn(tx, seal, new, now)
    if first and new.style is Style.SYNC:
        issue_ticket_txn(tx, new.app, now)
    return callback
