"""Fixtures that most tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import World, serving


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serving(tmp_path / "data") as server:
        yield World(server)
