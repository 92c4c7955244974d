"""A mass send in the plain form that most clients send: documented names, documented types. One typed decoding instead of many lax ones.

It is a short cut and nothing else: whatever is not plain goes the lax way, and both ways give the same (a test compares them).
"""

import msgspec

from hongyan.admission.tasks import Flags
from hongyan.directory.audience import Selectors
from hongyan.messages.bodies import AnyBody, BodyProblem, TextBody

_NO_FLAGS = Flags()


class AskedSend(msgspec.Struct, frozen=True):
    """What a caller asks for, decoded; `body` is a problem when the message could not be read."""

    unionid: str
    uuid: str
    selectors: Selectors
    body: AnyBody | BodyProblem
    preview: bool = False
    flags: Flags = _NO_FLAGS


class _PlainText(msgspec.Struct, forbid_unknown_fields=True):
    """A text to users and departments."""

    unionid: str
    uuid: str
    msg_type: str
    text_content: str
    userid_list: str = ""
    dep_id_list: list[int] = []
    is_to_all: bool = False
    is_preview: bool = False
    media_id: str = ""


_DECODE = msgspec.json.Decoder(_PlainText).decode


def decode_plain(body: bytes) -> AskedSend | None:
    """The send, when the body is a plain text message; None says nothing but that it is not."""
    try:
        plain = _DECODE(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    userids = plain.userid_list
    # One plain id, or several with nothing to strip; U+0000 is refused on the lax way.
    one = userids.isalnum() and userids != "null"
    if plain.msg_type != "text" or b"\\u0000" in body or not (one or _all_plain(userids)):
        return None
    if plain.dep_id_list and min(plain.dep_id_list) <= 0:
        return None
    to = Selectors((userids,) if one else tuple(userids.split(",")) if userids else (), tuple(plain.dep_id_list), (), plain.is_to_all)
    return AskedSend(plain.unionid, plain.uuid, to, TextBody(plain.text_content), plain.is_preview)


def _all_plain(userids: str) -> bool:
    return not userids or (userids != "null" and all(userid.isalnum() for userid in userids.split(",")))
