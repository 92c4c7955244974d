"""What the rows of an organisation file must keep among themselves and with what is there already. Pure."""

import msgspec

from hongyan.access.account_checks import account_problem
from hongyan.directory.entries import (
    NAME_MAX,
    USERID_MAX,
    corp_problem,
    dept_problem,
    group_problem,
    id_problem,
    role_problem,
    text_problem,
    user_problem,
)
from hongyan.messages.bodies import MEDIA_ID_MAX
from hongyan.messages.library import ARTICLES_PER_CARD
from hongyan.model.ids import ROOT_DEPT
from hongyan.transfer.orgfile import OrgFile

CONTENT_MAX = 1_000_000  # characters of an article
DIGEST_MAX = 1000


class Known(msgspec.Struct, frozen=True):
    """What rows may refer to beside the file: what the organisation has and keeps."""

    parents: dict[int, int] = {}  # department → parent
    userids: frozenset[str] = frozenset()  # of the people that roles name
    accounts: dict[str, bool] = {}  # unionid → live
    account_names: dict[str, str] = {}  # name → unionid, of live ones
    articles: dict[int, str] = {}  # id → unionid of its account


def check_file(file: OrgFile, corp_id: str, known: Known) -> None:
    """Note every problem in the file."""
    _check_corp(file, corp_id)
    _check_departments(file, known)
    _check_users(file, known)
    _check_groups(file)
    _check_roles(file, known)
    _check_accounts(file, known)
    _check_media(file)
    _check_articles(file, known)
    _check_cards(file, known)
    file.problems.sort(key=lambda problem: problem.line)


def _check_corp(file: OrgFile, corp_id: str) -> None:
    for line, row in file.corps.values():
        problem = corp_problem(row.corp_id, row.name, row.zone)
        if problem:
            file.wrong(line, problem)
        elif row.corp_id != corp_id:
            file.wrong(line, f"the file is of the organisation {row.corp_id}, not {corp_id}; change this line to import it there")


def _check_departments(file: OrgFile, known: Known) -> None:
    parents = known.parents | {dept: row.parent for dept, (_, row) in file.departments.items()}
    parents[int(ROOT_DEPT)] = 0
    for line, row in file.departments.values():
        problem = dept_problem(row)
        if problem:
            file.wrong(line, problem)
        elif row.dept == ROOT_DEPT and row.parent not in (0, 1):
            file.wrong(line, "department 1 is the root and has no parent")
        elif row.dept != ROOT_DEPT and row.parent not in parents:
            file.wrong(line, f"its parent {row.parent} does not exist")
    for dept in _below_themselves(parents):
        if dept in file.departments:
            file.wrong(file.departments[dept][0], f"department {dept} lies below itself")


def _below_themselves(parents: dict[int, int]) -> list[int]:
    """Departments that stand on a circle of parents."""
    done: set[int] = {0, int(ROOT_DEPT)}
    found: list[int] = []
    for start in parents:
        path: dict[int, None] = {}
        here = start
        while here in parents and here not in done and here not in path:
            path[here] = None
            here = parents[here]
        if here in path:
            way = list(path)
            found += way[way.index(here) :]
        done.update(path)
    return found


def _check_users(file: OrgFile, known: Known) -> None:
    unionids: dict[str, int] = {}
    for line, row in file.users.values():
        problem = user_problem(row)
        if problem:
            file.wrong(line, problem)
        for dept in row.depts:
            if dept not in file.departments and dept not in known.parents and dept != ROOT_DEPT:
                file.wrong(line, f"department {dept} does not exist")
        if row.unionid and unionids.setdefault(row.unionid, line) != line:
            file.wrong(line, f"the unionid {row.unionid} stands on line {unionids[row.unionid]} already")


def _check_groups(file: OrgFile) -> None:
    names: dict[str, int] = {}
    for line, row in file.groups.values():
        problem = group_problem(row)
        if problem:
            file.wrong(line, problem)
        elif names.setdefault(row.name, line) != line:
            file.wrong(line, f"the group {row.name} stands on line {names[row.name]} already")


def _check_roles(file: OrgFile, known: Known) -> None:
    for line, row in file.roles.values():
        problem = role_problem(row)
        if problem:
            file.wrong(line, problem)
        missing = [
            userid
            for userid in dict.fromkeys((*(row.userids or ()), *(row.scopes or ())))
            if userid not in file.users and userid not in known.userids
        ]
        for userid in missing[:10]:
            file.wrong(line, f"its member {userid} does not exist")


def _check_accounts(file: OrgFile, known: Known) -> None:
    names = {name: unionid for name, unionid in known.account_names.items() if unionid not in file.accounts}
    for line, row in file.accounts.values():
        problem = account_problem(msgspec.structs.asdict(row))
        if problem or not row.unionid.strip():
            file.wrong(line, problem or "unionid is blank")
        elif known.accounts.get(row.unionid) is False:
            file.wrong(line, f"the account {row.unionid} is disabled, which is final")
        elif names.setdefault(row.name, row.unionid) != row.unionid:
            file.wrong(line, f"another account is called {row.name} already")


def _check_media(file: OrgFile) -> None:
    for line, row in file.media.values():
        problem = text_problem("media_id", row.media_id, MEDIA_ID_MAX, required=True) or text_problem("name", row.name, MEDIA_ID_MAX)
        if problem:
            file.wrong(line, problem)
        elif not row.data:
            file.wrong(line, "data is empty")


def _account_lives(file: OrgFile, known: Known, unionid: str) -> bool:
    return unionid in file.accounts or known.accounts.get(unionid, False)


def _check_articles(file: OrgFile, known: Known) -> None:
    for line, row in file.articles.values():
        problem = (
            id_problem("article_id", row.article_id)
            or text_problem("title", row.title, NAME_MAX * 2, required=True)
            or text_problem("content", row.content, CONTENT_MAX)
            or text_problem("digest", row.digest, DIGEST_MAX)
            or text_problem("thumb_media_id", row.thumb_media_id, MEDIA_ID_MAX)
            or text_problem("account", row.account, USERID_MAX, required=True)
        )
        if problem:
            file.wrong(line, problem)
        elif not _account_lives(file, known, row.account):
            file.wrong(line, f"there is no account {row.account}")


def _check_cards(file: OrgFile, known: Known) -> None:
    owners = known.articles | {article: row.account for article, (_, row) in file.articles.items()}
    for line, row in file.cards.values():
        problem = text_problem("media_id", row.media_id, MEDIA_ID_MAX, required=True)
        if problem:
            file.wrong(line, problem)
        if not _account_lives(file, known, row.account):
            file.wrong(line, f"there is no account {row.account}")
        if not 1 <= len(row.articles) <= ARTICLES_PER_CARD:
            file.wrong(line, f"a card has 1 to {ARTICLES_PER_CARD} articles, this one {len(row.articles)}")
        for article in row.articles[:ARTICLES_PER_CARD]:
            if owners.get(article) != row.account:
                file.wrong(line, f"article {article} does not exist, or is of another account")
