"""News cards: one to eight articles of an account, in order."""

import secrets

import msgspec

from hongyan.messages.articles import EditedArticle, load_edited_txn, own_article_txn
from hongyan.messages.library import Card, load_card_txn, put_card_txn
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

_IDS = msgspec.json.Decoder(tuple[int, ...])


class CardContent(msgspec.Struct, frozen=True):
    """A card with those of its articles that are not deleted."""

    media_id: str
    updated_at: EpochMs
    articles: tuple[EditedArticle, ...]


def make_card_id() -> str:
    return f"card{secrets.token_hex(8)}iE"


def add_card_txn(tx: Tx, corp: CorpNo, sender: SenderId, media_id: str, articles: tuple[int, ...], now: EpochMs) -> Refusal | None:
    """Make a card; it may hold drafts, but cannot be sent before they are published."""
    refusal = _articles_refusal(tx, corp, sender, articles)
    if refusal is None:
        put_card_txn(tx, corp, Card(media_id, sender, articles), now)
    return refusal


def _articles_refusal(tx: Tx, corp: CorpNo, sender: SenderId, articles: tuple[int, ...]) -> Refusal | None:
    found = (own_article_txn(tx, corp, sender, article) for article in articles)
    return next((one for one in found if isinstance(one, Refusal)), None)


def own_card_txn(tx: Tx, corp: CorpNo, sender: SenderId, media_id: str) -> Card | Refusal:
    """A live card of the account."""
    card = load_card_txn(tx, corp, media_id)
    return card if card is not None and card.sender == sender else Refusal(errors.MEDIA_UNKNOWN)


def change_card_txn(tx: Tx, corp: CorpNo, sender: SenderId, media_id: str, articles: tuple[int, ...] | None, now: EpochMs) -> Refusal | None:
    """Put other articles into a card; None: none are named, so they stay."""
    card = own_card_txn(tx, corp, sender, media_id)
    if isinstance(card, Refusal):
        return card
    return None if articles is None else add_card_txn(tx, corp, sender, media_id, articles, now)


def delete_card_txn(tx: Tx, corp: CorpNo, sender: SenderId, media_id: str, now: EpochMs) -> Refusal | None:
    card = own_card_txn(tx, corp, sender, media_id)
    if isinstance(card, Refusal):
        return card
    tx.run("card.delete", corp=corp, media_id=media_id, now=now)
    return None


def card_content_txn(tx: Tx, corp: CorpNo, sender: SenderId, media_id: str) -> CardContent | Refusal:
    card = own_card_txn(tx, corp, sender, media_id)
    if isinstance(card, Refusal):
        return card
    row = tx.one("card.updated_at", corp=corp, media_id=media_id)
    assert row is not None
    return CardContent(media_id, row[0], _live_articles(tx, corp, card.articles))


def page_cards_txn(tx: Tx, corp: CorpNo, sender: SenderId, offset: int, limit: int) -> tuple[int, list[CardContent]]:
    """How many there are, and a page of them, those changed last first."""
    total = tx.one("card.count_of_sender", corp=corp, sender=sender)
    assert total is not None
    rows = tx.all("card.page_of_sender", corp=corp, sender=sender, offset=offset, limit=limit)
    return total[0], [CardContent(row[0], row[3], _live_articles(tx, corp, _IDS.decode(row[2]))) for row in rows]


def cards_behind_txn(tx: Tx, corp: CorpNo, sender: SenderId, at: int, media_id: str, limit: int) -> list[CardContent]:
    """A page of an account's cards, those changed last first, behind a position."""
    rows = tx.all("card.behind", corp=corp, sender=sender, at=at, media_id=media_id, limit=limit)
    return [CardContent(row[0], row[3], _live_articles(tx, corp, _IDS.decode(row[2]))) for row in rows]


def _live_articles(tx: Tx, corp: CorpNo, articles: tuple[int, ...]) -> tuple[EditedArticle, ...]:
    found = (load_edited_txn(tx, corp, article) for article in articles)
    return tuple(article for article in found if article is not None and article.deleted_at is None)
