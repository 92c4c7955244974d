"""What measuring work notifications needs in a store: a third-party app with an approved template, and a reader with a month of notices."""

from typing import Any

from hongyan.access.edit import NewApp, create_app_txn, install_app_txn, pin_token_txn
from hongyan.access.records import ALL_SCOPES, App, AppKind, Installation, app_by_key_txn
from hongyan.admission.accept import Accepted
from hongyan.admission.work_send import WorkSend
from hongyan.app.application import Application
from hongyan.directory.audience import Selectors
from hongyan.directory.records import Corp, load_corp_txn, load_person_txn
from hongyan.messages.bodies import MarkdownBody
from hongyan.messages.template_book import TemplateOwner, approve_template_txn, create_template_txn, load_template_txn, submit_template_txn
from hongyan.messages.templates import MarkdownTemplate
from hongyan.model.ids import CorpNo

SUITE_TOKEN, AGENT, TEMPLATE, READER = "benchsuite000000", 4001, "benchtemplate", "u123"
DAYS, A_DAY = 30, 200


async def open_office(application: Application, corp_id: str) -> dict[str, Any]:
    """Fill the store; returns what the measurements need to know."""
    store = application.engine.store
    corp = await store.read(load_corp_txn, corp_id)
    made = await store.write(create_app_txn, None, NewApp("benchsuite", "bench", AppKind.THIRD_PARTY, ALL_SCOPES))
    assert corp and isinstance(made, tuple)
    installation = await store.write(install_app_txn, corp.no, made[0], AGENT, "bench")
    suite = await store.read(app_by_key_txn, "benchsuite")
    assert suite and isinstance(installation, Installation)
    await store.write(pin_token_txn, SUITE_TOKEN, suite.no, corp.no)
    content = MarkdownTemplate(name="bench", title="bench", content="Hello ${name}, this is for you.")
    await store.write(create_template_txn, TemplateOwner(suite.no, CorpNo(0)), content, TEMPLATE)
    for step in (submit_template_txn, approve_template_txn):
        template: Any = await store.read(load_template_txn, TEMPLATE)
        await store.write(step, template)
    ord_ = await fill_inbox(application, corp, suite, installation)
    return {
        "suite_token": SUITE_TOKEN,
        "agent": AGENT,
        "template": TEMPLATE,
        "reader": READER,
        "reader_ord": ord_,
        "sender": installation.sender,
        "notices": DAYS * A_DAY,
    }


async def fill_inbox(application: Application, corp: Corp, suite: App, installation: Installation) -> int:
    """200 notices a day for 30 days to one person, each its own commit's worth of rows; returns the person's ordinal."""
    sandbox = application.sandbox
    assert sandbox is not None
    day_ms, begin = 86_400_000, sandbox.clock.now()
    for day in range(DAYS):
        sandbox.clock.set(begin + day * day_ms)  # type: ignore[arg-type]
        for n in range(A_DAY):
            body = MarkdownBody("bench", f"day {day}, notice {n} " + "x" * 300)
            request = WorkSend(corp, suite, installation, Selectors((READER, f"u{n}")), body)
            assert isinstance(await application.engine.work_sending.send(request), Accepted)
    person = await application.engine.store.read(load_person_txn, corp.no, READER)
    assert person is not None
    return person.ord
