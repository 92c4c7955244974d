"""An orderly end: what was accepted is finished and answered, what was not never happened, and nobody is kept waiting for ever."""

import asyncio
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from whole_server import Http, Process, Seeded, a_send, seed, started

from callback_receiver import AES_KEY, TOKEN, receiving
from harness import serving
from hongyan.admission.rules import Profile
from hongyan.model.clock import HOUR_MS
from hongyan.model.ids import EpochMs

CLIENTS = 32
BEFORE = 200  # answers before the signal


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(tmp_path_factory.mktemp("pattern") / "data")


@pytest.fixture
def seeded(pattern: Seeded, tmp_path: Path) -> Seeded:
    return pattern._replace(folder=Path(shutil.copytree(pattern.folder, tmp_path / "data")))


def _stored_uuids(seeded: Seeded) -> set[str]:
    connection = apsw.Connection(str(seeded.folder / "hongyan.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {row[0] for row in connection.execute("select uuid from task")}
    finally:
        connection.close()


class Crowd:
    """Clients that send without a pause, and what became of each request."""

    def __init__(self, seeded: Seeded, server: Process) -> None:
        self.seeded, self.server = seeded, server
        self.accepted: set[str] = set()
        self.unanswered: set[str] = set()
        self.broken: list[bytes] = []  # answers that came in part
        self.codes: set[int] = set()
        self.enough = asyncio.Event()

    async def client(self, number: int) -> None:
        n = 0
        while True:
            try:
                http = await Http.to(self.server)
            except ConnectionError:
                return
            try:
                while True:
                    n += 1
                    if not await self._one(http, f"c{number}-{n}"):
                        break
            finally:
                http.close()

    async def _one(self, http: Http, uuid: str) -> bool:
        """False: the connection is over."""
        try:
            await http.send(a_send(self.seeded, uuid))
            _, headers, body = await http.answer()
        except asyncio.IncompleteReadError as ended:
            if ended.partial:
                self.broken.append(ended.partial)
            self.unanswered.add(uuid)
            return False
        except ConnectionError:
            self.unanswered.add(uuid)
            return False
        code = json.loads(body)["errcode"]
        self.codes.add(code)
        if code == 0:
            self.accepted.add(uuid)
        if len(self.accepted) >= BEFORE:
            self.enough.set()
        return headers.get("connection") != "close"


def test_a_request_is_finished_or_never_happened(seeded: Seeded) -> None:
    with started(seeded) as server:

        async def run() -> Crowd:
            crowd = Crowd(seeded, server)
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                for number in range(CLIENTS):
                    group.create_task(crowd.client(number))
                await crowd.enough.wait()
                server.process.send_signal(signal.SIGTERM)
            return crowd

        crowd = asyncio.run(run())
        code, said = server.end()
    stored = _stored_uuids(seeded)

    assert (code, said) == (0, "")
    assert crowd.codes == {0} and not crowd.broken
    assert crowd.accepted <= stored
    assert not crowd.unanswered & stored
    assert len(crowd.accepted) >= BEFORE
    assert not (seeded.folder / "server.json").exists()


def _finish(exchange: Any) -> Any:
    async def run() -> Any:
        async with asyncio.timeout(30):
            return await exchange

    return asyncio.run(run())


def _until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 15
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def _half(seeded: Seeded) -> tuple[bytes, bytes]:
    whole = a_send(seeded, "half")
    return whole[:-20], whole[-20:]


def _refuses(server: Process) -> bool:
    try:
        with httpx.Client(base_url=server.base_url) as client:
            client.get("/healthz")
    except httpx.TransportError:
        return True
    return False


def test_a_request_that_had_begun_may_end_and_is_told_that_the_connection_does(seeded: Seeded) -> None:
    async def exchange(server: Process) -> tuple[int, dict[str, str], bytes]:
        http, (begin, rest) = await Http.to(server), _half(seeded)
        await http.send(begin)
        httpx.get(f"{server.base_url}/healthz")  # what came before has been read by now
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(_until, lambda: _refuses(server))
        await http.send(rest)
        answer = await http.answer()
        assert await http.reader.read() == b""
        http.close()
        return answer

    with started(seeded) as server:
        status, headers, body = _finish(exchange(server))
        code, _ = server.end()

    assert (status, headers["connection"], json.loads(body)["errcode"], code) == (200, "close", 0, 0)
    assert _stored_uuids(seeded) == {"half"}


def test_a_request_that_does_not_end_is_cut_off_at_the_limit_and_the_exit_code_says_so(seeded: Seeded) -> None:
    async def exchange(server: Process) -> bytes:
        http, (begin, _) = await Http.to(server), _half(seeded)
        await http.send(begin)
        httpx.get(f"{server.base_url}/healthz")
        server.process.send_signal(signal.SIGTERM)
        try:
            return await http.reader.read()
        except ConnectionError:
            return b""
        finally:
            http.close()

    with started(seeded, stop_seconds=0.2) as server:
        answered = _finish(exchange(server))
        code, said = server.end()

    assert (answered, code) == (b"", 1)
    assert "stopped before 1 requests were answered" in said
    assert not _stored_uuids(seeded)


def test_who_is_told_to_stop_says_so_and_serves_on_for_the_grace(seeded: Seeded) -> None:
    with started(seeded, stop_grace_seconds=60) as server, httpx.Client(base_url=server.base_url) as client:
        assert client.get("/readyz").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        _until(lambda: client.get("/readyz").status_code == 503)
        answer = client.get("/healthz")

        assert client.get("/readyz").json()["reasons"][0]["check"] == "stopping"
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        for n in range(2):
            path, body = f"/topapi/message/mass/send?access_token={seeded.token}", a_send(seeded, f"grace{n}").partition(b"\r\n\r\n")[2]
            sent = client.post(path, content=body, headers={"content-type": "application/json"})
            assert (sent.json()["errcode"], sent.headers.get_list("connection")) == (0, ["close"])

        server.process.send_signal(signal.SIGTERM)  # a second one does not wait
        code, _ = server.end()

    assert code == 128 + signal.SIGTERM
    assert not (seeded.folder / "server.json").exists()


def test_after_a_grace_it_ends_by_itself(seeded: Seeded) -> None:
    with started(seeded, stop_grace_seconds=0.3) as server:
        server.process.send_signal(signal.SIGINT)
        code, said = server.end()

    assert (code, said) == (0, "Stopped.\n")


def test_live_streams_are_ended_with_a_word_when_to_come_back(seeded: Seeded) -> None:
    inbox, headers = f"/hongyan/v1/corps/{seeded.corp_id}/inboxes/u1", {"authorization": f"Bearer {seeded.admin}"}
    with started(seeded) as server, httpx.Client(base_url=server.base_url, timeout=20, follow_redirects=True) as client:
        key = client.post(f"{inbox}/token", headers=headers).json()["token"]
        page = client.get("/inbox", params={"token": key}).url.path
        with client.stream("GET", f"{inbox}/events", headers=headers) as first, client.stream("GET", f"{page}events?after=0") as second:
            streams = [first.iter_text(), second.iter_text()]
            said = [next(chunks) for chunks in streams]
            server.process.send_signal(signal.SIGTERM)
            said = [begun + "".join(chunks) for begun, chunks in zip(said, streams, strict=True)]
        code, _ = server.end()

    assert code == 0
    for text in said:
        *_, last = text.strip().split("\n\n")
        retry = last.splitlines()[0]
        assert retry.startswith("retry: ") and 500 <= int(retry.removeprefix("retry: ")) <= 4000, text


@pytest.mark.parametrize("finished", [True, False])
def test_a_callback_on_its_way_is_finished_or_left_for_the_next_start(seeded: Seeded, finished: bool) -> None:
    seen, go_on = threading.Event(), threading.Event()
    headers = {"authorization": f"Bearer {seeded.admin}"}
    path = f"/hongyan/v1/apps/{seeded.app_key}/callback"
    with receiving() as receiver:

        def answer(event: dict[str, Any]) -> None:
            if event["EventType"] != "check_url" and not seen.is_set():
                seen.set()
                go_on.wait(10)

        receiver.answering = answer
        settings = {} if finished else {"stop_seconds": 0}
        with started(seeded, **settings) as server, httpx.Client(base_url=server.base_url, headers=headers, timeout=20) as client:
            body = {"token": TOKEN, "aes_key": AES_KEY, "url": receiver.url, "kinds": ["user_add_org"]}
            assert client.put(path, json=body).status_code == 200
            made = client.post(
                f"/topapi/v2/user/create?access_token={seeded.token}", json={"name": "新", "mobile": "13800000001", "dept_id_list": "10"}
            )
            assert made.json()["errcode"] == 0, made.text
            assert seen.wait(15)
            server.process.send_signal(signal.SIGTERM)
            if finished:
                _until(lambda: _refuses(server))
                go_on.set()
            assert server.end()[0] == 0
            go_on.set()
        with serving(seeded.folder, profile=Profile.OPEN) as again:
            client, loop = again.client, again.loop
            assert again.application.sandbox is not None
            again.application.sandbox.clock.set(EpochMs(again.application.sandbox.clock.now() + HOUR_MS))  # past any pause after a failure
            loop.call_soon_threadsafe(again.engine.dispatcher.wake)
            _until(lambda: [event["state"] for event in client.get(f"{path}/events", headers=headers).json()["events"]] == ["delivered"])
            (event,) = client.get(f"{path}/events", headers=headers).json()["events"]
        told = [event for event in receiver.events if event["EventType"] != "check_url"]

    assert all(one == told[0] for one in told)  # the same event id
    if finished:
        assert event["attempts"] == len(told)  # each was written down
    else:
        assert 0 <= len(told) - event["attempts"] <= 1
