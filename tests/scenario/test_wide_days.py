"""The day's number of a person over sends that are stored as bitmaps: exact, though each of them is read only once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import World, serving
from hongyan.access.records import app_by_key_txn, installation_by_agent_txn
from hongyan.admission.rules import WORK_INTERNAL, Mode
from hongyan.admission.state import Send, Tally
from hongyan.admission.wide import SENDERS_KEPT, WideDay, WideDays
from hongyan.admission.work_send import WorkSend
from hongyan.directory.audience import Selectors
from hongyan.directory.records import load_corp_txn
from hongyan.messages.bodies import TextBody
from hongyan.model.clock import DAY_MS
from hongyan.model.ids import CorpNo, EpochMs, SenderId, Seq
from hongyan.sandbox.faults import Fault
from hongyan.store.interface import Tx
from hongyan.store.sqlite_tx import SqliteTx
from office import AGENT, Office

LIMIT = 4


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with serving(tmp_path / "data", rows_up_to=0) as server:
        world = World(server)
        world.observe_all_but()
        world.rule(WORK_INTERNAL.person.id, mode=Mode.ENFORCE, limit=LIMIT)
        yield Office(world)


def _reaches(office: Office, text: str, userid: str = "u1") -> bool:
    reply = office.send(text, userid_list=userid)
    assert reply["errcode"] == 0, reply
    return office.result(reply["task_id"])["unread_user_id_list"] == [userid]


def _others_go_on(office: Office) -> None:
    """So that the organisation's sequence passes whatever it had reached."""
    office.world.advance(60_000)
    for n in range(5):
        assert office.by_template(userid_list="u2", data={"name": f"{n}"})["errcode"] == 0


def test_each_is_read_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    every = SqliteTx.all

    def counted(self: SqliteTx, name: str, /, **params: Any) -> Any:
        rows = every(self, name, **params)
        if name == "task.counted_bitmaps":
            read.append(len(rows))
        return rows

    monkeypatch.setattr(SqliteTx, "all", counted)
    assert [_reaches(office, f"{n}") for n in range(3)] == [True] * 3
    assert read == [1] * 2, "the one before, every time"
    office.world.engine.acceptance.forget()
    assert [_reaches(office, f"{n}") for n in range(3, 6)] == [True] * (LIMIT - 3) + [False] * 2
    assert read == [1, 1, 3, 1, 1], "after all that came before, the one before"


def test_what_was_not_committed_counts_for_nobody(office: Office) -> None:
    assert _reaches(office, "1")
    office.world.faults.plant(Fault("store.commit"))
    assert office.send("2")["errcode"] != 0
    assert [_reaches(office, f"{n}") for n in range(3, 7)] == [True] * (LIMIT - 1) + [False]


def test_two_batches_in_one_transaction_that_is_rolled_back_leave_nothing(office: Office) -> None:
    world = office.world
    corp, app = world.read(load_corp_txn, world.corp_id), world.read(app_by_key_txn, world.app_key)
    assert corp and app
    installation = world.read(installation_by_agent_txn, corp.no, AGENT)
    assert installation
    asked = [WorkSend(corp, app, installation, Selectors(userids=("u1",)), TextBody(f"never {n}")) for n in range(3)]
    sends = [world.server.run(world.engine.work_sending.prepare(one)) for one in asked]

    def both(tx: Tx, now: EpochMs) -> None:
        for send in sends:
            assert isinstance(send, Send)
            world.engine.acceptance.accept_txn(tx, [send], now)
        raise RuntimeError("the transaction fails")

    assert _reaches(office, "before")
    with pytest.raises(RuntimeError):
        world.write(both)
    _others_go_on(office)
    assert [_reaches(office, f"{n}") for n in range(LIMIT)] == [True] * (LIMIT - 1) + [False]


def test_another_day_begins_anew(office: Office) -> None:
    assert [_reaches(office, f"{n}") for n in range(LIMIT + 1)] == [True] * LIMIT + [False]
    office.world.advance(DAY_MS)
    office.world.token = office.world.get_token()
    assert [_reaches(office, f"{n}") for n in range(LIMIT + 1)] == [True] * LIMIT + [False]


def test_after_a_restore_it_counts_what_was_restored(office: Office) -> None:
    assert _reaches(office, "1")
    admin = {"authorization": f"Bearer {office.world.engine.key.admin_token(1)}"}
    post = office.world.server.client.post
    assert post("/hongyan/v1/sandbox/snapshots", json={"name": "one"}, headers=admin).status_code in (200, 201)
    assert [_reaches(office, f"{n}") for n in range(2, 7)] == [True] * (LIMIT - 1) + [False] * 2
    assert post("/hongyan/v1/sandbox/snapshots/one/restore", headers=admin).status_code == 200
    _others_go_on(office)
    assert [_reaches(office, f"{n}") for n in range(2, 7)] == [True] * (LIMIT - 1) + [False] * 2


def test_only_so_many_senders_are_kept_and_one_more_empties_the_rest() -> None:
    days, corp = WideDays(), CorpNo(1)
    for n in range(SENDERS_KEPT):
        days.keep(corp, SenderId(n), WideDay(EpochMs(0), Seq(n), Tally()))
    days.keep(corp, SenderId(3), WideDay(EpochMs(0), Seq(9), Tally()))
    assert len(days._days) == SENDERS_KEPT, "whoever is known already takes no more room"
    days.keep(corp, SenderId(SENDERS_KEPT), WideDay(EpochMs(0), Seq(1), Tally()))
    assert len(days._days) == 1
