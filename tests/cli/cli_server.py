"""A server of its own process, as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from hongyan.app.cli import app

ROOT = Path(__file__).parents[2]


class Running(NamedTuple):
    folder: Path
    output: str  # up to the line that says that it serves
    process: "subprocess.Popen[str]"


class Ended(Exception):
    """The server ended by itself: what it printed, what it said on stderr, its exit code."""


@contextmanager
def running(folder: Path, *arguments: str, until: str, port: str = "0") -> Iterator[Running]:
    """`python -m hongyan ARGUMENTS --port PORT --data FOLDER`, ended when the block ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HONGYAN_", "LC_"))}
    environ |= {"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "hongyan", *arguments, "--port", port, "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environ) as process:
        try:
            yield Running(folder, _read_until(process, until), process)
        finally:
            process.terminate()


def _read_until(process: "subprocess.Popen[str]", text: str) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise Ended("".join(lines), process.stderr.read(), process.wait())


def hongyan(*arguments: str, code: int = 0) -> str:
    """Run a command in this process and answer what it printed; `code` is the exit code it must have."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.stdout
