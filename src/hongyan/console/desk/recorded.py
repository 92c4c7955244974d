"""A change and its line in the log, in one transaction."""

from collections.abc import Callable
from typing import TypeVar

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.messages.template_book import NotPossible
from hongyan.model.errors import Refusal
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

T = TypeVar("T")


def recorded_txn(tx: Tx, change: Callable[[Tx, EpochMs], T], deed: Deed, now: EpochMs) -> T:
    """Make the change; what was refused is no deed."""
    outcome = change(tx, now)
    if not isinstance(outcome, Refusal | NotPossible):
        record_deed_txn(tx, deed, now)
    return outcome
