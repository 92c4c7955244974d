"""Uploads that nothing refers to any more."""

import re

import msgspec

from hongyan.messages.library import delete_media_txn, load_media_txn
from hongyan.messages.media_uses import media_uses_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx
from hongyan.upkeep.retention import Old

AT_ONCE = 200
TEXTS_AT_ONCE = 500
# What this server calls an upload. Those that a file brought under names of its own stay: a text cannot be searched for any name.
_OURS = re.compile(r"@lA[A-Z][A-Za-z0-9_-]{22}")
# Where an id may stand in a text, beside the places that `media_uses_txn` looks at.
TEXTS = ("tasks", "articles", "accounts", "installations", "people", "templates")


class Candidates(msgspec.Struct, frozen=True):
    """Old uploads that no column refers to, and where the next look begins; None: there are no more."""

    media_ids: frozenset[str]
    following: tuple[EpochMs, str] | None


def candidates_txn(tx: Tx, old: Old, after: tuple[EpochMs, str]) -> Candidates:
    corp = old.corp.no
    rows = tx.all("purge.old_media", corp=corp, at=after[0], media_id=after[1], before=old.before, limit=AT_ONCE)
    found = (media_id for _, media_id in rows if _OURS.fullmatch(media_id) and not media_uses_txn(tx, corp, media_id).total)
    return Candidates(frozenset(found), (rows[-1][0], rows[-1][1]) if len(rows) == AT_ONCE else None)


def named_in_texts_txn(tx: Tx, corp: CorpNo, where: str, after: int | str, wanted: frozenset[str]) -> tuple[set[str], int | str, bool]:
    """Those that a step of texts names; where the step ended, and whether there is more."""
    place = {} if where == "templates" else {"corp": corp}
    rows = tx.all(f"purge.texts_of_{where}", **place, after=after, limit=TEXTS_AT_ONCE)
    named = {media_id for _, text in rows for media_id in _OURS.findall(text)} & wanted
    return named, rows[-1][0] if rows else after, len(rows) == TEXTS_AT_ONCE


def drop_media_txn(tx: Tx, corp: CorpNo, media_ids: list[str], read_up_to: int, now: EpochMs) -> list[tuple[str, list[str]]]:
    """Remove uploads unless a send took one up meanwhile; each with the files that nothing names any more."""
    fresh, _, more = named_in_texts_txn(tx, corp, "tasks", read_up_to, frozenset(media_ids))
    if more:
        return []  # too much was sent since the texts were read: the next pass reads them again
    found: list[tuple[str, list[str]]] = []
    for media_id in media_ids:
        media = load_media_txn(tx, corp, media_id)
        if media is not None and media_id not in fresh and not media_uses_txn(tx, corp, media_id).total:
            found.append((media_id, delete_media_txn(tx, corp, media, now)))
    return found
