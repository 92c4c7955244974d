"""Recall: one row decides, for everyone at once, and for good."""

from hongyan.admission.tasks import STATUS_FAILED, load_task_txn, packed
from hongyan.delivery.inbox import add_event_txn
from hongyan.delivery.receipts import reads_txn
from hongyan.model import errors
from hongyan.model.clock import DAY_MS
from hongyan.model.errors import Refusal
from hongyan.model.faults import reach
from hongyan.model.ids import CorpNo, EpochMs, SenderId, Seq
from hongyan.store.interface import Tx

RECALL_WINDOW_MS = DAY_MS  # service-number-message-withdrawal: within 24 hours


def recall_txn(tx: Tx, corp: CorpNo, sender: SenderId, seq: Seq, surface: str, now: EpochMs) -> bool:
    """Withdraw a task from every inbox; False when it is none of this sender's, failed, or older than a day. A second recall succeeds and changes nothing; reads stay as they were at the first."""
    task = load_task_txn(tx, corp, seq)
    if task is None or task.sender != sender or task.surface != surface or task.status == STATUS_FAILED:
        return False
    if task.recalled_at is not None:
        return True
    # Counted from acceptance: with a delay it would otherwise be recallable for longer than its caller can know.
    if now - (task.seq >> 12) > RECALL_WINDOW_MS:
        return False
    reads = reads_txn(tx, task, task.delivered)
    tx.run("task.recall", corp=corp, seq=seq, now=now, reads=packed(reads))
    reach("recall.marked")
    add_event_txn(tx, corp, "recalled", sender=sender, task=seq, ord_=None, now=now)
    return True


def recall_mass_txn(tx: Tx, corp: CorpNo, sender: SenderId, seq: Seq, now: EpochMs) -> Refusal | None:
    """The same for a service account's send, with the family's refusal."""
    return None if recall_txn(tx, corp, sender, seq, "mass", now) else Refusal(errors.BAD_TASK_ID)
