"""An event loop without real time, threads or files: waiting costs nothing, and a seed decides what runs next."""

import asyncio
import heapq
from collections.abc import Callable
from random import Random
from typing import Any

STEP_S = 0.000_05  # how long a callback takes
MOST_STEPS = 60_000  # of one process; the longest known needs a tenth
WAIT_S = 0.02  # the longest that a thread lets one wait


class Died(BaseException):
    """The process is gone: nothing that was running goes on."""


class Stuck(Exception):
    """Nothing is ready and nothing will be: somebody waits for ever."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs one callback at a time, whichever of the ready ones the seed picks. What belongs in a thread runs here, some time later."""

    def __init__(self, random: Random, began_at_s: float = 0.0) -> None:
        super().__init__()
        self.random = random
        self.at_s = began_at_s
        self.steps = 0
        self.dies_at_step: int | None = None
        self.dying = False
        self.failures: list[str] = []
        self.set_exception_handler(self._note)
        self._selector = None  # nothing of the machine is listened to
        self._tasks: list[asyncio.Task[Any]] = []  # in the order in which they began

    def time(self) -> float:
        return self.at_s

    def create_task(self, *arguments: Any, **options: Any) -> "asyncio.Task[Any]":
        task = super().create_task(*arguments, **options)
        self._tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        future = self.create_future()
        self.call_later(self.random.random() * WAIT_S, _settle, future, func, args)
        return future

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def _run_once(self) -> None:
        ready, waiting = self._ready, self._scheduled
        while waiting and waiting[0]._cancelled:
            heapq.heappop(waiting)._scheduled = False
        if not ready and not self._stopping:
            if not waiting:
                raise Stuck("nothing is ready, and nothing will be")
            self.at_s = max(self.at_s, waiting[0]._when)
        while waiting and waiting[0]._when <= self.at_s:
            handle = heapq.heappop(waiting)
            handle._scheduled = False
            ready.append(handle)
        if ready:
            at = self.random.randrange(len(ready)) if len(ready) > 1 else 0
            handle = ready[at]
            del ready[at]
            if not handle._cancelled:
                handle._run()
        self.steps += 1
        self.at_s += STEP_S
        if self.steps > MOST_STEPS:
            raise Stuck("it never comes to an end")
        if self.dying or self.steps == self.dies_at_step:
            raise Died

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Died):
            self.failures.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _timer_handle_cancelled(self, handle: Any) -> None:
        """Cancelled timers are dropped when their time comes."""

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There is nobody to wake."""

    def abandon(self) -> None:
        """Let what was running end without doing anything more. The caller has taken its store away."""
        self.dies_at_step, self.dying = None, False
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(_gather(tasks))
        self.close()


async def _gather(tasks: list["asyncio.Task[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _settle(future: "asyncio.Future[Any]", func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    if future.done():
        return
    try:
        outcome = func(*args)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(outcome)
