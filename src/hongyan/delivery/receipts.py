"""The result of a task: everyone addressed, in exactly one list."""

import msgspec
from pyroaring import BitMap

from hongyan.admission.tasks import Invalid, Task
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx


class ResultLists(msgspec.Struct, frozen=True):
    """Disjoint sets that together are everyone addressed; `invalid` holds the ids that name nobody."""

    unread: BitMap
    read: BitMap
    forbidden: dict[str, BitMap]  # by rule
    failed: BitMap
    invalid: Invalid

    def list_of(self, ord_: Ord) -> str | None:
        """The name of the list a person is in; None when they were not addressed."""
        if ord_ in self.read:
            return "read"
        if ord_ in self.unread:
            return "unread"
        if ord_ in self.failed:
            return "failed"
        return "forbidden" if any(ord_ in people for people in self.forbidden.values()) else None


def result_txn(tx: Tx, task: Task) -> ResultLists:
    """The lists as of now; recall changes none of them and ends reading."""
    delivered = task.delivered
    read = task.reads_at_recall if task.reads_at_recall is not None else reads_txn(tx, task, delivered)
    return ResultLists(delivered - read, read, task.filtered, task.failed, task.invalid)


def reads_txn(tx: Tx, task: Task, delivered: BitMap) -> BitMap:
    """Who has read it: by a receipt of their own, or by opening the conversation after it became visible."""
    receipts = tx.one("inbox.readers", corp=task.corp, seq=task.seq)
    opened = tx.one("read_mark.beyond", corp=task.corp, sender=task.sender, seq=task.seq, visible_at=task.visible_at)
    return (_ords(receipts) | _ords(opened)) & delivered


def _ords(row: tuple[str | None, ...] | None) -> BitMap:
    return BitMap(msgspec.json.decode(row[0], type=list[int])) if row and row[0] else BitMap()


class Progress(msgspec.Struct, frozen=True):
    """How far a task is: 0 not visible yet, 2 done; percent 0-100."""

    percent: int
    status: int


def progress_of(task: Task, now: EpochMs) -> Progress:
    return Progress(100, 2) if now >= task.visible_at else Progress(0, 0)


def recent_tasks_txn(tx: Tx, corp: CorpNo, *, sender: SenderId | None, before: Seq, limit: int) -> list[Seq]:
    """The newest tasks of a corp, or of one sender."""
    if sender is None:
        return [row[0] for row in tx.all("task.newest", corp=corp, before=before, limit=limit)]
    return [row[0] for row in tx.all("task.newest_of_sender", corp=corp, sender=sender, before=before, limit=limit)]
