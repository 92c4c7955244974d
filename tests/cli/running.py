"""A server of its own process, as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from typer.testing import CliRunner

from hongyan.app.cli import app

ROOT = Path(__file__).parents[2]


class Running(NamedTuple):
    folder: Path
    output: str  # up to the line that says that it serves
    process: "subprocess.Popen[str]"


@contextmanager
def running(folder: Path, *arguments: str, until: str, language: str = "C.UTF-8") -> Iterator[Running]:
    """`python -m hongyan ARGUMENTS --port 0 --data FOLDER`, ended when the block ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HONGYAN_", "LC_"))}
    environ |= {"PYTHONPATH": str(ROOT / "src"), "LANG": language}
    command = [sys.executable, "-m", "hongyan", *arguments, "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environ) as process:
        assert process.stdout is not None
        try:
            yield Running(folder, _read_until(process.stdout, until), process)
        finally:
            process.terminate()


def _read_until(stream: IO[str], text: str) -> str:
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError("it ended after: " + "".join(lines))


def hongyan(*arguments: str, code: int = 0) -> str:
    """Run a command in this process and answer what it printed; `code` is the exit code it must have."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.stdout
