"""The short form of the campaign: the same calls in every run, at everything that the server says about itself."""

from pathlib import Path

import pytest

from fuzz.battery import DINGTALK, OURS, Battery
from fuzz.footprint import Footprint, differences
from fuzz.worlds import fuzz_world
from harness import World

SHOTS = {DINGTALK: 2, OURS: 3}  # of each mode at each call: 3,500 calls in all


@pytest.mark.parametrize(("document", "part"), [(DINGTALK, 0), (DINGTALK, 1), (OURS, 0), (OURS, 1)])
def test_no_call_breaks_the_server_or_leaves_something_behind(document: str, part: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fuzz_world(tmp_path / "data") as world, Battery(world).armed() as battery:
        for operation in battery.operations(document)[part::2]:
            battery.fire_at(operation, SHOTS[document], derandomize=True)

    with capsys.disabled():
        print(f"\n{document}: {battery.tally}")
    assert battery.tally["accepted"] > 50 and battery.tally["refused"] > 50


def test_the_footprint_shows_what_a_send_leaves_and_a_refusal_does_not(world: World) -> None:
    footprint = Footprint(world.server.settings.folder)
    before = footprint.now()

    assert world.send(userid_list="nobody")["errcode"] == 800022
    assert differences(before, footprint.now()) == []
    world.send_ok()
    assert {"task", "inbox"} <= set(differences(before, footprint.now()))
    footprint.close()
