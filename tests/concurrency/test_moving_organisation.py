"""People come, go and move while broad sends are on their way: every audience is one that the organisation had."""

import asyncio
import threading

from concurrency.crowd import codes, crowd
from crash.consistency import contradictions
from crash.reading import read_audiences
from harness import World
from hongyan.directory.edit import OrgChange, UserEntry, apply_org_txn
from hongyan.model.ids import CorpId

SENDS = 1200
ALL = frozenset(f"u{n}" for n in range(1, 13))


def _moves(step: int) -> tuple[OrgChange, frozenset[str]]:
    """The step's change, and who is in the organisation after it. u1 and u2 swap: one is always there, never both after the first step."""
    comes, goes = ("u1", "u2") if step % 2 else ("u2", "u1")
    mover = UserEntry("u5", "u5", (10,) if step % 2 else (20,))
    return OrgChange(users=(UserEntry(comes, comes, (20,), rejoin=True), mover), leave=(goes,)), ALL - {goes}


def test_every_audience_existed_while_people_came_and_went(world: World) -> None:
    world.observe_all_but()
    done = threading.Event()
    changes = 0

    async def keep_changing() -> None:
        nonlocal changes
        while not done.is_set():
            report = await world.engine.store.write(apply_org_txn, world.corp, CorpId(world.corp_id), _moves(changes)[0])
            assert not isinstance(report, list), report
            changes += 1
            await asyncio.sleep(0.002)
            if changes % 3:  # a process that was not told, one time in three
                world.engine.directory.forget(world.corp)

    changing = asyncio.run_coroutine_threadsafe(keep_changing(), world.server.loop)
    asks = [{"is_to_all": True}, {"dep_id_list": "1"}, {"dep_id_list": "20"}, {"dep_id_list": "10,20"}]
    bodies = [world.a_send(userid_list=None, text_content=f"{n}", uuid=f"moving{n}", **asks[n % 4]) for n in range(SENDS)]
    answers = crowd(world, bodies)
    done.set()
    changing.result(10)

    path = world.server.settings.folder / "hongyan.db"
    audiences, _positions = read_audiences(path)
    people = {frozenset(ALL), *(_moves(step)[1] for step in (0, 1))}
    assert set(codes(answers)) == {"0"}, "however fast the organisation changes, every send finds a moment of it"
    assert changes > 5
    assert {audiences[f"moving{n}"] for n in range(SENDS) if n % 4 < 2 and f"moving{n}" in audiences} <= people
    for n in range(SENDS):
        there = audiences.get(f"moving{n}", frozenset({"u1", "u5"}))
        assert not {"u1", "u2"} <= there or n % 4 < 2 or changes == 0, "both stand in department 20 at no time"
        if n % 4 == 3 and f"moving{n}" in audiences:
            assert "u5" in there, "who moves from one of the departments to the other is always in one of them"
    assert contradictions(path) == []


def test_what_was_looked_up_before_a_change_is_not_vouched_for_by_the_organisation_after_it(world: World) -> None:
    async def look() -> tuple[dict[str, int], dict[str, int]]:
        directory = world.engine.directory
        directory.forget()
        before: dict[str, int] = {**directory.ords(world.corp, ["u1"])}
        await world.engine.store.write(apply_org_txn, world.corp, CorpId(world.corp_id), OrgChange(leave=("u1",)))
        await directory.census(world.corp)
        return before, {**directory.ords(world.corp, ["u1"])}

    before, after = world.server.run(look())

    assert list(before) == ["u1"] and after == {}
