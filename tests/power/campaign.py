"""Takes the power away from the real store again and again, and opens what is left with the server's own code.

The short form runs with the tests. The long form, from the checkout's root: `python -m tests.power.campaign --minutes 80`. It goes on
where it ended, prints its counts, and ends with status 1 and the files kept at the first broken promise.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import apsw
import msgspec

if (__package__ or "").startswith("tests."):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from campaigns import Tally, arguments
from crash.company import PEOPLE, fill, prepare
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.store import sqlite
from power.disk import Disk, cuts, under
from power.story import watched_life
from power.verdict import verdict

CUTS_PER_LIFE = 50
STEPS = 40
LOG_PAGES = 60  # the log is begun anew when it is this long: a few times in each life
SCHEMA1 = Path(__file__).parents[1] / "files" / "schema1.db"


class Counts(msgspec.Struct):
    """What was reached. `promised` counts the answers that a cut could have taken back."""

    cuts: int = 0
    promised: int = 0
    lost: int = 0
    corrupt: int = 0
    first: str = ""


def lived(folder: Path, chance: random.Random) -> Disk:
    """A life in a company that was there before."""
    return watched_life(folder, chance, steps=STEPS)


def born(folder: Path, chance: random.Random) -> Disk:
    """A folder that is filled from nothing: the schema is made while it is watched."""
    shutil.rmtree(folder)
    folder.mkdir()
    disk = Disk(folder / "hongyan.db")
    with under(disk):
        asyncio.run(_fill(folder))
    for userid in PEOPLE:
        disk.promised(("joined", userid))
    return disk


async def _fill(folder: Path) -> None:
    application = Application(Settings(data=str(folder), requests_kept_mb=0))
    async with application.running():
        await fill(application.engine)


def brought_up(folder: Path, chance: random.Random) -> Disk:
    """A file of the first schema that is migrated while it is watched."""
    path = folder / "hongyan.db"
    shutil.copy(SCHEMA1, path)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    tasks = [("task", str(seq)) for (seq,) in connection.execute("select seq from task")]
    connection.close()
    disk = Disk(path)
    for task in tasks:
        disk.promised(task)
    with under(disk):
        asyncio.run(_open_and_close(folder))
    return disk


async def _open_and_close(folder: Path) -> None:
    async with Application(Settings(data=str(folder), requests_kept_mb=0)).running():
        pass


@contextmanager
def short_log() -> Generator[None]:
    usual, sqlite.RESET_PAGES = sqlite.RESET_PAGES, LOG_PAGES
    try:
        yield
    finally:
        sqlite.RESET_PAGES = usual


def one_life(template: Path, scratch: Path, seed: int, live: Callable[[Path, random.Random], Disk], counts: Counts) -> None:
    """Live once, then cut the power at many moments of it."""
    chance = random.Random(seed)
    folder, left = scratch / "life", scratch / "left"
    shutil.copytree(template, folder)
    left.mkdir(exist_ok=True)
    with short_log():
        disk = live(folder, chance)
    shutil.rmtree(folder)
    moments = sorted(chance.randrange(len(disk.ops) + 1) for _ in range(CUTS_PER_LIFE))
    for cut in cuts(disk, moments, chance):
        found = verdict(cut, left)
        counts.cuts += 1
        counts.promised += len(cut.promised)
        counts.lost += found.startswith("lost")
        counts.corrupt += found.startswith("corrupt")
        if found:
            counts.first = counts.first or f"seed {seed}, {live.__name__}, operation {cut.at}: {found}"


def way_of(seed: int) -> Callable[[Path, random.Random], Disk]:
    """One life in ten is a birth, one in ten a migration."""
    return {0: born, 5: brought_up}.get(seed % 10, lived)


def make_template(folder: Path) -> None:
    with under():
        asyncio.run(prepare(folder))


def main() -> int:
    """The long form."""
    given = arguments(__doc__)
    tally, until = Tally("power", anew=given.anew), time.monotonic() + given.minutes * 60
    scratch = Path(tempfile.mkdtemp(prefix="hongyan-power-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    make_template(scratch / "template")
    while time.monotonic() < until:
        counts, seed = Counts(), tally.next_seed()
        one_life(scratch / "template", scratch, seed, way_of(seed), counts)
        if counts.first:
            print(f"BROKEN after {tally}: {counts.first}\nfiles kept: {scratch / 'left'}", flush=True)
            return 1
        tally.add(power_cuts=counts.cuts, promises_looked_for=counts.promised)
        tally.save()
        if seed % 20 == 0:
            print(tally, flush=True)
    shutil.rmtree(scratch)
    print(f"{tally}: no acknowledged send lost, no file corrupt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
