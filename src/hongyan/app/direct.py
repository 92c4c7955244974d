"""The short way of a call: answered by the gateway once its last byte is there, without ASGI in between.

What clients send all day is a short POST with a length to one of DingTalk's paths; it needs neither a scope nor messages nor a second write.
Whatever is less plain, or takes its time, goes the ordinary way; both give the same.
"""

from collections.abc import Callable

from hongyan.app.outside import Outside
from hongyan.app.whole_answer import LEAVING, block_of, whole
from hongyan.model.faults import reach
from hongyan.wire.http import HttpRequest
from hongyan.wire.router import Router

Headers = list[tuple[bytes, bytes]]


class _Unheard:
    """Stands where uvicorn has an event that nobody waits for here."""

    def set(self) -> None:
        pass


class DirectCall:
    """A request under way, with what uvicorn's connections ask of one."""

    message_event = _Unheard()
    waiting_for_100_continue = False

    def __init__(self, path: str) -> None:
        self.scope = {"path": path}
        self.keep_alive = True
        self.disconnected = False
        self.response_started = False
        self.response_complete = False


class Direct:
    """The short way into one application. One per process."""

    def __init__(self, router: Router, outside: Outside) -> None:
        self.serve = router.serve
        self._outside = outside
        self.paths = {path.encode(): path for path in router.whole_paths}
        self._server_headers: Headers = []
        self._server_block = b""
        self._server_count = -1
        self._leaving = False

    async def answer(self, call: DirectCall, request: HttpRequest, server_headers: Callable[[], Headers]) -> bytes:
        """All bytes of the answer."""
        reply = await self.serve(call.scope["path"], request)
        reach("answer.before")
        headers = server_headers()
        if headers is not self._server_headers or len(headers) != self._server_count:  # the server makes them anew every second
            self._server_headers, self._server_count = headers, len(headers)
            self._server_block, self._leaving = block_of(headers), LEAVING in headers
        if self._leaving:
            call.keep_alive = False
        more = self._server_block + self._outside.block(request.headers)
        return whole(reply.status, reply.content_type, reply.body, more, says_close=not call.keep_alive and not self._leaving)
