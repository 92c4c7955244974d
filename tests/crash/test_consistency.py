"""The checker itself: a sound file has no contradiction, and each planted one is seen."""

import shutil
from pathlib import Path

import apsw
import pytest

from crash.consistency import contradictions

SOUND = Path(__file__).parents[1] / "files" / "schema1.db"

PLANTED = {
    "a lost inbox row": "delete from inbox where kind = 0 and seq = (select min(seq) from inbox where kind = 0)",
    "a stranger's inbox row": "insert into inbox select corp, 6, sender, seq, 0, null from inbox where kind = 0 limit 1",
    "an inbox row without a task": "insert into inbox values (1, 1, 1, 99, 0, null)",
    "a lost task": "delete from task where kind = 'mass'",
    "a task of another day": "update task set day = day + 1 where kind = 'broad'",
    "a wrong count of addressed": "update task set n_addressed = n_addressed + 1 where kind = 'single'",
    "failed without anybody": "update task set status = 3 where kind = 'single'",
    "a lost attempt": "delete from attempt where outcome = 'ok'",
    "an attempt that names another task": "update attempt set seq = seq + 1 where uuid = 'uuid1'",
    "a count too high": "update usage set n = n + 1",
    "a content too many": "update usage set hashes = hashes || x'0102030405060708'",
    "a lost usage row": "delete from usage",
    "a day's sends": "update sender_day set n_tasks = n_tasks - 1",
    "a day's person-times": "update sender_day set person_times = person_times + 1",
    "a window": "update window set n = n + 1",
    "the corp's position": "update corp set last_seq = last_seq + 1",
    "the corp's newest bitmap": "update corp set last_bitmap = 1",
    "a headcount": "update corp set headcount = headcount + 1",
    "somebody who left without leaving": "update user set left_at = 1 where userid = 'u5'",
    "a department's member": "update user set depts = '[11]' where userid = 'u0'",
    "an ordinal given out twice": "update corp set next_ord = 3",
    "an event in a task's place": "update event set seq = (select max(seq) from task) where seq = (select min(seq) from event)",
    "a read after the recall": "update inbox set read_at = (select max(recalled_at) from task) + 1 where seq = (select seq from task where recalled_at > 0)",
    "one content twice": "update task set hash = (select hash from task where kind = 'broad' order by seq limit 1) where kind = 'broad'",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(SOUND, tmp_path / "a.db"))


def test_a_sound_file_has_no_contradiction(file: Path) -> None:
    assert contradictions(file) == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_contradiction_is_seen(file: Path, name: str) -> None:
    connection = apsw.Connection(str(file))
    connection.execute(PLANTED[name])
    assert connection.changes() > 0
    connection.close()

    assert contradictions(file)
