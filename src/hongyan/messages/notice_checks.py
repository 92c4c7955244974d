"""The limits that work notifications set to bodies beside the types' own.

Page: message-types-and-data-format. "Recommended" lengths are not enforced.
"""

from hongyan.messages.bodies import ActionCardBody, AnyBody, FileBody, ImageBody, LinkBody, MarkdownBody, TextBody, VoiceBody, check_body
from hongyan.model import errors
from hongyan.model.errors import ErrorRow, Refusal

TEXT_MAX = 5000
BUTTONS_TEXT_MAX = 1000


def notice_refusal(body: AnyBody) -> Refusal | None:
    """Why a work notification may not have this body: emptiness first, then lengths."""
    row = _row_of(body)
    return Refusal(row) if row else None


def _row_of(body: AnyBody) -> ErrorRow | None:
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
