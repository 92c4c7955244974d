"""Which test got which answer from which of DingTalk's interfaces: `pytest --record-coverage` writes it down.

It listens at the server, so that the calls of every client count, whatever it is written in. Hooks: `conftest`.
"""

import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hongyan.app.direct import Direct
from hongyan.engine.answers import WHOLE_ANSWER
from hongyan.wire.coverage import TESTED_FILE, pattern_of
from hongyan.wire.http import HttpRequest
from hongyan.wire.replies import Reply

App = Callable[[Any, Any, Any], Awaitable[None]]
# Path, test module, whether one of its calls was done.
answers: dict[str, dict[str, bool]] = {}


def recorded(app: App) -> App:
    """The application, with its answers noted."""

    async def listening(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        pattern = pattern_of(scope["path"]) if scope["type"] == "http" else ""
        if not pattern:
            await app(scope, receive, send)
            return
        sent = bytearray()

        async def noting(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                sent.extend(b"" if message["status"] < 400 else b"!")
            else:
                sent.extend(message.get("body", b""))
            await send(message)

        whole = scope.get("extensions", {}).get(WHOLE_ANSWER)
        if whole is not None:

            def noting_whole(status: int, content_type: bytes, body: bytes) -> bool:
                went = whole(status, content_type, body)
                sent.extend((b"" if status < 400 else b"!") + body if went else b"")
                return went

            scope["extensions"][WHOLE_ANSWER] = noting_whole
        await app(scope, receive, noting)
        _note(pattern, bytes(sent))

    return listening


def record_direct(direct: Direct) -> None:
    """The same of the calls that go past ASGI."""
    serve = direct.serve

    async def noting(path: str, request: HttpRequest) -> Reply:
        reply = await serve(path, request)
        pattern = pattern_of(path)
        if pattern:
            _note(pattern, (b"" if reply.status < 400 else b"!") + reply.body)
        return reply

    direct.serve = noting


def _note(pattern: str, sent: bytes) -> None:
    module = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[0].removeprefix("tests/").removesuffix(".py")
    # A call made up by the fuzz says nothing about what it should do.
    if module and not module.startswith("fuzz/"):
        modules = answers.setdefault(pattern, {})
        modules[module] = modules.get(module, False) or _done(sent)


def _done(sent: bytes) -> bool:
    try:
        body = json.loads(sent)
    except ValueError:
        return False
    return "error_response" not in body and body.get("errcode", 0) == 0


def merge(found: dict[str, dict[str, bool]]) -> None:
    for path, modules in found.items():
        mine = answers.setdefault(path, {})
        for module, done in modules.items():
            mine[module] = mine.get(module, False) or done


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-coverage", action="store_true", help="write down which of the tests that ran called which interface")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    merge(getattr(node, "workeroutput", {}).get("answers", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["answers"] = answers
    elif session.config.getoption("--record-coverage"):
        _write_down()


def _write_down() -> None:
    """What ran now replaces what was known of it; test modules that are gone are dropped."""
    known = msgspec.json.decode(TESTED_FILE.read_bytes(), type=dict[str, dict[str, bool]])
    ran, folder = {module for modules in answers.values() for module in modules}, Path(__file__).parent
    for path, modules in known.items():
        merge({path: {module: done for module, done in modules.items() if module not in ran and (folder / f"{module}.py").exists()}})
    ordered = {path: dict(sorted(answers[path].items())) for path in sorted(answers) if answers[path]}
    TESTED_FILE.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")
