"""What provokes the refusal of who guesses secrets."""

from collections.abc import Callable

import httpx

from harness import World

Provoke = Callable[[World], httpx.Response]


def _guessed(world: World) -> httpx.Response:
    replies = [
        world.server.client.get("/gettoken", params={"appkey": "guessed", "appsecret": f"wrong {n}"})
        for n in range(world.engine.guesses.limits.per_key + 1)
    ]
    return replies[-1]


GUESS_PROVOKED: dict[str, Provoke] = {"classic.90002": _guessed}
