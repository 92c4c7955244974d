"""Named points at which a sandbox or a test can make the server fail for real.

`POINTS` is all of them. Where nothing is planted a point costs one call and one comparison.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

VARIABLE = "HONGYAN_FAULTS"
ACTIONS = ("kill", "error", "delay", "torn")
DELAY_S = 0.2

POINTS: dict[str, str] = {
    "start.opened": "the folder is locked and the store open; nothing is loaded",
    "start.swept": "everything is loaded and what a crash left behind is gone; no request was taken",
    "stop.begun": "the last request was answered; the store is about to be closed",
    "store.migrating": "the last step of the schema is made and not committed",
    "store.migrated": "the newest schema is committed",
    "store.begin": "before a transaction begins",
    "store.begun": "a transaction has begun and holds nothing",
    "store.commit": "every statement has run; before the commit",
    "store.committed": "the commit is on the disk; nobody was told",
    "store.told": "the callers of a commit are about to hear of it",
    "store.moving": "before the log is moved into the file",
    "store.moved": "the log was moved into the file",
    "store.restarting": "before the log is begun anew",
    "store.mending": "the disk refused to keep something; before the store is put in order again",
    "accept.attempts": "the attempts of a batch are written",
    "accept.tasks": "the tasks of a batch are written",
    "accept.inbox": "the inbox entries of a batch are written",
    "accept.usage": "what people were charged is written",
    "accept.counters": "the counters of senders are written; the organisation's position is not",
    "recall.marked": "a task is marked as recalled; the event that tells it is not written",
    "read.marked": "a receipt is written; the event that tells it is not",
    "template.decided": "a revision is decided; the template does not use it yet",
    "directory.people": "people are written; departments, roles and counters are not",
    "directory.saved": "the organisation is written; what changed is not noted",
    "bus.publish": "a send is durable; before readers are woken",
    "answer.before": "the answer is made; nothing of it was written",
    "answer.after": "the answer was handed to the connection",
    "callback.claimed": "an event is chosen; nothing was sent",
    "callback.posted": "the application has answered; that is not written down",
    "callback.marked": "the outcome of a try is written down",
    "media.write": "before a piece of an upload is written",
    "media.sync": "an upload is whole; before it is synced",
    "media.rename": "an upload is synced; before it gets its name",
    "media.named": "an upload has its name; the folder is not synced",
    "media.kept": "an upload is on the disk; no row names it",
    "media.row": "the row of an upload is committed; a second copy was not removed",
    "snapshot.copied": "the store is copied; blobs and clock are not",
    "snapshot.finishing": "a snapshot is whole; it does not have its name",
    "restore.begun": "a snapshot's blobs lie beside the present ones; the store is the present one",
    "restore.replaced": "the store is the snapshot's; the present blobs were not removed",
    "captures.write": "before captured calls are written",
    "captures.written": "captured calls are written",
}


class PlantedFault(Exception):
    """Raised at a fault point where a fault was planted; travels the same way as any unexpected failure."""


class BadFaults(ValueError):
    """`HONGYAN_FAULTS` says something that cannot be; the message says what."""


class Faults(Protocol):
    """Asked at every point that a sandbox can plant a fault at; raises `PlantedFault`, or does nothing."""

    def hit(self, point: str) -> None: ...


class NoFaults:
    """What a production server runs with."""

    def hit(self, point: str) -> None:
        reach(point)


class Armed:
    """Faults that hold for the whole process: each acts once, when its point is reached for the nth time."""

    def __init__(self, plan: Mapping[str, tuple[str, int]]) -> None:
        self._lock = threading.Lock()
        self._left = {point: nth for point, (_action, nth) in plan.items()}
        self._actions = {point: action for point, (action, _nth) in plan.items()}

    def reached(self, point: str, half: Callable[[], object] | None) -> None:
        with self._lock:
            left = self._left.get(point, 0)
            if not left:
                return
            self._left[point] = left - 1
        if left == 1:
            _act(point, self._actions[point], half)


def _act(point: str, action: str, half: Callable[[], object] | None) -> None:
    print(f"fault: {point}: {action}", file=sys.stderr, flush=True)
    if action == "error":
        raise PlantedFault(point)
    if action == "delay":
        time.sleep(DELAY_S)
        return
    if action == "torn" and half is not None:
        half()
    os.kill(os.getpid(), signal.SIGKILL)


_armed: Armed | None = None


def reach(point: str, half: Callable[[], object] | None = None) -> None:
    """Pass a point of `POINTS`. `half` does half of what comes next: a fault `torn` calls it and ends the process."""
    if _armed is not None:
        _armed.reached(point, half)


def arm(armed: Armed | None) -> None:
    """Plant faults for the whole process; None takes them away."""
    global _armed
    _armed = armed


def arm_from(environ: Mapping[str, str]) -> None:
    """Plant what `HONGYAN_FAULTS` names, and say so: it is for tests, and a server that should serve must not have it. Raises `BadFaults`."""
    text = environ.get(VARIABLE, "")
    arm(parse_faults(text))
    if text:
        print(f"{VARIABLE} is set: this server will fail on purpose ({text})", file=sys.stderr, flush=True)


def parse_faults(text: str) -> Armed | None:
    """`point:action[:nth]`, separated by commas: what `HONGYAN_FAULTS` holds. Blank is None. Raises `BadFaults`."""
    plan: dict[str, tuple[str, int]] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        point, _, rest = one.partition(":")
        action, _, nth = rest.partition(":")
        nth = nth or "1"
        if point not in POINTS:
            raise BadFaults(f"{VARIABLE}: there is no fault point {point}")
        if action not in ACTIONS or not (nth.isascii() and nth.isdigit() and int(nth)):
            raise BadFaults(f"{VARIABLE}: {one} is not POINT:ACTION[:NTH] with an action of {', '.join(ACTIONS)}")
        plan[point] = (action, int(nth))
    return Armed(plan) if plan else None
