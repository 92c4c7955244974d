"""Media, articles and cards that messages refer to."""

import hashlib

import msgspec

from hongyan.messages.bodies import AnyBody, BodyProblem, FileBody, ImageBody, NewsCardBody, SingleNewsCardBody, VoiceBody
from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Row, Tx

ARTICLES_PER_CARD = 8


class Media(msgspec.Struct, frozen=True):
    """An uploaded file."""

    media_id: str
    kind: str  # image, voice, video, file
    name: str
    mime: str
    size: int  # bytes
    blob: str
    created_at: EpochMs


class Article(msgspec.Struct, frozen=True):
    """An article as readers have it: the text that was published last. `published_at` None: a draft, which nobody reads."""

    article_id: int
    sender: SenderId
    title: str
    digest: str
    content: str
    thumb_media_id: str
    published_at: EpochMs | None
    updated_at: EpochMs


class Card(msgspec.Struct, frozen=True):
    """A news card: one to eight articles."""

    media_id: str
    sender: SenderId
    articles: tuple[int, ...]


def media_of(row: Row) -> Media:
    return Media(*row)


def load_media_txn(tx: Tx, corp: CorpNo, media_id: str) -> Media | None:
    row = tx.one("media.by_id", corp=corp, media_id=media_id)
    return media_of(row) if row else None


def put_media_txn(tx: Tx, corp: CorpNo, media: Media, content_hash: bytes, now: EpochMs) -> list[str]:
    """Write the row and answer the blobs that nothing names any more: the one it had before, or its own when the content lies there already."""
    before = load_media_txn(tx, corp, media.media_id)
    same = tx.one("media.same_content", corp=corp, sha256=content_hash)
    blob: str = same[0] if same else media.blob
    fields = {"media_id": media.media_id, "kind": media.kind, "name": media.name, "mime": media.mime, "size": media.size}
    tx.run("media.put", corp=corp, **fields, sha256=content_hash, blob=blob, now=now)
    gone = {media.blob, *((before.blob,) if before else ())} - {blob}
    return [one for one in gone if not blob_uses_txn(tx, corp, one)]


def delete_media_txn(tx: Tx, corp: CorpNo, media: Media, now: EpochMs) -> list[str]:
    """Remove the row; answers the blobs that nothing names any more."""
    tx.run("media.delete", corp=corp, media_id=media.media_id)
    return [] if blob_uses_txn(tx, corp, media.blob) else [media.blob]


def blob_uses_txn(tx: Tx, corp: CorpNo, blob: str) -> int:
    """How many rows share the blob."""
    row = tx.one("media.blob_uses", corp=corp, blob=blob)
    return row[0] if row else 0


def same_media_txn(tx: Tx, corp: CorpNo, media_id: str, content: bytes) -> bool:
    """True when the id holds this very content already."""
    row = tx.one("media.sha", corp=corp, media_id=media_id)
    return row is not None and row[0] == hashlib.sha256(content).digest()


def put_article_txn(tx: Tx, corp: CorpNo, article: Article, now: EpochMs) -> None:
    """Store an article as a file brings it: its text is the draft, and what readers see when it is published."""
    tx.run(
        "article.put",
        corp=corp,
        article=article.article_id,
        sender=article.sender,
        title=article.title,
        digest=article.digest,
        content=article.content,
        thumb_media_id=article.thumb_media_id,
        published_at=article.published_at,
        now=now,
    )
    if article.published_at is None:
        tx.run("published.drop", corp=corp, article=article.article_id)
    else:
        put_published_txn(tx, corp, article.article_id, article.title, article.digest, article.content, article.thumb_media_id)


def put_published_txn(tx: Tx, corp: CorpNo, article: int, title: str, digest: str, content: str, thumb_media_id: str) -> None:
    """What readers see from now on."""
    tx.run("published.put", corp=corp, article=article, title=title, digest=digest, content=content, thumb_media_id=thumb_media_id)


def article_known_txn(tx: Tx, corp: CorpNo, article: int) -> bool:
    """True for deleted ones too."""
    return tx.one("article.exists", corp=corp, article=article) is not None


def card_known_txn(tx: Tx, corp: CorpNo, media_id: str) -> bool:
    """True for deleted ones too."""
    return tx.one("card.exists", corp=corp, media_id=media_id) is not None


def put_card_txn(tx: Tx, corp: CorpNo, card: Card, now: EpochMs) -> None:
    tx.run("card.put", corp=corp, media_id=card.media_id, sender=card.sender, articles=msgspec.json.encode(card.articles).decode(), now=now)


def load_article_txn(tx: Tx, corp: CorpNo, article: int) -> Article | None:
    row = tx.one("article.by_id", corp=corp, article=article)
    return Article(*row) if row else None


def load_card_txn(tx: Tx, corp: CorpNo, media_id: str) -> Card | None:
    row = tx.one("card.by_id", corp=corp, media_id=media_id)
    return Card(row[0], row[1], msgspec.json.decode(row[2], type=tuple[int, ...])) if row else None


def card_articles_txn(tx: Tx, corp: CorpNo, card: Card) -> list[Article]:
    """The card's live articles, in the card's order."""
    found = (load_article_txn(tx, corp, article) for article in card.articles)
    return [article for article in found if article is not None]


_NAMING = (ImageBody, VoiceBody, FileBody, NewsCardBody, SingleNewsCardBody)


def needs_library(body: object) -> bool:
    """True when the body names something that must exist."""
    return isinstance(body, _NAMING)


def check_library_txn(tx: Tx, corp: CorpNo, sender: SenderId, body: AnyBody, strict: bool) -> BodyProblem | None:
    """Why what the body names cannot be sent by this account, or None.

    In `strict` the upload must be of the message's kind; otherwise any upload of the corp will do, as in the pages' own samples, which
    use one id for a picture, a voice and a file.
    """
    match body:
        case ImageBody(media_id) | VoiceBody(media_id) | FileBody(media_id):
            media = load_media_txn(tx, corp, media_id)
            if media is None:
                return BodyProblem("media_id", f"{media_id} is unknown")
            wanted = "image" if isinstance(body, ImageBody) else "voice" if isinstance(body, VoiceBody) else None
            if strict and wanted and media.kind != wanted:
                return BodyProblem("media_id", f"{media_id} is of kind {media.kind}, not {wanted}")
            return None
        case NewsCardBody(media_id) | SingleNewsCardBody(media_id):
            return _check_card(tx, corp, sender, media_id, single=isinstance(body, SingleNewsCardBody))
        case _:
            return None


def _check_card(tx: Tx, corp: CorpNo, sender: SenderId, media_id: str, *, single: bool) -> BodyProblem | None:
    card = load_card_txn(tx, corp, media_id)
    if card is None or card.sender != sender:
        return BodyProblem("media_id", f"{media_id} is no card of this account")
    articles = card_articles_txn(tx, corp, card)
    if len(articles) != len(card.articles) or any(article.published_at is None for article in articles):
        return BodyProblem("media_id", f"an article of the card {media_id} is not published")
    if single and len(articles) != 1:
        return BodyProblem("media_id", f"single_news_card needs a card with exactly one article, {media_id} has {len(articles)}")
    return None
