"""Articles as their editors see them: lists, the draft beside what readers have, comments."""

from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.access.records import Account, account_by_sender_txn
from hongyan.console.acts import asked_number
from hongyan.console.desk.accounts_choice import account_choice_txn
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.material_texts import TEXTS
from hongyan.console.desk.recorded import recorded_txn
from hongyan.console.framing import FRAME_HEADERS, Framed, framed_article
from hongyan.console.times import Times
from hongyan.delivery.comments import KeptComment, kept_comments_txn, load_comment_txn, mark_comment_txn
from hongyan.messages.articles import (
    ArticleFilter,
    EditedArticle,
    article_path,
    articles_behind_txn,
    delete_article_txn,
    load_edited_txn,
    publish_article_txn,
)
from hongyan.messages.library import Article, load_article_txn
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, EpochMs
from hongyan.store.interface import Tx

SHOWN = 50
COMMENTS_SHOWN = 30
END = (1 << 53) - 1
_FILTERS = {
    "": ArticleFilter(),
    "published": ArticleFilter(published=True),
    "draft": ArticleFilter(published=False),
    "deleted": ArticleFilter(deleted=True),
}
_MARKS: dict[str, tuple[bool | None, bool | None]] = {
    "feature": (True, None),
    "unfeature": (False, None),
    "hide": (None, True),
    "show": (None, False),
}


class ArticleDetail(msgspec.Struct, frozen=True):
    """An article with what readers have of it, and some of its comments."""

    article: EditedArticle
    account: Account | None
    public: Article | None
    comments: list[KeptComment]

    @property
    def changed(self) -> bool:
        """The draft is not what readers see."""
        public, draft = self.public, self.article
        if public is None or public.published_at is None:
            return False
        shown = (public.title, public.digest, public.content, public.thumb_media_id)
        return shown != (draft.title, draft.digest, draft.content, draft.thumb_media_id)


def times_of(desk: Desk) -> Times:
    return Times(desk.t, desk.corp.zone, desk.engine.clock.now())


def framed(desk: Desk, title: str, content: str) -> Framed:
    """The article as readers see it, under its title."""
    return framed_article(desk.engine, desk.request, desk.corp.no, title, content, headed=True)


async def list_articles(desk: Desk) -> Response:
    """One account's articles, newest first."""
    query = desk.request.query_params
    which, before = query.get("which", ""), asked_number(desk.request, "before", END)
    choice = await desk.engine.store.read(account_choice_txn, desk.corp.no, query.get("account", ""))
    found: list[EditedArticle] = []
    if choice.chosen is not None:
        wanted = _FILTERS.get(which, _FILTERS[""])
        found = await desk.engine.store.read(articles_behind_txn, desk.corp.no, choice.chosen.sender, wanted, before, SHOWN + 1)
    older = found[SHOWN - 1].article_id if len(found) > SHOWN else None
    values: dict[str, Any] = {"choice": choice, "articles": found[:SHOWN], "which": which, "older": older, "times": times_of(desk)}
    return desk.page("desk/articles.html", x=TEXTS[desk.t.lang], **values)


def detail_txn(tx: Tx, corp: CorpNo, number: int, before: int = END) -> ArticleDetail | None:
    """The article, deleted or not; None when there is none."""
    article = load_edited_txn(tx, corp, number)
    if article is None:
        return None
    public, account = load_article_txn(tx, corp, number), account_by_sender_txn(tx, corp, article.sender)
    return ArticleDetail(article, account, public, kept_comments_txn(tx, corp, number, before, COMMENTS_SHOWN + 1))


async def find_article(desk: Desk, before: int = END) -> ArticleDetail | None:
    return await desk.engine.store.read(detail_txn, desk.corp.no, desk.request.path_params["number"], before)


def missing(desk: Desk) -> Response:
    return desk.page("desk/refused.html", status=404, why=desk.w.not_there)


async def show_article(desk: Desk, *, status: int = 200, problem: str = "") -> Response:
    detail = await find_article(desk, asked_number(desk.request, "before", END))
    if detail is None:
        return missing(desk)
    article, comments = detail.article, detail.comments[:COMMENTS_SHOWN]
    public = detail.public if detail.public and detail.public.published_at is not None else None
    values: dict[str, Any] = {
        "detail": detail,
        "article": article,
        "comments": comments,
        "older": comments[-1].comment if len(detail.comments) > COMMENTS_SHOWN else None,
        "draft": framed(desk, article.title, article.content),
        "public": framed(desk, public.title, public.content) if public and detail.changed else None,
        "address": desk.engine.public_url + article_path(desk.corp.corp_id, article.article_id),
        "times": times_of(desk),
    }
    response = desk.page("desk/article.html", status, x=TEXTS[desk.t.lang], problem=problem, **values)
    response.headers.update(FRAME_HEADERS)
    return response


async def publish_article(desk: Desk) -> Response:
    return await _step(desk, "publish")


async def delete_article(desk: Desk) -> Response:
    return await _step(desk, "delete")


async def _step(desk: Desk, name: str) -> Response:
    detail = await find_article(desk)
    if detail is None:
        return missing(desk)
    article = detail.article
    step = {"publish": publish_article_txn, "delete": delete_article_txn}[name]

    def change_txn(tx: Tx, now: EpochMs) -> Refusal | None:
        return step(tx, desk.corp.no, article.sender, article.article_id, now)

    deed = desk.deed(f"article.{name}", str(article.article_id), title=article.title)
    refusal = await desk.engine.store.write(recorded_txn, change_txn, deed)
    if refusal is not None:
        return await show_article(desk, status=409, problem=TEXTS[desk.t.lang].gone)
    return desk.to(f"articles/{article.article_id}")


async def mark_comment(desk: Desk) -> Response:
    """Feature or hide one comment, or take it back."""
    comment, corp = desk.request.path_params["comment"], desk.corp.no
    marks = _MARKS.get((await desk.form()).get("do", ""))
    kept = await desk.engine.store.read(load_comment_txn, corp, comment) if comment < 1 << 63 else None
    number = desk.request.path_params["number"]
    if kept is None or marks is None or kept.article != number:
        return missing(desk)
    featured, hidden = marks
    deed = desk.deed("comment.mark", str(comment), article=number, **_named(featured=featured, hidden=hidden))
    change_txn = partial(_mark_txn, corp=corp, comment=comment, featured=featured, hidden=hidden)
    await desk.engine.store.write(recorded_txn, change_txn, deed)
    return desk.to(f"articles/{number}#comments")


def _mark_txn(tx: Tx, now: EpochMs, *, corp: CorpNo, comment: int, featured: bool | None, hidden: bool | None) -> KeptComment | None:
    return mark_comment_txn(tx, corp, comment, featured, hidden, now)


def _named(**marks: bool | None) -> dict[str, bool]:
    return {name: mark for name, mark in marks.items() if mark is not None}


_ONE = OF_CORP + "/articles/{number:int}"
PAGES = (
    Page(OF_CORP + "/articles", "media", list_articles),
    Page(_ONE, "media", show_article),
    Page(_ONE + "/publish", "media", publish_article, Role.SENDER, "POST"),
    Page(_ONE + "/delete", "media", delete_article, Role.SENDER, "POST"),
    Page(_ONE + "/comments/{comment:int}", "media", mark_comment, Role.SENDER, "POST"),
)
