"""The company that crash and power-cut campaigns send to: 230 people, one app, one suite, every limit counted and none in the way."""

from pathlib import Path

from hongyan.access.edit import NewAccount, NewApp, create_account_txn, create_app_txn, install_app_txn
from hongyan.access.records import ALL_SCOPES, AppKind, Installation
from hongyan.admission.rules import RULES, WORK_INTERNAL, Mode, RuleSetting
from hongyan.app.application import Application
from hongyan.app.settings import Settings
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, apply_org_txn, create_corp_txn
from hongyan.engine.engine import Engine
from hongyan.messages.template_book import TemplateOwner, approve_template_txn, create_template_txn, load_template_txn, submit_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.model.ids import CorpId, CorpNo

CORP = CorpId("dingcrash")
UNIONID = "crashaccount"
APP_KEY, SUITE_KEY, SECRET = "crashkey", "crashsuite", "secret"
AGENT, SUITE_AGENT, TIGHT_AGENT = 5001, 5002, 5003
TIGHT_LIMIT = 3  # notices a person may get in a day from the tight installation
TEMPLATE = "greeting"
PEOPLE = {f"u{n}": 10 if n < 205 else 20 for n in range(230)}  # the first department is stored as bitmaps, the second as rows


async def prepare(folder: Path) -> None:
    """Fill an empty data folder."""
    application = Application(Settings(data=str(folder), requests_kept_mb=0))
    async with application.running():
        await fill(application.engine)


async def fill(engine: Engine) -> None:
    """Make the company in an empty store."""
    store = engine.store
    corp: CorpNo = await store.write(create_corp_txn, CORP, "崩溃公司", "Asia/Shanghai")
    users = tuple(UserEntry(userid, userid, (dept,)) for userid, dept in PEOPLE.items())
    await store.write(apply_org_txn, corp, CORP, OrgChange((DeptEntry(10, "大"), DeptEntry(20, "小")), users))
    app = await store.write(create_app_txn, corp, NewApp(APP_KEY, "crash", AppKind.INTERNAL, ALL_SCOPES, (), SECRET))
    suite = await store.write(create_app_txn, None, NewApp(SUITE_KEY, "suite", AppKind.THIRD_PARTY, ALL_SCOPES, (), SECRET))
    assert isinstance(app, tuple) and isinstance(suite, tuple)
    await store.write(install_app_txn, corp, app[0], AGENT, "自建应用")
    tight = await store.write(install_app_txn, corp, app[0], TIGHT_AGENT, "有限应用")
    assert isinstance(tight, Installation)
    await store.write(install_app_txn, corp, suite[0], SUITE_AGENT, "套件应用")
    await store.write(create_account_txn, corp, CORP, NewAccount("号", unionid=UNIONID))
    owner = TemplateOwner(suite[0], CorpNo(0))
    await store.write(create_template_txn, owner, MarkdownTemplate(name="问候", title="通知", content="你好${name}"), TEMPLATE)
    for step in (submit_template_txn, approve_template_txn):
        await store.write(step, await store.read(load_template_txn, TEMPLATE))
    for rule in RULES:
        await engine.rulekeeper.change(RuleSetting(CorpNo(0), "all", 0, rule, Mode.OBSERVE))
    await engine.rulekeeper.change(RuleSetting(corp, "sender", tight.sender, WORK_INTERNAL.person.id, Mode.ENFORCE, TIGHT_LIMIT))
