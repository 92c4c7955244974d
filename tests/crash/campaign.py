"""Kills a serving process again and again while clients send, and checks what it had promised.

The short form runs with the tests. The long form, from the checkout's root: `python -m tests.crash.campaign --minutes 80 [--seed 7]`.
It goes on with a fresh folder every `ROUNDS_PER_FOLDER` kills, prints the counts it reached after each, and ends with status 1 and the
folder kept at the first broken promise.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec
from pyroaring import BitMap

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn
from hongyan.access.records import ALL_SCOPES, AppKind
from hongyan.admission.rules import RULES, Mode, RuleSetting
from hongyan.admission.tasks import delivered_stored
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, apply_org_txn, create_corp_txn
from hongyan.model.ids import CorpId, CorpNo, parse_mass_task_id

from .consistency import contradictions

CLIENTS = 32
ROUNDS_PER_FOLDER = 15
CORP = CorpId("dingcrash")
UNIONID = "crashaccount"
SEND = "/topapi/message/mass/send"
PEOPLE = {f"u{n}": 10 if n < 205 else 20 for n in range(230)}  # the first department is stored as bitmaps, the second as rows


class BrokenPromise(AssertionError):
    """The server said one thing and the file another."""


class Sent(msgspec.Struct):
    """One send as its client knows it; `errcode` None: no answer came."""

    uuid: str
    audience: frozenset[str]
    body: bytes
    errcode: int | None = None
    task_id: str = ""


class Counts(msgspec.Struct):
    """What a campaign reached. `stored_unanswered` are sends that were whole in the file although nobody got to hear of it."""

    kills: int = 0
    accepted: int = 0
    unanswered: int = 0
    stored_unanswered: int = 0

    def __str__(self) -> str:
        return f"{self.kills} kills, {self.accepted} accepted, {self.unanswered} unanswered, {self.stored_unanswered} of these stored"


async def prepare(folder: Path) -> None:
    """A company to send to, with every limit counted and none in the way."""
    application = Application(Settings(data=str(folder)))
    engine = application.engine
    async with application.running():
        corp: CorpNo = await engine.store.write(create_corp_txn, CORP, "崩溃公司", "Asia/Shanghai")
        users = tuple(UserEntry(userid, userid, (dept,)) for userid, dept in PEOPLE.items())
        await engine.store.write(apply_org_txn, corp, CORP, OrgChange((DeptEntry(10, "大"), DeptEntry(20, "小")), users))
        await engine.store.write(create_app_txn, corp, NewApp("crashkey", "crash", AppKind.INTERNAL, ALL_SCOPES, (), "secret"))
        await engine.store.write(create_account_txn, corp, CORP, NewAccount("号", unionid=UNIONID))
        for rule in RULES:
            await engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, rule, Mode.OBSERVE))


class Process:
    """A served folder, as an operator would run it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._announced = folder / "server.json"

    def start(self) -> None:
        self._announced.unlink(missing_ok=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
        command = [sys.executable, "-m", "hongyan", "serve", "--data", str(self._folder), "--port", "0"]
        self._log = open(self._folder / "server.log", "ab")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environ)
        deadline = time.monotonic() + 20
        while not self._said():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BrokenPromise(f"the server does not start: {(self._folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.01)

    def _said(self) -> bool:
        try:
            self.port = int(json.loads(self._announced.read_text())["base_url"].rsplit(":", 1)[1])
        except (OSError, ValueError):
            return False
        return True

    def stop(self, signal_number: int) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(signal_number)
        self._process.wait(20)
        self._log.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str, body: bytes) -> dict[str, Any]:
    """One request on a raw connection; raises when no whole answer comes."""
    method = "POST" if body else "GET"
    head = f"{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return json.loads(await reader.readexactly(length))


class Round(NamedTuple):
    """What the clients of one life of the server share."""

    port: int
    token: str
    random: random.Random
    sent: list[Sent]


def _a_send(round_: Round) -> Sent:
    chance, uuid = round_.random, f"{round_.random.getrandbits(96):024x}"
    kind = chance.choice(("one", "one", "few", "few", "rows", "bitmap", "everyone"))
    names = list(PEOPLE)
    audience = {
        "one": lambda: [chance.choice(names)],
        "few": lambda: chance.sample(names, chance.randint(2, 12)),
        "rows": lambda: [name for name, dept in PEOPLE.items() if dept == 20],
        "bitmap": lambda: [name for name, dept in PEOPLE.items() if dept == 10],
        "everyone": lambda: names,
    }[kind]()
    to = {"rows": {"dep_id_list": [20]}, "bitmap": {"dep_id_list": "10"}, "everyone": {"is_to_all": True}}.get(
        kind, {"userid_list": ",".join(audience)}
    )
    body = {"unionid": UNIONID, "msg_type": "text", "text_content": uuid, "uuid": uuid, "is_to_all": False, **to}
    return Sent(uuid, frozenset(audience), json.dumps(body).encode())


async def _client(round_: Round) -> None:
    """Send until the server is gone."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", round_.port)
    except OSError:
        return
    try:
        while True:
            sent = _a_send(round_)
            round_.sent.append(sent)
            await _settle(reader, writer, round_.token, sent)
    except (OSError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


async def _settle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, sent: Sent) -> None:
    answer = await exchange(reader, writer, f"{SEND}?access_token={token}", sent.body)
    sent.errcode, sent.task_id = answer["errcode"], answer.get("task_id", "")


async def _token(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = await exchange(reader, writer, "/gettoken?appkey=crashkey&appsecret=secret", b"")
    writer.close()
    return answer["access_token"]


async def _one_life(process: Process, chance: random.Random, sent: list[Sent]) -> None:
    round_ = Round(process.port, await _token(process.port), chance, sent)
    clients = [asyncio.ensure_future(_client(round_)) for _ in range(CLIENTS)]
    await asyncio.sleep(chance.uniform(0.02, 0.7))
    await asyncio.to_thread(process.stop, signal.SIGKILL)
    await asyncio.gather(*clients)


async def _retry(process: Process, lost: list[Sent], stored: dict[str, frozenset[str]]) -> None:
    """The advice for a send without an answer: the same uuid again. It enters now, or is known already."""
    token = await _token(process.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    for sent in lost:
        await _settle(reader, writer, token, sent)
        wanted = 800035 if sent.uuid in stored else 0
        if sent.errcode != wanted:
            raise BrokenPromise(f"the retry of {sent.uuid} was answered {sent.errcode} instead of {wanted}")
        sent.errcode = 0
    writer.close()


def read_audiences(path: Path) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
    """uuid → the userids who have it, by inbox row or bitmap; uuid → position. From the file alone."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names: dict[int, str] = dict(connection.execute("select ord, userid from user").fetchall())
    rows: dict[int, list[int]] = {}
    for seq, ord_ in connection.execute("select seq, ord from inbox where kind = 0"):
        rows.setdefault(seq, []).append(ord_)
    audiences: dict[str, frozenset[str]] = {}
    positions: dict[str, int] = {}
    for seq, uuid, storage, addressed, sets in connection.execute("select seq, uuid, storage, addressed, sets from task"):
        people = delivered_stored(addressed, sets) if storage else BitMap(rows.get(seq, ()))
        if uuid in positions:
            raise BrokenPromise(f"two tasks have the uuid {uuid}")
        positions[uuid] = seq
        audiences[uuid] = frozenset(names[ord_] for ord_ in people)
    connection.close()
    return audiences, positions


def _check(path: Path, sent: list[Sent]) -> dict[str, frozenset[str]]:
    problems = contradictions(path)
    if problems:
        raise BrokenPromise("; ".join(problems[:5]))
    audiences, positions = read_audiences(path)
    for one in sent:
        if one.errcode not in (None, 0):
            raise BrokenPromise(f"{one.uuid} was refused with {one.errcode}")
        if one.errcode == 0 and one.uuid not in audiences:
            raise BrokenPromise(f"{one.uuid} was accepted and is not there")
        if one.uuid in audiences and audiences[one.uuid] != one.audience:
            raise BrokenPromise(f"{one.uuid} is in {len(audiences[one.uuid])} inboxes instead of {len(one.audience)}")
        if one.task_id and parse_mass_task_id(one.task_id) != positions[one.uuid]:
            raise BrokenPromise(f"{one.uuid} was answered with another task's id")
    if strangers := set(audiences) - {one.uuid for one in sent}:
        raise BrokenPromise(f"sends that nobody sent: {strangers}")
    return audiences


def run_folder(folder: Path, chance: random.Random, counts: Counts, *, kills: int, until: float) -> None:
    """Kill, check, restart, retry, in one data folder, until the kills or the time (monotonic seconds) are used up."""
    asyncio.run(prepare(folder))
    path, sent = folder / "hongyan.db", list[Sent]()
    process = Process(folder)
    process.start()
    try:
        for _ in range(kills):
            asyncio.run(_one_life(process, chance, sent))
            counts.kills += 1
            lost = [one for one in sent if one.errcode is None]
            stored = _check(path, sent)
            counts.unanswered += len(lost)
            counts.stored_unanswered += sum(one.uuid in stored for one in lost)
            process.start()
            asyncio.run(_retry(process, lost, stored))
            if time.monotonic() > until:
                break
    finally:
        process.stop(signal.SIGTERM)
    counts.accepted += len(sent)
    _check(path, sent)


def main() -> int:
    """The long form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    chance, counts, until = random.Random(seed), Counts(), time.monotonic() + arguments.minutes * 60
    print(f"seed {seed}", flush=True)
    while time.monotonic() < until:
        folder = Path(tempfile.mkdtemp(prefix="hongyan-crash-"))
        try:
            run_folder(folder, chance, counts, kills=ROUNDS_PER_FOLDER, until=until)
        except BrokenPromise as broken:
            print(f"BROKEN after {counts}: {broken}\nfolder kept: {folder}", flush=True)
            return 1
        shutil.rmtree(folder)
        print(counts, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
