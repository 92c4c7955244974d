"""An account's own page: who it is, and the cards it put there."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hongyan.access.records import account_by_sender_txn
from hongyan.console.bodies import NewsView, find_picture_txn, linked_to_message, view_body_txn
from hongyan.console.doors import access_reader
from hongyan.console.pages import page
from hongyan.console.texts import texts_of
from hongyan.console.times import Moment, Times
from hongyan.console.views import Face, face_of
from hongyan.delivery.homepage import HomeCard, homepage_cards_txn
from hongyan.delivery.inbox import SenderName
from hongyan.directory.records import Corp
from hongyan.engine.engine import Engine
from hongyan.model.ids import CorpNo, EpochMs, SenderId
from hongyan.store.interface import Tx

_ABOVE = "../"  # the page stands one folder below what its links are relative to


class CardView(msgspec.Struct, frozen=True):
    body: NewsView
    at: Moment


class HomeView(msgspec.Struct, frozen=True):
    """What stands on the page."""

    face: Face
    brief: str
    descr: str
    cards: tuple[CardView, ...]


async def show_home(engine: Engine, request: Request) -> Response:
    """The page of a live account of the reader's organisation."""
    reader = await access_reader(engine, request)
    if reader is None:
        return page(request, "closed.html", status=401, server=str(request.base_url).rstrip("/"))
    return await home_page(engine, request, reader.corp)


async def home_page(engine: Engine, request: Request, corp: Corp) -> Response:
    """The page for whoever may look at this organisation's inboxes."""
    sender, now, texts = SenderId(request.path_params["sender"]), engine.clock.now(), texts_of(request)
    home = await engine.store.read(_home_txn, corp.no, sender, Times(texts, corp.zone, now), now) if sender < 1 << 63 else None
    return page(request, "home.html", home=home) if home else page(request, "no_account.html", status=404)


def _home_txn(tx: Tx, corp: CorpNo, sender: SenderId, times: Times, now: EpochMs) -> HomeView | None:
    account = account_by_sender_txn(tx, corp, sender)
    if account is None or not account.live:
        return None
    picture = find_picture_txn(tx, corp, account.avatar_media_id)
    name = SenderName(sender, "account", account.unionid, account.name, account.avatar_media_id)
    face = face_of(name, times.texts, f"{_ABOVE}{picture.src}" if picture and picture.src else "")
    cards = tuple(_card(tx, corp, card, times) for card in homepage_cards_txn(tx, corp, sender, now))
    return HomeView(face, account.brief, account.descr, tuple(card for card in cards if card.body.articles))


def _card(tx: Tx, corp: CorpNo, card: HomeCard, times: Times) -> CardView:
    view = view_body_txn(tx, corp, card.body)
    assert isinstance(view, NewsView)
    return CardView(linked_to_message(view, card.seq if card.flags.allow_comment else None, _ABOVE), times.moment(card.at))
