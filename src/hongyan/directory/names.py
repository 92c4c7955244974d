"""What people and departments are called."""

from collections.abc import Sequence

from hongyan.model.ids import CorpNo, DeptId
from hongyan.store.interface import Tx


def user_names_txn(tx: Tx, corp: CorpNo, userids: Sequence[str]) -> dict[str, str]:
    """The names of live people; unknown and departed userids are absent."""
    return dict(map(tuple, tx.by_keys("user.names", [(corp, userid) for userid in userids])))


def dept_names_txn(tx: Tx, corp: CorpNo, depts: Sequence[DeptId]) -> dict[DeptId, str]:
    """The names of departments; unknown ids are absent."""
    return dict(map(tuple, tx.by_keys("department.names", [(corp, dept) for dept in depts])))
