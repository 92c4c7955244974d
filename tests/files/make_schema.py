"""Makes `schema1.db`, a small filled store as the first schema's Hongyan wrote it: `python tests/files/make_schema.py [target]`.

Kept for good: later releases must open what this made. Deterministic: a clock that steps, ids that are given.
"""

import asyncio
import sys
from pathlib import Path

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn
from hongyan.access.keys import load_key
from hongyan.access.records import ALL_SCOPES, App, AppKind, app_by_key_txn
from hongyan.admission.mass_send import MassSend
from hongyan.admission.rules import Mode, Profile, RuleSetting
from hongyan.bus.local import LocalBus
from hongyan.delivery.inbox import open_conversation_txn, read_one_txn
from hongyan.delivery.recall import recall_mass_txn
from hongyan.directory.audience import Selectors
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import load_corp_txn
from hongyan.engine.engine import Engine
from hongyan.messages.blobs import FileBlobs
from hongyan.messages.bodies import MarkdownBody, TextBody
from hongyan.model.faults import NoFaults
from hongyan.model.ids import CorpId, CorpNo, EpochMs
from hongyan.store.sqlite import open_sqlite

CORP = CorpId("dingold")


class StepClock:
    """A second later at each look."""

    def __init__(self) -> None:
        self.at = EpochMs(1_800_000_000_000)

    def now(self) -> EpochMs:
        self.at = EpochMs(self.at + 1000)
        return self.at


async def fill(path: Path, work: Path) -> None:
    """People, a send of each kind, reads, a recall, a refusal and a changed rule."""
    store = open_sqlite(path, clock=StepClock(), faults=NoFaults())
    options = {"key": load_key(work / "server.key"), "blobs": FileBlobs(work / "blobs"), "profile": Profile.DINGTALK}
    engine = Engine(store=store, bus=LocalBus(), clock=StepClock(), faults=NoFaults(), delay_ms=lambda: 0, rows_up_to=5, **options)  # type: ignore[arg-type]
    number: CorpNo = await store.write(create_corp_txn, CORP, "旧公司", "Asia/Shanghai")
    people = tuple(UserEntry(f"u{n}", f"人{n}", (10 + n % 2,), active=n != 3) for n in range(8))
    departments = (DeptEntry(10, "一"), DeptEntry(11, "二"))
    await store.write(apply_org_txn, number, CORP, OrgChange(departments, people, (RoleEntry(7, "主管", "", ("u1",)),)))
    await store.write(apply_org_txn, number, CORP, OrgChange(leave=("u7",)))
    await store.write(create_app_txn, number, NewApp("oldkey", "旧应用", AppKind.INTERNAL, ALL_SCOPES, (), "oldsecret"))
    account = await store.write(create_account_txn, number, CORP, NewAccount("旧号", unionid="oldaccount"))
    await engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, "mass.single_per_person", Mode.ENFORCE, 2))
    corp, app = await store.read(load_corp_txn, CORP), await store.read(app_by_key_txn, "oldkey")
    assert corp and isinstance(app, App)
    asks = (
        (Selectors(("u1",)), TextBody("一人")),
        (Selectors(("u1", "u2")), TextBody("两人")),
        (Selectors(everyone=True), MarkdownBody("题", "**众人**")),
        (Selectors(depts=(10,)), TextBody("两人")),
        (Selectors(("u1",)), TextBody("再来")),
        (Selectors(("u1",)), TextBody("太多")),
    )
    seqs: list[int] = []
    for n, (selectors, body) in enumerate(asks):
        outcome = await engine.mass_sending.send(MassSend(corp, app, account, f"uuid{n}", selectors, body))
        seqs.append(getattr(outcome, "seq", 0))
    await store.write(read_one_txn, number, 1, seqs[2])
    await store.write(open_conversation_txn, number, 2, account.sender, seqs[3])
    await store.write(recall_mass_txn, number, account.sender, seqs[1])
    await store.close()


def main() -> None:
    """Write the file anew; its side files go."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("schema1.db")
    work = target.parent / "making"
    work.mkdir()
    asyncio.run(fill(work / "made.db", work))
    (work / "made.db").rename(target)
    for left in work.iterdir():
        left.unlink()
    work.rmdir()


if __name__ == "__main__":
    main()
