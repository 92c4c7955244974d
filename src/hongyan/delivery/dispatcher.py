"""Sends events to applications: several destinations at a time, one event at a time and in order for each.

The outbox is the truth. What was sent and not yet written down when the process died is sent again, under the same event id.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator

import msgspec

from hongyan.access.callbacks import SUITE_TICKET, Callback, all_callbacks_txn, keys_of, load_callback_txn
from hongyan.access.outbox import LANES, Attempt, Event, end_attempt_txn, next_event_txn, purge_txn
from hongyan.access.sealing import Seal, SealBroken
from hongyan.access.suites import TICKET_LIFE_MS, issue_overdue_tickets_txn, tickets_overdue_txn
from hongyan.delivery.beside import beside
from hongyan.delivery.callback_client import TOTAL_S, CallbackClient
from hongyan.delivery.callback_forms import event_text
from hongyan.delivery.callback_push import OK, Pushed, push
from hongyan.delivery.directory_events import CHANGES_AT_ONCE, changes_wait_txn, tell_changes_txn
from hongyan.directory.records import Corp, load_corp_by_no_txn
from hongyan.model.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Clock
from hongyan.model.faults import reach
from hongyan.model.ids import AppNo, CorpNo, EpochMs
from hongyan.observe.histogram import SECONDS, Histogram
from hongyan.store.interface import Store, StoreError, Tx

POLL_S = 0.5  # how often to look for what is due, when there is somebody to tell
QUIET_S = 600.0  # the same when there is nobody: what was noted for nobody is swept away
PARALLEL = 50  # destinations at a time
TICKET_ATTEMPTS = 100  # event-suite-ticket
EVENT_ATTEMPTS = 16
TICKET_WAIT_MS = 3 * MINUTE_MS  # the longest wait between two tries: 100 of them last as long as a ticket
EVENT_WAIT_MS = 10 * MINUTE_MS
KEPT_MS = 3 * DAY_MS  # how long ended events stay in the log
PURGE_AT_ONCE = 1000
_log = logging.getLogger(__name__)


def decide_retry(kind: str, attempts: int, now: EpochMs) -> EpochMs | None:
    """When to try again after so many tries; None: give up. One second, then twice as long each time."""
    most, longest = (TICKET_ATTEMPTS, TICKET_WAIT_MS) if kind == SUITE_TICKET else (EVENT_ATTEMPTS, EVENT_WAIT_MS)
    return None if attempts >= most else EpochMs(now + min(SECOND_MS << min(attempts - 1, 20), longest))


class CallbackMeter:
    """Pushes since the process started."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.seconds = Histogram(SECONDS)
        self.purged = 0  # ended events that were forgotten

    def note(self, pushed: Pushed) -> None:
        self.outcomes[pushed.outcome] += 1
        self.seconds.add(pushed.ms / 1000)


class _Look(msgspec.Struct, frozen=True):
    """What there is to do at a moment."""

    callbacks: list[Callback]
    due: list[Callback]
    changes: bool
    tickets: bool


def _look_txn(tx: Tx, now: EpochMs) -> _Look:
    callbacks = all_callbacks_txn(tx)
    due = [one for one in callbacks if any(next_event_txn(tx, one.no, lane, now) for lane in LANES)]
    return _Look(callbacks, due, changes_wait_txn(tx), tickets_overdue_txn(tx, EpochMs(now - TICKET_LIFE_MS)))


class _Next(msgspec.Struct, frozen=True):
    """What goes out next, and where it goes as of now."""

    callback: Callback
    event: Event
    corp: Corp | None


def _next_txn(tx: Tx, app: AppNo, corp: CorpNo, lane: int, now: EpochMs) -> _Next | None:
    callback = load_callback_txn(tx, app, corp)
    event = next_event_txn(tx, callback.no, lane, now) if callback else None
    return _Next(callback, event, load_corp_by_no_txn(tx, event.corp)) if callback and event else None


class Dispatcher:
    """The service that empties the outbox. `wake` it when something was put in that should not wait for its next look."""

    def __init__(self, *, store: Store, clock: Clock, seal: Seal, private: bool) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal
        self.client = CallbackClient(private=private)
        self._woken = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._ending = False
        self._purged_at = EpochMs(0)
        self.kept_ms = KEPT_MS  # 0: for ever
        self.finish_s = TOTAL_S
        self.meter = CallbackMeter()

    def wake(self) -> None:
        self._woken.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Sends as long as the block runs."""
        try:
            async with beside(self._run(), self._finish):
                yield
        finally:
            await self.client.close()

    @property
    def calling(self) -> int:
        """Destinations that something is being sent to."""
        return len(self._busy)

    async def _finish(self) -> None:
        """Begin nothing new, and let what is on its way be answered and written down; what is cut off is sent again after the next start."""
        self._ending = True
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=self.finish_s)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                try:
                    somebody = await self._turn(group)
                except StoreError as outage:
                    _log.error("callbacks: %s", outage)
                    somebody = True
                except Exception:  # noqa: BLE001
                    # Nothing of this service may end the server that it runs in.
                    _log.exception("callbacks failed")
                    somebody = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S if somebody else QUIET_S):
                        await self._woken.wait()

    async def _turn(self, group: asyncio.TaskGroup) -> bool:
        """Do what is to be done; False when there is nobody to tell."""
        look = await self._store.read(_look_txn, self._clock.now())
        if look.changes:
            while await self._store.write(tell_changes_txn) == CHANGES_AT_ONCE:
                pass
            self.wake()
        if look.tickets:
            await self._store.write(issue_overdue_tickets_txn)
            self.wake()
        await self._purge()
        for callback in look.due:
            if callback.no not in self._busy and len(self._busy) < PARALLEL and not self._ending:
                self._busy[callback.no] = group.create_task(self._drain(callback))
        return bool(look.callbacks)

    async def _purge(self) -> None:
        now = self._clock.now()
        if not self.kept_ms or abs(now - self._purged_at) < HOUR_MS:
            return
        self._purged_at = now
        purged = await self._store.write(purge_txn, EpochMs(now - self.kept_ms), PURGE_AT_ONCE)
        self.meter.purged += purged
        if purged == PURGE_AT_ONCE:
            self._purged_at = EpochMs(0)

    async def _drain(self, callback: Callback) -> None:
        """Everything that is due for one destination, until one fails."""
        try:
            for lane in LANES:
                while not self._ending and await self._send_next(callback, lane):
                    pass
        except StoreError as outage:
            _log.error("callbacks: %s", outage)
        except Exception:  # noqa: BLE001
            # One destination's bug must not end the service for all; it is tried again at the next look.
            _log.exception("callback %d failed", callback.no)
        finally:
            del self._busy[callback.no]

    async def _send_next(self, callback: Callback, lane: int) -> bool:
        found = await self._store.read(_next_txn, callback.app, callback.corp, lane, self._clock.now())
        if found is None:
            return False
        event, at = found.event, self._clock.now()
        reach("callback.claimed")
        pushed = await self._push(found)
        self.meter.note(pushed)
        reach("callback.posted")
        attempt = Attempt(event.attempts + 1, at, pushed.status, pushed.ms, pushed.outcome, pushed.answer)
        if pushed.outcome == OK:
            state, due_at = "delivered", event.due_at
        else:
            retry_at = decide_retry(event.kind, attempt.attempt, self._clock.now())
            state, due_at = ("failed", event.due_at) if retry_at is None else ("waiting", retry_at)
        await self._store.write(end_attempt_txn, event, attempt, state, due_at)
        reach("callback.marked")
        return pushed.outcome == OK

    async def _push(self, found: _Next) -> Pushed:
        try:
            keys = keys_of(self._seal, found.callback)
        except SealBroken as problem:
            return Pushed(0, 0, "sealed", str(problem))
        text = event_text(found.callback, found.event, found.corp.corp_id if found.corp else None)
        return await push(self.client, found.callback.url, keys, text, "success", self._clock.now())
