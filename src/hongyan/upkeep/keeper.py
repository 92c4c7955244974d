"""The service that removes what is too old: a little at a time, so that sends beside it hardly notice."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from hongyan.delivery.beside import beside
from hongyan.delivery.broadcasts import Broadcasts
from hongyan.directory.records import Corp
from hongyan.messages.blobs import BlobStore
from hongyan.model.clock import DAY_MS, HOUR_MS, Clock
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Store, StoreError, chunks
from hongyan.upkeep import retention
from hongyan.upkeep.erasure import Eraser
from hongyan.upkeep.media import TEXTS, candidates_txn, drop_media_txn, named_in_texts_txn
from hongyan.upkeep.periods import KINDS, LastBackup, Periods
from hongyan.upkeep.retention import Old, Pass, begin_pass_txn, counted_txn, finish_pass_txn, old_of, passes_txn

LOOK_S = 60.0  # how often to see whether a pass is due; a sandbox's clock may have jumped
EVERY_MS = HOUR_MS
# What has to be looked through from end to end.
SELDOM_MS = {"attempts": 6 * HOUR_MS, "media": DAY_MS}
BREATH_S = 0.01
SHARE = 4  # a pass rests this many times as long as its last transaction took
MEDIA_AT_ONCE = 20
_log = logging.getLogger(__name__)

_OF_CORP: dict[str, tuple[Callable[..., int], ...]] = {
    "sends": (
        retention.purge_tasks_txn,
        retention.purge_receipts_txn,
        retention.purge_events_txn,
        retention.purge_said_txn,
        retention.purge_marks_txn,
    ),
    "previews": (retention.purge_previews_txn,),
    "usage": (retention.purge_usage_txn,),
    "rules": (retention.purge_rule_days_txn,),
}
_OF_SERVER: dict[str, Callable[..., int]] = {
    "sends": retention.purge_comments_txn,
    "audit": retention.purge_audit_txn,
    "callbacks": retention.purge_callbacks_txn,
}


class Keeper:
    """One per process. `eraser` forgets people, in the same measure."""

    def __init__(self, *, store: Store, blobs: BlobStore, clock: Clock, broadcasts: Broadcasts, periods: Periods, eraser: Eraser) -> None:
        self.periods = periods
        self.eraser = eraser
        self.purged: Counter[str] = Counter()  # since the process started, by kind
        self.last_backup_file: Path | None = None  # set by who knows the data folder
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._broadcasts = broadcasts
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Somebody is to be forgotten: look at once."""
        self._woken.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Works as long as the block runs; what it was at goes on after the next start."""
        async with beside(self._run()):
            yield

    async def _run(self) -> None:
        await self._try(self.eraser.go_on)  # what a restart broke off
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._woken.wait()
            self._woken.clear()
            await self._try(self.eraser.go_on)
            await self._try(partial(self.purge, due_only=True))

    async def _try(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except StoreError as outage:
            _log.error("upkeep: %s", outage)
        except Exception:  # noqa: BLE001
            # Nothing of this service may end the server that it runs in.
            _log.exception("upkeep failed")

    async def purge(self, *, due_only: bool = False) -> list[Pass]:
        """Go over every kind that is not kept for ever, or over those that are due; answers how each went last."""
        async with self._turn:
            known = {one.kind: one for one in await self._store.read(passes_txn)}
            for kind in KINDS:
                if getattr(self.periods, kind) and not (due_only and self._is_recent(known.get(kind))):
                    await self._purge_kind(kind)
        return await self._store.read(passes_txn)

    def _is_recent(self, last: Pass | None) -> bool:
        every = SELDOM_MS.get(last.kind, EVERY_MS) if last else EVERY_MS
        return last is not None and last.finished_at is not None and 0 <= self._clock.now() - last.started_at < every

    def last_backup(self) -> LastBackup | None:
        """What the last backup of this folder left; None: nobody made one, or nobody can tell. Blocks for a moment."""
        try:
            return msgspec.json.decode(self.last_backup_file.read_bytes(), type=LastBackup) if self.last_backup_file else None
        except (OSError, msgspec.MsgspecError):
            return None

    async def _purge_kind(self, kind: str) -> None:
        corps = await self._store.write(begin_pass_txn, kind)
        now, days = self._clock.now(), getattr(self.periods, kind)
        for corp in corps:
            old = old_of(corp, days, now)
            for body in _OF_CORP.get(kind, ()):
                await self._empty(kind, body, old)
            if kind == "attempts":
                await self._purge_attempts(old)
            elif kind == "media":
                await self._purge_media(old)
            elif kind == "sends":
                self._broadcasts.forget_before(corp.no, old.seq)
        if kind in _OF_SERVER:
            await self._empty(kind, _OF_SERVER[kind], EpochMs(now - days * DAY_MS))
        await self._store.write(finish_pass_txn, kind)

    async def _empty(self, kind: str, body: Callable[..., int], *args: Any) -> None:
        while await self._piece(kind, body, *args):
            pass

    async def _piece(self, kind: str, body: Callable[..., int], *args: Any) -> int:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        removed = await self._store.write(counted_txn, kind, body, args)
        self.purged[kind] += removed
        await asyncio.sleep(max(BREATH_S, SHARE * (loop.time() - begun)) if removed else 0)
        return removed

    async def _purge_attempts(self, old: Old) -> None:
        place = retention.NO_ATTEMPT
        while True:
            step = await self._store.read(retention.look_at_attempts_txn, old, place)
            for piece in chunks(step.found, retention.ROWS_AT_ONCE):
                await self._piece("attempts", retention.purge_attempts_txn, old.corp.no, piece)
            if step.following is None:
                return
            place = step.following
            await asyncio.sleep(0)

    async def _purge_media(self, old: Old) -> None:
        place: tuple[EpochMs, str] | None = (EpochMs(0), "")
        while place is not None:
            found = await self._store.read(candidates_txn, old, place)
            place = found.following
            if found.media_ids:
                await self._drop_media(old.corp, found.media_ids)

    async def _drop_media(self, corp: Corp, media_ids: frozenset[str]) -> None:
        unused, read_up_to = set(media_ids), 0
        for where in TEXTS:
            after, more = "" if where == "templates" else 0, True
            while more and unused:
                named, after, more = await self._store.read(named_in_texts_txn, corp.no, where, after, frozenset(unused))
                unused -= named
            read_up_to = int(after) if where == "tasks" else read_up_to
        for piece in chunks(sorted(unused), MEDIA_AT_ONCE):
            dropped = await self._store.write(drop_media_txn, corp.no, list(piece), read_up_to)
            for _, blobs in dropped:
                for blob in blobs:
                    await asyncio.to_thread(self._blobs.drop, corp.no, blob)
            await self._piece("media", _count_only, len(dropped))


def _count_only(tx: object, removed: int, now: EpochMs) -> int:
    return removed
