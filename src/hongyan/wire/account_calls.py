"""What the calls about a service account's own things share: whose they are, and how they answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from hongyan.access.records import Account
from hongyan.messages.articles import EditedArticle, article_path
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.wire.endpoint import Call
from hongyan.wire.fields import Field
from hongyan.wire.params import BadArgument, Params
from hongyan.wire.replies import Reply, ok_top, refuse

ID_MAX = 128  # official SDK
UNIONID = Field("unionid", required=True, most=ID_MAX)
Work = Callable[[Call], Awaitable[dict[str, Any] | Refusal]]


def answered(work: Work) -> Callable[[Call], Awaitable[Reply]]:
    """A handler from work that gives what stands beside `errcode`, or a refusal."""

    async def handler(call: Call) -> Reply:
        outcome = await work(call)
        return refuse(outcome) if isinstance(outcome, Refusal) else ok_top(outcome)

    return handler


def missing(params: Params, *names: str) -> Refusal | None:
    """40 for the first name that was not sent."""
    return next((Refusal(errors.MISSING_ARGUMENT, {"name": name}) for name in names if not params.has(name)), None)


def unionid_of(params: Params) -> str:
    unionid = params.text("unionid").strip()
    if len(unionid) > ID_MAX:
        raise BadArgument("unionid")
    return unionid


async def account_of(call: Call) -> Account | Refusal:
    """The live account that `unionid` names."""
    account = await call.engine.access.access_account(call.grant.corp.no, unionid_of(call.params))
    return account or Refusal(errors.BAD_UNIONID)


def page_of(params: Params, first: str, size: str, *, longest: int, default: int) -> tuple[int, int]:
    """Offset and length of a page; pages count from 1."""
    page, length = params.number(first), params.number(size)
    page, length = 1 if page is None else page, default if length is None else length
    if page < 1:
        raise BadArgument(first)
    if not 1 <= length <= longest:
        raise BadArgument(size)
    return min((page - 1) * length, 1 << 40), length


def article_url(call: Call, article: int) -> str:
    """Where a reader opens a published article; it must be published first."""
    return call.engine.public_url + article_path(call.grant.corp.corp_id, article)


def shown_article(call: Call, article: EditedArticle, *, listed: bool) -> dict[str, Any]:
    """An article as the pages show it: in lists the content is an opaque key (query-the-article-list)."""
    shown: dict[str, Any] = {
        "article_id": article.article_id,
        "title": article.title,
        "thumb_media_id": article.thumb_media_id,
        "publish_status": 0 if article.published_at is None else 1,
        "create_time": article.created_at,
        "update_time": article.updated_at,
        "content": f"article_backup_raw_content_{article.article_id}" if listed else article.content,
        "digest": article.digest,
    }
    if article.published_at is not None:
        shown |= {"publish_time": article.published_at, "url": article_url(call, article.article_id)}
    return shown
