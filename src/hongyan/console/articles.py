"""The page of one article."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from hongyan.access.records import account_by_sender_txn
from hongyan.console.doors import access_reader
from hongyan.console.pages import page
from hongyan.console.texts import texts_of
from hongyan.console.times import Times
from hongyan.engine.engine import Engine
from hongyan.messages.library import Article, load_article_txn
from hongyan.messages.markdown import clean_article
from hongyan.model.ids import CorpNo
from hongyan.store.interface import Tx


async def show_article(engine: Engine, request: Request) -> Response:
    """An article of the reader's organisation, published ones only."""
    reader = await access_reader(engine, request)
    if reader is None:
        return page(request, "closed.html", status=401, server=str(request.base_url).rstrip("/"))
    found = await engine.store.read(_article_txn, reader.corp.no, request.path_params["article"])
    if found is None:
        return page(request, "no_article.html", status=404)
    article, html, account = found
    assert article.published_at is not None
    published = Times(texts_of(request), reader.corp.zone, engine.clock.now()).moment(article.published_at)
    return page(request, "article.html", article=article, html=html, account=account, published=published)


def _article_txn(tx: Tx, corp: CorpNo, number: int) -> tuple[Article, Markup, str] | None:
    """The article, its safe HTML, and whose it is."""
    if number >= 1 << 63:
        return None
    article = load_article_txn(tx, corp, number)
    if article is None or article.published_at is None:
        return None
    account = account_by_sender_txn(tx, corp, article.sender)
    return article, Markup(clean_article(article.content)), account.name if account else ""
