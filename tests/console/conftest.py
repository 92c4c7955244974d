import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from console_world import World

Story = Callable[[World], Awaitable[None]]


@pytest.fixture
def in_world(tmp_path: Path) -> Callable[[Story], None]:
    """Runs a story in a fresh organisation."""

    async def run(story: Story) -> None:
        world = await World(tmp_path).start()
        try:
            await story(world)
        finally:
            await world.store.close()

    return lambda story: asyncio.run(run(story))
