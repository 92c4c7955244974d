"""What several stories share."""

from collections.abc import Iterator

import pytest

from harness import Server, serving
from hongyan.delivery import callback_client
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


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications may take their time: on a busy machine so do those of the tests, and a try more would change what is looked at."""
    monkeypatch.setattr(callback_client, "READ_S", 30.0)
    monkeypatch.setattr(callback_client, "TOTAL_S", 35.0)
