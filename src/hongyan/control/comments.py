"""Comments that readers wrote below articles: which are chosen, which are hidden."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from hongyan.control.endpoints import Call, Endpoint
from hongyan.control.lookups import INTEGER_MAX, Limit, find_corp_txn
from hongyan.control.problems import unknown
from hongyan.delivery.comments import KeptComment, kept_comments_txn, mark_comment_txn
from hongyan.messages.articles import load_edited_txn
from hongyan.model.ids import EpochMs, wire_task_id
from hongyan.store.interface import Tx


class CommentAnswer(msgspec.Struct, frozen=True):
    """A comment. `task_id` names the message that the reader came from; times are null until it is so."""

    comment: int
    article_id: int
    task_id: str
    userid: str
    name: str
    text: str
    created_at: EpochMs
    featured_at: EpochMs | None
    hidden_at: EpochMs | None


class CommentList(msgspec.Struct, frozen=True):
    """`next` is the `before` of the page after this one; null on the last."""

    comments: list[CommentAnswer]
    next: int | None


class CommentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest first, from below the number `before`."""

    before: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)] = INTEGER_MAX
    limit: Limit = 50


class CommentPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `featured` shows a comment of a message with `comment_type` 1 to everybody; `hidden` shows it to nobody."""

    featured: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET


def _answer(kept: KeptComment) -> CommentAnswer:
    times = (kept.created_at, kept.featured_at, kept.hidden_at)
    return CommentAnswer(kept.comment, kept.article, wire_task_id("mass", kept.task), kept.userid, kept.name, kept.text, *times)


def _number(text: str, kind: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise unknown(kind, text)
    return int(text)


def _list_txn(tx: Tx, corp_id: str, article: str, query: CommentQuery) -> CommentList:
    corp, number = find_corp_txn(tx, corp_id).no, _number(article, "article")
    if load_edited_txn(tx, corp, number) is None:
        raise unknown("article", article)
    found = kept_comments_txn(tx, corp, number, query.before, query.limit + 1)
    page = found[: query.limit]
    return CommentList([_answer(kept) for kept in page], page[-1].comment if len(found) > query.limit else None)


async def list_comments(call: Call[CommentQuery, None]) -> CommentList:
    return await call.engine.store.read(_list_txn, call.path["corp"], call.path["article"], call.query)


def _patch_txn(tx: Tx, corp_id: str, comment: str, patch: CommentPatch, now: EpochMs) -> CommentAnswer:
    corp = find_corp_txn(tx, corp_id).no
    featured = None if patch.featured is UNSET else patch.featured
    hidden = None if patch.hidden is UNSET else patch.hidden
    kept = mark_comment_txn(tx, corp, _number(comment, "comment"), featured, hidden, now)
    if kept is None:
        raise unknown("comment", comment)
    return _answer(kept)


async def patch_comment(call: Call[None, CommentPatch]) -> CommentAnswer:
    return await call.engine.store.write(_patch_txn, call.path["corp"], call.path["comment"], call.body)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/corps/{corp}/articles/{article}/comments",
        "List the comments of an article, the newest first",
        list_comments,
        CommentList,
        query=CommentQuery,
    ),
    Endpoint("PATCH", "/corps/{corp}/comments/{comment}", "Choose or hide a comment", patch_comment, CommentAnswer, request=CommentPatch),
)
