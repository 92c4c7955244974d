"""How each refusal of an upload is provoked; `test_errors.py` runs them."""

from collections.abc import Callable
from typing import Any

import httpx

from harness import World
from hongyan.sandbox.faults import Fault
from media_samples import EXE, PNG

Provoke = Callable[[World], httpx.Response]


def upload(world: World, name: str = "a.png", content: bytes = PNG, *, kind: str = "image", **query: Any) -> httpx.Response:
    """As the curl samples do it, but with the token in the query."""
    fields = {"type": kind} if kind else {}
    params = {"access_token": world.token, **query}
    return world.server.client.post("/media/upload", params=params, data=fields, files={"media": (name, content)})


def _upload(name: str = "a.png", content: bytes = PNG, **how: Any) -> Provoke:
    return lambda world: upload(world, name, content, **how)


def _failing(world: World) -> httpx.Response:
    world.faults.plant(Fault("store.commit"))
    return upload(world)


MEDIA_PROVOKED: dict[str, Provoke] = {
    "classic.-1": _failing,
    "classic.40035.access_token": _upload(access_token=""),
    "classic.43008": lambda world: world.post("/media/upload", {"type": "image"}),
    "classic.40004": _upload(kind="picture"),
    "classic.41005": lambda world: world.server.client.post(
        "/media/upload", params={"access_token": world.token}, files={"type": (None, b"image"), "file": ("a.png", PNG)}
    ),
    "classic.44001": _upload("a.exe", b""),
    "classic.40005": _upload("invoice.pdf", EXE, kind="file"),
    "classic.40006": _upload("a.mp3", b"ID3" + b"\0" * (2 << 20), kind="voice"),
}
