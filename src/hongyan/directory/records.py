"""People, departments and roles as values, and how a store row becomes one."""

import msgspec

from hongyan.directory.details import PLAIN_PERSON, PersonDetails, person_details
from hongyan.model.ids import CorpId, CorpNo, DeptId, EpochMs, Ord, RoleId
from hongyan.store.interface import Row, Tx


class Corp(msgspec.Struct, frozen=True):
    """An organisation."""

    no: CorpNo
    corp_id: CorpId
    name: str
    zone: str
    org_version: int
    headcount: int


class Person(msgspec.Struct, frozen=True):
    """Somebody who is, or was, in an organisation."""

    ord: Ord
    userid: str
    unionid: str
    name: str
    mobile: str
    title: str
    email: str
    avatar: str
    job_number: str
    depts: tuple[DeptId, ...]
    active: bool
    joined_at: EpochMs
    left_at: EpochMs | None
    details: PersonDetails = PLAIN_PERSON


class Department(msgspec.Struct, frozen=True):
    """A department; the root has parent 0."""

    dept: DeptId
    parent: DeptId
    name: str
    position: int
    n_members: int = 0


class Role(msgspec.Struct, frozen=True):
    """A role with its group's name."""

    role: RoleId
    name: str
    group: str
    n_members: int = 0


_DEPTS = msgspec.json.Decoder(tuple[int, ...])


def corp_of(row: Row) -> Corp:
    return Corp(*row)


def person_of(row: Row) -> Person:
    ord_, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra = row
    dept_ids = tuple(DeptId(dept) for dept in _DEPTS.decode(depts))
    times = (joined_at, left_at)
    return Person(ord_, userid, unionid, name, mobile, title, email, avatar, job_number, dept_ids, bool(active), *times, person_details(extra))


def load_corp_txn(tx: Tx, corp_id: str) -> Corp | None:
    row = tx.one("corp.by_id", corp_id=corp_id)
    return corp_of(row) if row else None


def load_corp_by_no_txn(tx: Tx, corp: CorpNo) -> Corp | None:
    row = tx.one("corp.by_no", corp=corp)
    return corp_of(row) if row else None


def list_corps_txn(tx: Tx) -> list[Corp]:
    return [corp_of(row) for row in tx.all("corp.all")]


def load_person_txn(tx: Tx, corp: CorpNo, userid: str) -> Person | None:
    """The live person with this userid; failing that the one who left last."""
    row = tx.one("user.by_userid", corp=corp, userid=userid) or tx.one("user.gone_by_userid", corp=corp, userid=userid)
    return person_of(row) if row else None


def load_person_by_ord_txn(tx: Tx, corp: CorpNo, ord_: Ord) -> Person | None:
    row = tx.one("user.by_ord", corp=corp, ord=ord_)
    return person_of(row) if row else None


def page_people_txn(tx: Tx, corp: CorpNo, *, after: str, limit: int, search: str = "") -> list[Person]:
    """Live people in userid order, after a userid; `search` matches inside name, userid and mobile."""
    plain = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = tx.all("user.page", corp=corp, after=after, limit=limit, pattern=f"%{plain}%" if search else "")
    return [person_of(row) for row in rows]


def userids_of_txn(tx: Tx, corp: CorpNo, ords: list[Ord]) -> dict[Ord, str]:
    """The userids of ordinals, of people who left too."""
    return {Ord(ord_): userid for ord_, userid in tx.by_keys("user.ids_by_ord", [(corp, ord_) for ord_ in ords])}


def ords_of_txn(tx: Tx, corp: CorpNo, userids: list[str]) -> dict[str, Ord]:
    """The ordinals of live people; unknown and departed userids are absent."""
    if len(userids) == 1:
        row = tx.one("user.ord", corp=corp, userid=userids[0])
        return {userids[0]: Ord(row[0])} if row else {}
    return {userid: Ord(ord_) for userid, ord_ in tx.by_keys("user.ords_by_userid", [(corp, userid) for userid in userids])}
