"""Conversations and messages as a page shows them."""

import msgspec

from hongyan.console.bodies import BodyView, NewsView, TextView, find_picture_txn, linked_to_message, view_body_txn
from hongyan.console.composer import ComposerView, composer_view_txn
from hongyan.console.texts import Texts
from hongyan.console.times import Moment, Times
from hongyan.delivery.broadcasts import Broadcasts
from hongyan.delivery.inbox import END, Conversation, Entry, Inbox, SenderName, sender_names_txn
from hongyan.delivery.said import Said, load_said_txn, page_said_txn, written_to_txn
from hongyan.messages.bodies import AnyBody, NewsCardBody, SingleNewsCardBody, title_of
from hongyan.messages.library import card_articles_txn, load_card_txn
from hongyan.messages.links import split_links
from hongyan.model.ids import CorpNo, EpochMs, Ord, SenderId, Seq
from hongyan.store.interface import Tx

PAGE = 30  # messages drawn at once
BADGE_MAX = 99
HUES = 8  # colours of initials
_SUMMARY_MAX = 80


class Lens(msgspec.Struct, frozen=True):
    """Whose inbox is looked at, when and in which words."""

    corp: CorpNo
    ord: Ord
    zone: str
    now: EpochMs
    texts: Texts

    @property
    def times(self) -> Times:
        return Times(self.texts, self.zone, self.now)


class Face(msgspec.Struct, frozen=True):
    """A sender's name and picture; the initial stands where there is no picture."""

    sender: SenderId
    name: str
    initial: str
    hue: int
    avatar: str
    has_page: bool = False  # a service account has a page of its own


class ConversationView(msgspec.Struct, frozen=True):
    face: Face
    seq: Seq
    summary: str
    at: Moment
    unread: int
    badge: str  # empty: nothing unread


class MessageView(msgspec.Struct, frozen=True):
    """`body` None: recalled; `mine`: the reader wrote it."""

    seq: Seq
    face: Face
    at: Moment
    preview: bool
    body: BodyView | None
    mine: bool = False


class ThreadView(msgspec.Struct, frozen=True):
    """A page of one conversation, oldest first; `older` is where the page before it begins, if there is one.

    `composer` is what the reader can do below it; None: nothing.
    """

    face: Face
    messages: tuple[MessageView, ...]
    older: Seq | None
    composer: ComposerView | None = None


class ArrivalView(msgspec.Struct, frozen=True):
    """What a live change makes of a page; `message` None: only the list changes."""

    conversation: ConversationView
    message: MessageView | None


def face_of(name: SenderName, texts: Texts, avatar: str = "") -> Face:
    """A service account under its own name, an app as its work notifications."""
    own = name.name.strip() or name.wire_id
    label = texts.work_notice.format(name=own) if name.kind == "installation" else own
    return Face(name.sender, label, own[:1].upper(), name.sender % HUES, avatar, name.kind == "account")


def conversation_views_txn(tx: Tx, broadcasts: Broadcasts, lens: Lens) -> tuple[ConversationView, ...]:
    """The list, newest first."""
    found = [_conversation(tx, lens, one) for one in _inbox(tx, broadcasts, lens).conversations(sender_names_txn(tx, lens.corp))]
    found += _begun_txn(tx, lens, {one.face.sender for one in found})
    return tuple(sorted(found, key=lambda one: one.seq, reverse=True))


def _begun_txn(tx: Tx, lens: Lens, known: set[SenderId]) -> list[ConversationView]:
    """Conversations that hold only what the reader wrote."""
    found: list[ConversationView] = []
    begun = set(written_to_txn(tx, lens.corp, lens.ord)) - known
    names = sender_names_txn(tx, lens.corp) if begun else {}
    for sender in begun & names.keys():
        wrote = page_said_txn(tx, lens.corp, lens.ord, sender, END, 1)
        found += [_own_conversation(lens, _face(tx, lens, names[sender]), said, 0, "") for said in wrote]
    return found


def thread_view_txn(tx: Tx, broadcasts: Broadcasts, lens: Lens, sender: SenderId, before: Seq = END) -> ThreadView | None:
    """A page of a conversation before a message; None when this organisation has no such sender."""
    name = sender_names_txn(tx, lens.corp).get(sender)
    if name is None:
        return None
    face = _face(tx, lens, name)
    came = _inbox(tx, broadcasts, lens).page(sender=sender, before=before, limit=PAGE + 1)
    wrote = page_said_txn(tx, lens.corp, lens.ord, sender, before, PAGE + 1)
    newest = sorted((*came, *wrote), key=lambda one: one.seq, reverse=True)[: PAGE + 1]
    shown = tuple(_own_message(lens, face, one) if isinstance(one, Said) else _message(tx, lens, face, one) for one in reversed(newest[:PAGE]))
    return ThreadView(face, shown, shown[0].seq if len(newest) > PAGE else None, composer_view_txn(tx, lens.corp, sender))


def flow_view_txn(tx: Tx, broadcasts: Broadcasts, lens: Lens, limit: int) -> tuple[MessageView, ...]:
    """The newest messages of all conversations in one row, oldest first; without what the reader wrote."""
    names = sender_names_txn(tx, lens.corp)
    faces: dict[SenderId, Face] = {}
    found: list[MessageView] = []
    for entry in _inbox(tx, broadcasts, lens).page(limit=limit):
        if entry.sender not in faces:
            faces[entry.sender] = _face(tx, lens, names[entry.sender])
        found.append(_message(tx, lens, faces[entry.sender], entry))
    return tuple(reversed(found))


def arrival_view_txn(tx: Tx, broadcasts: Broadcasts, lens: Lens, sender: SenderId, seq: Seq, with_message: bool) -> ArrivalView | None:
    """One conversation, and one message of it, after a change; None when the reader has nothing of this sender."""
    name = sender_names_txn(tx, lens.corp).get(sender)
    inbox = _inbox(tx, broadcasts, lens)
    last = _newest(inbox, sender, END)
    if name is None:
        return None
    said = load_said_txn(tx, lens.corp, lens.ord, seq) if with_message else None
    if last is None:
        return _own_arrival(tx, lens, name, said) if said else None
    conversation = _conversation(tx, lens, Conversation(name, last, inbox.unread(sender)))
    if said is not None:
        return ArrivalView(conversation, _own_message(lens, conversation.face, said))
    entry = _newest(inbox, sender, Seq(seq + 1)) if with_message else None
    shown = entry is not None and entry.seq == seq
    return ArrivalView(conversation, _message(tx, lens, conversation.face, entry) if entry is not None and shown else None)


def newest_entry_txn(tx: Tx, broadcasts: Broadcasts, lens: Lens, sender: SenderId, before: Seq) -> Entry | None:
    """The newest message of a conversation before a position."""
    return _newest(_inbox(tx, broadcasts, lens), sender, before)


def _newest(inbox: Inbox, sender: SenderId, before: Seq) -> Entry | None:
    found = inbox.page(sender=sender, before=before, limit=1)
    return found[0] if found else None


def _inbox(tx: Tx, broadcasts: Broadcasts, lens: Lens) -> Inbox:
    return Inbox(tx, broadcasts, lens.corp, lens.ord, lens.now)


def _face(tx: Tx, lens: Lens, name: SenderName) -> Face:
    picture = find_picture_txn(tx, lens.corp, name.avatar)
    return face_of(name, lens.texts, picture.src if picture else "")


def _conversation(tx: Tx, lens: Lens, one: Conversation) -> ConversationView:
    face = _face(tx, lens, one.sender)
    badge = f"{BADGE_MAX}+" if one.unread > BADGE_MAX else str(one.unread or "")
    wrote = page_said_txn(tx, lens.corp, lens.ord, one.sender.sender, END, 1)
    if wrote and wrote[0].seq > one.last.seq:
        return _own_conversation(lens, face, wrote[0], one.unread, badge)
    return ConversationView(face, one.last.seq, _summary(tx, lens, face, one.last), lens.times.moment(one.last.at), one.unread, badge)


def _own_conversation(lens: Lens, face: Face, said: Said, unread: int, badge: str) -> ConversationView:
    """A row whose newest message is the reader's own."""
    summary = lens.texts.own_summary.format(text=" ".join(said.content.split())[:_SUMMARY_MAX])
    return ConversationView(face, said.seq, summary, lens.times.moment(said.at), unread, badge)


def _own_message(lens: Lens, face: Face, said: Said) -> MessageView:
    return MessageView(said.seq, face, lens.times.moment(said.at), False, TextView(tuple(split_links(said.content))), mine=True)


def _own_arrival(tx: Tx, lens: Lens, name: SenderName, said: Said) -> ArrivalView:
    """The first message of a conversation, when it is the reader's."""
    face = _face(tx, lens, name)
    return ArrivalView(_own_conversation(lens, face, said, 0, ""), _own_message(lens, face, said))


def _message(tx: Tx, lens: Lens, face: Face, entry: Entry) -> MessageView:
    body = view_body_txn(tx, lens.corp, entry.body) if entry.body is not None else None
    if isinstance(body, NewsView) and entry.flags.allow_comment:
        body = linked_to_message(body, entry.seq)
    return MessageView(entry.seq, face, lens.times.moment(entry.at), entry.preview, body)


def _summary(tx: Tx, lens: Lens, face: Face, entry: Entry) -> str:
    if entry.body is None:
        return lens.texts.recalled.format(name=face.name)
    title = " ".join((_card_title(tx, lens.corp, entry.body) or title_of(entry.body)).split())[:_SUMMARY_MAX]
    label = _label(lens.texts, entry.msg_type)
    return f"[{label}] {title}".strip() if label else title


def _card_title(tx: Tx, corp: CorpNo, body: AnyBody) -> str:
    if not isinstance(body, NewsCardBody | SingleNewsCardBody):
        return ""
    card = load_card_txn(tx, corp, body.media_id)
    articles = card_articles_txn(tx, corp, card) if card else []
    return articles[0].title if articles else ""


def _label(texts: Texts, msg_type: str) -> str:
    """The word before a summary, for what is more than text."""
    labels = {"image": texts.image, "voice": texts.voice, "file": texts.file, "link": texts.link, "action_card": texts.card, "oa": texts.card}
    return labels.get(msg_type) or (texts.news if msg_type in ("news_card", "single_news_card") else "")
