"""Writes that wait for the writer, and which of them run together."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from hongyan.store.interface import Batch


class Job(msgspec.Struct):
    """A write that waits: a body of its own, or an item for a batch."""

    future: "asyncio.Future[Any]"
    body: Callable[..., Any] | None = None
    args: tuple[Any, ...] = ()
    batch: Batch[Any, Any] | None = None
    item: Any = None
    result: Any = None
    error: BaseException | None = None

    @property
    def name(self) -> str:
        """What it is called in figures and warnings."""
        if self.batch is not None:
            return self.batch.name
        return getattr(self.body, "__name__", type(self.body).__name__)


def grouped(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Neighbours that share a batch stay together, in the order they came."""
    for batch, group in groupby(jobs, key=attrgetter("batch")):
        if batch is None:
            yield from ([job] for job in group)
        else:
            yield list(group)
