"""Changes as the people who look after an organisation make them: nobody is left behind in a department that goes."""

from pyroaring import BitMap

from hongyan.directory.edit import OrgChange, OrgProblem, OrgReport, apply_org_txn
from hongyan.directory.records import Corp, ords_of_txn
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx


def change_org_txn(tx: Tx, corp: Corp, change: OrgChange, now: EpochMs) -> OrgReport | list[OrgProblem]:
    """Make the change, or return every reason why not. Its entries passed `change_problems`."""
    return _inhabited(tx, corp.no, change) or apply_org_txn(tx, corp.no, corp.corp_id, change, now)


def _inhabited(tx: Tx, corp: CorpNo, change: OrgChange) -> list[OrgProblem]:
    """Departments that are to go while people would stay in them."""
    if change.remove_absent or not change.remove_departments:
        return []
    moved = BitMap(ords_of_txn(tx, corp, [*(entry.userid for entry in change.users), *change.leave]).values())
    goes = set(change.remove_departments)
    rows = tx.all("department.all", corp=corp)
    return [OrgProblem(f"department:{row[0]}", "it still has members") for row in rows if row[0] in goes and BitMap.deserialize(row[4]) - moved]
