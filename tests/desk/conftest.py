"""A server with operators of every role."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import DeskWorld

from harness import serving


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskWorld]:
    with serving(tmp_path / "data") as server:
        world = DeskWorld(server)
        yield world
        world.close()
