"""A server to measure: the application with every rule on and its limits raised, and beside it on the same stack what it is compared with.

    python -m bench.serve FOLDER PEOPLE [office] [open]

`office` adds what work notifications need; `open` takes the profile of that name instead of raising limits. A folder that `month.py` filled
is served as it is. Prints one JSON line with what the measurements need, then serves until its standard input closes.
"""

import asyncio
import json
import math
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from bench.month import FACTS
from bench.organisation import CORP, TOKEN, fill, open_office, settled
from hongyan.admission.rules import Profile
from hongyan.app.application import Application
from hongyan.app.server import make_doors, server_config, tune_interpreter
from hongyan.app.settings import Settings
from hongyan.engine.engine import Engine
from hongyan.store.interface import Tx

ANSWER = b'{"errcode":0,"errmsg":"ok","task_id":"push0000000000000000iEiE","request_id":"000000000000"}'
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


async def answer(receive: Receive, send: Send, body: bytes) -> bytes:
    """Takes the body, answers at once, and returns what it took."""
    took, more = b"", True
    while more:
        message = await receive()
        took += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-type", b"application/json;charset=UTF-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return took


class Anchors:
    """What does as little as can be: nothing, one read of a task by its key, and bytes written to everybody who listens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listening: set[asyncio.Transport] = set()
        self.paths = {"/nothing": self._nothing, "/key": self._key, "/shout": self._shout}

    async def _nothing(self, receive: Receive, send: Send) -> None:
        await answer(receive, send, ANSWER)

    async def _key(self, receive: Receive, send: Send) -> None:
        row = await self._engine.store.read(_newest_txn)
        await answer(receive, send, json.dumps({"errcode": 0, "row": row}).encode())

    async def _shout(self, receive: Receive, send: Send) -> None:
        """The request's body to each listener, once it was answered."""
        content = await answer(receive, send, ANSWER)
        for one in self._listening:
            one.write(content)

    def protocol(self) -> asyncio.Protocol:
        return _Listener(self._listening)


class _Listener(asyncio.Protocol):
    def __init__(self, listening: set[asyncio.Transport]) -> None:
        self._listening = listening

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._listening.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._listening.discard(self._transport)


def _newest_txn(tx: Tx) -> Any:
    state = tx.one("corp.accept_state", corp=1)
    return tx.one("task.by_seq_short", corp=1, seq=state[0]) if state else None


async def main(folder: Path, people: int, *, office: bool, profile: Profile) -> None:
    known = json.loads((folder / FACTS).read_text()) if (folder / FACTS).exists() else None
    application = Application(Settings(data=str(folder), profile=profile))
    anchors = Anchors(application.engine)

    async def both(scope: Any, receive: Receive, send: Send) -> None:
        anchor = anchors.paths.get(scope["path"]) if scope["type"] == "http" else None
        await (anchor(receive, send) if anchor else application(scope, receive, send))

    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listeners = await asyncio.get_running_loop().create_server(anchors.protocol, "127.0.0.1", 0, backlog=4096)
    server = uvicorn.Server(server_config(both, doors=make_doors(application)))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    facts = known or await _filled(application, people, office=office, raised=profile is not Profile.OPEN)
    tune_interpreter()
    ports = {"port": listener.getsockname()[1], "listeners_port": listeners.sockets[0].getsockname()[1]}
    print(json.dumps({**ports, "token": TOKEN, "corp": CORP, "admin": application.engine.key.admin_token(1), **facts}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    application.stopping.set()
    server.should_exit = True
    await serving


async def _filled(application: Application, people: int, *, office: bool, raised: bool) -> dict[str, Any]:
    meter = application.engine.store.meter
    usual, meter.slow_s = meter.slow_s, math.inf  # filling an organisation takes as long as it takes
    unionid = await fill(application, people, raised=raised)
    facts = {"unionid": unionid, **(await open_office(application) if office else {})}
    meter.slow_s = usual
    await settled(people)
    return facts


if __name__ == "__main__":
    options = sys.argv[3:]
    chosen = Profile.OPEN if "open" in options else Profile.DINGTALK
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2]), office="office" in options, profile=chosen))
