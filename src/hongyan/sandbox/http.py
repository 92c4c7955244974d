"""The sandbox over HTTP, below /hongyan/v1/sandbox."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec

from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import INTEGER_MAX, Done
from hongyan.control.problems import conflict, invalid, unknown
from hongyan.engine.engine import Engine
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import EpochMs
from hongyan.sandbox.faults import Fault
from hongyan.sandbox.state import Sandbox, is_snapshot_name

# Year 9000: far enough for any test, and every date computed from it still exists.
LATEST = 221_845_392_000_000
Moment = Annotated[int, msgspec.Meta(ge=0, le=LATEST)]
Span = Annotated[int, msgspec.Meta(ge=0, le=LATEST)]
Count = Annotated[int, msgspec.Meta(ge=1, le=INTEGER_MAX)]


class ClockState(msgspec.Struct, frozen=True):
    """The sandbox's time in epoch milliseconds, and how far it is from the machine's."""

    now: EpochMs
    offset_ms: int
    frozen: bool


class ClockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Go to a time (`now`) or on by a span (`advance_ms`), then `freeze` or `resume`. The clock never goes back."""

    now: Moment | None = None
    advance_ms: Span | None = None
    freeze: bool = False
    resume: bool = False


class FaultList(msgspec.Struct, frozen=True):
    faults: list[Fault]


class NewFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault at a point: `api:/path`, `store.begin`, `store.commit` or `store.committed`. `times` null: until it is removed."""

    point: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    times: Count | None = 1


class FaultsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which fault to remove; blank: all."""

    point: str = ""


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a message stays invisible after it was accepted, in milliseconds; at most a day."""

    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=DAY_MS)]


class SnapshotName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class SnapshotList(msgspec.Struct, frozen=True):
    snapshots: list[str]


async def _nothing() -> None:
    return None


class _SandboxCalls:
    """The handlers. Only one reset, snapshot or restore runs at a time."""

    def __init__(self, engine: Engine, sandbox: Sandbox, reseed: Callable[[], Awaitable[None]]) -> None:
        self._engine = engine
        self._sandbox = sandbox
        self._reseed = reseed
        self._turn = asyncio.Lock()

    def _clock_state(self) -> ClockState:
        clock = self._sandbox.clock
        return ClockState(clock.now(), clock.offset_ms, clock.frozen)

    async def get_clock(self, call: Call[None, None]) -> ClockState:
        return self._clock_state()

    async def put_clock(self, call: Call[None, ClockChange]) -> ClockState:
        clock, change = self._sandbox.clock, call.body
        if (change.now is not None and change.advance_ms is not None) or (change.freeze and change.resume):
            raise invalid("Give now or advance_ms, freeze or resume; not both.")
        wanted = change.now if change.now is not None else clock.now() + (change.advance_ms or 0)
        if wanted > LATEST:
            raise invalid("That is too far in the future.")
        if change.freeze:
            clock.freeze()
        if (change.now is not None or change.advance_ms) and not clock.set(EpochMs(wanted)):
            raise conflict("clock_goes_back", f"It is {clock.now()} already; only a reset or a snapshot takes the clock back.")
        if change.resume:
            clock.resume()
        return self._clock_state()

    async def list_faults(self, call: Call[None, None]) -> FaultList:
        return FaultList(self._sandbox.faults.planted())

    async def plant_fault(self, call: Call[None, NewFault]) -> FaultList:
        self._sandbox.faults.plant(Fault(call.body.point, call.body.times))
        return FaultList(self._sandbox.faults.planted())

    async def remove_faults(self, call: Call[FaultsQuery, None]) -> FaultList:
        self._sandbox.faults.remove(call.query.point or None)
        return FaultList(self._sandbox.faults.planted())

    async def get_delay(self, call: Call[None, None]) -> Delay:
        return Delay(self._sandbox.delay_ms)

    async def put_delay(self, call: Call[None, Delay]) -> Delay:
        self._sandbox.delay_ms = call.body.delay_ms
        return call.body

    async def reset(self, call: Call[None, None]) -> Done:
        async with self._turn:
            # Faults go first: one planted at the store would make the reset itself fail.
            self._sandbox.faults.remove()
            await self._engine.store.restore(None)
            await asyncio.to_thread(self._sandbox.reset_beside_store, self._engine.blobs.folder)
            await self._engine.forget()
            await self._reseed()
        return Done()

    async def list_snapshots(self, call: Call[None, None]) -> SnapshotList:
        return SnapshotList(await asyncio.to_thread(self._sandbox.names))

    async def take_snapshot(self, call: Call[None, SnapshotName]) -> SnapshotList:
        name = call.body.name
        if not is_snapshot_name(name):
            raise invalid("A snapshot's name has 1 to 64 of a-z, 0-9, - and _.")
        async with self._turn:
            draft = await asyncio.to_thread(self._sandbox.begin, name)
            await self._engine.store.backup(draft)
            await asyncio.to_thread(self._sandbox.finish, name, self._engine.blobs.folder)
        return SnapshotList(await asyncio.to_thread(self._sandbox.names))

    async def restore_snapshot(self, call: Call[None, None]) -> Done:
        name = call.path["name"]
        async with self._turn:
            if not is_snapshot_name(name) or name not in await asyncio.to_thread(self._sandbox.names):
                raise unknown("snapshot", name)
            self._sandbox.faults.remove()
            await asyncio.to_thread(self._sandbox.restore_before_store, name, self._engine.blobs.folder)
            await self._engine.store.restore(self._sandbox.store_of(name))
            await asyncio.to_thread(self._sandbox.restore_after_store, name, self._engine.blobs.folder)
            await self._engine.forget()
        return Done()


def sandbox_endpoints(engine: Engine, sandbox: Sandbox, reseed: Callable[[], Awaitable[None]] = _nothing) -> list[Endpoint]:
    """The rows to pass as `extra`. `reseed` fills the store again after a reset."""
    calls = _SandboxCalls(engine, sandbox, reseed)
    return [
        Endpoint("GET", "/sandbox/clock", "What time it is in the sandbox", calls.get_clock, ClockState),
        Endpoint("PUT", "/sandbox/clock", "Move, freeze or resume the clock", calls.put_clock, ClockState, request=ClockChange),
        Endpoint("GET", "/sandbox/faults", "The faults that are planted", calls.list_faults, FaultList),
        Endpoint("POST", "/sandbox/faults", "Plant a fault", calls.plant_fault, FaultList, request=NewFault, status=201),
        Endpoint("DELETE", "/sandbox/faults", "Remove one fault, or all", calls.remove_faults, FaultList, query=FaultsQuery),
        Endpoint("GET", "/sandbox/delay_ms", "How long messages stay invisible", calls.get_delay, Delay),
        Endpoint("PUT", "/sandbox/delay_ms", "Let messages stay invisible for a while", calls.put_delay, Delay, request=Delay),
        Endpoint("POST", "/sandbox/reset", "Start anew: empty store, then the seed; snapshots stay", calls.reset, Done),
        Endpoint("GET", "/sandbox/snapshots", "The snapshots there are", calls.list_snapshots, SnapshotList),
        Endpoint("POST", "/sandbox/snapshots", "Keep the present state", calls.take_snapshot, SnapshotList, request=SnapshotName, status=201),
        Endpoint("POST", "/sandbox/snapshots/{name}/restore", "Go back to a snapshot", calls.restore_snapshot, Done),
    ]
