"""What the form of a send offers: who may send, media and cards, templates, roles."""

import msgspec

from hongyan.access.records import (
    SCOPE_MASS,
    Account,
    App,
    AppKind,
    Installation,
    app_by_no_txn,
    installations_txn,
    list_apps_txn,
    page_accounts_txn,
)
from hongyan.console.desk.compose_draft import MASS, TEMPLATE, WORK, Draft
from hongyan.directory.people import RoleRecord, roles_txn
from hongyan.directory.records import Corp
from hongyan.messages.cards import page_cards_txn
from hongyan.messages.library import media_of
from hongyan.messages.template_book import EVERY_CORP, KeptTemplate, TemplateOwner, Unsendable, page_templates_txn, sendable_txn
from hongyan.messages.templates import TemplateContent, parameters_of
from hongyan.model.ids import AppNo, CorpNo, SenderId
from hongyan.store.interface import Tx

MEDIA_OFFERED = 100
CARDS_OFFERED = 50
ACCOUNTS_OFFERED = 100
TEMPLATES_OFFERED = 200
ROLES_OFFERED = 200
_NEVER = 1 << 62
_MEDIA_OF = {"image": "image", "picture": "image", "voice": "voice", "file": None}


class Option(msgspec.Struct, frozen=True):
    """One entry of a list."""

    value: str
    label: str


class Sender(msgspec.Struct, frozen=True):
    """One way to send: `from_` is how the form names it; of the two the first is a mass send's, the second a notice's."""

    source: str
    sender: SenderId
    name: str
    account: Account | None = None
    installation: Installation | None = None
    app: App | None = None

    @property
    def from_(self) -> str:
        return f"{self.source}:{self.sender}"


class ChosenTemplate(msgspec.Struct, frozen=True):
    """The template that the draft names, with what it asks for."""

    template_id: str
    content: TemplateContent
    parameters: tuple[str, ...]


class Ground(msgspec.Struct, frozen=True):
    """Read in one snapshot; `sender` None: this organisation has nothing that may send."""

    corp: Corp
    senders: tuple[Sender, ...]
    sender: Sender | None
    apps: tuple[App, ...]  # those whose limits a mass send may be counted under
    app: App | None
    roles: tuple[RoleRecord, ...]
    media: dict[str, tuple[Option, ...]]
    templates: tuple[Option, ...]
    template: ChosenTemplate | None
    template_problem: Unsendable | None = None

    def of(self, source: str) -> list[Sender]:
        return [one for one in self.senders if one.source == source]


def load_ground_txn(tx: Tx, corp: Corp, draft: Draft, internal_templates: bool, strict: bool) -> Ground:
    """The lists of a form, for the sender that the draft names; for the first there is when it names none of this organisation."""
    senders = _senders_txn(tx, corp, internal_templates)
    wanted = (one for one in senders if (one.source, one.sender) == (draft.source, draft.sender))
    sender = next(wanted, senders[0] if senders else None)
    apps = tuple(app for app in list_apps_txn(tx, corp.no) if _sends_masses(app, corp))
    app = next((one for one in apps if one.app_key == draft.app), apps[0] if apps else None)
    roles = tuple(roles_txn(tx, corp.no))[:ROLES_OFFERED]
    if sender is None or sender.source == TEMPLATE:
        return Ground(corp, senders, sender, apps, app, roles, {}, *_templates_txn(tx, corp, sender, draft, strict))
    return Ground(corp, senders, sender, apps, app, roles, _media_txn(tx, corp.no, sender), (), None)


def _sends_masses(app: App, corp: Corp) -> bool:
    return app.kind is AppKind.INTERNAL and app.corp == corp.no and app.disabled_at is None and SCOPE_MASS in app.scopes


def _senders_txn(tx: Tx, corp: Corp, internal_templates: bool) -> tuple[Sender, ...]:
    _total, accounts = page_accounts_txn(tx, corp.no, 0, ACCOUNTS_OFFERED)
    found = [Sender(MASS, one.sender, one.name, account=one) for one in accounts if one.live]
    known: dict[AppNo, App | None] = {}
    work: list[Sender] = []
    by_template: list[Sender] = []
    for one in installations_txn(tx, corp.no):
        app = known.setdefault(one.app, app_by_no_txn(tx, one.app))
        if app is None or app.disabled_at is not None or not one.live:
            continue
        internal = app.kind is AppKind.INTERNAL
        if internal:
            work.append(Sender(WORK, one.sender, f"{one.name} · {one.agent_id}", installation=one, app=app))
        if not internal or internal_templates:
            by_template.append(Sender(TEMPLATE, one.sender, f"{one.name} · {one.agent_id}", installation=one, app=app))
    return (*found, *work, *by_template)


def _media_txn(tx: Tx, corp: CorpNo, sender: Sender) -> dict[str, tuple[Option, ...]]:
    """Kind of a field → what may stand there, newest first."""
    media = {kind: _uploads_txn(tx, corp, wanted) for kind, wanted in _MEDIA_OF.items() if kind != "picture"}
    media["picture"] = media["image"]
    if sender.source == MASS:
        _total, cards = page_cards_txn(tx, corp, sender.sender, 0, CARDS_OFFERED)
        ready = [card for card in cards if card.articles and all(article.published_at is not None for article in card.articles)]
        media["card"] = tuple(Option(card.media_id, f"{card.articles[0].title} ({len(card.articles)})") for card in ready)
        media["single_card"] = tuple(Option(card.media_id, card.articles[0].title) for card in ready if len(card.articles) == 1)
    return media


def _uploads_txn(tx: Tx, corp: CorpNo, kind: str | None) -> tuple[Option, ...]:
    rows = tx.all("media.page", corp=corp, kind=kind, at=_NEVER, media_id="", limit=MEDIA_OFFERED)
    return tuple(Option(one.media_id, one.name or one.media_id) for one in map(media_of, rows))


def _templates_txn(
    tx: Tx, corp: Corp, sender: Sender | None, draft: Draft, strict: bool
) -> tuple[tuple[Option, ...], ChosenTemplate | None, Unsendable | None]:
    if sender is None or sender.app is None:
        return (), None, None
    owner = TemplateOwner(sender.app.no, corp.no if sender.app.kind is AppKind.INTERNAL else EVERY_CORP)
    kept = [one for one in page_templates_txn(tx, owner, "", TEMPLATES_OFFERED) if one.sends]
    offered = tuple(Option(one.template_id, _template_label(one)) for one in kept)
    template_id = draft.template_id if any(one.value == draft.template_id for one in offered) else (offered[0].value if offered else "")
    content = sendable_txn(tx, template_id, sender.app.no, corp.no) if template_id else Unsendable.UNKNOWN
    if isinstance(content, Unsendable):
        return offered, None, content
    return offered, ChosenTemplate(template_id, content, tuple(parameters_of(content, strict_names=strict))), None


def _template_label(template: KeptTemplate) -> str:
    return template.name or template.template_id
