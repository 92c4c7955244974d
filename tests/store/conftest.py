"""What several tests of the store share."""

import asyncio
from collections.abc import Iterator

import apsw
import pytest

from hongyan.model.clock import SystemClock
from hongyan.model.faults import NoFaults
from hongyan.store.sqlite import open_sqlite


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """An empty file with the whole schema, for asking which plan a statement gets."""
    path = tmp_path_factory.mktemp("plans") / "a.db"

    async def make() -> None:
        await open_sqlite(path, clock=SystemClock(), faults=NoFaults()).close()

    asyncio.run(make())
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()
