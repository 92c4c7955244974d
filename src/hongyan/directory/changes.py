"""The list of what changed in an organisation, for those who tell applications of it."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx, chunks

AT_ONCE = 500  # ids in one event
_VERSION_BITS = 20


def changed_txn(tx: Tx, corp: CorpNo, kind: str, data: dict[str, Any], now: EpochMs) -> None:
    """Note one change; `kind` and `data` are those that the schema lists."""
    note_txn(tx, corp, [(kind, data)], now)


def note_txn(tx: Tx, corp: CorpNo, changes: Sequence[tuple[str, dict[str, Any]]], now: EpochMs) -> None:
    """Note changes in order. Numbers follow the organisation's version, so that none comes back after its row was deleted."""
    if not changes:
        return
    counters, last = tx.one("corp.counters", corp=corp), tx.one("directory_change.last", corp=corp)
    assert counters is not None
    first = max(counters[2] << _VERSION_BITS, last[0] + 1 if last else 0)
    tx.run_rows("directory_change.put", [(corp, n, kind, msgspec.json.encode(data).decode(), now) for n, (kind, data) in enumerate(changes, first)])


def of_ids(kind: str, name: str, ids: Iterable[Any], **more: Any) -> list[tuple[str, dict[str, Any]]]:
    """One change for each `AT_ONCE` of the ids."""
    return [(kind, {**more, name: list(piece)}) for piece in chunks(list(ids), AT_ONCE)]
