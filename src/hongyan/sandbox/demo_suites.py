"""The demo's third-party app, so that the documented sample of a template send works with only the address changed."""

from typing import Any

import msgspec

from hongyan.access.edit import install_app_txn, pin_token_txn, save_app_txn
from hongyan.access.records import ALL_SCOPES, installation_by_agent_txn
from hongyan.access.sealing import Seal
from hongyan.access.suites import TEST_TICKET, NewSuite, Suite, create_suite_txn, load_suite_txn
from hongyan.directory.records import load_corp_txn
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx

SUITE_KEY = "suitedemo"
SUITE_NAME = "演示套件"
SAMPLE_AGENT, ISV_AGENT_ID = 123, 948060598  # of the template page's two samples
TEMPLATE_ID = "e27a9eed42b34a14a2xxxx"
ISV_TOKEN = "bdefeb04-96ad-40d9-bb92-a62a99d2e8d3"


def demo_suite_txn(tx: Tx, seal: Seal, corp_id: str, twin_id: str, now: EpochMs) -> dict[str, Any]:
    """Adds what is missing of the suite and answers what scripts need of it."""
    suite = load_suite_txn(tx, seal, SUITE_KEY) or create_suite_txn(tx, seal, NewSuite(SUITE_KEY, SUITE_NAME, ALL_SCOPES), now)
    corp, twin = load_corp_txn(tx, corp_id), load_corp_txn(tx, twin_id)
    assert corp and twin and isinstance(suite, Suite)
    if not suite.app.scopes.issuperset(ALL_SCOPES):
        save_app_txn(tx, msgspec.structs.replace(suite.app, scopes=suite.app.scopes | frozenset(ALL_SCOPES)), now)
    for place, agent_id in ((corp, SAMPLE_AGENT), (corp, ISV_AGENT_ID), (twin, SAMPLE_AGENT)):
        if installation_by_agent_txn(tx, place.no, agent_id) is None:
            install_app_txn(tx, place.no, suite.app.no, agent_id, SUITE_NAME, now)
    pin_token_txn(tx, ISV_TOKEN, suite.app.no, corp.no, now)
    return {
        "suite_key": SUITE_KEY,
        "suite_secret": suite.secret,
        "suite_ticket": TEST_TICKET,
        "isv_agent_id": ISV_AGENT_ID,
        "isv_access_token": ISV_TOKEN,
        "template_id": TEMPLATE_ID,
    }
