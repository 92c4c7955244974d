"""What readers do in a conversation with an account: write, and press its menu. The account's programs hear of it."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from hongyan.access.callbacks import ACCOUNT_EVENT, ACCOUNT_MESSAGE, Callback
from hongyan.access.outbox import tell_apps_txn
from hongyan.access.records import Account
from hongyan.access.sealing import Seal
from hongyan.access.sessions import SESSION_LIFE_MS, SESSION_PATH, Session, session_text
from hongyan.directory.records import Person
from hongyan.messages.menus import CLICK, VIEW, Menu, MenuButton, load_menu_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq, next_seq
from hongyan.store.interface import Row, Tx, distinct

SAID_MAX = 5000  # characters
SAID = "said"  # the kind of its change


class Said(msgspec.Struct, frozen=True):
    """One message of a reader's, at its place in the organisation's sequence."""

    seq: Seq
    sender: SenderId
    content: str
    at: EpochMs


class Writer(NamedTuple):
    """Who writes to whom; `base_url` is how applications reach this server."""

    corp: CorpNo
    person: Person
    account: Account
    seal: Seal
    base_url: str


def may_write_txn(tx: Tx, account: Account) -> bool:
    """A live account takes messages unless its menu says otherwise."""
    return account.live and load_menu_txn(tx, account.corp, account.sender).enable_input


def say_txn(tx: Tx, writer: Writer, content: str, now: EpochMs) -> Said | None:
    """Keep a message and tell the apps; None when the account takes none."""
    if not may_write_txn(tx, writer.account):
        return None
    corp, ord_, sender = writer.corp, writer.person.ord, writer.account.sender
    state = tx.one("corp.accept_state", corp=corp)
    assert state is not None
    seq = next_seq(state[0], now)
    tx.run("corp.moved", corp=corp, last_seq=seq, last_bitmap=state[2])
    tx.run("event.insert", corp=corp, seq=seq, kind=SAID, task=seq, sender=sender, ord=ord_, now=now)
    tx.run("said.insert", corp=corp, seq=seq, sender=sender, ord=ord_, content=content, now=now)
    said = Said(seq, sender, content, now)
    tell_apps_txn(tx, corp, ACCOUNT_MESSAGE, lambda callback: _message(writer, said, callback), now)
    return said


def _message(writer: Writer, said: Said, callback: Callback) -> dict[str, Any]:
    # The page calls fromUserId a unionid and shows a userid; the sample is followed.
    expires_at = EpochMs(said.at + SESSION_LIFE_MS)
    session = session_text(writer.seal, Session(callback.app, writer.corp, said.sender, writer.person.ord, expires_at))
    return {
        "toUser": writer.account.unionid,
        "fromUser": writer.person.unionid,
        "fromUserId": writer.person.userid,
        "senderNick": writer.person.name,
        "msgId": f"msg{said.seq:x}",
        "msgType": "text",
        "content": said.content,
        "sessionWebhook": f"{writer.base_url}{SESSION_PATH}?{urlencode({'session': session})}",
        "sessionWebhookExpiredTime": expires_at,
        "createTime": said.at,
    }


def find_button(menu: Menu, place: str) -> MenuButton | None:
    """The button at a place, `2` or `2.0` with numbers from 0; None where there is none that does something."""
    numbers = place.split(".")
    if not menu.shown or len(numbers) > 2 or not all(one.isascii() and one.isdigit() and len(one) < 4 for one in numbers):
        return None
    row, found = menu.button, None
    for number in map(int, numbers):
        if number >= len(row):
            return None
        found = row[number]
        row = found.sub_button
    return found if found is not None and not found.sub_button and found.type in (CLICK, VIEW) else None


def button_key(button: MenuButton) -> str:
    """What an event calls the button."""
    return button.key or button.url or button.media_id


def press_txn(tx: Tx, writer: Writer, place: str, key: str, now: EpochMs) -> bool:
    """Tell the apps that a button was pressed; False when the menu has none such any more."""
    button = find_button(load_menu_txn(tx, writer.corp, writer.account.sender), place) if writer.account.live else None
    if button is None or button_key(button) != key:
        return False
    fields = {"toUser": writer.account.unionid, "fromUser": writer.person.unionid, "actionType": button.type, "actionKey": key, "createTime": now}
    tell_apps_txn(tx, writer.corp, ACCOUNT_EVENT, lambda callback: fields, now)
    return True


def _said_of(row: Row) -> Said:
    return Said(*row)


def page_said_txn(tx: Tx, corp: CorpNo, ord_: Ord, sender: SenderId, before: Seq, limit: int) -> list[Said]:
    """What a reader wrote to an account, newest first, before a position."""
    return [_said_of(row) for row in tx.all("said.page", corp=corp, ord=ord_, sender=sender, before=before, limit=limit)]


def written_to_txn(tx: Tx, corp: CorpNo, ord_: Ord) -> list[SenderId]:
    """The accounts that a reader ever wrote to."""
    return distinct(tx, "said.next_sender", corp=corp, ord=ord_)


def load_said_txn(tx: Tx, corp: CorpNo, ord_: Ord, seq: Seq) -> Said | None:
    """One message of a reader's own."""
    row = tx.one("said.one", corp=corp, seq=seq, ord=ord_)
    return _said_of(row) if row else None
