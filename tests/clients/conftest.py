"""The clients are brought by ./test; who runs without them must say so."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import CLIENTS, why_not_private

from harness import World, serving
from office import Office

SKIP = "HONGYAN_SKIP_CLIENTS"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests look at one run of its clients, so one worker takes all of them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(autouse=True, scope="session")
def clients() -> None:
    if os.environ.get(SKIP):
        pytest.skip(f"{SKIP} is set: no DingTalk SDK drives the server in this run")
    if not (CLIENTS / ".complete").exists():
        pytest.fail(f"The DingTalk SDKs are not installed. `./test tests/clients` brings them; {SKIP}=1 goes without.")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One organisation for all tests of a client: they send different texts and look for their own."""
    folder: Path = tmp_path_factory.mktemp("clients")
    with serving(folder / "data") as server:
        yield Office(World(server))


@pytest.fixture(scope="module")
def private(office: Office) -> None:
    """For tests that need `hongyan intercept --private`."""
    reason = why_not_private(office)
    if reason:
        pytest.skip(reason)
