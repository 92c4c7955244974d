"""The `msg` of a work notification: from `msgtype` and its block to a body, or the refusal the page names.

Page: message-types-and-data-format. Only the block that `msgtype` names counts. "Recommended" lengths are not enforced.
"""

from collections.abc import Callable

from hongyan.messages.bodies import (
    ActionCardBody,
    AnyBody,
    Button,
    FileBody,
    ImageBody,
    LinkBody,
    MarkdownBody,
    OaBody,
    OaRow,
    TextBody,
    VoiceBody,
    check_body,
)
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Refusal
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


def _markdown(block: Params) -> AnyBody:
    return MarkdownBody(block.text("title"), block.text("text"))


def _action_card(block: Params) -> AnyBody:
    markdown, title = block.text("markdown"), block.text("title")
    single = Button(block.text("single_title"), block.text("single_url"))
    if single.title and single.url:
        return ActionCardBody(markdown, title, single)
    buttons = tuple(Button(one.text("title"), one.text("action_url")) for one in block.objects("button_list"))
    return ActionCardBody(markdown, title, None, block.text("btn_orientation"), buttons)


def _oa(block: Params) -> AnyBody | None:
    head, body = block.object("head"), block.object("body")
    if head is None or body is None:
        return None
    rich, status = body.object("rich") or _EMPTY, block.object("status_bar") or _EMPTY
    return OaBody(
        url=block.text("message_url"),
        pc_url=block.text("pc_message_url"),
        head_color=head.text("bgcolor"),
        # The client shows the app's name in its place, so its length is nobody's business.
        head_text=head.text("text")[:10],
        title=body.text("title"),
        form=tuple(OaRow(row.text("key"), row.text("value")) for row in body.objects("form")),
        rich_num=rich.text("num"),
        rich_unit=rich.text("unit"),
        content=body.text("content"),
        image=body.text("image"),
        file_count=body.text("file_count"),
        author=body.text("author"),
        status_value=status.text("status_value"),
        status_color=status.text("status_bg"),
    )


_READERS: dict[str, Callable[[Params], AnyBody | None]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "file": _file,
    "link": _link,
    "markdown": _markdown,
    "action_card": _action_card,
    "oa": _oa,
}
