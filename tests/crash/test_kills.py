"""The short form of the campaign: a serving process is killed again and again, and keeps every promise."""

import random
import time
from pathlib import Path

import pytest

from crash.campaign import Counts, run_folder

KILLS = 15
SECONDS = 50.0


def test_a_killed_server_kept_what_it_accepted_whole_and_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts()
    run_folder(tmp_path, random.Random(20_260_101), counts, kills=KILLS, until=time.monotonic() + SECONDS)

    with capsys.disabled():
        print(f"\n{counts}")
    assert counts.kills >= 5
    assert counts.accepted > 50 * counts.kills and counts.unanswered > 0
