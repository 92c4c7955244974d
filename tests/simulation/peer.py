"""The application that hears of events, without a network: it fails, hangs, answers nonsense, or does what it should and the answer is lost."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import msgspec

from hongyan.access.callback_crypto import CallbackKeys
from hongyan.delivery.callback_client import Answer, Unreachable
from simulation.company import AES_KEY, OWNER, TOKEN


class Heard(NamedTuple):
    """One event as it arrived; `known` is how much of the log was written by then."""

    event_id: str
    kind: str
    who: tuple[Any, ...]
    known: int


class Peer:
    """Outlives the server. `fails` is the chance that a push goes wrong in some way."""

    def __init__(self, random: Random, fails: float, known: Callable[[], int]) -> None:
        self.heard: list[Heard] = []
        self.fails = fails
        self._random = random
        self._known = known
        self._keys = CallbackKeys(TOKEN, AES_KEY, OWNER)

    async def post(self, url: str, body: bytes) -> Answer:
        wrong = self._random.choice(("lost", "refused", "status", "nonsense", "hangs")) if self._random.random() < self.fails else ""
        await asyncio.sleep(self._random.random() * 0.03)
        if wrong == "refused":
            raise Unreachable("unreachable", "no connection")
        if wrong == "hangs":
            await asyncio.sleep(1.2)
            raise Unreachable("no_answer", "no answer within 1.2 seconds")
        if wrong == "status":
            return Answer(503, b"later")
        message, owner = self._keys.decrypt(msgspec.json.decode(body)["encrypt"])
        assert owner == OWNER
        self._hear(msgspec.json.decode(message))
        await asyncio.sleep(self._random.random() * 0.03)
        if wrong == "lost":
            raise Unreachable("no_answer", "no answer within 1.2 seconds")
        answer = "no" if wrong == "nonsense" else "success"
        return Answer(200, msgspec.json.encode({"encrypt": self._keys.encrypt(answer)}))

    def _hear(self, event: dict[str, Any]) -> None:
        who = next((tuple(event[name]) for name in ("userId", "deptId", "labelIdList") if name in event), ())
        self.heard.append(Heard(event["eventId"], event["EventType"], who, self._known()))

    async def close(self) -> None:
        """Nothing is open."""
