"""What provokes each refusal of registering for events, and of answering a reader."""

from collections.abc import Callable
from typing import Any

import httpx

from callback_receiver import AES_KEY, TOKEN, Receiver, receiving, sealed_answer
from harness import World

Provoke = Callable[[World], httpx.Response]
REGISTER, UPDATE = "/call_back/register_call_back", "/call_back/update_call_back"


def _body(url: str, **changes: Any) -> dict[str, Any]:
    body = {"call_back_tag": ["user_add_org"], "token": TOKEN, "aes_key": AES_KEY, "url": url, **changes}
    return {name: value for name, value in body.items() if value is not None}


def _register(**changes: Any) -> Provoke:
    return lambda world: world.post(REGISTER, _body(**{"url": "http://127.0.0.1:9/", **changes}))


def _received(call: Callable[[World, Receiver], httpx.Response]) -> Provoke:
    def provoke(world: World) -> httpx.Response:
        with receiving() as receiver:
            return call(world, receiver)

    return provoke


def _twice(world: World, receiver: Receiver) -> httpx.Response:
    return [world.post(REGISTER, _body(receiver.url)) for _ in range(2)][-1]


def _otherwise(world: World, receiver: Receiver) -> httpx.Response:
    receiver.answering = lambda event: sealed_answer("no", "x")
    return world.post(REGISTER, _body(receiver.url))


def _forbidden(world: World, receiver: Receiver) -> httpx.Response:
    world.engine.dispatcher.client._private = False
    return world.post(REGISTER, _body(receiver.url))


def _no_session(world: World) -> httpx.Response:
    return world.server.client.post("/robot/sendBySession?session=abc", json={"msgtype": "text", "text": {"content": "x"}})


CALLBACK_PROVOKED: dict[str, Provoke] = {
    "classic.71006": _received(_twice),
    "classic.71007": lambda world: world.post(UPDATE, {"token": "x"}),
    "classic.71008": _register(call_back_tag=["nosuch"]),
    "classic.71009": _received(_otherwise),
    "classic.71010": _register(token=None),
    "classic.71011": _register(url="nowhere"),
    "classic.71012": _register(),
    "classic.71013": _received(_forbidden),
    "classic.300001": _no_session,
}
