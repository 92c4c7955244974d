"""Other systems to stand beside, from their public packages: installed into `.bench/peers` by hash, each driven by a script with that Python."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.machine import ROOT
from bench.scale import Run

# Nothing of ours in their Python's path.
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
PINS = ROOT / "bench" / "peers.txt"
_failed: set[Path] = set()


class Peer:
    """A script that answers one JSON line with another; `most` is how many people it is asked to send to."""

    def __init__(self, process: "subprocess.Popen[str]", most: int) -> None:
        self._process, self._most = process, most

    def takes(self, people: int) -> bool:
        return not self._most or people <= self._most

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a peer ended; its reason stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def peer(run: Run, name: str, most: int = 0) -> AbstractContextManager[Peer] | None:
    """The peer that `bench/peer_NAME.py` drives; None, and a word why, where it cannot be installed."""
    python = _installed(run.kept / "peers") if run.scale.peers else None
    return _started(run, python, name, most) if python else None


@contextlib.contextmanager
def _started(run: Run, python: Path, name: str, most: int) -> Iterator[Peer]:
    folder = run.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = [str(python), str(ROOT / "bench" / f"peer_{name}.py"), str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRON)
    try:
        yield Peer(process, most)
    finally:
        process.communicate(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _installed(folder: Path) -> Path | None:
    python, stamp = folder / "bin" / "python", folder / "complete"
    if folder in _failed:
        return None
    if stamp.exists() and stamp.read_text() == PINS.read_text():
        return python
    print("installing the peers, once", flush=True)
    stamp.unlink(missing_ok=True)
    try:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(PINS)]
        subprocess.run(install, check=True, timeout=600, env=ENVIRON)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"without peers, which could not be installed: {error}", file=sys.stderr)
        _failed.add(folder)
        return None
    stamp.write_text(PINS.read_text())
    return python
