"""Laws over generated histories: the engine, whatever it stores a send as, and a plain model never disagree."""

import asyncio
import os
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from crash.consistency import contradictions
from hongyan.delivery import broadcasts
from property.company import Play
from property.histories import DelayOp, Op, OpenOp, RecallOp, SendOp, TimeOp, histories

REACHED: Counter[str] = Counter()
EXAMPLES = 20_000 if os.environ.get("HONGYAN_LONG") == "1" else 200


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of the newest sends, and counted together, is as short as these histories."""
    for name, size in {"KEPT": 3, "SPARE": 1, "CHUNK": 2, "BLOCK": 2}.items():
        monkeypatch.setattr(broadcasts, name, size)


async def _play(history: list[Op], folder: Path, template: Path) -> None:
    play = Play(folder, template)
    try:
        await play.start()
        for op in history:
            await play.step(op)
        await play.check()
    finally:
        await play.close()
    REACHED.update(play.seen)
    for way in play.ways:
        assert contradictions(way.path, same_content_enforced=play.same_content_enforced) == []


def test_the_engine_keeps_every_promise_of_the_model(scratch: Path, template: Path) -> None:
    @settings(max_examples=EXAMPLES)
    @given(histories)
    def hold(history: list[Op]) -> None:
        folder = scratch / "run"
        shutil.rmtree(folder, ignore_errors=True)
        asyncio.run(_play(history, folder, template))

    hold()

    # A search that never gets to a refusal proves nothing about it.
    wanted = {"ok", "top.41", *(f"top.8000{n}" for n in (13, 14, 17, 19, 20, 22, 35, 38, 39, 40, 55, 56, 57))}
    assert wanted <= set(REACHED), wanted - set(REACHED)


TO_U1 = SendOp(userids=("u1",))
# Found by reading or by long searches, and kept.
KEPT: dict[str, list[Op]] = {
    "opened between two that became visible in the other order": [
        DelayOp(5000),
        TO_U1,
        DelayOp(0),
        msgspec.structs.replace(TO_U1, content="beta"),
        OpenOp(1, 0),
        TimeOp(6000),
    ],
    "opened again when the delayed one is there": [
        DelayOp(5000),
        TO_U1,
        DelayOp(0),
        msgspec.structs.replace(TO_U1, content="beta"),
        OpenOp(1, 0),
        TimeOp(6000),
        OpenOp(1, 0),
    ],
    "the same to everybody": [
        DelayOp(5000),
        SendOp(everyone=True),
        DelayOp(0),
        SendOp(depts=(20, 11), content="beta"),
        TimeOp(1000),
        OpenOp(1, 0),
        TimeOp(6000),
    ],
    "recalled, then opened": [TO_U1, RecallOp(0, 0), OpenOp(1, 0), TimeOp(1000), TO_U1, OpenOp(1, 0)],
}


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_history(tmp_path: Path, template: Path, name: str) -> None:
    asyncio.run(_play(KEPT[name], tmp_path / "run", template))
