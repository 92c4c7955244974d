"""What an app may see (/auth/scopes), and finding people and departments by name (/v1.0/contact)."""

from typing import Any

import msgspec

from hongyan.access.records import SCOPE_BASE, SCOPE_DEPT, SCOPE_MEMBER
from hongyan.access.tokens import Grant
from hongyan.directory.people import way_up_txn
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.model.ids import ROOT_DEPT
from hongyan.store.interface import Tx
from hongyan.wire.contacts import READERS, Sight, plain, sight_txn
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument
from hongyan.wire.replies import Reply, ok_plain, refuse

WORD_MAX, SIZE_MAX, DEFAULT_SIZE = 64, 100, 10
FOUND_MAX = 10_000  # matches that are counted
_FIELDS = ("jobnumber", "isLeader", "name", "position", "isAdmin", "avatar", "department", "userid", "deviceId", "isHide")


def scopes_txn(tx: Tx, grant: Grant) -> dict[str, Any]:
    sight = sight_txn(tx, grant)
    depts = [int(ROOT_DEPT)] if sight.everything else sorted(sight.depts)
    fields = [*_FIELDS, *(("mobile",) if sight.mobile else ()), *(("email", "orgEmail") if sight.mail else ())]
    scopes = {"authed_user": [] if sight.everything else sorted(sight.userids), "authed_dept": depts}
    return {"condition_field": [], "auth_user_field": fields, "auth_org_scopes": scopes}


async def get_scopes(call: Call) -> Reply:
    """The departments and people that the app may see, and the fields of a person that it gets."""
    return plain(await call.engine.store.read(scopes_txn, call.grant))


class _Query(msgspec.Struct, frozen=True):
    word: str
    start: int
    size: int
    whole: bool


def _query(call: Call) -> _Query | Refusal:
    word = call.params.text("queryWord")
    if not word.strip():
        return Refusal(errors.V1_MISSING, {"name": "queryWord"})
    start, size = call.params.number("offset") or 0, call.params.number("size")
    size = DEFAULT_SIZE if size is None else size
    if len(word) > WORD_MAX or start < 0 or not 1 <= size <= SIZE_MAX:
        raise BadArgument("queryWord")
    return _Query(word.strip(), start, size, call.params.number("fullMatchField") == 1)


def _page(found: list[Any], query: _Query) -> dict[str, Any]:
    end = query.start + query.size
    return {"hasMore": end < len(found), "totalCount": len(found), "list": found[query.start : end]}


def search_users_txn(tx: Tx, grant: Grant, query: _Query) -> dict[str, Any]:
    sight = sight_txn(tx, grant)
    rows = tx.all("user.search_whole" if query.whole else "user.search", corp=grant.corp.no, word=query.word, after=-1, limit=FOUND_MAX)
    found = [userid for _ord, userid, depts in rows if sight.everything or userid in sight.userids or _any_in_sight(tx, grant, sight, depts)]
    return _page(found, query)


def _any_in_sight(tx: Tx, grant: Grant, sight: Sight, depts: str) -> bool:
    return any(sight.dept_txn(tx, grant, dept) for dept in msgspec.json.decode(depts, type=tuple[int, ...]))


def search_depts_txn(tx: Tx, grant: Grant, query: _Query) -> dict[str, Any]:
    sight = sight_txn(tx, grant)
    rows = tx.all("department.search", corp=grant.corp.no, word=query.word, whole=int(query.whole), after=0, limit=FOUND_MAX)
    found = [row[0] for row in rows if sight.everything or not sight.depts.isdisjoint(way_up_txn(tx, grant.corp.no, row[0]))]
    return _page(found, query)


async def search_users(call: Call) -> Reply:
    """Userids of people whose name holds the word, or is it (`fullMatchField` 1)."""
    query = _query(call)
    return refuse(query) if isinstance(query, Refusal) else ok_plain(await call.engine.store.read(search_users_txn, call.grant, query))


async def search_departments(call: Call) -> Reply:
    """The same for departments."""
    query = _query(call)
    return refuse(query) if isinstance(query, Refusal) else ok_plain(await call.engine.store.read(search_depts_txn, call.grant, query))


_SEARCH = (
    Field("queryWord", required=True, most=WORD_MAX),
    Field("offset", Kind.NUMBER, least=0),
    Field("size", Kind.NUMBER, least=1, most=SIZE_MAX),
    Field("fullMatchField", Kind.NUMBER, least=0, most=1),
)
ENDPOINTS = (
    Endpoint(
        "/auth/scopes",
        Family.CLASSIC,
        SCOPE_BASE,
        get_scopes,
        "obtain-corpsecret-authorization-scope",
        READERS,
        reads=True,
        purpose="what an app may see",
    ),
    Endpoint(
        "/v1.0/contact/users/search",
        Family.V1,
        SCOPE_MEMBER,
        search_users,
        "address-book-search-user-id",
        READERS,
        purpose="find people",
        fields=_SEARCH,
    ),
    Endpoint(
        "/v1.0/contact/departments/search",
        Family.V1,
        SCOPE_DEPT,
        search_departments,
        "address-book-search-department-id",
        READERS,
        purpose="find departments",
        fields=_SEARCH,
    ),
)
