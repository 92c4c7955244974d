"""The organisation that everything is measured with: people in a thousand departments, an account, and a third-party app with a template."""

import asyncio
from typing import Any

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, install_app_txn, pin_token_txn
from hongyan.access.records import ALL_SCOPES, Account, AppKind, Installation, app_by_key_txn
from hongyan.admission.rules import RULES, RuleSetting
from hongyan.app.application import Application
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, apply_org_txn, create_corp_txn
from hongyan.directory.records import load_corp_txn
from hongyan.messages.template_book import TemplateOwner, approve_template_txn, create_template_txn, load_template_txn, submit_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.model.ids import CorpId, CorpNo

CORP, TOKEN, APP = "dingbench", "benchtoken00000000", "bench"
SUITE, SUITE_TOKEN, AGENT, TEMPLATE = "benchsuite", "benchsuite000000", 4001, "benchtemplate"
DEPARTMENTS = 1000
# Raised, so that no send is refused; every rule is still looked at and counted.
NO_LIMIT = 10**9


async def fill(application: Application, people: int, *, raised: bool = True) -> str:
    """An organisation in an empty store; returns the account's unionid."""
    engine = application.engine
    corp = await engine.store.write(create_corp_txn, CORP, "Bench", "Asia/Shanghai")
    departments = tuple(DeptEntry(no, f"department {no}", 1 if no < 12 else no // 10) for no in range(2, DEPARTMENTS + 2))
    users = tuple(UserEntry(f"u{no}", f"person {no}", (2 + no % DEPARTMENTS,)) for no in range(people))
    await engine.store.write(apply_org_txn, corp, CorpId(CORP), OrgChange(departments, users))
    app = await engine.store.write(create_app_txn, corp, NewApp(APP, "bench", AppKind.INTERNAL, ALL_SCOPES))
    assert isinstance(app, tuple)
    await engine.store.write(pin_token_txn, TOKEN, app[0], corp)
    account = await engine.store.write(create_account_txn, corp, CorpId(CORP), NewAccount("bench"))
    assert isinstance(account, Account)
    for rule in RULES if raised else ():
        await engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, rule, None, NO_LIMIT))
    return account.unionid


async def settled(people: int) -> None:
    """What filling left in the log is moved into the file meanwhile: that belongs to no measurement."""
    await asyncio.sleep(people / 100_000)


async def open_office(application: Application) -> dict[str, Any]:
    """Work notifications: a third-party app that is installed, with an approved template; returns what a caller must know."""
    store = application.engine.store
    corp = await store.read(load_corp_txn, CORP)
    made = await store.write(create_app_txn, None, NewApp(SUITE, "bench", AppKind.THIRD_PARTY, ALL_SCOPES))
    assert corp and isinstance(made, tuple)
    installation = await store.write(install_app_txn, corp.no, made[0], AGENT, "bench")
    suite = await store.read(app_by_key_txn, SUITE)
    assert suite and isinstance(installation, Installation)
    await store.write(pin_token_txn, SUITE_TOKEN, suite.no, corp.no)
    content = MarkdownTemplate(name="bench", title="bench", content="Hello ${name}, this is for you.")
    await store.write(create_template_txn, TemplateOwner(suite.no, CorpNo(0)), content, TEMPLATE)
    for step in (submit_template_txn, approve_template_txn):
        template: Any = await store.read(load_template_txn, TEMPLATE)
        await store.write(step, template)
    return {"suite_token": SUITE_TOKEN, "agent": AGENT, "template": TEMPLATE}
