"""`hongyan store check`: sound, damaged, absent; and what a server says that is to fail on purpose."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from crash.company import prepare


def run(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hongyan", *words], capture_output=True, text=True, timeout=60, env={**os.environ, **environ}, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check") / "data"
    asyncio.run(prepare(folder))
    return folder


def test_a_sound_file_is_said_to_be_so(folder: Path) -> None:
    done = run("store", "check", str(folder))

    assert (done.returncode, done.stdout) == (0, f"{folder / 'hongyan.db'} is sound.\n")


def test_a_damaged_one_is_named_by_table(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    path.write_bytes((folder / "hongyan.db").read_bytes())
    connection = apsw.Connection(str(path))
    page = connection.execute("select rootpage from sqlite_schema where name = 'department'").get
    connection.close()
    assert isinstance(page, int)
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096 + 8)
        file.write(b"\xff" * 2000)
    done = run("store", "check", str(tmp_path))

    assert done.returncode == 1
    assert "department" in done.stdout and "restore a backup" in done.stderr


def test_no_file_is_one_line(tmp_path: Path) -> None:
    done = run("store", "check", str(tmp_path))

    assert (done.returncode, done.stderr) == (1, f"hongyan: {tmp_path / 'hongyan.db'}: there is no such file\n")


def test_a_server_that_is_to_fail_on_purpose_says_so(tmp_path: Path) -> None:
    done = run("serve", "--data", str(tmp_path / "a"), "--port", "0", HONGYAN_FAULTS="start.opened:kill")
    wrong = run("serve", "--data", str(tmp_path / "a"), "--port", "0", HONGYAN_FAULTS="nowhere:kill")

    assert done.returncode == -9 and "fail on purpose" in done.stderr and "fault: start.opened: kill" in done.stderr
    assert (wrong.returncode, wrong.stderr) == (1, "hongyan: HONGYAN_FAULTS: there is no fault point nowhere\n")
