"""Forgetting a person: asked for in one transaction, done by and by, gone on with after a restart."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.capture.log import CaptureLog
from hongyan.directory.edit import OrgChange, apply_org_txn
from hongyan.directory.records import Corp, Person, load_corp_by_no_txn, load_person_by_ord_txn, person_of
from hongyan.messages.blobs import BlobStore
from hongyan.model.ids import CorpNo, EpochMs, Ord
from hongyan.store.interface import Row, Store, Tx
from hongyan.upkeep.erasure_steps import MENTIONS_KEPT, STEPS, Erasure, Moved
from hongyan.upkeep.marks import Marks, marks_of

OPEN_AT_ONCE = 100
PAGE_MAX = 100
COMPACT_UP_TO_BYTES = 256 << 20  # of a larger store an operator says when writes may wait that long
BREATH_S = 0.01
SHARE = 4
_JSON = msgspec.json.Encoder()


class AskProblem(msgspec.Struct, frozen=True):
    """Why nobody is erased: `unknown`, or `several` people had the userid. Those are named by when they left (None: still there)."""

    why: str
    people: tuple[Person, ...] = ()


class Ask(NamedTuple):
    """Whom to forget. `everybody`: whoever has or had the userid; else it must be one person. `deed` is recorded with the alias as its subject."""

    corp: Corp
    userid: str
    everybody: bool
    deed: Deed


def ask_txn(tx: Tx, ask: Ask, now: EpochMs) -> list[Erasure] | AskProblem:
    """Take the person out of the organisation and away from every page at once; the rest is left to the eraser."""
    people = people_of_userid_txn(tx, ask.corp.no, ask.userid)
    if not people:
        return AskProblem("unknown")
    if len(people) > 1 and not ask.everybody:
        return AskProblem("several", tuple(people))
    if any(person.left_at is None for person in people):
        outcome = apply_org_txn(tx, ask.corp.no, ask.corp.corp_id, OrgChange(leave=(ask.userid,)), now)
        assert not isinstance(outcome, list), outcome
    found = [_begin_txn(tx, ask, person, now) for person in people]
    return [one for one in found if one is not None]


def people_of_userid_txn(tx: Tx, corp: CorpNo, userid: str) -> list[Person]:
    """Everybody who has or had it."""
    live = tx.one("user.by_userid", corp=corp, userid=userid)
    gone = (load_person_by_ord_txn(tx, corp, Ord(row[0])) for row in tx.all("erase.all_of_userid", corp=corp, userid=userid))
    return [*([person_of(live)] if live else []), *(person for person in gone if person is not None)]


def _begin_txn(tx: Tx, ask: Ask, person: Person, now: EpochMs) -> Erasure | None:
    corp, alias = ask.corp.no, f"erased-{person.ord}"
    marks = _JSON.encode(marks_of(person)).decode()
    row = tx.one("erasure.insert", corp=corp, ord=person.ord, alias=alias, marks=marks, now=now)
    if row is None:
        return None  # it was done already
    tx.run("erase.user", corp=corp, ord=person.ord, alias=alias, now=now)
    record_deed_txn(tx, msgspec.structs.replace(ask.deed, subject=alias), now)
    return load_erasure_txn(tx, row[0])


def _erasure_of(row: Row) -> Erasure:
    no, corp, ord_, alias, state, step, position, marks, done, asked_at, finished_at = row
    return Erasure(
        no,
        corp,
        ord_,
        alias,
        state,
        step,
        msgspec.json.decode(position) if position else None,
        msgspec.json.decode(marks, type=Marks) if marks else None,
        msgspec.json.decode(done),
        asked_at,
        finished_at,
    )


def load_erasure_txn(tx: Tx, no: int) -> Erasure | None:
    row = tx.one("erasure.one", erasure=no)
    return _erasure_of(row) if row else None


def open_erasures_txn(tx: Tx) -> list[Erasure]:
    return [_erasure_of(row) for row in tx.all("erasure.open", limit=OPEN_AT_ONCE)]


def page_erasures_txn(tx: Tx, corp: CorpNo, before: int, limit: int) -> list[Erasure]:
    """Newest first, below a number."""
    return [_erasure_of(row) for row in tx.all("erasure.page", corp=corp, before=before, limit=limit)]


def _step_txn(tx: Tx, no: int, now: EpochMs) -> tuple[Erasure, Moved]:
    """One piece of the present step, and where that leaves it, in one transaction."""
    one = load_erasure_txn(tx, no)
    assert one is not None
    body = STEPS[one.step]
    assert body is not None, "the log of calls is no transaction's"
    moved = body(tx, one)
    return _move_txn(tx, one, moved), moved


def _move_txn(tx: Tx, one: Erasure, moved: Moved) -> Erasure:
    over = moved.position is None and not moved.waits
    done = dict(one.done)
    for name, n in moved.counted.items():
        if n:
            done[name] = done.get(name, 0) + n
    if moved.mentions:
        done["mentions"] = [*done.get("mentions", ()), *moved.mentions][:MENTIONS_KEPT]
    fresh = msgspec.structs.replace(
        one,
        state="waiting" if moved.waits else "running",
        step=one.step + int(over),
        position=None if over else moved.position,
        done=done,
    )
    position = "" if fresh.position is None else _JSON.encode(fresh.position).decode()
    tx.run("erasure.move", erasure=one.no, state=fresh.state, step=fresh.step, position=position, done=_JSON.encode(done).decode())
    return fresh


def _moved_txn(tx: Tx, one: Erasure, moved: Moved, now: EpochMs) -> Erasure:
    return _move_txn(tx, one, moved)


def _end_marks_txn(tx: Tx, no: int, snapshots: list[str], now: EpochMs) -> None:
    """From here on this server knows no more who it was; `snapshots` still do."""
    one = load_erasure_txn(tx, no)
    assert one is not None
    if snapshots:
        done = _JSON.encode(one.done | {"snapshots": snapshots}).decode()
        tx.run("erasure.move", erasure=no, state=one.state, step=one.step, position="", done=done)
    tx.run("erasure.end_marks", erasure=no)


def _finish_txn(tx: Tx, nos: list[int], now: EpochMs) -> None:
    for no in nos:
        tx.run("erasure.finish", erasure=no, now=now)


class Eraser:
    """One per process. Set by who knows the data folder: `leftovers` names files with older states of the store, such as a migration's copy, which
    are removed; `snapshots` those that somebody made on purpose, which are only told.
    """

    def __init__(self, *, store: Store, blobs: BlobStore, captures: CaptureLog) -> None:
        self._store = store
        self._blobs = blobs
        self._captures = captures
        self.leftovers: Callable[[], list[Path]] = list
        self.snapshots: Callable[[], list[str]] = list
        self.erased: Counter[str] = Counter()  # since the process started, by kind
        self._turn = asyncio.Lock()

    async def go_on(self) -> None:
        """Do what can be done for everybody who is to be forgotten."""
        async with self._turn:
            for one in await self._store.read(open_erasures_txn):
                if one.state != "compacting":
                    await self._forget(one)
            ready = [one for one in await self._store.read(open_erasures_txn) if one.state == "compacting"]
            if ready and self._store.vitals().file_bytes <= COMPACT_UP_TO_BYTES:
                await self._compact(ready)

    async def compact(self) -> int:
        """Write the files anew, however large they are: writes wait meanwhile. Answers how many erasures ended with it."""
        async with self._turn:
            ready = [one for one in await self._store.read(open_erasures_txn) if one.state == "compacting"]
            await self._compact(ready)
        return len(ready)

    async def _compact(self, ready: list[Erasure]) -> None:
        await self._captures.errand(lambda file: file.compact())
        await self._store.compact()
        await self._store.write(_finish_txn, [one.no for one in ready])

    async def _forget(self, one: Erasure) -> None:
        loop = asyncio.get_running_loop()
        while one.step < len(STEPS):
            begun = loop.time()
            one, moved = await (self._store.write(_step_txn, one.no) if STEPS[one.step] else self._forget_calls(one))
            self.erased.update(moved.counted)
            for blob in moved.blobs:
                await asyncio.to_thread(self._blobs.drop, one.corp, blob)
            if moved.waits:
                return
            await asyncio.sleep(max(BREATH_S, SHARE * (loop.time() - begun)) if moved.position is not None else 0)
        await asyncio.to_thread(_remove, self.leftovers())
        await self._store.write(_end_marks_txn, one.no, await asyncio.to_thread(self.snapshots))

    async def _forget_calls(self, one: Erasure) -> tuple[Erasure, Moved]:
        """Captured calls with the person in them go whole."""
        corp = await self._store.read(load_corp_by_no_txn, one.corp)
        assert corp is not None and one.marks is not None
        await self._captures.flush()
        removed, place = 0, 0
        while place is not None:
            found = await self._captures.errand(partial(_forget_some, corp.corp_id, one.marks.raw, place))
            removed, place = (removed + found[0], found[1]) if found else (removed, None)
        moved = Moved(None, {"calls": removed})
        return await self._store.write(_moved_txn, one, moved), moved


def _forget_some(corp_id: str, pattern: "re.Pattern[bytes]", after: int, file: Any) -> tuple[int, int | None]:
    return file.forget(corp_id, pattern, after)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
