"""The event loop of a server."""

from collections.abc import Callable
from functools import partial
from typing import Any

import uvloop


class ServerLoop(uvloop.Loop):
    """uvloop's, with a deadline for TLS handshakes: uvicorn hands none on, and without one a silent client is waited for a minute."""

    handshake_s = 60.0

    async def create_server(self, *args: Any, ssl: Any = None, **options: Any) -> Any:
        if ssl is not None:
            options["ssl_handshake_timeout"] = self.handshake_s
        return await super().create_server(*args, ssl=ssl, **options)


def loop_with(handshake_s: float) -> Callable[[], ServerLoop]:
    """Makes loops that give a client so many seconds for its handshake."""
    return partial(_make, handshake_s)


def _make(handshake_s: float) -> ServerLoop:
    loop = ServerLoop()
    loop.handshake_s = handshake_s
    return loop
