"""Changes of an organisation by an operator: checked, made and recorded in one step."""

from hongyan.access.audit import Deed, record_deed_txn
from hongyan.console.desk.frame import Desk
from hongyan.console.desk.problem_words import say_problem
from hongyan.directory.edit import OrgChange, OrgProblem, OrgReport
from hongyan.directory.entries import change_problems
from hongyan.directory.office import change_org_txn
from hongyan.directory.records import Corp
from hongyan.model.ids import EpochMs
from hongyan.store.interface import Tx
from hongyan.transfer.run import forget_organisation

PROBLEMS_SHOWN = 10


async def change_org(desk: Desk, change: OrgChange, deed: Deed) -> list[str]:
    """Why the change cannot be, in the operator's language; empty when it was made."""
    problems = change_problems(change)
    if not problems:
        outcome = await desk.engine.store.write(_change_txn, desk.corp, change, deed)
        forget_organisation(desk.engine, desk.corp.no)
        problems = outcome if isinstance(outcome, list) else []
    return [f"{one.subject.partition(':')[2]}: {say_problem(desk, one.reason)}" for one in problems[:PROBLEMS_SHOWN]]


def _change_txn(tx: Tx, corp: Corp, change: OrgChange, deed: Deed, now: EpochMs) -> OrgReport | list[OrgProblem]:
    outcome = change_org_txn(tx, corp, change, now)
    if not isinstance(outcome, list):
        record_deed_txn(tx, deed, now)
    return outcome
