"""How long data stays, the last backup, and erasing a person."""

import asyncio
from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.operators import Role
from hongyan.console.bodies import size_label
from hongyan.console.desk.frame import PREFIX, Desk, Page, go_to
from hongyan.console.desk.upkeep_texts import TEXTS
from hongyan.console.times import Times
from hongyan.directory.records import Corp, load_corp_txn
from hongyan.model.clock import DEFAULT_ZONE
from hongyan.model.ids import CorpNo, EpochMs, Seq, wire_task_id
from hongyan.store.interface import Tx
from hongyan.transfer.run import forget_organisation
from hongyan.upkeep.erasure import Ask, AskProblem, ask_txn, page_erasures_txn
from hongyan.upkeep.erasure_steps import Erasure
from hongyan.upkeep.retention import Pass, passes_txn

SHOWN = 20  # erasures of each organisation
_NEWEST = 1 << 53
_SAID = ("purged", "compacted", "erasing")


class ShownErasure(msgspec.Struct, frozen=True):
    """An erasure with its organisation; `mentions` are the task ids of sends to several people whose text names the person, `snapshots` those of before."""

    corp: Corp
    erasure: Erasure
    counted: dict[str, int]
    mentions: tuple[str, ...]
    snapshots: tuple[str, ...]


def _look_txn(tx: Tx, corps: tuple[Corp, ...]) -> tuple[list[Pass], list[ShownErasure]]:
    erasures = [_shown(tx, corp, one) for corp in corps for one in page_erasures_txn(tx, corp.no, _NEWEST, SHOWN)]
    return passes_txn(tx), sorted(erasures, key=lambda one: one.erasure.no, reverse=True)[:SHOWN]


def _shown(tx: Tx, corp: Corp, one: Erasure) -> ShownErasure:
    rows = ((seq, tx.one("sends.one", corp=corp.no, seq=seq)) for seq in one.done.get("mentions", ()))
    mentions = tuple(wire_task_id(row[2], Seq(seq)) for seq, row in rows if row)
    return ShownErasure(corp, one, {name: n for name, n in one.done.items() if isinstance(n, int)}, mentions, tuple(one.done.get("snapshots", ())))


async def show_data(desk: Desk, *, status: int = 200, problem: str = "") -> Response:
    engine, x = desk.engine, TEXTS[desk.t.lang]
    passes, erasures = await engine.store.read(_look_txn, desk.corps)
    said, vitals = desk.request.query_params.get("done", ""), engine.store.vitals()
    values: dict[str, Any] = {
        "periods": msgspec.structs.asdict(engine.keeper.periods),
        "passes": {one.kind: one for one in passes},
        "last_backup": await asyncio.to_thread(engine.keeper.last_backup),
        "store_size": size_label(vitals.file_bytes + vitals.log_bytes),
        "erasures": erasures,
        "times": Times(desk.t, DEFAULT_ZONE, engine.clock.now()),
        "problem": problem,
        "done": getattr(x, said) if said in _SAID else "",
    }
    return desk.page("desk/data.html", status=status, x=x, **values)


def _note_txn(tx: Tx, deed: Deed, now: EpochMs) -> None:
    record_deed_txn(tx, deed, now)


async def purge(desk: Desk) -> Response:
    await desk.engine.store.write(_note_txn, desk.deed("data.purge", ""))
    await desk.engine.keeper.purge()
    return go_to(f"{PREFIX}/data?done=purged")


async def compact(desk: Desk) -> Response:
    await desk.engine.store.write(_note_txn, desk.deed("data.compact", ""))
    await desk.engine.keeper.eraser.compact()
    return go_to(f"{PREFIX}/data?done=compacted")


def _erase_txn(tx: Tx, corp_id: str, userid: str, everybody: bool, deed: Deed, now: EpochMs) -> tuple[CorpNo, list[Erasure] | AskProblem]:
    corp = load_corp_txn(tx, corp_id)
    if corp is None:
        return CorpNo(0), AskProblem("unknown")
    return corp.no, ask_txn(tx, Ask(corp, userid, everybody, msgspec.structs.replace(deed, corp=corp.no)), now)


async def erase(desk: Desk) -> Response:
    form, x, engine = await desk.form(), TEXTS[desk.t.lang], desk.engine
    userid = form.get("userid", "")
    if not userid or userid != form.get("again"):
        return await show_data(desk, status=400, problem=x.not_same)
    corp, found = await engine.store.write(_erase_txn, form.get("corp", ""), userid, "everybody" in form, desk.deed("person.erase", ""))
    if isinstance(found, AskProblem):
        problem = x.unknown if found.why == "unknown" else x.several.format(n=len(found.people))
        return await show_data(desk, status=404 if found.why == "unknown" else 409, problem=problem)
    if not found:
        return await show_data(desk, status=409, problem=x.already)
    forget_organisation(engine, corp)
    engine.dispatcher.wake()
    engine.keeper.wake()
    return go_to(f"{PREFIX}/data?done=erasing")


PAGES = (
    Page("/data", "data", show_data, Role.ADMINISTRATOR),
    Page("/data/purge", "data", purge, Role.ADMINISTRATOR, "POST"),
    Page("/data/compact", "data", compact, Role.ADMINISTRATOR, "POST"),
    Page("/data/erase", "data", erase, Role.ADMINISTRATOR, "POST"),
)
