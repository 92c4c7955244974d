"""The `msg` of a work notification: from `msgtype` and its block to a body, or the refusal the page names.

Page: message-types-and-data-format. Only the block that `msgtype` names counts. "Recommended" lengths are not enforced.
"""

from collections.abc import Callable

import msgspec

from hongyan.messages.bodies import (
    LINK_TITLE_MAX,
    MEDIA_ID_MAX,
    OA_HEAD_MAX,
    VOICE_SECONDS_MAX,
    AnyBody,
    BodyProblem,
    FileBody,
    ImageBody,
    LinkBody,
    TextBody,
    VoiceBody,
)
from hongyan.messages.notice_checks import TEXT_MAX, notice_refusal
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.wire.blocks import MARKDOWN, action_card_fields, oa_fields, read_action_card, read_markdown, read_oa
from hongyan.wire.fields import Field, Kind
from hongyan.wire.params import BadArgument, Params

_EMPTY = Params({})


def decode_msg(msg: Params) -> AnyBody | Refusal:
    """The body in the order of the page's errors: type, block, emptiness, lengths."""
    msgtype = msg.text("msgtype")
    reader = _READERS.get(msgtype)
    if reader is None:
        return Refusal(errors.BAD_MSGTYPE)
    try:
        block = msg.object(msgtype)
        body = reader(block) if block is not None else None
    except BadArgument:
        body = None
    if body is None:
        return Refusal(errors.MSG_INCOMPLETE)
    return notice_refusal(body) or body


def _text(block: Params) -> AnyBody:
    return TextBody(block.text("content"))


def _image(block: Params) -> AnyBody:
    return ImageBody(block.text("media_id"))


def _voice(block: Params) -> AnyBody:
    return VoiceBody(block.text("media_id"), block.number("duration") or 0)


def _file(block: Params) -> AnyBody:
    return FileBody(block.text("media_id"))


def _link(block: Params) -> AnyBody:
    return LinkBody(
        block.text("title"), block.text("messageUrl") or block.text("message_url"), block.text("text"), block.text("picUrl") or block.text("pic_url")
    )


def _oa(block: Params) -> AnyBody | None:
    body = read_oa(block)
    if isinstance(body, BodyProblem):
        return None
    # The client shows the app's name in place of the head's text, so that its length is nobody's business.
    return msgspec.structs.replace(body, head_text=body.head_text[:OA_HEAD_MAX])


_READERS: dict[str, Callable[[Params], AnyBody | None]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "file": _file,
    "link": _link,
    "markdown": read_markdown,
    "action_card": read_action_card,
    "oa": _oa,
}

_MEDIA_ID = Field("media_id", required=True, most=MEDIA_ID_MAX)
_LINK = (
    Field("title", required=True, most=LINK_TITLE_MAX),
    Field("text"),
    Field("messageUrl", required=True),
    Field("picUrl"),
)
_STATUS_BAR = Field("status_bar", Kind.OBJECT, inner=(Field("status_value"), Field("status_bg")))
# Only the block that `msgtype` names is read, and must be whole.
MSG = (
    Field("msgtype", required=True, choices=tuple(_READERS)),
    Field("text", Kind.OBJECT, inner=(Field("content", required=True, most=TEXT_MAX),)),
    Field("image", Kind.OBJECT, inner=(_MEDIA_ID,)),
    Field("voice", Kind.OBJECT, inner=(_MEDIA_ID, Field("duration", Kind.NUMBER, required=True, least=1, most=VOICE_SECONDS_MAX - 1))),
    Field("file", Kind.OBJECT, inner=(_MEDIA_ID,)),
    Field("link", Kind.OBJECT, inner=_LINK),
    Field("markdown", Kind.OBJECT, inner=MARKDOWN),
    Field("action_card", Kind.OBJECT, inner=action_card_fields("btn_json_list")),
    Field("oa", Kind.OBJECT, inner=(*oa_fields(head_most=None), _STATUS_BAR)),
)
