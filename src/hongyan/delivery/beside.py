"""A service that works as long as a block runs."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine


@contextlib.asynccontextmanager
async def beside(service: Coroutine[None, None, None], finish: Callable[[], Awaitable[None]] | None = None) -> AsyncGenerator[None]:
    """Run it beside the block. At the end `finish` is waited for, then the service is cancelled; what the block raised is raised as it is."""
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        task = group.create_task(service)
        try:
            yield
        except Exception as error:  # noqa: BLE001
            failure = error  # raised below: the group would wrap it
        finally:
            if finish is not None:
                await finish()
            task.cancel()
    if failure is not None:
        raise failure
