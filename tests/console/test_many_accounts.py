"""What an inbox costs does not depend on how many accounts an organisation has that never wrote to this reader."""

from typing import Any

import pytest
from console_world import World

from hongyan.admission.accept import Acceptance, Accepted
from hongyan.admission.mass_send import MassSend
from hongyan.delivery import broadcasts
from hongyan.delivery.inbox import Inbox, sender_names_txn
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import TextBody
from hongyan.store.interface import Tx


class _Counted:
    """A transaction that counts its statements and the rows they bring."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.statements = self.rows = 0

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._tx, name)

        def counted(*args: Any, **params: Any) -> Any:
            answer = ask(*args, **params)
            self.statements += 1
            self.rows += len(answer) if isinstance(answer, list) else 1
            return answer

        return counted


async def _cost(world: World, userid: str) -> tuple[int, int, int]:
    """Statements and rows of a page with its unread count, and statements of the list of conversations."""
    ord_, now = await world.ord_of(userid), world.clock.now()

    def look(tx: Tx) -> tuple[int, int, int]:
        page, listing = _Counted(tx), _Counted(tx)
        inbox = Inbox(page, world.engine.broadcasts, world.corp.no, ord_, now)  # type: ignore[arg-type]
        assert inbox.page() or userid == "ben"
        inbox.unread_of_all()
        Inbox(listing, world.engine.broadcasts, world.corp.no, ord_, now).conversations(sender_names_txn(tx, world.corp.no))  # type: ignore[arg-type]
        return page.statements, page.rows, listing.statements

    await world.store.read(look)  # learns what is kept
    return await world.store.read(look)


@pytest.mark.parametrize("userid", ["anna", "ben"])
def test_accounts_that_never_wrote_cost_nothing(in_world: Any, userid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"KEPT": 3, "SPARE": 1, "CHUNK": 2}.items():
        monkeypatch.setattr(broadcasts, name, size)
    monkeypatch.setattr(Acceptance, "_stored_as_rows", lambda *_: False)

    async def story(world: World) -> None:
        for n in range(9):
            sent = MassSend(world.corp, world.caller, world.account, f"uuid{n}", Selectors(userids=("anna",)), TextBody(f"t{n}"))
            assert isinstance(await world.engine.mass_sending.send(sent), Accepted)
        before = await _cost(world, userid)
        for n in range(30):
            await world.add_account(f"silent {n}")

        assert await _cost(world, userid) == before

    in_world(story)
