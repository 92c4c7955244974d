"""Counts the requests for pages and for our own interface; those of DingTalk's surfaces are counted by their gateway."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from hongyan.engine.answers import WHOLE_ANSWER, AnswerWhole, answer_whole
from hongyan.engine.calls import Calls, surface_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Watch:
    """What goes out as the answer to one request."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self.sent = 0
        self.on_stream: Callable[[], None] | None = None

    def at_once(self, answer: AnswerWhole) -> AnswerWhole:
        """An answer in one piece, which `send` does not see."""

        def answer_and_note(status: int, content_type: bytes, body: bytes) -> bool:
            if not answer(status, content_type, body):
                return False
            self.status, self.sent = status, len(body)
            return True

        return answer_and_note

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kind = next((value for name, value in message.get("headers", ()) if name == b"content-type"), b"")
            if kind.startswith(b"text/event-stream") and self.on_stream:
                self.on_stream()
        else:
            self.sent += len(message.get("body", b""))
        await self._send(message)


async def watched(app: App, calls: Calls, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the application and note what it answered; a live stream counts as open until it ends."""
    began, watch, streams = time.perf_counter(), _Watch(send), 0
    surface = surface_of(scope["path"])

    def opened() -> None:
        nonlocal streams
        streams += 1
        calls.streams[surface] += 1

    watch.on_stream = opened
    extensions, whole = scope.get("extensions"), answer_whole(scope)
    if whole is not None:
        scope["extensions"] = {**scope["extensions"], WHOLE_ANSWER: watch.at_once(whole)}
    try:
        await app(scope, receive, watch.send)
    finally:
        if whole is not None:
            scope["extensions"] = extensions  # else what watches and the scope would hold each other
        calls.streams[surface] -= streams
        template = _template(scope)
        if template:
            calls.note_page(surface, template, scope["method"], watch.status, time.perf_counter() - began, watch.sent)


def _template(scope: Scope) -> str:
    """The path of the route that took the request, never what was asked for: a key to an inbox stands in some. Empty: nobody's path."""
    route = scope.get("hongyan.route") or scope.get("route")
    path = getattr(route, "path", "")
    return "" if path.startswith("/{") else path
