"""The menu below an account's conversation."""

import msgspec

from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

CLICK, VIEW = "click", "view"


class MenuButton(msgspec.Struct, frozen=True, omit_defaults=True):
    """One button as it is stored: what was asked for as `media_id` became `click`, and `view_article` became `view` (service-number-menu-update).

    `click` with `key` is an event for the account's program; with `media_id` it asks for that card or picture.
    `view` with `url` opens an address; with `media_id` the article of that number. Without a type it only holds `sub_button`.
    """

    name: str
    type: str = ""
    key: str = ""
    url: str = ""
    media_id: str = ""
    sub_button: tuple["MenuButton", ...] = ()


class Menu(msgspec.Struct, frozen=True):
    """A menu; `status` is 0 while it is shown, 1 while it is off. `enable_input`: readers may write to the account."""

    button: tuple[MenuButton, ...] = ()
    enable_input: bool = True
    status: int = 1

    @property
    def shown(self) -> bool:
        return self.status == 0 and bool(self.button)


_BUTTONS = msgspec.json.Decoder(tuple[MenuButton, ...])


def load_menu_txn(tx: Tx, corp: CorpNo, sender: SenderId) -> Menu:
    """The account's menu; one that is off and lets readers write, when none was ever set."""
    row = tx.one("menu.of_sender", corp=corp, sender=sender)
    return Menu(_BUTTONS.decode(row[0]), bool(row[1]), row[2]) if row else Menu()


def save_menu_txn(tx: Tx, corp: CorpNo, sender: SenderId, menu: Menu, now: EpochMs) -> None:
    buttons = msgspec.json.encode(menu.button).decode()
    tx.run("menu.put", corp=corp, sender=sender, enable_input=int(menu.enable_input), status=menu.status, buttons=buttons, now=now)
