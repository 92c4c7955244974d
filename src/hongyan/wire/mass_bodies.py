"""The message of a mass send: from `msg_type`, `text_content`, `media_id` and `msg_body` to a body.

Only the member that `msg_type` names is read; the pages' own samples send several. Both shapes of `link` are taken on both surfaces.
"""

from collections.abc import Callable

from hongyan.messages.bodies import (
    LINK_TITLE_MAX,
    MEDIA_ID_MAX,
    OA_HEAD_MAX,
    TEXT_MAX,
    VOICE_SECONDS_MAX,
    AnyBody,
    BodyProblem,
    FileBody,
    ImageBody,
    LinkBody,
    NewsCardBody,
    SingleNewsCardBody,
    TextBody,
    VoiceBody,
)
from hongyan.wire.blocks import MARKDOWN, action_card_fields, oa_fields, read_action_card, read_markdown, read_oa
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params

_EMPTY = Params({})


def decode_mass_body(params: Params) -> AnyBody | BodyProblem:
    """The body, still unchecked for lengths; a problem when it cannot be read at all. Raises `BadArgument` for a msg_body that is no object."""
    blocks = params.object("msg_body") or _EMPTY
    msg_type = params.text("msg_type")
    reader = _READERS.get(msg_type)
    if reader is None:
        return BodyProblem("msg_type", f"{msg_type!r} is none of {', '.join(_READERS)}" if msg_type else "is empty")
    try:
        block = blocks.object(msg_type) or _EMPTY
        return reader(params, block)
    except BadArgument as bad:
        return BodyProblem(f"{msg_type}.{bad.name}", "cannot be read")


def _media_id(params: Params, block: Params) -> str:
    return block.text("media_id") or params.text("media_id")


def _text(params: Params, block: Params) -> AnyBody:
    return TextBody(params.text("text_content"))


def _image(params: Params, block: Params) -> AnyBody:
    return ImageBody(params.text("media_id") or block.text("media_id"))


def _voice(params: Params, block: Params) -> AnyBody:
    return VoiceBody(_media_id(params, block), block.number("duration") or 0)


def _file(params: Params, block: Params) -> AnyBody:
    return FileBody(_media_id(params, block))


def _news_card(params: Params, block: Params) -> AnyBody:
    return NewsCardBody(params.text("media_id"))


def _single_news_card(params: Params, block: Params) -> AnyBody:
    return SingleNewsCardBody(params.text("media_id"))


def _markdown(params: Params, block: Params) -> AnyBody:
    return read_markdown(block)


def _link(params: Params, block: Params) -> AnyBody:
    return LinkBody(
        title=block.text("title"),
        url=block.text("link_url") or block.text("message_url"),
        summary=block.text("summary") or block.text("text"),
        cover=block.text("cover_image_media_id") or block.text("pic_url"),
        open_type=block.number("open_type") or 0,
    )


def _action_card(params: Params, block: Params) -> AnyBody:
    return read_action_card(block)


def _oa(params: Params, block: Params) -> AnyBody | BodyProblem:
    return read_oa(block)


_READERS: dict[str, Callable[[Params, Params], AnyBody | BodyProblem]] = {
    "text": _text,
    "image": _image,
    "markdown": _markdown,
    "action_card": _action_card,
    "news_card": _news_card,
    "single_news_card": _single_news_card,
    "link": _link,
    "oa": _oa,
    "voice": _voice,
    "file": _file,
}

_MEDIA_ID = Field("media_id", most=MEDIA_ID_MAX)
_LINK = (
    Field("title", required=True, most=LINK_TITLE_MAX),
    Field("link_url", required=True),
    Field("summary"),
    Field("open_type", Kind.NUMBER, least=0, most=2),
    Field("cover_image_media_id"),
)
_VOICE = (_MEDIA_ID, Field("duration", Kind.NUMBER, required=True, least=1, most=VOICE_SECONDS_MAX - 1))
_BLOCKS = (
    Field("markdown", Kind.OBJECT, inner=MARKDOWN),
    Field("action_card", Kind.OBJECT, inner=action_card_fields("button_list")),
    Field("link", Kind.OBJECT, inner=_LINK),
    Field("oa", Kind.OBJECT, inner=oa_fields(head_most=OA_HEAD_MAX)),
    Field("voice", Kind.OBJECT, inner=_VOICE),
    Field("file", Kind.OBJECT, inner=(_MEDIA_ID,)),
)
# What a message is made of. Only the block that `msg_type` names is read, and must be whole.
MESSAGE = (
    Field("msg_type", required=True, choices=tuple(_READERS)),
    Field("text_content", most=TEXT_MAX),
    _MEDIA_ID,
    Field("msg_body", Kind.OBJECT, inner=_BLOCKS),
)
