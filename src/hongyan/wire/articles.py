"""`/topapi/material/article/*`: articles of a service account, from draft to published.

Pages: new-article-1, save-article-details-1, article-publishing-interface-1, get-article, query-the-article-list, delete-article-1.
"""

from typing import Any

from hongyan.access.records import SCOPE_MATERIAL, Account
from hongyan.messages.articles import (
    CONTENT_MAX,
    DIGEST_MAX,
    SCOPE_EVERYONE,
    SCOPE_ORGANISATION,
    TITLE_MAX,
    UUID_MAX,
    ArticleFilter,
    Draft,
    NewArticle,
    add_article_txn,
    delete_article_txn,
    draft_problem,
    edit_article_txn,
    own_article_txn,
    page_articles_txn,
    publish_article_txn,
)
from hongyan.model import errors
from hongyan.model.errors import Family, Refusal
from hongyan.wire.account_calls import UNIONID, Work, account_of, answered, article_url, missing, page_of, shown_article
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params

PAGE_MAX = 20  # official SDK
_DELETED: dict[int, bool | None] = {0: False, 1: True, -1: None}


def _draft(given: Params) -> Draft:
    """What an editor wrote; raises `BadArgument` for the first member that cannot be taken."""
    optional = {name: given.text(name) if given.raw(name) is not None else None for name in ("digest", "thumb_media_id")}
    draft = Draft(given.text("title"), given.text("content"), **optional)
    problem = draft_problem(draft)
    if problem:
        raise BadArgument(problem)
    return draft


def _new_article(given: Params) -> NewArticle:
    draft, uuid, scope, forward = _draft(given), given.text("uuid").strip(), given.number("view_scope_type"), given.flag("allow_forward")
    if not 0 < len(uuid) <= UUID_MAX or "\0" in uuid:
        raise BadArgument("uuid")
    if scope not in (None, SCOPE_ORGANISATION, SCOPE_EVERYONE):
        raise BadArgument("view_scope_type")
    return NewArticle(draft, uuid, scope or SCOPE_ORGANISATION, forward is not False)


def _edit(given: Params) -> tuple[int, Draft]:
    number = given.number("article_id")
    if number is None:
        raise BadArgument("article_id")
    return number, _draft(given)


async def _given(call: Call) -> tuple[Account, Params] | Refusal:
    """The account and the article that the call brings; raises `BadArgument` when it brings none."""
    refusal = missing(call.params, "unionid", "article")
    if refusal:
        return refusal
    given = call.params.object("article")
    account = await account_of(call)
    return account if isinstance(account, Refusal) else (account, given or Params({}))


async def _add(call: Call) -> dict[str, Any] | Refusal:
    """Make a draft; a `uuid` used before answers with the article it made then."""
    given = await _given(call)
    if isinstance(given, Refusal):
        return given
    account, fields = given
    try:
        new = _new_article(fields)
    except BadArgument:
        return Refusal(errors.BAD_ARTICLE)
    article = await call.engine.store.write(add_article_txn, account.corp, account.sender, new)
    return article if isinstance(article, Refusal) else {"success": True, "article_id": article}


async def _update(call: Call) -> dict[str, Any] | Refusal:
    """Change the draft; readers keep the published text."""
    given = await _given(call)
    if isinstance(given, Refusal):
        return given
    account, fields = given
    try:
        number, draft = _edit(fields)
    except BadArgument:
        return Refusal(errors.BAD_ARTICLE)
    return await call.engine.store.write(edit_article_txn, account.corp, account.sender, number, draft) or {}


async def _named(call: Call) -> tuple[Account, int] | Refusal:
    """The account and the number that the call names; raises `BadArgument` when it is none."""
    refusal = missing(call.params, "unionid", "article_id")
    if refusal:
        return refusal
    number = call.params.number("article_id") or 0
    account = await account_of(call)
    return account if isinstance(account, Refusal) else (account, number)


async def _publish(call: Call) -> dict[str, Any] | Refusal:
    """Show readers the draft; again after each change."""
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    account, number = named
    refusal = await call.engine.store.write(publish_article_txn, account.corp, account.sender, number)
    return refusal or {"url": article_url(call, number)}


async def _get(call: Call) -> dict[str, Any] | Refusal:
    """The draft as it stands, beside what is known of its publication."""
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    account, number = named
    article = await call.engine.store.read(own_article_txn, account.corp, account.sender, number)
    return article if isinstance(article, Refusal) else shown_article(call, article, listed=False)


async def _delete(call: Call) -> dict[str, Any] | Refusal:
    """Take an article from its readers, for good."""
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    account, number = named
    return await call.engine.store.write(delete_article_txn, account.corp, account.sender, number) or {}


def _filter(params: Params) -> ArticleFilter | Refusal:
    published, deleted = params.number("publishStatus"), params.number("status")
    if published not in (None, 0, 1) or (deleted or 0) not in _DELETED:
        return Refusal(errors.BAD_ARTICLE)
    return ArticleFilter(None if published is None else bool(published), _DELETED[deleted or 0])


async def _list(call: Call) -> dict[str, Any] | Refusal:
    """Articles by pages from 1, the newest first."""
    refusal = missing(call.params, "unionid", "page_start", "page_size")
    if refusal:
        return refusal
    offset, size = page_of(call.params, "page_start", "page_size", longest=PAGE_MAX, default=PAGE_MAX)
    wanted, account = _filter(call.params), await account_of(call)
    if isinstance(account, Refusal):
        return account
    if isinstance(wanted, Refusal):
        return wanted
    total, found = await call.engine.store.read(page_articles_txn, account.corp, account.sender, wanted, offset, size)
    return {"total_count": total, "item_count": len(found), "items": [shown_article(call, article, listed=True) for article in found]}


_TEXTS = (
    Field("title", required=True, most=TITLE_MAX),
    Field("content", required=True, most=CONTENT_MAX),
    Field("thumb_media_id"),
    Field("digest", most=DIGEST_MAX),
)
_NEW = (
    *_TEXTS,
    Field("uuid", required=True, most=UUID_MAX),
    Field("allow_forward", Kind.FLAG),
    Field("view_scope_type", Kind.NUMBER, least=0, most=1),
)
_ARTICLE_ID = Field("article_id", Kind.NUMBER, required=True)
_LIST = (
    UNIONID,
    Field("page_start", Kind.NUMBER, required=True, least=1),
    Field("page_size", Kind.NUMBER, required=True, least=1, most=PAGE_MAX),
    Field("publishStatus", Kind.NUMBER, least=0, most=1),
    Field("status", Kind.NUMBER, least=-1, most=1),
)


def _row(name: str, work: Work, page: str, purpose: str, fields: tuple[Field, ...], *, reads: bool = False) -> Endpoint:
    path = f"/topapi/material/article/{name}"
    return Endpoint(path, Family.TOP, SCOPE_MATERIAL, answered(work), page, reads=reads, purpose=purpose, fields=fields)


ENDPOINTS = (
    _row("add", _add, "new-article-1", "write an article", (UNIONID, Field("article", Kind.OBJECT, required=True, inner=_NEW))),
    _row(
        "update",
        _update,
        "save-article-details-1",
        "change an article's draft",
        (UNIONID, Field("article", Kind.OBJECT, required=True, inner=(_ARTICLE_ID, *_TEXTS))),
    ),
    _row("publish", _publish, "article-publishing-interface-1", "publish an article", (UNIONID, _ARTICLE_ID)),
    _row("get", _get, "get-article", "one article", (UNIONID, _ARTICLE_ID), reads=True),
    _row("list", _list, "query-the-article-list", "list articles", _LIST, reads=True),
    _row("delete", _delete, "delete-article-1", "delete an article", (UNIONID, _ARTICLE_ID)),
)
