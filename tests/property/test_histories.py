"""Laws over generated histories: the engine, whatever it stores a send as, and a plain model never disagree."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path

from hypothesis import event, given

from crash.consistency import contradictions
from property.company import Play
from property.histories import Op, histories

REACHED: Counter[str] = Counter()


async def _play(history: list[Op], folder: Path, template: Path) -> None:
    play = Play(folder, template)
    try:
        await play.start()
        for op in history:
            await play.step(op)
        await play.check()
    finally:
        await play.close()
    for outcome in play.seen:
        event(outcome)
    REACHED.update(play.seen)
    for way in play.ways:
        assert contradictions(way.path, same_content_enforced=play.same_content_enforced) == []


def test_the_engine_keeps_every_promise_of_the_model(scratch: Path, template: Path) -> None:
    @given(histories)
    def hold(history: list[Op]) -> None:
        folder = scratch / "run"
        shutil.rmtree(folder, ignore_errors=True)
        asyncio.run(_play(history, folder, template))

    hold()

    # A search that never gets to a refusal proves nothing about it.
    wanted = {"ok", "top.41", *(f"top.8000{n}" for n in (13, 14, 17, 19, 20, 22, 35, 38, 39, 40, 55, 56, 57))}
    assert wanted <= set(REACHED), wanted - set(REACHED)
