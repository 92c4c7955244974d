"""The cards that an account put on its own page."""

import msgspec

from hongyan.admission.tasks import Flags, decode_flags
from hongyan.delivery.comments import on_homepage
from hongyan.messages.bodies import NewsCardBody, SingleNewsCardBody, decode_body
from hongyan.model.ids import CorpNo, EpochMs, SenderId, Seq
from hongyan.store.interface import Row, Tx

LOOKED_AT = 300  # newest card sends of an account
SHOWN = 30
_END = Seq(1 << 53)


class HomeCard(msgspec.Struct, frozen=True):
    """A card that was sent with `show_homepage`."""

    seq: Seq
    at: EpochMs
    body: NewsCardBody | SingleNewsCardBody
    flags: Flags


def homepage_cards_txn(tx: Tx, corp: CorpNo, sender: SenderId, now: EpochMs) -> list[HomeCard]:
    """The newest first, each card once; for everybody of the organisation, whoever got the message."""
    rows = tx.all("task.cards_of_sender", corp=corp, sender=sender, before=_END, limit=LOOKED_AT)
    found: dict[str, HomeCard] = {}
    for row in rows:
        card = _home_card(row, now)
        if card is not None:
            found.setdefault(card.body.media_id, card)
    return list(found.values())[:SHOWN]


def _home_card(row: Row, now: EpochMs) -> HomeCard | None:
    seq, content, stored, kind, visible_at, recalled_at = row
    flags, body = decode_flags(stored), decode_body(content)
    if recalled_at is not None or visible_at > now or not on_homepage(flags, kind):
        return None
    return HomeCard(seq, visible_at, body, flags) if isinstance(body, NewsCardBody | SingleNewsCardBody) else None
