"""News cards: which articles they hold, in which order, and how they look in a chat."""

from typing import Any

import msgspec
from starlette.responses import Response

from hongyan.access.operators import Role
from hongyan.access.records import Account, account_by_sender_txn
from hongyan.console.bodies import NewsView, view_body_txn
from hongyan.console.desk.accounts_choice import AccountChoice, account_choice_txn
from hongyan.console.desk.articles import missing, times_of
from hongyan.console.desk.frame import OF_CORP, Desk, Page
from hongyan.console.desk.material_texts import TEXTS
from hongyan.console.desk.recorded import recorded_txn
from hongyan.messages.articles import ArticleFilter, EditedArticle, articles_behind_txn
from hongyan.messages.bodies import NewsCardBody
from hongyan.messages.cards import CardContent, add_card_txn, cards_behind_txn, change_card_txn, delete_card_txn, make_card_id
from hongyan.messages.library import ARTICLES_PER_CARD, Card, load_card_txn
from hongyan.model.errors import Refusal
from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

SHOWN = 24
OFFERED = 100  # articles that can be put into a card
_END = (1 << 63) - 1


class CardView(msgspec.Struct, frozen=True):
    """A card as a chat shows it; `waiting`: an article of it is not published, so that it cannot be sent."""

    card: CardContent
    body: NewsView
    waiting: bool


class CardForm(msgspec.Struct, frozen=True):
    """A card in the making; `media_id` empty: a new one."""

    account: Account
    media_id: str
    chosen: tuple[int, ...]
    offered: tuple[EditedArticle, ...]


def _list_txn(tx: Tx, corp: CorpNo, unionid: str, at: int, media_id: str) -> tuple[AccountChoice, list[CardView]]:
    choice = account_choice_txn(tx, corp, unionid)
    found = cards_behind_txn(tx, corp, choice.chosen.sender, at, media_id, SHOWN + 1) if choice.chosen else []
    return choice, [_view_txn(tx, corp, one) for one in found]


def _view_txn(tx: Tx, corp: CorpNo, card: CardContent) -> CardView:
    body = view_body_txn(tx, corp, NewsCardBody(card.media_id))
    assert isinstance(body, NewsView)
    return CardView(card, body, any(article.published_at is None for article in card.articles))


async def list_cards(desk: Desk, *, status: int = 200, problem: str = "") -> Response:
    """One account's cards, changed last first."""
    query = desk.request.query_params
    at, _, media_id = query.get("after", "").partition(".")
    position = min(int(at), _END) if at.isascii() and at.isdigit() and len(at) < 20 else _END
    choice, found = await desk.engine.store.read(_list_txn, desk.corp.no, query.get("account", ""), position, media_id)
    following = f"{found[SHOWN - 1].card.updated_at}.{found[SHOWN - 1].card.media_id}" if len(found) > SHOWN else ""
    values: dict[str, Any] = {"choice": choice, "cards": found[:SHOWN], "following": following, "times": times_of(desk)}
    return desk.page("desk/cards.html", status, x=TEXTS[desk.t.lang], problem=problem, **values)


def _form_txn(tx: Tx, corp: CorpNo, unionid: str, media_id: str) -> CardForm | None:
    card = load_card_txn(tx, corp, media_id) if media_id else None
    account = account_by_sender_txn(tx, corp, card.sender) if card else account_choice_txn(tx, corp, unionid).chosen
    if account is None or (media_id and card is None) or (card is None and not account.live):
        return None
    offered = articles_behind_txn(tx, corp, account.sender, ArticleFilter(), _END, OFFERED)
    known = {article.article_id for article in offered}
    rest = [article for article in _older_txn(tx, corp, account.sender, card) if article.article_id not in known] if card else []
    return CardForm(account, media_id, card.articles if card else (), (*offered, *rest))


def _older_txn(tx: Tx, corp: CorpNo, sender: SenderId, card: Card) -> list[EditedArticle]:
    """The card's own articles, which may be older than those on offer."""
    found = (articles_behind_txn(tx, corp, sender, ArticleFilter(), number + 1, 1) for number in card.articles)
    return [one for page, number in zip(found, card.articles, strict=True) for one in page if one.article_id == number]


async def compose_card(desk: Desk) -> Response:
    form = await _asked_form(desk)
    return _editor(desk, form) if form else missing(desk)


async def _asked_form(desk: Desk) -> CardForm | None:
    query = desk.request.query_params
    return await desk.engine.store.read(_form_txn, desk.corp.no, query.get("account", ""), query.get("card", ""))


def _editor(desk: Desk, form: CardForm, *, status: int = 200, problem: str = "") -> Response:
    places = [*form.chosen, *([0] * (ARTICLES_PER_CARD - len(form.chosen)))][:ARTICLES_PER_CARD]
    return desk.page("desk/card_editor.html", status, x=TEXTS[desk.t.lang], form=form, places=places, most=OFFERED, problem=problem)


async def save_card(desk: Desk) -> Response:
    """Make a card, or put other articles into one."""
    form, fields = await _asked_form(desk), await desk.form()
    if form is None:
        return missing(desk)
    asked = [fields.get(f"article_{place}", "") for place in range(ARTICLES_PER_CARD)]
    articles = tuple(dict.fromkeys(int(one) for one in asked if one.isascii() and one.isdigit() and len(one) < 16 and int(one)))
    chosen = msgspec.structs.replace(form, chosen=articles)
    x = TEXTS[desk.t.lang]
    if not articles:
        return _editor(desk, chosen, status=400, problem=x.card_empty)
    refusal = await _save(desk, chosen)
    return _editor(desk, chosen, status=409, problem=x.card_problem) if refusal else desk.to(f"cards?account={form.account.unionid}")


async def _save(desk: Desk, form: CardForm) -> Refusal | None:
    corp, sender, media_id = desk.corp.no, form.account.sender, form.media_id or make_card_id()
    save = change_card_txn if form.media_id else add_card_txn
    deed = desk.deed("card.change" if form.media_id else "card.create", media_id, account=form.account.name, articles=list(form.chosen))
    return await desk.engine.store.write(recorded_txn, lambda tx, now: save(tx, corp, sender, media_id, form.chosen, now), deed)


async def delete_card(desk: Desk) -> Response:
    media_id = (await desk.form()).get("card", "")
    card = await desk.engine.store.read(load_card_txn, desk.corp.no, media_id)
    if card is None:
        return missing(desk)

    def change_txn(tx: Tx, now: EpochMs) -> Refusal | None:
        return delete_card_txn(tx, desk.corp.no, card.sender, media_id, now)

    await desk.engine.store.write(recorded_txn, change_txn, desk.deed("card.delete", media_id, articles=list(card.articles)))
    account = await desk.engine.store.read(account_by_sender_txn, desk.corp.no, card.sender)
    return desk.to(f"cards?account={account.unionid}" if account else "cards")


PAGES = (
    Page(OF_CORP + "/cards", "media", list_cards),
    Page(OF_CORP + "/cards/edit", "media", compose_card, Role.SENDER),
    Page(OF_CORP + "/cards/edit", "media", save_card, Role.SENDER, "POST"),
    Page(OF_CORP + "/cards/delete", "media", delete_card, Role.SENDER, "POST"),
)
