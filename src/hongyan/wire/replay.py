"""Runs a captured call again, through the gateway as if it came in, with a token of the same app."""

from typing import Any

from hongyan.access.records import App, app_by_key_txn
from hongyan.access.tokens import corp_for_app_txn
from hongyan.capture.records import Capture, Trail
from hongyan.capture.replaying import again_of, needs_token
from hongyan.directory.records import Corp
from hongyan.engine.engine import Engine, Replay
from hongyan.store.interface import Tx
from hongyan.wire.http import Arrival, HttpRequest
from hongyan.wire.router import Router


def replay_through(router: Router, engine: Engine) -> Replay:
    """The way back in. It comes from the address that the call came from, and is captured under the operator's name."""

    async def replay(capture: Capture, by: str, uuid: str) -> int:
        token = await _token_for(engine, capture) if needs_token(capture) else ""
        if token is None:
            return 0
        trail = Trail()
        trail.replay_of, trail.by = capture.summary.n, by
        method, query, headers, body = again_of(capture, token, uuid)
        # The interface may want the body whole, or as it arrives.
        arrival = Arrival(_arriving(body), len(body))
        request = HttpRequest(method, query, headers, body, capture.summary.address, trail, arrival)
        path = capture.summary.path
        reply = await router.answer(path, request)
        n = engine.captures.note(path, request, reply)
        await engine.captures.flush()
        return n

    return replay


def _arriving(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _token_for(engine: Engine, capture: Capture) -> str | None:
    """A token of the app that called, in the organisation that it called for; None when it may not be there any more."""
    one = capture.summary
    app, corp = await engine.store.read(_place_txn, one.app_key, one.corp_id)
    if app is None or corp is None or app.disabled_at is not None:
        return None
    return (await engine.access.issue(app, corp.no)).token


def _place_txn(tx: Tx, app_key: str, corp_id: str) -> tuple[App | None, Corp | None]:
    app = app_by_key_txn(tx, app_key)
    return app, corp_for_app_txn(tx, app, corp_id) if app else None
