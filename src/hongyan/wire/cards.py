"""`/topapi/material/news/*`: news cards of a service account.

Pages: new-message-card-1, message-card-material-update-interface, get-message-card-details, query-message-card-list, delete-message-card.
"""

from typing import Any

from hongyan.access.records import SCOPE_MATERIAL, Account
from hongyan.messages.cards import CardContent, add_card_txn, card_content_txn, change_card_txn, delete_card_txn, make_card_id, page_cards_txn
from hongyan.messages.library import ARTICLES_PER_CARD
from hongyan.model.errors import Family, Refusal
from hongyan.wire import lax
from hongyan.wire.account_calls import UNIONID, Work, account_of, answered, missing, page_of, shown_article
from hongyan.wire.endpoint import Call, Endpoint
from hongyan.wire.fields import Field, Kind
from hongyan.wire.lax import Unreadable
from hongyan.wire.params import BadArgument, Params

PAGE_MAX = 20  # official SDK
MEDIA_ID_MAX = 256


def _articles(params: Params) -> tuple[int, ...]:
    """The numbers in `articles`: objects with `article_id`, bare numbers, or JSON text of either; 1 to 8."""
    try:
        numbers = tuple(_number(one) for one in lax.as_list(params.raw("articles")))
    except Unreadable:
        raise BadArgument("articles") from None
    if not 1 <= len(numbers) <= ARTICLES_PER_CARD:
        raise BadArgument("articles")
    return numbers


def _number(one: Any) -> int:
    number = lax.as_int(one.get("article_id", one.get("articleId")) if isinstance(one, dict) else one)
    if number is None:
        raise Unreadable
    return number


def _shown(call: Call, card: CardContent, *, listed: bool) -> dict[str, Any]:
    articles = [
        shown_article(call, article, listed=listed) | {"user_view_count": article.user_views, "total_view_count": article.total_views}
        for article in card.articles
    ]
    return {"media_id": card.media_id, "update_time": card.updated_at, "articles": articles}


async def _add(call: Call) -> dict[str, Any] | Refusal:
    """Make a card of one to eight articles; drafts among them must be published before it is sent."""
    refusal = missing(call.params, "unionid", "articles")
    if refusal:
        return refusal
    articles, account = _articles(call.params), await account_of(call)
    if isinstance(account, Refusal):
        return account
    media_id = make_card_id()
    return await call.engine.store.write(add_card_txn, account.corp, account.sender, media_id, articles) or {"media_id": media_id}


async def _named(call: Call) -> tuple[Account, str] | Refusal:
    """The account and the card that the call names."""
    refusal = missing(call.params, "unionid", "media_id")
    if refusal:
        return refusal
    media_id = call.params.text("media_id").strip()
    if len(media_id) > MEDIA_ID_MAX:
        raise BadArgument("media_id")
    account = await account_of(call)
    return account if isinstance(account, Refusal) else (account, media_id)


async def _update(call: Call) -> dict[str, Any] | Refusal:
    """Put other articles into a card, also into those that were sent; without `articles` nothing changes."""
    refusal = missing(call.params, "unionid", "media_id")
    if refusal:
        return refusal
    articles = _articles(call.params) if call.params.has("articles") else None
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    account, media_id = named
    return await call.engine.store.write(change_card_txn, account.corp, account.sender, media_id, articles) or {}


async def _get(call: Call) -> dict[str, Any] | Refusal:
    """One card with its articles and how often each was opened."""
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    account, media_id = named
    card = await call.engine.store.read(card_content_txn, account.corp, account.sender, media_id)
    return card if isinstance(card, Refusal) else _shown(call, card, listed=False)


async def _list(call: Call) -> dict[str, Any] | Refusal:
    """Cards by pages from 1, those changed last first."""
    refusal = missing(call.params, "unionid")
    if refusal:
        return refusal
    offset, size = page_of(call.params, "page_start", "page_size", longest=PAGE_MAX, default=PAGE_MAX)
    account = await account_of(call)
    if isinstance(account, Refusal):
        return account
    total, cards = await call.engine.store.read(page_cards_txn, account.corp, account.sender, offset, size)
    return {"total_count": total, "item_count": len(cards), "items": [_shown(call, card, listed=True) for card in cards]}


async def _delete(call: Call) -> dict[str, Any] | Refusal:
    """Delete a card; its articles stay, and messages that show it lose them."""
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    account, media_id = named
    return await call.engine.store.write(delete_card_txn, account.corp, account.sender, media_id) or {}


def _articles_field(*, required: bool) -> Field:
    return Field("articles", Kind.OBJECTS, required=required, most=ARTICLES_PER_CARD, inner=(Field("article_id", Kind.NUMBER, required=True),))


def _row(name: str, work: Work, page: str, purpose: str, *fields: Field, reads: bool = False) -> Endpoint:
    path = f"/topapi/material/news/{name}"
    return Endpoint(path, Family.TOP, SCOPE_MATERIAL, answered(work), page, reads=reads, purpose=purpose, fields=(UNIONID, *fields))


_CARD = Field("media_id", required=True, most=MEDIA_ID_MAX)
_PAGES = (Field("page_start", Kind.NUMBER, least=1), Field("page_size", Kind.NUMBER, least=1, most=PAGE_MAX))
ENDPOINTS = (
    _row("add", _add, "new-message-card-1", "make a news card", _articles_field(required=True)),
    _row("update", _update, "message-card-material-update-interface", "change a news card", _CARD, _articles_field(required=False)),
    _row("get", _get, "get-message-card-details", "one news card", _CARD, reads=True),
    _row("list", _list, "query-message-card-list", "list news cards", *_PAGES, reads=True),
    _row("delete", _delete, "delete-message-card", "delete a news card", _CARD),
)
