"""Fault points: all of them stand in one list and in the code, and act as they were told."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hongyan.model import faults
from hongyan.model.faults import POINTS, BadFaults, PlantedFault, parse_faults, reach

SOURCES = Path(faults.__file__).parents[1]
_REACHED = re.compile(r"(?:reach|faults\.hit)\(\"([a-z]+\.[a-z]+)\"")


def test_every_point_of_the_list_is_passed_somewhere_and_no_other() -> None:
    passed = {point for file in SOURCES.rglob("*.py") for point in _REACHED.findall(file.read_text("utf-8"))}

    assert passed == set(POINTS) and len(POINTS) >= 20


@pytest.mark.parametrize("text", ["", " ", ","])
def test_nothing_named_plants_nothing(text: str) -> None:
    assert parse_faults(text) is None


@pytest.mark.parametrize(
    "text", ["nowhere:kill", "store.begin", "store.begin:", "store.begin:explode", "store.begin:kill:0", "store.begin:kill:x", "store.begin:kill:²"]
)
def test_a_plan_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadFaults, match="HONGYAN_FAULTS"):
        parse_faults(text)


def test_a_fault_acts_at_its_turn_and_only_once(capfd: pytest.CaptureFixture[str]) -> None:
    # Points that no server passes by itself: another test's may still be running.
    faults.arm(parse_faults("restore.begun:error:3, snapshot.copied:delay"))
    try:
        reach("restore.begun")
        reach("restore.begun")
        reach("snapshot.copied")
        with pytest.raises(PlantedFault, match=r"restore\.begun"):
            reach("restore.begun")
        reach("restore.begun")
    finally:
        faults.arm(None)

    assert capfd.readouterr().err.splitlines() == ["fault: snapshot.copied: delay", "fault: restore.begun: error"]


def test_a_torn_write_does_half_and_ends_the_process(tmp_path: Path) -> None:
    code = f"""
from hongyan.model.faults import arm, parse_faults
from hongyan.messages.blobs import FileBlobs
from pathlib import Path
arm(parse_faults("media.write:torn"))
FileBlobs(Path({str(tmp_path)!r})).draft().write(b"x" * 1000)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30)

    assert ended.returncode == -9
    assert [file.stat().st_size for file in (tmp_path / ".drafts").iterdir()] == [500]
