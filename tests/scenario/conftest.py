"""What several stories share."""

from collections.abc import Iterator

import pytest

from harness import Server, serving
from hongyan.sandbox.demo import seed_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company, its clock standing still."""
    folder = tmp_path_factory.mktemp("demo")
    with serving(folder) as server:
        server.run(seed_demo(server.engine, folder))
        sandbox = server.application.sandbox
        assert sandbox is not None
        sandbox.clock.freeze()
        yield server
