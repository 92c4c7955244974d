"""How long the search goes on: short and the same every time, or long with HONGYAN_LONG=1."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from property.company import make_template

_ALWAYS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "report_multiple_bugs": False}
settings.register_profile("ci", max_examples=350, derandomize=True, **_ALWAYS)  # type: ignore[arg-type]
settings.register_profile("long", max_examples=20_000, print_blob=True, phases=(Phase.generate, Phase.target, Phase.shrink), **_ALWAYS)  # type: ignore[arg-type]
settings.load_profile("long" if os.environ.get("HONGYAN_LONG") == "1" else "ci")


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """Memory where the machine offers it: these tests ask what is written, not whether it lasts."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() and os.access(shm, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def template(scratch: Path) -> Path:
    folder = scratch / "template"
    folder.mkdir()
    asyncio.run(make_template(folder))
    return folder
