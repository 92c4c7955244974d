"""What every engine promises; nothing outside `store` and `app` knows which one runs."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

import msgspec

from hongyan.model.ids import EpochMs
from hongyan.store.meter import StoreMeter, Vitals

Row = tuple[Any, ...]
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Result = TypeVar("Result")
P = ParamSpec("P")


class StoreError(Exception):
    """The store could not do it; nothing of the call was kept."""


class StoreBusy(StoreError):
    """Too many writes wait already; the caller should answer the busy code."""


class StoreFull(StoreError):
    """The disk, or the quota of the file, is full."""


class StoreUnavailable(StoreError):
    """An I/O error, a read-only or a corrupted file."""


class StoreLocked(StoreError):
    """Another process owns the file."""


class StoreTooNew(StoreError):
    """The file was written by a newer Hongyan."""


class StoreForeign(StoreError):
    """The file is no Hongyan store."""


class Tx(Protocol):
    """One transaction. Statements are named; their text lies in `store/sql`."""

    def one(self, name: str, /, **params: Any) -> Row | None: ...

    def all(self, name: str, /, **params: Any) -> list[Row]: ...

    def run(self, name: str, /, **params: Any) -> int:
        """Execute and return how many rows changed."""
        ...

    def run_rows(self, name: str, rows: Sequence[Sequence[Any]], /) -> None:
        """Write many rows with as few statements as the engine allows."""
        ...

    def by_keys(self, name: str, keys: Sequence[Sequence[Any]], /) -> list[list[Any]]:
        """Rows for many keys, answered as one JSON array by the engine; missing keys are absent."""
        ...

    def on_commit(self, hook: Callable[[], None], /) -> None:
        """Run `hook` on the event loop once this transaction stands; never when it is rolled back. It must neither fail nor wait."""
        ...


class Batch(msgspec.Struct, Generic[Item, Outcome], frozen=True):
    """A transaction body that takes everything waiting at once, so that it costs one statement per table instead of one per item.

    `run(tx, items, now)` returns one outcome for each item, in order. It may be run again with fewer items.
    """

    name: str
    run: Callable[[Tx, Sequence[Item], EpochMs], Sequence[Outcome]]


class Store(Protocol):
    """Durable state of one server.

    A write body is a plain function `(tx, *args, now)`: it does no I/O but `tx` and may be run again. What it returns commits, what it
    raises rolls back. `now` is read once per commit by the writer. Every call may raise a `StoreError`.
    """

    @property
    def meter(self) -> StoreMeter: ...

    def vitals(self) -> Vitals: ...

    async def write(self, body: Callable[..., Result], /, *args: Any) -> Result: ...

    def write_batched(self, batch: Batch[Item, Outcome], item: Item, /) -> Awaitable[Outcome]: ...

    async def read(self, body: Callable[..., Result], /, *args: Any) -> Result:
        """Run `body(tx, *args)` on one snapshot, off the event loop."""
        ...

    def read_quick(self, body: Callable[..., Result], /, *args: Any) -> Result:
        """A few point reads by key, each on what is committed at that moment; an embedded engine runs them on the spot."""
        ...

    def read_kept(self, body: Callable[..., Result], /, *args: Hashable) -> Result:
        """As `read_quick`, of what no batch writes: the answer is kept until something else than a batch has written."""
        ...

    async def backup(self, target: Path) -> None:
        """Copy the whole store, consistent, while it is in use."""
        ...

    async def restore(self, source: Path | None) -> None:
        """Replace everything by a backup; by an empty store when None. Callers drop their caches afterwards."""
        ...

    async def compact(self) -> None:
        """Write the whole store anew, so that nothing of what was removed is left in it. Writes wait meanwhile: seconds for a gigabyte."""
        ...

    def trouble(self) -> str:
        """What keeps the store from working just now, as a sentence for the operator; blank while all is well."""
        ...

    async def close(self) -> None: ...


def chunks(rows: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    """Consecutive pieces of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def distinct(tx: Tx, name: str, /, **params: Any) -> list[Any]:
    """Every value of a number that an index leads to, smallest first; the statement answers the first one after `after`.

    One step of the index for each. Asked for as one recursive statement they take five times as long.
    """
    found: list[Any] = []
    while row := tx.one(name, **params, after=found[-1] if found else 0):
        found.append(row[0])
    return found
