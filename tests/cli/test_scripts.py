"""The shell scripts build their environment once, and never take half of one for a whole."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_server import ROOT

# Stands for a Python: makes "environments" that hold itself, and notes what it is asked to install.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
*venv*.venv) mkdir -p "${3}/bin" && cp "$0" "${3}/bin/python" ;;
*"pip install"*) for last; do :; done; basename "$last" >> "$FAKE_LOG"; exit "${FAKE_PIP:-0}" ;;
"-m hongyan"*) echo "ran $*" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("demo", "hongyan", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    python = tmp_path / "fake-python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return tmp_path


def run(checkout: Path, script: str, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    known = {"PATH": "/usr/bin:/bin", "PYTHON": str(checkout / "fake-python"), "FAKE_LOG": str(checkout / "log"), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run([str(checkout / script), *arguments], capture_output=True, text=True, env=known | environ)


def builds(checkout: Path) -> list[str]:
    log = checkout / "log"
    return log.read_text().split() if log.exists() else []


def test_the_second_time_nothing_is_built(checkout: Path) -> None:
    first, second = run(checkout, "demo", "--port", "1"), run(checkout, "hongyan", "org", "list")

    assert (first.stdout, second.stdout) == ("ran -m hongyan demo --port 1\n", "ran -m hongyan org list\n")
    assert second.stderr == ""
    assert builds(checkout) == ["requirements.txt"]


def test_a_failed_build_is_begun_again(checkout: Path) -> None:
    failed = run(checkout, "demo", FAKE_PIP="3")
    again = run(checkout, "demo")

    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    assert again.returncode == 0
    assert builds(checkout) == ["requirements.txt", "requirements.txt"]


def test_changed_requirements_are_built_again(checkout: Path) -> None:
    run(checkout, "demo")
    (checkout / "requirements.txt").write_text("changed")
    run(checkout, "demo")

    assert builds(checkout) == ["requirements.txt", "requirements.txt"]


def test_the_demo_keeps_an_environment_for_development(checkout: Path) -> None:
    script = checkout / "check-only"
    script.write_text((checkout / "hongyan").read_text().replace("requirements.txt", "requirements-dev.txt"))
    script.chmod(0o755)
    run(checkout, "check-only")
    run(checkout, "demo")

    assert builds(checkout) == ["requirements-dev.txt"]


def test_a_lock_left_by_a_crash_does_not_stop_anyone(checkout: Path) -> None:
    (checkout / ".venv.lock").symlink_to("4194304")

    assert run(checkout, "demo").returncode == 0
    assert not (checkout / ".venv.lock").is_symlink()


def test_without_python_the_line_that_brings_it_is_said(checkout: Path) -> None:
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "cat", "cksum", "ln", "rm", "id", "readlink"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    done = run(checkout, "demo", PATH=str(tools), PYTHON="")

    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "install" in done.stderr
