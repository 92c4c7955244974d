"""The things that paths and parameters name; what does not exist is a 404 that names it."""

from typing import Annotated

import msgspec

from hongyan.access.records import Account, App, account_by_unionid_txn, app_by_key_txn
from hongyan.admission.tasks import Task, load_task_txn
from hongyan.control.problems import unknown
from hongyan.directory.records import Corp, Person, load_corp_txn, load_person_txn
from hongyan.model.ids import CorpNo, parse_task_id
from hongyan.store.interface import Tx

INTEGER_MAX = 1 << 53  # integers that every JSON reader keeps
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Position = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class Done(msgspec.Struct, frozen=True):
    """Nothing to say but that it was done."""

    done: bool = True


def find_corp_txn(tx: Tx, corp_id: str) -> Corp:
    corp = load_corp_txn(tx, corp_id)
    if corp is None:
        raise unknown("corp", corp_id)
    return corp


def find_person_txn(tx: Tx, corp: CorpNo, userid: str) -> Person:
    """The live person, or the last one who had the userid."""
    person = load_person_txn(tx, corp, userid)
    if person is None:
        raise unknown("user", userid)
    return person


def find_account_txn(tx: Tx, corp: CorpNo, unionid: str) -> Account:
    """The account, disabled or not."""
    account = account_by_unionid_txn(tx, corp, unionid)
    if account is None:
        raise unknown("account", unionid)
    return account


def find_app_txn(tx: Tx, app_key: str) -> App:
    app = app_by_key_txn(tx, app_key)
    if app is None:
        raise unknown("app", app_key)
    return app


def find_task_txn(tx: Tx, corp: CorpNo, task_id: str) -> Task:
    seq = parse_task_id(task_id)
    task = load_task_txn(tx, corp, seq) if seq is not None else None
    if task is None:
        raise unknown("task", task_id)
    return task
