"""One seed, one run: what it did, what it broke, and a fingerprint of both."""

import atexit
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, NamedTuple
from unittest import mock

import apsw

from crash.consistency import contradictions
from hongyan.access import callback_crypto, outbox
from hongyan.delivery import callback_push
from property.histories import TimeOp
from simulation.company import STORE_FILE, Cast, make_company
from simulation.judge import Broken, Judge, demand
from simulation.life import Life, World
from simulation.loop import Stuck
from simulation.script import write_script

MOST_LIVES = 20
_TABLES = ("task", "inbox", "usage", "attempt", "window", "sender_day", "event", "read_mark", "user", "outbox", "callback_attempt", "rule_day")


class Outcome(NamedTuple):
    """`broken` is blank where every promise was kept; `lives` counts processes, `commits` what they committed."""

    seed: int
    broken: str
    fingerprint: str
    lives: int
    steps: int
    commits: int
    accepted: int
    seconds: float  # of the run's own time


class _Dice:
    """Stands for `secrets`: what is random is the seed's too. A server in another thread throws others."""

    def __init__(self, random: Random) -> None:
        self._random, self._thread = random, threading.get_ident()

    @property
    def _mine(self) -> Random:
        return self._random if threading.get_ident() == self._thread else SystemRandom()

    def token_hex(self, size: int) -> str:
        return self._mine.randbytes(size).hex()

    def token_bytes(self, size: int) -> bytes:
        return self._mine.randbytes(size)

    def choice(self, values: Any) -> Any:
        return self._mine.choice(values)


@lru_cache(maxsize=1)
def _template() -> tuple[Path, Cast]:
    folder = Path(tempfile.mkdtemp(prefix="hongyan-sim-", dir=_memory()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, make_company(folder)


def prepare() -> None:
    """Make what runs start from now, so that processes forked from this one share it."""
    _template()


def forget_template() -> None:
    """Remove what runs start from."""
    if _template.cache_info().currsize:
        shutil.rmtree(_template()[0], ignore_errors=True)
        _template.cache_clear()


def _memory() -> str | None:
    """Memory where the machine offers it: what is asked is what is written, not whether it lasts."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def _folder() -> Iterator[Path]:
    template, _cast = _template()
    with tempfile.TemporaryDirectory(prefix="hongyan-run-", dir=_memory()) as name:
        folder = Path(name)
        for file in template.iterdir():
            if file.is_file() and not file.name.endswith((".lock", "-shm", "-wal")):
                shutil.copy(file, folder / file.name)
        yield folder


def run(seed: int) -> Outcome:
    """Play a seed to its end and judge it."""
    logging.disable(logging.CRITICAL)  # what is planted need not be told to operators
    try:
        return _run(seed)
    finally:
        logging.disable(logging.NOTSET)


def _run(seed: int) -> Outcome:
    random = Random(seed)
    script = write_script(random)
    dice = _Dice(random)
    with _folder() as folder, mock.patch.object(outbox, "secrets", dice), mock.patch.object(callback_push, "secrets", dice):
        with mock.patch.object(callback_crypto, "secrets", dice):
            world = World(folder, _template()[1], script, random)
            broken = _play(world)
        if not broken:
            broken = _judge(world, folder / STORE_FILE)
        fingerprint = _fingerprint(world, folder / STORE_FILE, broken)
    return Outcome(seed, broken, fingerprint, world.lives, world.steps, len(world.log), len(world.accepted), world.at_s)


def _play(world: World) -> str:
    try:
        for _ in range(MOST_LIVES):
            if Life(world).run():
                return "; ".join(world.failures)
    except Stuck as stuck:
        return f"I9: {stuck}"
    except Exception as error:
        return f"I10: {type(error).__name__}: {error}"
    return "I9: the runs never ended"


def _judge(world: World, path: Path) -> str:
    try:
        Judge(world).judge()
        _check_file(world, path)
    except Broken as broken:
        return str(broken)
    except Exception as error:
        return f"what was read is no answer: {type(error).__name__}: {error}"
    return ""


def _check_file(world: World, path: Path) -> None:
    found = contradictions(path, same_content_enforced=False)
    if any(isinstance(deed.op, TimeOp) and deed.op.ms < 0 for deed in world.script.deeds):
        # Read, the clock set back, recalled: the moments are those of the machine.
        found = [line for line in found if not line.endswith("read after it was recalled")]
    demand(not found, "the file contradicts itself", *found[:3])
    with suppress(apsw.Error):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    one = lambda sql: connection.execute(sql).get  # noqa: E731
    demand(one("select count(*) from outbox where state = 'waiting'") == 0, "I9: something waits for ever in the outbox")
    demand(one("select count(*) from outbox where state = 'failed'") == 0, "I9: an event was given up")
    demand(one("select count(*) from directory_change") == 0, "I9: a change that nobody was told")
    for table in ("task", "inbox", "usage", "attempt", "read_mark", "event"):
        demand(one(f"select count(*) from {table} where corp = {world.cast.twin.no}") == 0, "I6: another organisation was touched", table)
    accepted = {seq for _surface, _account, seq in world.accepted}
    stored = {row[0] for row in connection.execute("select seq from task")}
    demand(accepted <= stored, "I8: accepted, and not in the file", accepted - stored)
    connection.close()


def _fingerprint(world: World, path: Path, broken: str) -> str:
    digest = hashlib.sha256(broken.encode())
    for entry in world.log:
        digest.update(f"{entry.name} {entry.now} {entry.position}".encode())
    for deed, known, answer in world.answers:
        digest.update(f"{deed.tag} {known} {type(answer).__name__}".encode())
    for heard in world.peer.heard:
        digest.update(repr(heard).encode())
    for follower in world.followers:
        digest.update(repr([(one.connection, *one.change) for one in follower.told]).encode())
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    for table in _TABLES:
        for row in connection.execute(f"select * from {table} order by rowid" if table == "outbox" else f"select * from {table}"):
            digest.update(repr(row).encode())
    connection.close()
    return digest.hexdigest()[:32]
