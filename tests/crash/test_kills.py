"""The short form of the campaign: a serving process is killed at every named point and at random, and keeps every promise."""

import random
from pathlib import Path

import pytest

from crash.campaign import RANDOM, Counts, run_folder
from hongyan.model.faults import POINTS

PARTS = 4  # so that two workers share them
POINTS_OF = [[*list(POINTS)[part::PARTS], RANDOM] for part in range(PARTS)]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_killed_server_kept_what_it_accepted_whole_and_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], part: int) -> None:
    counts = Counts()
    run_folder(tmp_path, random.Random(part), counts, POINTS_OF[part])

    with capsys.disabled():
        print(f"\n{counts}")
    assert not counts.missed
    assert counts.hit == set(POINTS_OF[part]) and counts.kills == len(POINTS_OF[part])
    assert counts.accepted > 10 * counts.kills and counts.unanswered > 0
