"""How long things stay, what was removed, and people who are to be forgotten."""

import asyncio
from typing import Any

import msgspec

from hongyan.access.audit import Deed
from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import INTEGER_MAX, Limit, Position, find_corp_txn
from hongyan.control.operators import ACTOR
from hongyan.control.problems import conflict, unknown
from hongyan.directory.records import Person
from hongyan.model.clock import iso
from hongyan.model.ids import EpochMs, Seq, wire_task_id
from hongyan.store.interface import Tx
from hongyan.transfer.run import forget_organisation
from hongyan.upkeep.erasure import Ask, AskProblem, ask_txn, page_erasures_txn
from hongyan.upkeep.erasure_steps import Erasure
from hongyan.upkeep.periods import LastBackup, Periods
from hongyan.upkeep.retention import Pass, passes_txn


class Upkeep(msgspec.Struct, frozen=True):
    """How many days each kind is kept (0: for ever), the last pass over each, the last backup of the folder, and the bytes of the store's file."""

    kept_days: Periods
    passes: list[Pass]
    last_backup: LastBackup | None
    store_bytes: int


class Passes(msgspec.Struct, frozen=True):
    passes: list[Pass]


class Compacted(msgspec.Struct, frozen=True):
    """`ended` erasures waited for it."""

    ended: int
    store_bytes: int


class EraseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to forget. `everybody`: also when several people, one after the other, had the userid."""

    userid: str
    everybody: bool = False


class ErasureAnswer(msgspec.Struct, frozen=True):
    """Somebody who is being forgotten. `alias` stands where the userid stood.

    `state`: running; waiting, until applications were told that the person left; compacting, until the store's file is written anew; done.
    `removed` counts by kind; `mentions` are sends to several people whose text names the person, which only who wrote them can judge;
    `snapshots` are those of the sandbox from before the end, which may still hold the person: delete them, or erase again after a restore.
    """

    erasure: int
    alias: str
    state: str
    asked_at: EpochMs
    finished_at: EpochMs | None
    removed: dict[str, int]
    mentions: list[str]
    snapshots: list[str]


class ErasureList(msgspec.Struct, frozen=True):
    erasures: list[ErasureAnswer]


class ErasurePage(msgspec.Struct, frozen=True):
    erasures: list[ErasureAnswer]
    next: int | None


class ErasuresQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Newest first; `before` is the `next` of the page before."""

    before: Position = INTEGER_MAX
    limit: Limit = 100


def _answer(tx: Tx, one: Erasure) -> ErasureAnswer:
    removed: dict[str, int] = {name: n for name, n in one.done.items() if isinstance(n, int)}
    mentions: list[int] = one.done.get("mentions", [])
    surfaces = ((seq, tx.one("sends.one", corp=one.corp, seq=seq)) for seq in mentions)
    named = [wire_task_id(row[2], Seq(seq)) for seq, row in surfaces if row]
    return ErasureAnswer(one.no, one.alias, one.state, one.asked_at, one.finished_at, removed, named, one.done.get("snapshots", []))


async def get_upkeep(call: Call[None, None]) -> Upkeep:
    engine = call.engine
    passes = await engine.store.read(passes_txn)
    last = await asyncio.to_thread(engine.keeper.last_backup)
    return Upkeep(engine.keeper.periods, passes, last, engine.store.vitals().file_bytes)


async def purge(call: Call[None, None]) -> Passes:
    return Passes(await call.engine.keeper.purge())


async def compact(call: Call[None, None]) -> Compacted:
    ended = await call.engine.keeper.eraser.compact()
    return Compacted(ended, call.engine.store.vitals().file_bytes)


def _erase_txn(tx: Tx, corp_id: str, userid: str, everybody: bool, now: EpochMs) -> list[ErasureAnswer]:
    corp = find_corp_txn(tx, corp_id)
    found = ask_txn(tx, Ask(corp, userid, everybody, Deed(ACTOR, "person.erase", "", corp.no)), now)
    if isinstance(found, AskProblem):
        if found.why == "unknown":
            raise unknown("user", userid)
        who = "; ".join(_who(person, corp.zone) for person in found.people)
        raise conflict("several_people", f"{len(found.people)} people had this userid: {who}. Send everybody: true to forget all of them.")
    return [_answer(tx, one) for one in found]


def _who(person: Person, zone: str) -> str:
    return f"one who left on {iso(person.left_at, zone)[:10]}" if person.left_at else "one who is there"


async def erase(call: Call[None, EraseBody]) -> ErasureList:
    engine = call.engine
    found = await engine.store.write(_erase_txn, call.path["corp"], call.body.userid, call.body.everybody)
    corp = await engine.store.read(find_corp_txn, call.path["corp"])
    forget_organisation(engine, corp.no)
    engine.dispatcher.wake()
    engine.keeper.wake()
    return ErasureList(found)


def _page_txn(tx: Tx, corp_id: str, query: ErasuresQuery) -> ErasurePage:
    rows = page_erasures_txn(tx, find_corp_txn(tx, corp_id).no, query.before, query.limit + 1)
    following: Any = rows[query.limit - 1].no if len(rows) > query.limit else None
    return ErasurePage([_answer(tx, one) for one in rows[: query.limit]], following)


async def list_erasures(call: Call[ErasuresQuery, None]) -> ErasurePage:
    return await call.engine.store.read(_page_txn, call.path["corp"], call.query)


ENDPOINTS = (
    Endpoint("GET", "/server/upkeep", "How long things stay, what was removed last, and the last backup", get_upkeep, Upkeep),
    Endpoint("POST", "/server/purge", "Remove now what is older than its period", purge, Passes),
    Endpoint("POST", "/server/compact", "Write the store's file anew; writes wait meanwhile", compact, Compacted),
    Endpoint("POST", "/corps/{corp}/erasures", "Forget a person, who leaves with it", erase, ErasureList, request=EraseBody, status=202),
    Endpoint("GET", "/corps/{corp}/erasures", "People who were forgotten, or are being", list_erasures, ErasurePage, query=ErasuresQuery),
)
