"""The right to answer one person in one account's name for a while: what a `sessionWebhook` carries. Nothing of it is stored."""

import base64
import binascii

import msgspec

from hongyan.access.sealing import Seal, SealBroken
from hongyan.model.clock import MINUTE_MS
from hongyan.model.ids import AppNo, CorpNo, EpochMs, Ord, SenderId

SESSION_LIFE_MS = 90 * MINUTE_MS  # as observed on robots: sessionWebhookExpiredTime is 5,400,000 ms after createAt
SESSION_PATH = "/robot/sendBySession"
_OWNER = "session"
_LONGEST = 1000


class Session(msgspec.Struct, frozen=True, array_like=True):
    """Which app may write to whom, in whose name, until when."""

    app: AppNo
    corp: CorpNo
    sender: SenderId
    ord: Ord
    expires_at: EpochMs


def session_text(seal: Seal, session: Session) -> str:
    """The session as a text for an address; only this server can make one."""
    return base64.urlsafe_b64encode(seal.seal(msgspec.json.encode(session).decode(), _OWNER)).decode().rstrip("=")


def open_session(seal: Seal, text: str) -> Session | None:
    """The session, ended or not; None when the text is none of ours."""
    if len(text) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(seal.open(sealed, _OWNER), type=Session)
    except (binascii.Error, ValueError, SealBroken, msgspec.MsgspecError):
        return None
