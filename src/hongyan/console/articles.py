"""The page of one article: for readers with its comments, and at the address that leaves the server."""

from typing import NamedTuple

import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hongyan.access.records import account_by_sender_txn
from hongyan.console.composer import read_fields
from hongyan.console.doors import Reader, access_reader, known_readers
from hongyan.console.framing import FRAME_HEADERS, Framed, framed_article
from hongyan.console.guard import PAGE_HEADERS, from_our_page
from hongyan.console.pages import page
from hongyan.console.texts import Texts, texts_of
from hongyan.console.times import Moment, Times
from hongyan.delivery.comments import (
    COMMENT_MAX,
    Comment,
    Written,
    comments_txn,
    open_discussion_txn,
    plain_comment,
    waiting_comments_txn,
    write_comment_txn,
)
from hongyan.directory.records import Corp, load_corp_txn
from hongyan.engine.engine import Engine
from hongyan.messages.articles import SCOPE_EVERYONE, count_view_txn
from hongyan.messages.library import Article, load_article_txn
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx

COMMENTS_PER_PAGE = 50
_END = 1 << 53
# A page with a form says where it comes from: over plain http, browsers without Sec-Fetch-Site name no origin under "no-referrer".
_FORM_HEADERS = {"Referrer-Policy": "same-origin"}


class ArticleView(msgspec.Struct, frozen=True):
    """A published article as a page shows it."""

    article: Article
    sender: SenderId
    account: str


class CommentView(msgspec.Struct, frozen=True):
    """`waiting`: only its writer sees it so far."""

    name: str
    text: str
    at: Moment
    featured: bool
    waiting: bool


class DiscussionView(msgspec.Struct, frozen=True):
    """What stands below an article that may be commented; `older` is where the page before begins; `action` empty: only to be read."""

    action: str
    featured_only: bool
    comments: tuple[CommentView, ...]
    older: str
    problem: str
    longest: int


class _Asked(NamedTuple):
    """Where a reader came from: the message, and how far back the comments go."""

    article: int
    task: Seq
    before: int


async def show_article(engine: Engine, request: Request) -> Response:
    """An article of the reader's organisation, published ones only. Opening it counts; turning the pages of its comments does not."""
    reader = await access_reader(engine, request)
    return _closed(request) if reader is None else await article_for(engine, request, reader)


async def article_for(engine: Engine, request: Request, reader: Reader) -> Response:
    """The page for a reader, whoever it is that was let in as one."""
    asked = _asked(request)
    view = await engine.store.read(_article_txn, reader.corp.no, asked.article)
    if view is None:
        return page(request, "no_article.html", status=404)
    times = Times(texts_of(request), reader.corp.zone, engine.clock.now())
    discussion = await engine.store.read(_discussion_txn, reader, asked, times, engine.clock.now()) if asked.task else None
    if discussion is not None:
        discussion = msgspec.structs.replace(discussion, problem=_problem(texts_of(request), request.query_params.get("problem", "")))
    response = _article_page(engine, request, reader.corp, view, discussion, inbox=True)
    if discussion is not None:
        response.headers.update(_FORM_HEADERS)
    if "said" not in request.query_params and "before" not in request.query_params:
        _count(engine, request, response, reader.corp.no, asked.article, reader.person.ord)
    return response


async def look_at_article(engine: Engine, request: Request, corp: Corp, reader: Reader | None) -> Response:
    """The page for somebody who looks over a reader's shoulder: nothing is counted, and nothing can be written. None: without comments."""
    asked = _asked(request)
    view = await engine.store.read(_article_txn, corp.no, asked.article)
    if view is None:
        return page(request, "no_article.html", status=404)
    times = Times(texts_of(request), corp.zone, engine.clock.now())
    discussion = await engine.store.read(_discussion_txn, reader, asked, times, engine.clock.now()) if reader and asked.task else None
    if discussion is not None:
        discussion = msgspec.structs.replace(discussion, action="")
    return _article_page(engine, request, corp, view, discussion, inbox=reader is not None)


def _article_page(engine: Engine, request: Request, corp: Corp, view: ArticleView, discussion: DiscussionView | None, *, inbox: bool) -> Response:
    published = Times(texts_of(request), corp.zone, engine.clock.now()).moment(view.article.published_at or EpochMs(0))
    framed: Framed = framed_article(engine, request, corp.no, view.article.title, view.article.content)
    response = page(request, "article.html", view=view, framed=framed, published=published, discussion=discussion, inbox=inbox)
    response.headers.update(FRAME_HEADERS)
    return response


async def write_comment(engine: Engine, request: Request) -> Response:
    """A reader says something below an article; the browser then goes back to it."""
    if not from_our_page(request):
        return Response(status_code=403, headers=PAGE_HEADERS)
    reader = await access_reader(engine, request)
    return _closed(request) if reader is None else await comment_as(engine, request, reader)


async def comment_as(engine: Engine, request: Request, reader: Reader) -> Response:
    """Keep what a reader says, whoever it is that was let in as one."""
    asked, fields = _asked(request), await read_fields(request)
    text = Written.TOO_LONG if fields is None else plain_comment(fields.get("text", ""))
    written = (
        text
        if isinstance(text, Written)
        else await engine.store.write(write_comment_txn, reader.corp.no, reader.person.ord, asked.article, asked.task, text)
    )
    if written is Written.CLOSED:
        return page(request, "no_article.html", status=404)
    problem = "" if written is Written.DONE else f"&problem={written}"
    where = f"{request.url.path.removesuffix('/comment')}?m={asked.task}&said=1{problem}#comments"
    return Response(status_code=303, headers=PAGE_HEADERS | {"Location": where})


async def open_article(engine: Engine, request: Request) -> Response:
    """The address of an article outside: a reader's own page when this browser has an inbox there; else the text, if it is for everyone."""
    corp_id, number = request.path_params["corp"], request.path_params["article"]
    readers = await known_readers(engine, request)
    own = next((reader for reader in readers if reader.corp.corp_id == corp_id), None)
    if own is not None:
        return RedirectResponse(f"/inbox/{own.key}/article/{number}", 303, PAGE_HEADERS)
    found = await engine.store.read(_public_txn, corp_id, number)
    if found is None:
        # The same for what does not exist: strangers do not learn which articles there are.
        return _closed(request)
    corp, view = found
    response = _article_page(engine, request, corp, view, None, inbox=False)
    _count(engine, request, response, corp.no, number, None)
    return response


def _count(engine: Engine, request: Request, response: Response, corp: CorpNo, article: int, reader: Ord | None) -> None:
    """Count an opening, after the page is on its way: a reader does not wait for it."""
    if request.method == "GET":
        response.background = BackgroundTask(engine.store.write, count_view_txn, corp, article, reader)


def _closed(request: Request) -> Response:
    return page(request, "closed.html", status=401, server=str(request.base_url).rstrip("/"))


def _asked(request: Request) -> _Asked:
    return _Asked(request.path_params["article"], Seq(_number(request, "m", 0)), _number(request, "before", _END))


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else default


def _problem(texts: Texts, written: str) -> str:
    said = {Written.BLANK: texts.comment_blank, Written.TOO_LONG: texts.comment_too_long, Written.TOO_MANY: texts.comment_too_many}
    return next((text.format(count=COMMENT_MAX) for problem, text in said.items() if problem == written), "")


def _article_txn(tx: Tx, corp: CorpNo, number: int) -> ArticleView | None:
    """The published article, and whose it is."""
    article = load_article_txn(tx, corp, number) if number < 1 << 63 else None
    if article is None or article.published_at is None:
        return None
    account = account_by_sender_txn(tx, corp, article.sender)
    return ArticleView(article, article.sender, account.name if account else "")


def _public_txn(tx: Tx, corp_id: str, number: int) -> tuple[Corp, ArticleView] | None:
    """A published article that is for everyone."""
    corp = load_corp_txn(tx, corp_id)
    rights = tx.one("article.rights", corp=corp.no, article=number) if corp and number < 1 << 63 else None
    if corp is None or rights is None or rights[0] != SCOPE_EVERYONE:
        return None
    view = _article_txn(tx, corp.no, number)
    return (corp, view) if view else None


def _discussion_txn(tx: Tx, reader: Reader, asked: _Asked, times: Times, now: EpochMs) -> DiscussionView | None:
    corp, ord_ = reader.corp.no, reader.person.ord
    discussion = open_discussion_txn(tx, corp, ord_, asked.article, asked.task, now)
    if discussion is None:
        return None
    found = comments_txn(tx, corp, discussion, asked.before, COMMENTS_PER_PAGE + 1)
    shown = [_view(comment, times, waiting=False) for comment in found[:COMMENTS_PER_PAGE]]
    if asked.before == _END:
        waiting = waiting_comments_txn(tx, corp, discussion, ord_)
        shown = [_view(comment, times, waiting=True) for comment in waiting] + shown
    older = f"?m={asked.task}&before={found[COMMENTS_PER_PAGE - 1].comment}#comments" if len(found) > COMMENTS_PER_PAGE else ""
    action = f"{asked.article}/comment?m={asked.task}"
    return DiscussionView(action, discussion.featured_only, tuple(shown), older, "", COMMENT_MAX)


def _view(comment: Comment, times: Times, *, waiting: bool) -> CommentView:
    return CommentView(comment.name, comment.text, times.moment(comment.created_at), comment.featured_at is not None, waiting)
