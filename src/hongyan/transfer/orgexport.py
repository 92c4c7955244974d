"""An organisation as a file: the inverse of the import."""

from collections.abc import Iterator
from typing import Any

import msgspec
from pyroaring import BitMap

from hongyan.access.account_checks import LISTED
from hongyan.access.records import page_accounts_txn
from hongyan.directory.details import DeptDetails, dept_details, details_or_none
from hongyan.directory.records import Corp, Person, person_of
from hongyan.messages.blobs import BlobStore
from hongyan.messages.library import Article, Media
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx
from hongyan.transfer.orgfile import AccountRow, AnyRow, ArticleRow, CardRow, CorpRow, DeptRow, GroupRow, MediaRow, RoleRow, UserRow
from hongyan.transfer.orgtable import write_csv

PAGE = 2000
_ENCODE = msgspec.json.Encoder().encode


class Export(msgspec.Struct, frozen=True):
    """A file in pieces, but for the media, whose contents are read one by one while it is sent."""

    corp: CorpNo
    pieces: list[bytes]
    media: list[Media]


def _line(row: AnyRow) -> bytes:
    return _ENCODE(row) + b"\n"


def _people_txn(tx: Tx, corp: CorpNo) -> Iterator[list[Person]]:
    after = -1
    while rows := tx.all("user.page_by_ord", corp=corp, after=after, limit=PAGE):
        yield [person_of(row) for row in rows]
        after = rows[-1][0]


def _user(person: Person, depts: set[int]) -> UserRow:
    # A department that was removed under its members is named by nobody else; the file would not be valid with it.
    own = tuple(int(dept) for dept in person.depts if dept in depts)
    texts = (person.unionid, person.mobile, person.title, person.email, person.avatar, person.job_number)
    return UserRow(person.userid, person.name, own, *texts, active=person.active, details=details_or_none(person.details.within(own)))


def export_table_txn(tx: Tx, found: Corp) -> Export:
    """The people alone, as a table."""
    corp = found.no
    depts = {row[0] for row in tx.all("department.all", corp=corp)}
    pages = [write_csv([_user(person, depts) for person in page], header=False) for page in _people_txn(tx, corp)]
    return Export(corp, [write_csv([], header=True), *pages], [])


def export_lines_txn(tx: Tx, found: Corp) -> Export:
    """Everything of one moment; the lines are made here, so that no second moment gets in between."""
    corp = found.no
    rows = sorted(tx.all("department.for_edit", corp=corp))
    pieces = [_line(CorpRow(found.corp_id, found.name, found.zone))]
    pieces += [_line(DeptRow(dept, name, parent, position, _own(extra))) for dept, parent, name, position, _members, extra in rows]
    depts = {row[0] for row in rows}
    userids: dict[int, str] = {}
    for page in _people_txn(tx, corp):
        userids.update((person.ord, person.userid) for person in page)
        pieces.append(b"".join(_line(_user(person, depts)) for person in page))
    pieces += [_line(GroupRow(group, name)) for group, name in tx.all("role_group.all", corp=corp)]
    pieces += [_line(row) for row in _roles_txn(tx, corp, userids)]
    pieces += [_line(row) for row in _library_txn(tx, corp)]
    return Export(corp, pieces, [Media(*row) for row in tx.all("media.all", corp=corp)])


def _own(extra: str) -> DeptDetails | None:
    return details_or_none(dept_details(extra))


def _roles_txn(tx: Tx, corp: CorpNo, userids: dict[int, str]) -> Iterator[RoleRow]:
    scopes: dict[int, dict[str, tuple[int, ...]]] = {}
    for role, ord_, depts in tx.all("role_scope.all", corp=corp):
        if ord_ in userids:
            scopes.setdefault(role, {})[userids[ord_]] = msgspec.json.decode(depts, type=tuple[int, ...])
    for role, name, group, members in sorted(tx.all("role.all", corp=corp)):
        people = tuple(userids[ord_] for ord_ in BitMap.deserialize(members) if ord_ in userids)
        yield RoleRow(role, name, group, people, scopes.get(role))


def _library_txn(tx: Tx, corp: CorpNo) -> Iterator[AnyRow]:
    """Accounts, articles and cards; those of disabled accounts stay behind."""
    accounts = page_accounts_txn(tx, corp, 0, LISTED)[1]
    unionids = {account.sender: account.unionid for account in accounts}
    for account in accounts:
        yield AccountRow(**{name: getattr(account, name) for name in AccountRow.__struct_fields__})
    articles = [article for row in tx.all("article.all", corp=corp) if (article := Article(*row)).sender in unionids]
    owners = {article.article_id: article.sender for article in articles}
    for one in articles:
        texts = (one.digest, one.thumb_media_id, one.published_at is not None)
        yield ArticleRow(one.article_id, unionids[one.sender], one.title, one.content, *texts)
    for media_id, sender, stored in tx.all("card.all", corp=corp):
        wanted = msgspec.json.decode(stored, type=tuple[int, ...])
        # A card whose article was deleted cannot be sent, nor imported.
        if sender in unionids and all(owners.get(article) == sender for article in wanted):
            yield CardRow(media_id, unionids[sender], wanted)


def media_line(blobs: BlobStore, corp: CorpNo, media: Media) -> bytes:
    """A file with its content, base64."""
    kind: Any = media.kind  # one of the four; the store keeps it as text
    return _line(MediaRow(media.media_id, kind, media.name, blobs.get(corp, media.blob)))
