"""A small organisation with three accounts, three installations and one application that wants to hear of everything, as a file to start from."""

import asyncio
from pathlib import Path

import msgspec

from hongyan.access.callbacks import NewCallback, Style, save_callback_txn
from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, install_app_txn, save_account_txn, save_installation_txn
from hongyan.access.keys import load_key
from hongyan.access.records import ALL_SCOPES, Account, App, AppKind, Installation, app_by_key_txn
from hongyan.access.sealing import Seal
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import Profile, RuleSetting
from hongyan.directory.edit import DeptEntry, OrgChange, RoleEntry, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import Corp, load_corp_txn
from hongyan.model.faults import NoFaults
from hongyan.model.ids import CorpId, CorpNo
from hongyan.store.interface import Store
from hongyan.store.sqlite import open_sqlite
from property.company import HandClock
from property.model import Human, Model
from property.work_histories import VISIBLE_DEPTS, VISIBLE_USERIDS
from property.work_model import WorkModel

CORP, TWIN = CorpId("dingsim"), CorpId("dingtwin")
AGENT = 7000  # and the two after it
ACCOUNTS = INSTALLATIONS = 3
OWNER, TOKEN, AES_KEY, URL = "key", "token", "a" * 43, "http://127.0.0.1:9/events"
STORE_FILE, KEY_FILE = "hongyan.db", "server.key"
# Small enough that a short run gets to all of them.
MASS_LIMITS = {
    "mass.userids_per_call": 5,
    "mass.depts_per_call": 3,
    "mass.roles_per_call": 2,
    "mass.account_qps": 2,
    "mass.account_qpm": 5,
    "mass.broad_frequency": 2,
    "mass.single_per_person": 2,
    "mass.sends_per_day": 4,
    "mass.person_times": 2,
    "mass.audience_cap": 16,
}
WORK_LIMITS = {
    "work.internal.audience": 7,
    "work.internal.receivers_per_minute": 12,
    "work.internal.per_person": 2,
    "work.internal.same_content": 1,
    "work.internal.all_staff": 1,
    "work.third_party.audience": 12,
    "work.third_party.receivers_per_minute": 9,
    "work.third_party.per_person": 2,
    "work.third_party.same_content": 1,
}


class Cast(msgspec.Struct, frozen=True):
    """Who is there in every run."""

    corp: Corp
    twin: Corp
    apps: tuple[App, ...]  # of each installation
    accounts: tuple[Account, ...]
    installations: tuple[Installation, ...]


def people() -> tuple[UserEntry, ...]:
    named = tuple(UserEntry(f"u{n}", f"人{n}", ((10, 11, 20, 1)[n % 4],), active=n != 6) for n in range(8))
    return named + tuple(UserEntry(f"f{n}", f"众{n}", (20 if n < 8 else 11,)) for n in range(10))


def make_models() -> tuple[Model, WorkModel]:
    """The two plain models over one organisation. The engine gives out ordinals department by department."""
    mass, work = Model(MASS_LIMITS), WorkModel(WORK_LIMITS)
    order = {1: 0, 10: 1, 11: 2, 20: 3}
    for ord_, entry in enumerate(sorted(people(), key=lambda one: order[one.depts[0]])):
        mass.humans.append(Human(ord_, entry.userid, entry.depts[0], active=entry.active))
    mass.roles[7] = {human.ord for human in mass.humans if human.userid in ("u1", "u2", "f3")}
    work.humans, work.parents, work.roles = mass.humans, mass.parents, mass.roles
    return mass, work


def make_company(folder: Path) -> Cast:
    """Fill a data folder."""
    return asyncio.run(_fill(folder))


async def _fill(folder: Path) -> Cast:
    store = open_sqlite(folder / STORE_FILE, clock=HandClock(), faults=NoFaults())
    corp, twin = [await _organisation(store, corp_id) for corp_id in (CORP, TWIN)]
    app = await _app(store, NewApp(OWNER, OWNER, AppKind.INTERNAL, ALL_SCOPES, (), "s"), corp.no)
    suite = await _app(store, NewApp("suite", "suite", AppKind.THIRD_PARTY, ALL_SCOPES, (), "s"), None)
    accounts = [await _account(store, corp.no, n) for n in range(ACCOUNTS)]
    installations = [await _installation(store, corp.no, one, n) for n, one in enumerate((app, suite, app))]
    rulekeeper = RuleKeeper(store, Profile.DINGTALK)
    for rule, limit in {**MASS_LIMITS, **WORK_LIMITS}.items():
        await rulekeeper.change(RuleSetting(corp.no, "all", 0, rule, None, limit))
    callback = NewCallback(app.no, corp.no, Style.FLAT, OWNER, URL, TOKEN, AES_KEY)
    await store.write(save_callback_txn, Seal(load_key(folder / KEY_FILE)), callback)
    await store.close()
    return Cast(corp, twin, (app, suite, app), tuple(accounts), tuple(installations))


async def _organisation(store: Store, corp_id: CorpId) -> Corp:
    no = await store.write(create_corp_txn, corp_id, "模拟公司", "Asia/Shanghai")
    departments = (DeptEntry(10, "甲"), DeptEntry(11, "乙", 10), DeptEntry(20, "丙"), DeptEntry(30, "空"))
    roles = (RoleEntry(7, "主管", "", ("u1", "u2", "f3")), RoleEntry(8, "无人", "", ()))
    report = await store.write(apply_org_txn, no, corp_id, OrgChange(departments, people(), roles))
    assert not isinstance(report, list), report
    corp = await store.read(load_corp_txn, corp_id)
    assert corp
    return corp


async def _app(store: Store, new: NewApp, corp: CorpNo | None) -> App:
    made = await store.write(create_app_txn, corp, new)
    assert isinstance(made, tuple)
    app = await store.read(app_by_key_txn, new.app_key)
    assert app
    return app


async def _account(store: Store, corp: CorpNo, n: int) -> Account:
    account = await store.write(create_account_txn, corp, CORP, NewAccount(f"号{n}", unionid=f"account{n}"))
    assert isinstance(account, Account)
    if n == 2:
        account = msgspec.structs.replace(account, blocked=("u3",), allow_all=False, allow_userids=("u1", "u3"), allow_depts=(10,))
        await store.write(save_account_txn, account)
    return account


async def _installation(store: Store, corp: CorpNo, app: App, n: int) -> Installation:
    installation = await store.write(install_app_txn, corp, app.no, AGENT + n, f"应用{n}")
    assert isinstance(installation, Installation)
    if n == 2:
        installation = msgspec.structs.replace(installation, visible_all=False, visible_userids=VISIBLE_USERIDS, visible_depts=VISIBLE_DEPTS)
        await store.write(save_installation_txn, installation)
    return installation
