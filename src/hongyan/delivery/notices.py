"""What becomes of a work notification: recall, status bar, and the result in the caller's userids."""

import msgspec
from pyroaring import BitMap

from hongyan.admission.rules import RULES
from hongyan.admission.tasks import Task, load_task_txn
from hongyan.delivery.inbox import add_event_txn
from hongyan.delivery.receipts import result_txn
from hongyan.directory.records import userids_of_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx


class Forbidden(msgspec.Struct, frozen=True):
    """Somebody left out: the code of the rule, and its number."""

    code: str
    count: int
    userid: str


class NoticeResult(msgspec.Struct, frozen=True):
    """The seven lists of a result; everybody addressed is in exactly one of the first five."""

    invalid_user_id_list: list[str]
    forbidden_user_id_list: list[str]
    failed_user_id_list: list[str]
    read_user_id_list: list[str]
    unread_user_id_list: list[str]
    invalid_dept_id_list: list[int]
    forbidden_list: list[Forbidden]


def load_notice_txn(tx: Tx, corp: CorpNo, sender: SenderId, task_id: int) -> Task | None:
    """The work notification of this sender."""
    task = load_task_txn(tx, corp, Seq(task_id)) if 0 < task_id < 1 << 53 else None
    return task if task is not None and task.sender == sender and task.surface == "work" else None


def notice_result_txn(tx: Tx, task: Task, limits: dict[str, int]) -> NoticeResult:
    """The result in userids; `limits` gives each rule's number as it holds for the sender."""
    lists = result_txn(tx, task)
    userids = userids_of_txn(tx, task.corp, [Ord(ord_) for ord_ in task.addressed])

    def names(people: BitMap) -> list[str]:
        return [userids[Ord(ord_)] for ord_ in people]

    forbidden = [
        Forbidden(_code(rule), limits.get(rule, RULES[rule].limit), userid) for rule, people in lists.forbidden.items() for userid in names(people)
    ]
    return NoticeResult(
        list(lists.invalid.userids),
        [one.userid for one in forbidden],
        names(lists.failed),
        names(lists.read),
        names(lists.unread),
        list(lists.invalid.depts),
        forbidden,
    )


def _code(rule: str) -> str:
    outcome = RULES[rule].outcome
    # People whom no limit concerns (never activated) have no code of their own; this one says that nobody could receive it.
    return outcome if outcome.isdigit() else "1430000"


def set_status_bar_txn(tx: Tx, corp: CorpNo, seq: Seq, sender: SenderId, value: str, color: str, now: EpochMs) -> None:
    """Change the status bar of an OA message for everyone who has it."""
    tx.run("task.set_bar", corp=corp, seq=seq, value=value, color=color)
    add_event_txn(tx, corp, "status_bar", sender=sender, task=seq, ord_=None, now=now)
