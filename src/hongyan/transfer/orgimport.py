"""Bringing an organisation file in: all of it in one transaction, or nothing."""

import hashlib
import mimetypes
from collections.abc import Iterable
from typing import Any, Literal, NoReturn

import msgspec

from hongyan.access.account_checks import LISTED
from hongyan.access.audit import Deed, record_deed_txn
from hongyan.access.edit import Conflict, NewAccount, create_account_txn, save_account_txn
from hongyan.access.records import Account, account_by_unionid_txn, page_accounts_txn
from hongyan.directory.details import DEFAULT_GROUP, PersonDetails, details_or_none, groups_txn
from hongyan.directory.edit import OrgChange, OrgReport, apply_org_txn, create_corp_txn
from hongyan.directory.records import Corp, load_corp_by_no_txn, load_corp_txn, ords_of_txn
from hongyan.messages.blobs import BlobStore
from hongyan.messages.library import (
    Article,
    Card,
    Media,
    load_article_txn,
    load_card_txn,
    put_article_txn,
    put_card_txn,
    put_media_txn,
)
from hongyan.model.clock import DEFAULT_ZONE
from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx
from hongyan.transfer.orgcheck import Known
from hongyan.transfer.orgfile import AccountRow, MediaRow, OrgFile, Problem, UserRow


class ImportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is taken in: `remove_absent` lets go whom the file does not name, `dry_run` undoes everything at the end."""

    format: Literal["jsonl", "csv"] = "jsonl"
    remove_absent: bool = False
    create: bool = True
    dry_run: bool = False


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did, or would have done."""

    corp_id: str
    created: bool
    dry_run: bool
    users_added: int
    users_changed: int
    users_left: int
    departments: int
    roles: int
    headcount: int
    accounts: int
    media: int
    articles: int
    cards: int


class Blob(msgspec.Struct, frozen=True):
    """A file's content that lies in the blob store already."""

    blob: str
    sha256: bytes
    size: int


class Plan(msgspec.Struct, frozen=True):
    """A checked file, ready for the transaction. `corp` is the organisation's number, present or foreseen."""

    corp_id: str
    corp: CorpNo
    file: OrgFile
    query: ImportQuery
    blobs: dict[str, Blob]
    deed: Deed | None = None  # whose doing it is, for the log


class ImportRefused(Exception):
    """Takes the transaction back: something is not as it was when the file was checked."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("the file cannot be imported")
        self.problems = problems


class NumberMoved(Exception):
    """Takes the transaction back: the foreseen number went to another organisation, so the blobs lie in the wrong folder."""


class DryRun(Exception):
    """Takes the transaction back, with what it would have done."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__("dry run")
        self.report = report


class Ground(msgspec.Struct, frozen=True):
    """What is there before an import; `changed_media` names the files whose content is not there yet."""

    exists: bool
    corp: CorpNo
    known: Known
    changed_media: frozenset[str]


def survey_txn(tx: Tx, corp_id: str, file: OrgFile, query: ImportQuery) -> Ground:
    """Everything that the pure checks need to know."""
    corp = load_corp_txn(tx, corp_id)
    if corp is None:
        row = tx.one("control.next_corp")
        assert row is not None
        return Ground(False, CorpNo(row[0]), Known(), frozenset(file.media))
    changed = frozenset(media_id for media_id, (_, row) in file.media.items() if not _same_media(tx, corp.no, row))
    return Ground(True, corp.no, _known_txn(tx, corp.no, file, query), changed)


def _same_media(tx: Tx, corp: CorpNo, row: MediaRow) -> bool:
    present = tx.one("control.media_content", corp=corp, media_id=row.media_id)
    return present is not None and present == (row.type, row.name, hashlib.sha256(row.data).digest())


def _known_txn(tx: Tx, corp: CorpNo, file: OrgFile, query: ImportQuery) -> Known:
    # What this import removes cannot be referred to.
    removes_all = query.remove_absent and file.columns is None
    parents = {} if removes_all else {row[0]: row[1] for row in tx.all("department.all", corp=corp)}
    named = {userid for _, role in file.roles.values() for userid in (*(role.userids or ()), *(role.scopes or ()))} - file.users.keys()
    userids = frozenset() if removes_all else frozenset(ords_of_txn(tx, corp, sorted(named)))
    unionids = set(file.accounts) | {row.account for _, row in file.articles.values()} | {row.account for _, row in file.cards.values()}
    accounts = {unionid: found.live for unionid in unionids if (found := account_by_unionid_txn(tx, corp, unionid))}
    live = page_accounts_txn(tx, corp, 0, LISTED)[1]
    by_sender = {account.sender: account.unionid for account in live}
    wanted = {article for _, card in file.cards.values() for article in card.articles}
    articles = {no: by_sender.get(found.sender, "") for no in wanted if (found := load_article_txn(tx, corp, no))}
    return Known(parents, userids, accounts, {account.name: account.unionid for account in live}, articles)


def store_blobs(blobs: BlobStore, corp: CorpNo, file: OrgFile, wanted: Iterable[str]) -> dict[str, Blob]:
    """Write and sync the contents; media id → where it lies."""
    rows = [file.media[media_id][1] for media_id in wanted]
    return {row.media_id: Blob(blobs.put(corp, row.data), hashlib.sha256(row.data).digest(), len(row.data)) for row in rows}


def drop_blobs(blobs: BlobStore, corp: CorpNo, names: Iterable[str]) -> None:
    """Remove contents that no row names."""
    for name in names:
        blobs.drop(corp, name)


def import_txn(tx: Tx, plan: Plan, now: EpochMs) -> tuple[ImportReport, list[str]]:
    """Bring the whole file in; answers also the blobs that nothing names any more.

    Raises `ImportRefused`, `NumberMoved` or, at the end of a dry run, `DryRun`.
    """
    corp, created = _corp_txn(tx, plan, now)
    outcome = apply_org_txn(tx, corp.no, corp.corp_id, _change_txn(tx, corp.no, plan), now)
    if isinstance(outcome, list):
        raise ImportRefused([Problem(plan.file.line_of(one.subject), f"{one.subject}: {one.reason}") for one in outcome])
    senders = _accounts_txn(tx, corp, plan.file, now)
    replaced = _media_txn(tx, corp.no, plan, now)
    _articles_txn(tx, corp.no, plan.file, senders, now)
    _cards_txn(tx, corp.no, plan.file, senders, now)
    report = _report(plan, outcome, created=created)
    if plan.query.dry_run:
        raise DryRun(report)
    if plan.deed:
        counts = {name: count for name, count in msgspec.structs.asdict(report).items() if type(count) is int and count}
        record_deed_txn(tx, msgspec.structs.replace(plan.deed, corp=corp.no, detail=plan.deed.detail | counts), now)
    return report, replaced


def _report(plan: Plan, org: OrgReport, *, created: bool) -> ImportReport:
    file = plan.file
    counts = (len(file.accounts), len(plan.blobs), len(file.articles), len(file.cards))
    people = (org.users_added, org.users_changed, org.users_left, org.departments, org.roles, org.headcount)
    return ImportReport(plan.corp_id, created, plan.query.dry_run, *people, *counts)


def _corp_txn(tx: Tx, plan: Plan, now: EpochMs) -> tuple[Corp, bool]:
    _line, row = plan.file.corps.get("", (0, None))
    corp = load_corp_txn(tx, plan.corp_id)
    created = corp is None
    if corp is None:
        name, zone = (row.name, row.zone) if row else (plan.corp_id, DEFAULT_ZONE)
        corp = load_corp_by_no_txn(tx, create_corp_txn(tx, plan.corp_id, name, zone, now))
        assert corp is not None
    elif row is not None and (row.name, row.zone) != (corp.name, corp.zone):
        tx.run("corp.rename", corp=corp.no, name=row.name, zone=row.zone)
    if corp.no != plan.corp:
        raise NumberMoved
    return corp, created


def _change_txn(tx: Tx, corp: CorpNo, plan: Plan) -> OrgChange:
    file = plan.file
    # Removals are spelled out, so that people whose row says nothing new need not be named.
    leave = tuple(row[0] for row in tx.all("user.live_ids", corp=corp) if row[0] not in file.users) if plan.query.remove_absent else ()
    users = _moved_txn(tx, corp, file)
    if file.columns is not None:
        # A table knows people alone: departments and roles stay, whatever it does not name.
        return OrgChange(users=users, leave=leave)
    departments = tuple(row for _, row in file.departments.values())
    roles = tuple(row for _, row in file.roles.values())
    groups = tuple(row for _, row in file.groups.values())
    if not plan.query.remove_absent:
        return OrgChange(departments, users, roles, groups=groups)
    goes = tuple(row[0] for row in tx.all("department.all", corp=corp) if row[0] not in file.departments)
    ends = tuple(row[0] for row in tx.all("role.all", corp=corp) if row[0] not in file.roles)
    named = {row.name for row in groups} | {row.group or DEFAULT_GROUP for row in roles}
    closes = tuple(group for name, group in groups_txn(tx, corp).items() if name not in named)
    return OrgChange(departments, users, roles, leave, goes, ends, groups=groups, remove_groups=closes)


def _moved_txn(tx: Tx, corp: CorpNo, file: OrgFile) -> tuple[UserRow, ...]:
    """The people who are new or different; what a table has no column for is taken from what is there."""
    users = tuple(row for _, row in file.users.values())
    rows = tx.by_keys("control.user_fields", [(corp, user.userid) for user in users])
    present: dict[str, tuple[Any, ...]] = {
        userid: (name, tuple(depts), *texts, bool(active), _details(extra)) for userid, name, depts, *texts, active, extra in rows
    }
    absent = () if file.columns is None else tuple(member for member in _FIELDS if member not in file.columns)
    moved: list[UserRow] = []
    for user in users:
        known = present.get(user.userid)
        if known is not None and absent:
            own = dict(zip(_FIELDS, known, strict=True))
            user = msgspec.structs.replace(user, **{member: own[member] for member in absent})
        if known is None or _fields(user, known[2]) != known:
            moved.append(user)
    return tuple(moved)


_FIELDS: tuple[str, ...] = ("name", "depts", "unionid", "mobile", "title", "email", "avatar", "job_number", "active", "details")


def _fields(user: UserRow, unionid: str) -> tuple[Any, ...]:
    """What would be stored; a blank unionid means the present one."""
    texts = (user.mobile, user.title, user.email, user.avatar, user.job_number)
    own = details_or_none(user.details.within(user.depts)) if user.details else None
    return (user.name, user.depts, user.unionid or unionid, *texts, user.active, own)


def _details(stored: dict[str, Any]) -> PersonDetails | None:
    return msgspec.convert(stored, PersonDetails) if stored else None


def _accounts_txn(tx: Tx, corp: Corp, file: OrgFile, now: EpochMs) -> dict[str, SenderId]:
    """Save the accounts, present ones first so that a name they give up is free; unionid → sender of all the file names."""
    rows = list(file.accounts.values())
    found = {row.unionid: account for _, row in rows if (account := account_by_unionid_txn(tx, corp.no, row.unionid))}
    for line, row in sorted(rows, key=lambda numbered: numbered[1].unionid not in found):
        account = found.get(row.unionid) or _new_account_txn(tx, corp, line, row, now)
        if not account.live:
            _refuse(line, f"the account {row.unionid} is disabled, which is final")
        changed = msgspec.structs.replace(account, **msgspec.structs.asdict(row))
        if changed != account:
            save_account_txn(tx, changed, now)
        found[row.unionid] = changed
    others = {row.account for _, row in file.articles.values()} | {row.account for _, row in file.cards.values()}
    found |= {unionid: account for unionid in others - found.keys() if (account := account_by_unionid_txn(tx, corp.no, unionid))}
    return {unionid: account.sender for unionid, account in found.items()}


def _new_account_txn(tx: Tx, corp: Corp, line: int, row: AccountRow, now: EpochMs) -> Account:
    created = create_account_txn(tx, corp.no, corp.corp_id, NewAccount(row.name, row.unionid), now)
    if isinstance(created, Conflict):
        _refuse(line, created.reason)
    return created


def _refuse(line: int, reason: str) -> NoReturn:
    raise ImportRefused([Problem(line, reason)])


def _media_txn(tx: Tx, corp: CorpNo, plan: Plan, now: EpochMs) -> list[str]:
    replaced: list[str] = []
    for media_id, blob in plan.blobs.items():
        row = plan.file.media[media_id][1]
        mime = mimetypes.guess_type(row.name)[0] or "application/octet-stream"
        replaced += put_media_txn(tx, corp, Media(media_id, row.type, row.name, mime, blob.size, blob.blob, now), blob.sha256, now)
    return replaced


def _articles_txn(tx: Tx, corp: CorpNo, file: OrgFile, senders: dict[str, SenderId], now: EpochMs) -> None:
    for line, row in file.articles.values():
        if row.account not in senders:
            _refuse(line, f"there is no account {row.account}")
        present = load_article_txn(tx, corp, row.article_id)
        since = present.published_at if present is not None and present.published_at is not None else now
        times = (since if row.published else None, present.updated_at if present else now)
        article = Article(row.article_id, senders[row.account], row.title, row.digest, row.content, row.thumb_media_id, *times)
        if article != present:
            put_article_txn(tx, corp, article, now)


def _cards_txn(tx: Tx, corp: CorpNo, file: OrgFile, senders: dict[str, SenderId], now: EpochMs) -> None:
    for line, row in file.cards.values():
        if row.account not in senders:
            _refuse(line, f"there is no account {row.account}")
        card = Card(row.media_id, senders[row.account], row.articles)
        if card != load_card_txn(tx, corp, row.media_id):
            put_card_txn(tx, corp, card, now)
