"""The script brings the SDKs once, begins again after a failure, and says how to go without them."""

import subprocess
from pathlib import Path

import pytest
from driving import ROOT

# Stands for the environment's Python: notes what it is asked to install, and makes the folder.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
--version) echo "Python ${FAKE_VERSION:-3.11.7}" ;;
*"pip --version") ;;
*--target*)
    for last; do :; done
    basename "$last" >> "$FAKE_LOG"
    [ "$(basename "$last")" != "${FAKE_FAILS:-}" ] ;;
-c*) echo npm >> "$FAKE_LOG" ;;
esac
"""
ALL = ["tools.txt", "shared.txt", "dingtalk-sdk.txt", "dingding-sdk.txt", "dingtalk-api.txt", "dingtalk-oapi-zhcn.txt", "npm"]


@pytest.fixture(autouse=True, scope="session")
def clients() -> None:
    """These tests need none of them."""


class Checkout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "tests/clients/packages"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-r", str(ROOT / name), str(folder / name)], check=True)
        (folder / "python").write_text(FAKE_PYTHON)
        (folder / "python").chmod(0o755)

    def bring(self, **environ: str) -> "subprocess.CompletedProcess[str]":
        script = 'set -eu; root=$1 python=$1/python; . "$1/scripts/environment.sh"; . "$1/scripts/clients.sh"; use_clients'
        known = {"PATH": "/usr/bin:/bin", "FAKE_LOG": str(self.folder / "log")}
        return subprocess.run(["sh", "-c", script, "sh", str(self.folder)], capture_output=True, text=True, env=known | environ)

    def brought(self) -> list[str]:
        log = self.folder / "log"
        names = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return names


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_second_time_nothing_is_brought(checkout: Checkout) -> None:
    assert checkout.bring().returncode == 0
    assert checkout.brought() == ALL
    assert checkout.bring().stderr == ""
    assert checkout.brought() == []


@pytest.mark.parametrize("change", ["a pin", "the lock of npm", "the version of Python"])
def test_a_change_brings_all_of_them_again(checkout: Checkout, change: str) -> None:
    checkout.bring()
    checkout.brought()
    changed = {"a pin": "shared.txt", "the lock of npm": "node/package-lock.json"}.get(change)
    if changed:
        (checkout.folder / "tests/clients/packages" / changed).write_text("changed")
    checkout.bring(FAKE_VERSION="3.12.0" if not changed else "3.11.7")

    assert checkout.brought() == ALL


def test_half_of_them_is_never_taken_for_all(checkout: Checkout) -> None:
    failed = checkout.bring(FAKE_FAILS="dingding-sdk.txt")
    checkout.brought()

    assert failed.returncode == 1
    assert "HONGYAN_SKIP_CLIENTS=1" in failed.stderr
    assert checkout.bring().returncode == 0
    assert checkout.brought() == ALL


def test_who_goes_without_them_brings_none(checkout: Checkout) -> None:
    assert checkout.bring(HONGYAN_SKIP_CLIENTS="1").returncode == 0
    assert checkout.brought() == []


def test_the_pins_hold_hashes_and_no_address() -> None:
    for path in (ROOT / "tests/clients/packages").rglob("*.*"):
        text = path.read_text()
        assert "://" not in text, path
        if path.suffix == ".txt":
            assert text.count("==") <= text.count("--hash=sha256:"), path
