"""A server to measure: the application with every rule on and its limits raised, beside an endpoint of the same stack that does nothing.

Started by `run.py`; prints one JSON line with what the measurements need, then serves until its standard input closes.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, pin_token_txn
from hongyan.access.records import ALL_SCOPES, Account, AppKind
from hongyan.admission.rules import RULES, RuleSetting
from hongyan.app.application import Application
from hongyan.app.server import calm_collector, server_config
from hongyan.app.settings import Settings
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, apply_org_txn, create_corp_txn
from hongyan.model.ids import CorpId, CorpNo
from office import open_office

CORP, TOKEN = "dingbench", "benchtoken00000000"
ANSWER = b'{"errcode":0,"errmsg":"ok","task_id":"push0000000000000000iEiE","request_id":"000000000000"}'
_HEADERS = [(b"content-type", b"application/json;charset=UTF-8"), (b"content-length", str(len(ANSWER)).encode())]
# Raised, so that no send is refused; every rule is still looked at and counted.
NO_LIMIT = 10**9


async def nothing(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """Takes the body, answers at once."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def fill(application: Application, people: int) -> str:
    """An organisation of a thousand departments; returns the account's unionid."""
    engine = application.engine
    corp = await engine.store.write(create_corp_txn, CORP, "Bench", "Asia/Shanghai")
    departments = tuple(DeptEntry(no, f"department {no}", 1 if no < 12 else no // 10) for no in range(2, 1002))
    users = tuple(UserEntry(f"u{no}", f"person {no}", (2 + no % 1000,)) for no in range(people))
    await engine.store.write(apply_org_txn, corp, CorpId(CORP), OrgChange(departments, users))
    app = await engine.store.write(create_app_txn, corp, NewApp("bench", "bench", AppKind.INTERNAL, ALL_SCOPES))
    assert isinstance(app, tuple)
    await engine.store.write(pin_token_txn, TOKEN, app[0], corp)
    account = await engine.store.write(create_account_txn, corp, CorpId(CORP), NewAccount("bench"))
    assert isinstance(account, Account)
    for rule in RULES:
        await engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, rule, None, NO_LIMIT))
    return account.unionid


async def main(folder: Path, people: int, *, notices: bool) -> None:
    application = Application(Settings(data=str(folder), sandbox=notices))

    async def both(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/nothing":
            await nothing(receive, send)
        else:
            await application(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(server_config(both))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    unionid = await fill(application, people)
    office = await open_office(application, CORP) if notices else {}
    calm_collector()
    facts = {"port": listener.getsockname()[1], "unionid": unionid, "token": TOKEN, "corp": CORP, "admin": application.engine.key.admin_token(1)}
    print(json.dumps(facts | office), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2]), notices="notices" in sys.argv[3:]))
