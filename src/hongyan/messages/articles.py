"""Articles as their editors have them: a draft, beside it what was published last, and how often that was opened."""

from urllib.parse import quote

import msgspec

from hongyan.messages.library import load_media_txn, put_published_txn
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpId, CorpNo, EpochMs, Ord, SenderId
from hongyan.store.interface import Tx

# Unpublished; ours.
TITLE_MAX = 64
DIGEST_MAX = 120
CONTENT_MAX = 1 << 20
UUID_MAX = 128
FIRST_ID = 10_001

SCOPE_ORGANISATION, SCOPE_EVERYONE = 0, 1


class Draft(msgspec.Struct, frozen=True):
    """What an editor writes. None: leave as it is, or blank in a new article."""

    title: str
    content: str
    digest: str | None = None
    thumb_media_id: str | None = None


class NewArticle(msgspec.Struct, frozen=True):
    """An article to add; a `uuid` that the account used before stands for the article it made then."""

    draft: Draft
    uuid: str
    view_scope: int = SCOPE_ORGANISATION
    allow_forward: bool = True


class EditedArticle(msgspec.Struct, frozen=True):
    """An article with its draft. `user_views` counts people of the organisation once each, `total_views` every opening."""

    article_id: int
    sender: SenderId
    title: str
    digest: str
    content: str
    thumb_media_id: str
    published_at: EpochMs | None
    created_at: EpochMs
    updated_at: EpochMs
    deleted_at: EpochMs | None
    view_scope: int
    allow_forward: bool
    user_views: int
    total_views: int


class ArticleFilter(msgspec.Struct, frozen=True):
    """Which articles of an account are listed; None: either."""

    published: bool | None = None
    deleted: bool | None = False


def article_path(corp_id: CorpId, article: int) -> str:
    """Where the console shows a published article to whoever may see it; ends in a folder, beside which its pictures lie."""
    return f"/inbox/open/{quote(corp_id, safe='')}/{article}/article/"


def draft_problem(draft: Draft) -> str | None:
    """The first member that cannot be taken; lengths count characters. JSON inside a text may bring U+0000, which no text may hold."""
    if any("\0" in text for text in (draft.title, draft.content, draft.digest or "")):
        return "content"
    if not draft.title.strip() or len(draft.title) > TITLE_MAX:
        return "title"
    if not draft.content.strip() or len(draft.content) > CONTENT_MAX:
        return "content"
    return "digest" if len(draft.digest or "") > DIGEST_MAX else None


def load_edited_txn(tx: Tx, corp: CorpNo, article: int) -> EditedArticle | None:
    """The article with its draft, deleted or not."""
    row = tx.one("article.edited", corp=corp, article=article) if 0 < article < 1 << 63 else None
    return EditedArticle(*row[:11], allow_forward=bool(row[11]), user_views=row[12], total_views=row[13]) if row else None


def own_article_txn(tx: Tx, corp: CorpNo, sender: SenderId, article: int) -> EditedArticle | Refusal:
    """A live article of the account."""
    found = load_edited_txn(tx, corp, article)
    if found is None or found.sender != sender or found.deleted_at is not None:
        return Refusal(errors.ARTICLE_GONE)
    return found


def _thumb_missing(tx: Tx, corp: CorpNo, draft: Draft) -> bool:
    return bool(draft.thumb_media_id) and load_media_txn(tx, corp, draft.thumb_media_id or "") is None


def add_article_txn(tx: Tx, corp: CorpNo, sender: SenderId, new: NewArticle, now: EpochMs) -> int | Refusal:
    """The number of the new draft; that of the first one when the uuid was used."""
    before = tx.one("article.by_uuid", corp=corp, sender=sender, uuid=new.uuid)
    if before:
        return before[0]
    if _thumb_missing(tx, corp, new.draft):
        return Refusal(errors.BAD_ARTICLE)
    row = tx.one("article.next_id", corp=corp)
    assert row is not None
    article, draft = max(row[0], FIRST_ID), new.draft
    texts = {"title": draft.title, "digest": draft.digest or "", "content": draft.content, "thumb_media_id": draft.thumb_media_id or ""}
    flags = {"view_scope": new.view_scope, "allow_forward": int(new.allow_forward)}
    tx.run("article.insert", corp=corp, article=article, sender=sender, uuid=new.uuid, now=now, **texts, **flags)
    return article


def edit_article_txn(tx: Tx, corp: CorpNo, sender: SenderId, article: int, draft: Draft, now: EpochMs) -> Refusal | None:
    """Change the draft; readers keep the text they have until it is published again."""
    found = own_article_txn(tx, corp, sender, article)
    if isinstance(found, Refusal):
        return found
    if _thumb_missing(tx, corp, draft):
        return Refusal(errors.BAD_ARTICLE)
    digest = found.digest if draft.digest is None else draft.digest
    thumb = found.thumb_media_id if draft.thumb_media_id is None else draft.thumb_media_id
    tx.run("article.edit", corp=corp, article=article, title=draft.title, digest=digest, content=draft.content, thumb_media_id=thumb, now=now)
    return None


def publish_article_txn(tx: Tx, corp: CorpNo, sender: SenderId, article: int, now: EpochMs) -> Refusal | None:
    """Show readers the draft as it is now."""
    found = own_article_txn(tx, corp, sender, article)
    if isinstance(found, Refusal):
        return found
    put_published_txn(tx, corp, article, found.title, found.digest, found.content, found.thumb_media_id)
    tx.run("article.publish", corp=corp, article=article, now=now)
    return None


def delete_article_txn(tx: Tx, corp: CorpNo, sender: SenderId, article: int, now: EpochMs) -> Refusal | None:
    """Take an article from everybody, for good."""
    found = own_article_txn(tx, corp, sender, article)
    if isinstance(found, Refusal):
        return found
    tx.run("article.delete", corp=corp, article=article, now=now)
    return None


def page_articles_txn(tx: Tx, corp: CorpNo, sender: SenderId, wanted: ArticleFilter, offset: int, limit: int) -> tuple[int, list[EditedArticle]]:
    """How many there are, and a page of them, newest first."""
    which = {"published": _bit(wanted.published), "deleted": _bit(wanted.deleted)}
    total = tx.one("article.count_of_sender", corp=corp, sender=sender, **which)
    assert total is not None
    rows = tx.all("article.page_of_sender", corp=corp, sender=sender, **which, offset=offset, limit=limit)
    found = (load_edited_txn(tx, corp, row[0]) for row in rows)
    return total[0], [article for article in found if article is not None]


def articles_behind_txn(tx: Tx, corp: CorpNo, sender: SenderId, wanted: ArticleFilter, before: int, limit: int) -> list[EditedArticle]:
    """A page of an account's articles, newest first, below a number."""
    which = {"published": _bit(wanted.published), "deleted": _bit(wanted.deleted)}
    rows = tx.all("article.behind", corp=corp, sender=sender, **which, before=before, limit=limit)
    found = (load_edited_txn(tx, corp, row[0]) for row in rows)
    return [article for article in found if article is not None]


def set_rights_txn(tx: Tx, corp: CorpNo, sender: SenderId, article: int, view_scope: int, allow_forward: bool, now: EpochMs) -> Refusal | None:
    """Change who may open an article, and whether its page may be passed on; both hold at once, published or not."""
    found = own_article_txn(tx, corp, sender, article)
    if isinstance(found, Refusal):
        return found
    tx.run("article.set_rights", corp=corp, article=article, view_scope=view_scope, allow_forward=int(allow_forward))
    return None


def _bit(value: bool | None) -> int | None:
    return None if value is None else int(value)


def count_view_txn(tx: Tx, corp: CorpNo, article: int, reader: Ord | None, now: EpochMs) -> None:
    """Somebody opened the article; None: nobody whom we know, who adds to the total alone."""
    first = False
    if reader is not None:
        row = tx.one("article_view.add", corp=corp, article=article, ord=reader, now=now)
        first = row is not None and row[0] == 1
    tx.run("article_count.add", corp=corp, article=article, people=int(first))
