"""Message bodies as values, one type for each `msgtype`, and the limits they must keep.

Lengths count Unicode code points. "Suggested" lengths of the pages are not enforced; "longest" ones are
(interactive-service-window-group-message-sending-interface, message-types-and-data-format).
"""

import hashlib
import re

import msgspec

TEXT_MAX = 65_535  # official SDK
MEDIA_ID_MAX = 256  # official SDK
CARD_TITLE_MAX = 64
BUTTON_TITLE_MAX = 20
BUTTON_URL_MAX = 500
LINK_TITLE_MAX = 64  # api-sendmessage
OA_HEAD_MAX = 10
VOICE_SECONDS_MAX = 60
_ARGB = re.compile(r"[0-9A-Fa-f]{8}")


class Body(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """What all bodies share: `type` names them in the stored form."""


class TextBody(Body, frozen=True, tag="text"):
    text: str


class ImageBody(Body, frozen=True, tag="image"):
    media_id: str


class VoiceBody(Body, frozen=True, tag="voice"):
    media_id: str
    duration: int  # seconds, 1-59


class FileBody(Body, frozen=True, tag="file"):
    media_id: str


class LinkBody(Body, frozen=True, tag="link"):
    title: str
    url: str
    summary: str = ""
    cover: str = ""  # media id or address
    open_type: int = 0  # 0 browser, 1 workbench, 2 side panel


class MarkdownBody(Body, frozen=True, tag="markdown"):
    title: str
    text: str


class Button(msgspec.Struct, frozen=True):
    title: str
    url: str


class ActionCardBody(Body, frozen=True, tag="action_card"):
    """One button for the whole card (`single`), or several."""

    markdown: str
    title: str = ""
    single: Button | None = None
    orientation: str = ""  # "0" vertical, "1" horizontal
    buttons: tuple[Button, ...] = ()


class OaRow(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str = ""
    value: str = ""


class OaBody(Body, frozen=True, tag="oa"):
    """An OA card: coloured head, form, one rich number, text, picture, attachments, author."""

    url: str
    pc_url: str = ""
    head_color: str = ""  # AARRGGBB
    head_text: str = ""
    title: str = ""
    form: tuple[OaRow, ...] = ()
    rich_num: str = ""
    rich_unit: str = ""
    content: str = ""
    image: str = ""
    file_count: str = ""
    author: str = ""
    status_value: str = ""
    status_color: str = ""


class NewsCardBody(Body, frozen=True, tag="news_card"):
    media_id: str


class SingleNewsCardBody(Body, frozen=True, tag="single_news_card"):
    media_id: str


AnyBody = TextBody | ImageBody | VoiceBody | FileBody | LinkBody | MarkdownBody | ActionCardBody | OaBody | NewsCardBody | SingleNewsCardBody


class BodyProblem(msgspec.Struct, frozen=True):
    """Why a body is refused: the member and the rule it breaks."""

    member: str
    reason: str


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(AnyBody)


def type_of(body: AnyBody) -> str:
    """The `msg_type` that the body is of."""
    return str(body.__struct_config__.tag)


def encode_body(body: AnyBody) -> bytes:
    """The canonical form: empty members dropped, keys sorted. It is what is stored, and what is compared."""
    return _ENCODER.encode(body)


def decode_body(stored: str | bytes) -> AnyBody:
    return _DECODER.decode(stored)


def fingerprint(canonical: bytes) -> bytes:
    """Eight bytes that stand for "the same content": type and body, nothing else."""
    return hashlib.sha256(canonical).digest()[:8]


def _required(**members: str) -> BodyProblem | None:
    for name, value in members.items():
        if not value or value.isspace():
            return BodyProblem(name, "is empty")
    return None


def _longest(member: str, value: str, limit: int) -> BodyProblem | None:
    return BodyProblem(member, f"is longer than {limit} characters") if len(value) > limit else None


def check_body(body: AnyBody) -> BodyProblem | None:
    """The first rule the body breaks, or None. Whether media and cards exist is asked elsewhere."""
    match body:
        case TextBody(text):
            blank = not text or text.isspace()
            return BodyProblem("text_content", "is empty") if blank else _longest("text_content", text, TEXT_MAX)
        case ImageBody(media_id) | FileBody(media_id) | NewsCardBody(media_id) | SingleNewsCardBody(media_id):
            return _required(media_id=media_id) or _longest("media_id", media_id, MEDIA_ID_MAX)
        case VoiceBody(media_id, duration):
            bad = None if 0 < duration < VOICE_SECONDS_MAX else BodyProblem("duration", f"must be 1 to {VOICE_SECONDS_MAX - 1} seconds")
            return _required(media_id=media_id) or bad
        case LinkBody(title, url):
            return _required(title=title, message_url=url) or _longest("title", title, LINK_TITLE_MAX) or _check_open_type(body)
        case MarkdownBody(title, text):
            return _required(title=title, text=text)
        case ActionCardBody():
            return _check_action_card(body)
        case OaBody():
            return _check_oa(body)


def _check_open_type(body: LinkBody) -> BodyProblem | None:
    return None if body.open_type in (0, 1, 2) else BodyProblem("open_type", "must be 0, 1 or 2")


def _check_action_card(card: ActionCardBody) -> BodyProblem | None:
    problem = _required(markdown=card.markdown) or _longest("title", card.title, CARD_TITLE_MAX)
    if problem:
        return problem
    if card.single is not None:
        return _check_button(card.single, "single_title", "single_url")
    if not card.buttons:
        return BodyProblem("action_card", "needs single_title with single_url, or btn_orientation with button_list")
    if card.orientation not in ("0", "1"):
        return BodyProblem("btn_orientation", 'must be "0" or "1"')
    return next((problem for button in card.buttons if (problem := _check_button(button, "title", "action_url"))), None)


def _check_button(button: Button, title: str, url: str) -> BodyProblem | None:
    # What kind of address it is shows when the button is drawn: the page's own sample says btn_action_url1.
    return (
        _required(**{title: button.title, url: button.url})
        or _longest(title, button.title, BUTTON_TITLE_MAX)
        or _longest(url, button.url, BUTTON_URL_MAX)
    )


def _check_oa(body: OaBody) -> BodyProblem | None:
    problem = _required(message_url=body.url) or _longest("head.text", body.head_text, OA_HEAD_MAX)
    if problem:
        return problem
    if body.head_color and not _ARGB.fullmatch(body.head_color):
        return BodyProblem("head.bgcolor", "must be 8 hexadecimal digits, AARRGGBB")
    return None


def title_of(body: AnyBody) -> str:
    """What a list shows of a message; empty where the type itself says it (image, voice, file, cards)."""
    match body:
        case TextBody(text):
            return text.strip().split("\n", 1)[0][:100]
        case MarkdownBody(title) | LinkBody(title):
            return title
        case ActionCardBody():
            return body.title or body.markdown.strip().split("\n", 1)[0][:100]
        case OaBody():
            return body.title or body.head_text
        case _:
            return ""
