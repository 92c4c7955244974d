"""What operators changed, in the transaction of the change."""

import msgspec

from hongyan.model.deeds import Deed
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

PAGE_MAX = 100
__all__ = ["PAGE_MAX", "AuditEntry", "Deed", "page_audit_txn", "record_deed_txn"]


class AuditEntry(msgspec.Struct, frozen=True):
    n: int
    at: EpochMs
    deed: Deed


def record_deed_txn(tx: Tx, deed: Deed, now: EpochMs) -> None:
    detail = msgspec.json.encode(deed.detail).decode()
    tx.run("audit.insert", corp=deed.corp, actor=deed.actor, action=deed.action, subject=deed.subject, detail=detail, address=deed.address, now=now)


def page_audit_txn(tx: Tx, before: int, limit: int, actor: str = "") -> list[AuditEntry]:
    """Newest first, below `before`; of one operator, or of all."""
    rows = tx.all("audit.page_of_actor", actor=actor, before=before, limit=limit) if actor else tx.all("audit.page", before=before, limit=limit)
    return [
        AuditEntry(n, at, Deed(who, action, subject, corp, msgspec.json.decode(detail), address))
        for n, at, corp, who, action, subject, detail, address in rows
    ]
