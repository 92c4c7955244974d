"""The message of a mass send: from `msg_type`, `text_content`, `media_id` and `msg_body` to a body.

Only the member that `msg_type` names is read; the pages' own samples send several. Both shapes of `link` are taken on both surfaces.
"""

from collections.abc import Callable

from hongyan.messages.bodies import (
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
from hongyan.wire.blocks import read_action_card, read_markdown, read_oa
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
