"""A server whose deadlines are short, so that a test need not wait for them."""

from collections.abc import Iterator

import pytest

from harness import World, serving

SHORT = {"head_seconds": 0.4, "body_seconds": 0.4, "idle_seconds": 0.4, "unread_seconds": 0.4, "whole_body_seconds": 60.0}


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("impatient") / "data", **SHORT) as server:
        yield World(server)
