"""Kills a serving process again and again while clients send, and checks what it had promised.

At each named fault point in turn, and at random moments. The short form runs with the tests. The long form, from the checkout's root:
`python -m tests.crash.campaign --minutes 80`. It goes on where it ended, with a fresh folder every `KILLS_PER_FOLDER` kills, prints the
counts it reached, and ends with status 1 and the folder kept at the first broken promise.
"""

import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

if (__package__ or "").startswith("tests."):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from callback_receiver import AES_KEY, TOKEN, Receiver, receiving
from campaigns import Tally, arguments
from crash.clients import Crowd, Journal, retry
from crash.company import APP_KEY, prepare
from crash.consistency import contradictions
from crash.process import Connection, Process
from crash.promises import check_file, check_served
from crash.reading import BrokenPromise
from hongyan.model.faults import POINTS

KILLS_PER_FOLDER = 25
RANDOM = "random"
LATEST_S = 60.0  # a life that has not reached its point by then is ended by hand, and the point counts as missed
SCHEMA1 = Path(__file__).parents[1] / "files" / "schema1.db"

AT_START = ("start.opened", "start.swept")
SNAPSHOTS = ("snapshot.copied", "snapshot.finishing")
ONCE = (*SNAPSHOTS, "stop.begun", "store.moving", "store.moved", "store.restarting", "store.mending")  # reached seldom in a life
# The log is restarted by the writer only when nobody moved it meanwhile.
ENVIRON = {"store.mending": {"CRASH_SYNC": "25"}, "store.restarting": {"CRASH_UNMOVED": "1"}}


class Counts(msgspec.Struct):
    """What a campaign reached. `stored_unanswered` are sends that were whole in the file although nobody got to hear of it."""

    kills: int = 0
    accepted: int = 0
    unanswered: int = 0
    stored_unanswered: int = 0
    slowest_ready_ms: int = 0
    hit: set[str] = msgspec.field(default_factory=set)
    missed: list[str] = msgspec.field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills at {len(self.hit - {RANDOM})} points and at random, {self.accepted} sends accepted, {self.unanswered} unanswered, "
            f"{self.stored_unanswered} of these stored; ready again within {self.slowest_ready_ms} ms"
        )


class Folder:
    """One data folder through its deaths."""

    def __init__(self, folder: Path, chance: random.Random, counts: Counts, receiver: Receiver) -> None:
        self._folder = folder
        self._chance = chance
        self._counts = counts
        self._receiver = receiver
        self._journal = Journal()
        self._process = Process(folder, "--sandbox")

    def prepare(self) -> None:
        asyncio.run(prepare(self._folder))
        self._process.start()
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        """Whoever joins is told to the application."""
        body = {"url": self._receiver.url, "token": TOKEN, "aes_key": AES_KEY, "kinds": ["user_add_org"]}
        async with Connection(self._process.port) as connection:
            answer = await connection.ask("PUT", f"/hongyan/v1/apps/{APP_KEY}/callback", body, admin=self._process.admin)
        assert answer["status"] == 200, answer

    def die(self, point: str) -> None:
        """From a running server to a running server: live, die at the point, be checked, start again, be checked again."""
        if point in AT_START:
            self._process.stop(signal.SIGTERM)
            self._note(point, died=not self._process.start(f"{point}:kill"))
        else:
            if point in ENVIRON:
                self._process.stop(signal.SIGTERM)
                self._process.start(f"{point}:kill", ENVIRON[point])  # planted from the start: the sync may fail at once
            self._live(point)
        self._counts.kills += 1
        self._go_on()

    def _fault(self, point: str) -> str:
        action = "torn" if point == "media.write" and self._chance.random() < 0.5 else "kill"
        return f"{point}:{action}:{1 if point in ONCE else self._chance.randint(1, 4)}"

    def _live(self, point: str) -> None:
        crowd = Crowd(self._process, self._chance, self._journal, sandbox=point in SNAPSHOTS)
        asyncio.run(crowd.talk(lambda: self._end(point)))

    async def _end(self, point: str) -> None:
        if point != RANDOM and point not in ENVIRON:
            await asyncio.to_thread(self._process.plant, self._fault(point))
        if point == RANDOM:
            await asyncio.sleep(self._chance.uniform(0.02, 0.6))
        elif point == "stop.begun":
            await asyncio.sleep(0.1)
            await asyncio.to_thread(self._process.stop, signal.SIGTERM)
        else:
            until = time.monotonic() + LATEST_S
            while not self._process.gone and time.monotonic() < until:
                await asyncio.sleep(0.01)
        self._note(point, died=point == RANDOM or self._process.gone)
        await asyncio.to_thread(self._process.kill)

    def _note(self, point: str, *, died: bool) -> None:
        if died and (point == RANDOM or f"fault: {point}:" in self._process.log()):
            self._counts.hit.add(point)
        else:
            self._counts.missed.append(point)

    def _go_on(self) -> None:
        lost = [one for one in self._journal.sent if one.errcode is None]
        stored = check_file(self._folder, self._journal, swept=False)
        self._counts.unanswered += len(lost)
        self._counts.stored_unanswered += sum(one.words in stored for one in lost)
        self._process.start()
        self._counts.slowest_ready_ms = max(self._counts.slowest_ready_ms, int(self._process.ready_ms))
        wrong = asyncio.run(retry(self._process, [one for one in lost if one.uuid], set(stored)))
        if wrong:
            raise BrokenPromise(wrong[0])
        # A notice has no uuid: nobody can know what became of it, so it is looked at once, whole or not at all, and forgotten.
        self._journal.sent = [one for one in self._journal.sent if one.errcode == 0 or one.words in stored]
        for one in self._journal.sent:
            one.recalled = stored[one.words].recalled if one.recalled is None else one.recalled
        check_file(self._folder, self._journal, swept=True)
        asyncio.run(check_served(self._process, self._chance, self._journal))

    def close(self) -> None:
        """The last life ends in order, and everybody who joined was told of."""
        told = {userid for event in self._receiver.of("user_add_org") for userid in event["userId"]}
        until = time.monotonic() + 15
        while missing := set(self._journal.joined) - told:
            if time.monotonic() > until:
                raise BrokenPromise(f"{len(missing)} of {len(self._journal.joined)} who joined were not told to the application")
            time.sleep(0.05)
            told = {userid for event in self._receiver.of("user_add_org") for userid in event["userId"]}
        self._process.stop(signal.SIGTERM)
        self._counts.accepted += len(self._journal.accepted())
        check_file(self._folder, self._journal, swept=True)

    def abandon(self) -> None:
        with suppress(AttributeError):  # it never started
            self._process.kill()


def die_migrating(folder: Path, point: str, counts: Counts) -> None:
    """A file of the first schema, killed while it is brought up: whole before or whole after."""
    folder.mkdir()
    shutil.copy(SCHEMA1, folder / "hongyan.db")
    process = Process(folder)
    counts.kills += 1
    _died(counts, point, process, died=not process.start(f"{point}:kill", wait_for_token=False))
    process.start(wait_for_token=False)
    counts.slowest_ready_ms = max(counts.slowest_ready_ms, int(process.ready_ms))
    process.stop(signal.SIGTERM)
    if problems := contradictions(folder / "hongyan.db"):
        raise BrokenPromise(problems[0])


def die_restoring(folder: Path, point: str, counts: Counts) -> None:
    """Killed while a snapshot is put back: whichever store is found, its uploads have their files."""
    asyncio.run(prepare(folder))
    process, journal, chance = Process(folder, "--sandbox"), Journal(), random.Random(1)
    process.start(f"{point}:kill")
    asyncio.run(Crowd(process, chance, journal).put_back())
    counts.kills += 1
    _died(counts, point, process, died=process.ended())
    process.kill()
    process.start()
    counts.slowest_ready_ms = max(counts.slowest_ready_ms, int(process.ready_ms))
    process.stop(signal.SIGTERM)
    check_file(folder, journal, swept=True)


def _died(counts: Counts, point: str, process: Process, *, died: bool) -> None:
    if died and f"fault: {point}:" in process.log():
        counts.hit.add(point)
    else:
        counts.missed.append(point)


def run_folder(folder: Path, chance: random.Random, counts: Counts, points: Iterable[str], *, until: float = float("inf")) -> None:
    """Die at each of the points, or as far as the time (monotonic seconds) allows."""
    with receiving() as receiver:
        life = Folder(folder / "data", chance, counts, receiver)
        try:
            life.prepare()
            for n, point in enumerate(points):
                if time.monotonic() > until:
                    break
                match point.partition(".")[0], point:
                    case "restore", _:
                        die_restoring(folder / f"restore{n}", point, counts)
                    case _, "store.migrating" | "store.migrated":
                        die_migrating(folder / f"old{n}", point, counts)
                    case _:
                        life.die(point)
            life.close()
        finally:
            life.abandon()


def main() -> int:
    """The long form."""
    given = arguments(__doc__)
    tally, until = Tally("kills", anew=given.anew), time.monotonic() + given.minutes * 60
    while time.monotonic() < until:
        chance, counts = random.Random(tally.next_seed()), Counts()
        folder = Path(tempfile.mkdtemp(prefix="hongyan-crash-"))
        points = chance.sample([*POINTS, *[RANDOM] * len(POINTS)], KILLS_PER_FOLDER)
        try:
            run_folder(folder, chance, counts, points, until=until)
        except BrokenPromise as broken:
            print(f"BROKEN after {tally} and {counts}: {broken}\nfolder kept: {folder}", flush=True)
            return 1
        shutil.rmtree(folder)
        tally.add(kills=counts.kills, sends_accepted=counts.accepted, unanswered=counts.unanswered, of_these_stored=counts.stored_unanswered)
        tally.most(ms_to_be_ready_at_most=counts.slowest_ready_ms)
        tally.save()
        print(tally, flush=True)
    print(f"{tally}: nothing lost, nothing twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
