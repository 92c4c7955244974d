"""Slows down who guesses secrets: how often a wrong one is answered, by address and by what it was tried for.

Kept in memory, and forgotten at a restart: what is guarded here are random secrets, which no number of tries finds; passwords have a lock of
their own in the store as well. Nobody is locked out for longer than a window, and who proved the secret from an address before is not kept
out by what others there, or elsewhere, get wrong.
"""

import contextlib
import logging
from collections import OrderedDict
from collections.abc import Generator
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

import msgspec

from hongyan.access.keys import token_hash
from hongyan.model.ids import EpochMs

log = logging.getLogger("hongyan.access")

WINDOW_MS = 60_000  # from its first wrong secret on
EVERYWHERE = 10  # times as many wrong secrets for one key are answered from all addresses together
KEPT_WINDOWS = 20_000
KEPT_PROVED = 20_000
KEPT_NAMES = 10_000
NAME_SHOWN = 64  # characters of what was tried, in the log
KEY_KEPT = 128  # longer ones are kept as their hash
FREE_TRIES = 5  # wrong passwords before the first pause
LOCK_MS = 30_000  # the first pause; it doubles with each wrong password after it
LOCK_MAX_MS = 3_600_000

_Place = tuple[str, str, str]  # kind of window, address, key
Key = TypeVar("Key")
Value = TypeVar("Value")


class GuessLimits(msgspec.Struct, frozen=True):
    """How many wrong secrets are answered in a minute: for one key from one address, and from one address. 0: any number."""

    per_key: int = 20
    per_address: int = 100


class TooManyGuesses(Exception):
    """Not looked at, because too many before it were wrong; the next try counts from `until` on."""

    def __init__(self, until: EpochMs) -> None:
        super().__init__(until)
        self.until = until

    def wait_s(self, now: EpochMs) -> int:
        """Whole seconds until then, at least 1; what Retry-After holds."""
        return max(1, -((now - self.until) // 1000))


class Proof:
    """What became of a try; wrong until somebody says otherwise."""

    __slots__ = ("right",)

    def __init__(self) -> None:
        self.right = False


def _short(key: str) -> str:
    return key if len(key) <= KEY_KEPT else token_hash(key).hex()


def lock_end(failures: int, now: EpochMs) -> EpochMs:
    """Until when a name is locked after that many wrong passwords in a row; 0: not at all."""
    beyond = failures - FREE_TRIES
    return EpochMs(now + min(LOCK_MAX_MS, LOCK_MS << min(beyond, 20))) if beyond >= 0 else EpochMs(0)


def block_of(address: str) -> str:
    """What counts as one address: of IPv6 the 64 bits that a network gets, because the others are its own to choose."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped) if found.ipv4_mapped else str(IPv6Address(int(found) >> 64 << 64))


class Guesses:
    """Counts wrong secrets in windows. One per process, for one event loop."""

    def __init__(self, limits: GuessLimits) -> None:
        self.limits = limits
        self.refused = 0  # tries that were not looked at
        # By their begin, the oldest first; each with its begin and number.
        self._windows: OrderedDict[_Place, tuple[EpochMs, int]] = OrderedDict()
        self._proved: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._names: OrderedDict[str, tuple[int, EpochMs]] = OrderedDict()

    def forget(self) -> None:
        self._windows.clear()
        self._proved.clear()
        self._names.clear()

    @contextlib.contextmanager
    def proving(self, address: str, key: str, now: EpochMs) -> Generator[Proof]:
        """One try at the secret of `key`; say `right` when it was. Raises `TooManyGuesses` before anything is looked at.

        It is counted at once and given back when it was right or failed for another reason, so that tries at the same time cannot pass together.
        """
        block, key = block_of(address), _short(key)
        places = self._counted(block, key)
        self._refuse(block, key, places, now)
        for place, _ in places:
            self._count(place, now)
        proof = Proof()
        try:
            yield proof
        except BaseException:
            self._give_back(places)
            raise
        if proof.right:
            self._give_back(places)
            _keep(self._proved, (block, key), None, KEPT_PROVED)

    def _counted(self, block: str, key: str) -> list[tuple[_Place, int]]:
        """The windows of a try and what fits into each; the one of the key at this address comes first."""
        pair, whole = self.limits.per_key, self.limits.per_address
        found: list[tuple[_Place, int]] = [(("pair", block, key), pair), (("key", "", key), pair * EVERYWHERE), (("address", block, ""), whole)]
        return [(place, limit) for place, limit in found if limit]

    def _refuse(self, block: str, key: str, places: list[tuple[_Place, int]], now: EpochMs) -> None:
        known = (block, key) in self._proved
        ends = [self._full_until(place, limit, now) for place, limit in places if place[0] == "pair" or not known]
        until = max(ends, default=EpochMs(0))
        if until:
            self.refused += 1
            raise TooManyGuesses(until)

    def _full_until(self, place: _Place, limit: int, now: EpochMs) -> EpochMs:
        """When the window ends, if it is full; else 0."""
        begin, n = self._windows.get(place, (EpochMs(0), 0))
        return EpochMs(begin + WINDOW_MS) if n >= limit and begin <= now < begin + WINDOW_MS else EpochMs(0)

    def _count(self, place: _Place, now: EpochMs) -> None:
        begin, n = self._windows.get(place, (EpochMs(-WINDOW_MS), 0))
        if begin <= now < begin + WINDOW_MS:
            self._windows[place] = (begin, n + 1)
        else:
            n = 0
            _keep(self._windows, place, (now, 1), KEPT_WINDOWS)
        if n + 1 == dict(self._counted(place[1], place[2])).get(place):
            log.warning("too many wrong secrets: %s; more are refused for a minute", _described(place))

    def _give_back(self, places: list[tuple[_Place, int]]) -> None:
        for place, _ in places:
            begin, n = self._windows.get(place, (EpochMs(0), 0))
            if n > 1:
                self._windows[place] = (begin, n - 1)
            else:
                self._windows.pop(place, None)

    # --- names that are nobody's: they lock like those of operators, or the lock would tell which ones exist

    def name_locked_until(self, name: str) -> EpochMs:
        return self._names.get(_short(name), (0, EpochMs(0)))[1]

    def name_failed(self, name: str, now: EpochMs) -> None:
        name = _short(name)
        failures = self._names.get(name, (0, EpochMs(0)))[0] + 1
        _keep(self._names, name, (failures, lock_end(failures, now)), KEPT_NAMES)


def _keep(into: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Put it last; the oldest goes when there are too many."""
    into.pop(key, None)
    if len(into) >= most:
        into.popitem(last=False)
    into[key] = value


def _described(place: _Place) -> str:
    kind, block, key = place
    # What was tried comes from outside: quoted, so that it cannot pass for a line of its own.
    tried = f" for {key[:NAME_SHOWN]!r}" if key else ""
    return f"from {block}{tried}" if kind != "key" else f"from several addresses{tried}"
