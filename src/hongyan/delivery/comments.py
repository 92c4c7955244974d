"""Comments below an article, as far as the message that brought the article allows them."""

from enum import StrEnum

import msgspec

from hongyan.admission.tasks import STATUS_SENT, Flags, Task, load_task_txn
from hongyan.messages.bodies import NewsCardBody, SingleNewsCardBody, decode_body
from hongyan.messages.library import load_card_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord, Seq
from hongyan.store.interface import Row, Tx

COMMENT_MAX = 500  # characters; ours
PER_PERSON = 20  # comments of one person below one article; ours
FEATURED_ONLY = 1


class Discussion(msgspec.Struct, frozen=True):
    """The comments below one article as one message brought it. `featured_only`: others see what was chosen."""

    article: int
    task: Seq
    featured_only: bool


class Comment(msgspec.Struct, frozen=True):
    """One comment as readers see it."""

    comment: int
    ord: Ord
    name: str
    text: str
    created_at: EpochMs
    featured_at: EpochMs | None


class KeptComment(msgspec.Struct, frozen=True):
    """One comment as who looks after them sees it."""

    comment: int
    article: int
    task: Seq
    userid: str
    name: str
    text: str
    created_at: EpochMs
    featured_at: EpochMs | None
    hidden_at: EpochMs | None


class Written(StrEnum):
    """What became of a comment."""

    DONE = "done"
    BLANK = "blank"
    TOO_LONG = "long"
    TOO_MANY = "many"
    CLOSED = "closed"


def open_discussion_txn(tx: Tx, corp: CorpNo, reader: Ord, article: int, seq: Seq, now: EpochMs) -> Discussion | None:
    """The discussion that a message opens to this reader; None: the message allows none, is not theirs, or was recalled."""
    task = load_task_txn(tx, corp, seq)
    if task is None or not _readable(task, reader, now) or not task.flags.allow_comment:
        return None
    body = decode_body(task.content)
    card = load_card_txn(tx, corp, body.media_id) if isinstance(body, NewsCardBody | SingleNewsCardBody) else None
    if card is None or article not in card.articles:
        return None
    return Discussion(article, seq, task.flags.comment_type == FEATURED_ONLY)


def _readable(task: Task, reader: Ord, now: EpochMs) -> bool:
    if task.status != STATUS_SENT or task.recalled_at is not None or task.visible_at > now:
        return False
    return reader in task.delivered or on_homepage(task.flags, task.kind)


def on_homepage(flags: Flags, kind: str) -> bool:
    """True for what the account's own page shows to everybody of the organisation."""
    return flags.show_homepage and kind != "preview"


def comments_txn(tx: Tx, corp: CorpNo, discussion: Discussion, before: int, limit: int) -> list[Comment]:
    """What everybody may see, the newest first, from below a comment's number."""
    name = "comment.featured" if discussion.featured_only else "comment.shown"
    return [Comment(*row) for row in tx.all(name, corp=corp, task=discussion.task, article=discussion.article, before=before, limit=limit)]


def waiting_comments_txn(tx: Tx, corp: CorpNo, discussion: Discussion, reader: Ord) -> list[Comment]:
    """What this reader wrote and nobody chose yet; nobody else sees it."""
    if not discussion.featured_only:
        return []
    rows = tx.all("comment.waiting", corp=corp, task=discussion.task, article=discussion.article, ord=reader, limit=PER_PERSON)
    return [Comment(*row) for row in rows]


def plain_comment(text: str) -> str | Written:
    """The text as it is stored, or why it cannot be."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        return Written.BLANK
    return Written.TOO_LONG if len(text) > COMMENT_MAX else text


def write_comment_txn(tx: Tx, corp: CorpNo, reader: Ord, article: int, seq: Seq, text: str, now: EpochMs) -> Written:
    """Store a comment, when the message still allows it."""
    discussion = open_discussion_txn(tx, corp, reader, article, seq, now)
    if discussion is None:
        return Written.CLOSED
    count = tx.one("comment.count_of_person", corp=corp, ord=reader, task=seq, article=article)
    assert count is not None
    if count[0] >= PER_PERSON:
        return Written.TOO_MANY
    tx.one("comment.insert", corp=corp, article=article, task=seq, ord=reader, text=text, now=now)
    return Written.DONE


def kept_comments_txn(tx: Tx, corp: CorpNo, article: int, before: int, limit: int) -> list[KeptComment]:
    """Every comment of an article, hidden or not, the newest first."""
    return [_kept(row) for row in tx.all("comment.of_article", corp=corp, article=article, before=before, limit=limit)]


def load_comment_txn(tx: Tx, corp: CorpNo, comment: int) -> KeptComment | None:
    row = tx.one("comment.by_id", corp=corp, comment=comment)
    return _kept(row) if row else None


def _kept(row: Row) -> KeptComment:
    return KeptComment(*row)


def mark_comment_txn(tx: Tx, corp: CorpNo, comment: int, featured: bool | None, hidden: bool | None, now: EpochMs) -> KeptComment | None:
    """Choose a comment or take the choice back, hide or show it; None leaves either as it is. Answers the comment, if there is one."""
    kept = load_comment_txn(tx, corp, comment)
    if kept is None:
        return None
    marked = msgspec.structs.replace(kept, featured_at=_marked(kept.featured_at, featured, now), hidden_at=_marked(kept.hidden_at, hidden, now))
    tx.run("comment.mark", corp=corp, comment=comment, featured_at=marked.featured_at, hidden_at=marked.hidden_at)
    return marked


def _marked(at: EpochMs | None, wanted: bool | None, now: EpochMs) -> EpochMs | None:
    if wanted is None:
        return at
    return (at or now) if wanted else None
