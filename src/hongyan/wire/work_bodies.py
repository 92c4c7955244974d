"""The `msg` of a work notification: from `msgtype` and its block to a body, or the refusal the page names.

Page: message-types-and-data-format. Only the block that `msgtype` names counts. "Recommended" lengths are not enforced.
"""

from collections.abc import Callable

import msgspec

from hongyan.messages.bodies import (
    OA_HEAD_MAX,
    ActionCardBody,
    AnyBody,
    BodyProblem,
    FileBody,
    ImageBody,
    LinkBody,
    MarkdownBody,
    TextBody,
    VoiceBody,
    check_body,
)
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Refusal
from hongyan.wire.blocks import read_action_card, read_markdown, read_oa
from hongyan.wire.params import BadArgument, Params

TEXT_MAX = 5000
BUTTONS_TEXT_MAX = 1000
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
    row = _refusal_of(body)
    return Refusal(row) if row else body


def _refusal_of(body: AnyBody) -> ErrorRow | None:
    empty = _empty(body)
    if empty:
        return empty
    if _too_long(body):
        return errors.MSG_TOO_LONG
    problem = check_body(body)
    if problem is None:
        return None
    return errors.MSG_TOO_LONG if "longer" in problem.reason else errors.MSG_INCOMPLETE


def _empty(body: AnyBody) -> ErrorRow | None:
    match body:
        case ImageBody(media_id) if not media_id.strip():
            return errors.IMAGE_EMPTY
        case LinkBody(_, url) if not url.strip():
            return errors.LINK_EMPTY
        case FileBody(media_id) if not media_id.strip():
            return errors.FILE_EMPTY
        case VoiceBody(media_id) if not media_id.strip():
            return errors.VOICE_EMPTY
        case _:
            return None


def _too_long(body: AnyBody) -> bool:
    match body:
        case TextBody(text) | MarkdownBody(_, text) | ActionCardBody(text):
            return len(text) > TEXT_MAX or (isinstance(body, ActionCardBody) and _buttons_too_long(body))
        case _:
            return False


def _buttons_too_long(card: ActionCardBody) -> bool:
    return sum(len(button.title) + len(button.url) for button in card.buttons) > BUTTONS_TEXT_MAX


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
