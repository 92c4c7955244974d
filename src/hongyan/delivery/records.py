"""What an account sent, as its records tell it (service-account-query-msgsend-records)."""

import msgspec

from hongyan.admission.tasks import STATUS_FAILED, STATUS_SENT, Task, decode_flags, load_task_txn
from hongyan.messages.articles import EditedArticle, load_edited_txn
from hongyan.messages.bodies import AnyBody, NewsCardBody, SingleNewsCardBody, decode_body
from hongyan.messages.library import load_article_txn, load_card_txn
from hongyan.model.ids import CorpNo, EpochMs, SenderId, Seq
from hongyan.store.interface import Row, Tx

TO_BE_PUBLISHED, SENDING, SENT, FAILED, RECALLED = range(5)
FOREVER = EpochMs(1 << 53)


class RecordFilter(msgspec.Struct, frozen=True):
    """Which records are wanted; times include both ends. `msg_types` None: every type."""

    status: int = SENT
    since: EpochMs = EpochMs(0)
    until: EpochMs = FOREVER
    msg_types: tuple[str, ...] | None = None


class SendRecord(msgspec.Struct, frozen=True):
    """One send in a list."""

    seq: Seq
    sent_at: EpochMs
    msg_type: str
    body: AnyBody
    first_title: str  # of a card's first article
    operator: str


class Run(msgspec.Struct, frozen=True):
    """A record's status in columns of the store: one run of index task_record."""

    status: int
    standing: bool  # not recalled
    since: EpochMs
    until: EpochMs


def run_of(wanted: RecordFilter, now: EpochMs) -> Run | None:
    """Where the wanted records lie; None: nothing ever has that status, since nothing is kept back here."""
    match wanted.status:
        case 1:
            return Run(STATUS_SENT, True, EpochMs(max(wanted.since, now + 1)), wanted.until)
        case 2:
            return Run(STATUS_SENT, True, wanted.since, EpochMs(min(wanted.until, now)))
        case 3:
            return Run(STATUS_FAILED, True, wanted.since, wanted.until)
        case 4:
            return Run(STATUS_SENT, False, wanted.since, wanted.until)
        case _:
            return None


def page_records_txn(
    tx: Tx, corp: CorpNo, sender: SenderId, wanted: RecordFilter, now: EpochMs, offset: int, limit: int
) -> tuple[int, list[SendRecord]]:
    """How many records there are, and a page of them, the newest first. Counted and skipped within an index, previews left out."""
    run = run_of(wanted, now)
    if run is None:
        return 0, []
    types = None if wanted.msg_types is None else msgspec.json.encode(wanted.msg_types).decode()
    which = {"status": run.status, "standing": int(run.standing), "since": run.since, "until": run.until, "types": types}
    total = tx.one("record.count", corp=corp, sender=sender, **which)
    assert total is not None
    rows = tx.all("record.page", corp=corp, sender=sender, **which, offset=offset, limit=limit) if offset < total[0] else []
    records = [_record(tx, corp, row) for row in rows]
    return total[0], sorted(records, key=lambda record: (record.sent_at, record.seq), reverse=True)


def _record(tx: Tx, corp: CorpNo, row: Row) -> SendRecord:
    seq, sent_at, msg_type, content, flags = row
    body = decode_body(content)
    return SendRecord(seq, sent_at, msg_type, body, first_title_txn(tx, corp, body), decode_flags(flags).operator)


def first_title_txn(tx: Tx, corp: CorpNo, body: AnyBody) -> str:
    """The title of a card's first article that is still there; blank for what is no card."""
    if not isinstance(body, NewsCardBody | SingleNewsCardBody):
        return ""
    card = load_card_txn(tx, corp, body.media_id)
    found = (load_article_txn(tx, corp, article) for article in card.articles) if card else ()
    return next((article.title for article in found if article is not None), "")


class RecordDetail(msgspec.Struct, frozen=True):
    """One send with the articles of its card."""

    task: Task
    body: AnyBody
    articles: tuple[EditedArticle, ...]


def load_record_txn(tx: Tx, corp: CorpNo, sender: SenderId, seq: Seq) -> RecordDetail | None:
    """A send of this account; None: there is none."""
    task = load_task_txn(tx, corp, seq)
    if task is None or task.sender != sender:
        return None
    body = decode_body(task.content)
    if not isinstance(body, NewsCardBody | SingleNewsCardBody):
        return RecordDetail(task, body, ())
    card = load_card_txn(tx, corp, body.media_id)
    found = (_as_read(tx, corp, article) for article in card.articles) if card else ()
    return RecordDetail(task, body, tuple(article for article in found if article is not None))


def _as_read(tx: Tx, corp: CorpNo, number: int) -> EditedArticle | None:
    """A live article with the text that readers have."""
    edited, read = load_edited_txn(tx, corp, number), load_article_txn(tx, corp, number)
    if edited is None or read is None:
        return None
    return msgspec.structs.replace(edited, title=read.title, digest=read.digest, content=read.content, thumb_media_id=read.thumb_media_id)
