"""Where counting stops: at as many as were asked for, over rows and broadcasts, of one conversation and of all."""

from typing import Any

import pytest
from console_world import World

from hongyan.admission.accept import Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.delivery import inbox
from hongyan.delivery.inbox import Inbox
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import TextBody
from hongyan.store.interface import Tx

ROWS, BROADCASTS, OF_SECOND = 4, 3, 2


def test_counting_stops_where_it_is_told_to(in_world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(world: World) -> None:
        second = await world.add_account("Second")
        for n in range(ROWS):
            await world.send(f"row {n}")
        for n in range(OF_SECOND):
            await world.send(f"other {n}", account=second)
        world.engine.acceptance._rows_up_to = 0
        for n in range(BROADCASTS):
            sent = MassSend(world.corp, world.caller, world.account, f"uuid{n}", Selectors(everyone=True), TextBody(f"broad {n}"))
            assert isinstance(await world.engine.mass_sending.send(sent), Accepted)
        ord_, now = await world.ord_of("anna"), world.clock.now()

        def count(tx: Tx, most: int | None) -> int:
            counted = Inbox(tx, world.engine.broadcasts, world.corp.no, ord_, now)
            return counted.unread_of_all() if most is None else counted.unread(world.account.sender, most)

        for most in range(1, 12):
            assert await world.store.read(count, most) == min(most, ROWS + BROADCASTS)
            monkeypatch.setattr(inbox, "UNREAD_MAX", most)
            assert await world.store.read(count, None) == min(most, ROWS + BROADCASTS + OF_SECOND)

    in_world(story)
