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


def names_by_ord_txn(tx: Tx, corp: CorpNo, ords: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Userid and name of each ordinal, of people who left too."""
    return {ord_: (userid, name) for ord_, userid, name in tx.by_keys("user.names_by_ord", [(corp, ord_) for ord_ in ords])}


def find_depts_txn(tx: Tx, corp: CorpNo, word: str, limit: int) -> list[int]:
    """Departments whose name holds the word, by id."""
    return [row[0] for row in tx.all("department.search", corp=corp, word=word, whole=0, after=0, limit=limit)]
