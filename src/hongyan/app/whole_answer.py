"""An answer written in one piece: an extension of ASGI for what is known whole before it begins.

ASGI takes an answer in two messages. uvicorn looks through every header of the first for what must not stand there, and writes twice: two
system calls here, and two awakenings of the client.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from weakref import ref

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

LEAVING = (b"connection", b"close")  # among the default headers once the server was told to stop
HEADERS = "hongyan.headers"  # in the scope's extensions: what every answer says beside its own headers, ready to be sent


def block_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


class WholeAnswer:
    """The extension of one request."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        # The cycle holds the scope and the scope this: a hard reference back would leave every request to the cycle collector.
        self._cycle = ref(cycle)

    def __call__(self, status: int, content_type: bytes, body: bytes) -> bool:
        """Write and end the answer. False, with nothing written: somebody reads too slowly, is gone, or asked for the head alone."""
        cycle = self._cycle()
        if cycle is None or cycle.disconnected or cycle.response_started or cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        extensions: dict[str, Any] = cycle.scope.get("extensions") or {}
        leaving = LEAVING in cycle.default_headers
        more = block_of(cycle.default_headers) + extensions.get(HEADERS, b"")
        cycle.transport.write(whole(status, content_type, body, more, says_close=not cycle.keep_alive and not leaving))
        if leaving:
            cycle.keep_alive = False
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True


def whole(status: int, content_type: bytes, body: bytes, headers: bytes, *, says_close: bool) -> bytes:
    """An answer as it is sent; `headers` are those beside its type and length."""
    end = b"connection: close\r\n\r\n" if says_close else b"\r\n"
    return b"%b%bcontent-length: %d\r\n%b%b" % (_begin(status, content_type), headers, len(body), end, body)


@lru_cache(maxsize=64)
def _begin(status: int, content_type: bytes) -> bytes:
    return b"%bcontent-type: %b\r\n" % (STATUS_LINE[status], content_type)
