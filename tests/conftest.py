"""Fixtures that most tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import DeskWorld

from harness import World, serving
from recording import pytest_addoption, pytest_sessionfinish, pytest_testnodedown

__all__ = ["pytest_addoption", "pytest_sessionfinish", "pytest_testnodedown", "world"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serving(tmp_path / "data") as server:
        yield World(server)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskWorld]:
    """A server whose console has operators."""
    with serving(tmp_path / "data") as server:
        world = DeskWorld(server)
        yield world
        world.close()
