"""The rules that decided over one send, as they were stored when it was accepted or refused."""

import msgspec

from hongyan.access.records import account_by_unionid_txn
from hongyan.admission.limits import decode_checks
from hongyan.admission.tasks import load_task_txn
from hongyan.delivery.explain import RuleLook, call_look
from hongyan.directory.records import Corp
from hongyan.model.ids import EpochMs, parse_task_id, seq_ms
from hongyan.store.interface import Tx


class Decision(msgspec.Struct, frozen=True):
    """What a send met. `outcome` is ok, or the key of the refusal's row in the catalogue."""

    at: EpochMs
    outcome: str
    rules: tuple[RuleLook, ...]


def decision_of_task_txn(tx: Tx, corp: Corp, task_id: str) -> Decision | None:
    """Of a send that was accepted."""
    seq = parse_task_id(task_id)
    task = load_task_txn(tx, corp.no, seq) if seq is not None else None
    return Decision(seq_ms(task.seq), "ok", tuple(call_look(check, corp.zone) for check in task.checks)) if task else None


def decision_of_attempt_txn(tx: Tx, corp: Corp, unionid: str, uuid: str) -> Decision | None:
    """Of the first mass send with a uuid, when it was refused; None when there is no record, or it was accepted."""
    account = account_by_unionid_txn(tx, corp.no, unionid)
    row = tx.one("attempt.by_uuid", corp=corp.no, sender=account.sender, uuid=uuid) if account else None
    if row is None or row[2] is not None:
        return None
    return Decision(EpochMs(row[0]), row[1], tuple(call_look(check, corp.zone) for check in decode_checks(row[3])))
