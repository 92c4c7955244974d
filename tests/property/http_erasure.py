"""A person who is forgotten in the middle of a history: the words go, every number stays."""

from collections.abc import Collection
from pathlib import Path

import apsw
from hypothesis import strategies as st
from msgspec import Struct

from property.histories import NEWCOMERS, USERIDS
from property.model import Human, Model
from property.work_model import WorkModel

NOBODY = "nobody"


class EraseOp(Struct, frozen=True):
    """Forget whoever has or had a userid."""

    who: str


erasures = st.builds(EraseOp, st.sampled_from((*USERIDS[:8], *NEWCOMERS, NOBODY)))


def left_of(store: Path, corp: int, erased: Collection[int]) -> list[str]:
    """What a store still holds of people it has forgotten, and should not."""
    connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        fields = "select ord, unionid || name || mobile || email || job_number || avatar from user where corp = ?"
        unread = "select ord, count(*) from inbox where corp = ? and read_at is null and kind = 0 group by ord"
        rows = [*connection.execute(fields, (corp,)), *connection.execute(unread, (corp,))]
    finally:
        connection.close()
    return [f"person {ord_}: {left}" for ord_, left in rows if ord_ in erased and left]


def alias_of(human: Human) -> str:
    return f"erased-{human.ord}"


def forget(mass: Model, work: WorkModel, who: str, people: list[Human]) -> None:
    """What a model knows afterwards: nobody by that userid, and in every list an alias.

    The first of several who had the userid stands where a send asked for it in vain.
    """
    for human in people:
        human.live, human.userid = False, alias_of(human)
    work.in_range.discard(who)
    for model in (mass, work):
        for members in model.roles.values():
            members.difference_update(human.ord for human in people)
        for userids in (*model.blocked.values(), *(some for some, _depts in model.allowed.values())):
            userids.discard(who)
        for task in model.tasks:
            userids, *others = task.unknown
            task.unknown = (tuple(people[0].userid if one == who else one for one in userids), *others)  # type: ignore[assignment]
