"""What a store counts of itself: how long its transactions take, and how it is now."""

import logging
import time
from collections.abc import Iterable
from typing import NamedTuple

from hongyan.observe.events import tell
from hongyan.observe.histogram import SECONDS, SIZES, Histogram

log = logging.getLogger("hongyan.store")

SLOW_S = 1.0
NAMED = 8  # writes that a warning names


class Vitals(NamedTuple):
    """How a store is at this moment. `oldest_s` is how long the transaction that runs has been running, 0 when none does."""

    waiting: int
    oldest_s: float
    file_bytes: int
    log_bytes: int


class StoreMeter:
    """Counts of one store. A transaction, called a group here, is everything that shares one commit."""

    def __init__(self) -> None:
        self.slow_s = SLOW_S
        self.commits = Histogram(SECONDS)
        self.transactions = Histogram(SECONDS)
        self.groups = Histogram(SIZES)
        self.slow = 0
        self.failed: dict[str, int] = {}
        self.newest = (0.0, 0.0, 0.0)  # when the newest group was begun, came to its commit, and was through: `time.perf_counter`
        self._begun = 0.0
        self._commit_begun = 0.0

    @property
    def running_s(self) -> float:
        return time.perf_counter() - self._begun if self._begun else 0.0

    def begin(self) -> None:
        self._begun = time.perf_counter()
        self._commit_begun = 0.0

    def begin_commit(self) -> None:
        self._commit_begun = time.perf_counter()

    def end(self, names: Iterable[str], size: int, failure: BaseException | None) -> None:
        """The group is through; `failure` is the file's, not one of a single write."""
        now, begun, commit_begun = time.perf_counter(), self._begun, self._commit_begun
        self._begun = 0.0
        self.newest = (begun, commit_begun or now, now)
        self.transactions.add(now - begun)
        self.groups.add(size)
        if commit_begun:
            self.commits.add(now - commit_begun)
        if failure:
            kind = type(failure).__name__
            self.failed[kind] = self.failed.get(kind, 0) + 1
        if now - begun > self.slow_s:
            self._note_slow(names, size, now - begun, now - commit_begun if commit_begun else 0.0)

    def _note_slow(self, names: Iterable[str], size: int, seconds: float, commit_s: float) -> None:
        self.slow += 1
        ms, commit_ms = round(seconds * 1000), round(commit_s * 1000)
        writes = sorted(set(names))[:NAMED]
        message = f"a transaction took {ms} ms, {commit_ms} ms of them the commit"
        tell(log, logging.WARNING, "store.slow_transaction", message, ms=ms, commit_ms=commit_ms, size=size, writes=writes)
