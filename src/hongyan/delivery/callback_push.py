"""One push: encrypt, sign, post, and see whether the application answered as it must."""

import asyncio
import secrets
from typing import Any

import msgspec

from hongyan.access.callback_crypto import BadCipher, CallbackKeys
from hongyan.delivery.callback_client import CallbackClient, Unreachable
from hongyan.model.ids import EpochMs

OK = "ok"
SHOWN_MAX = 500  # characters kept of an answer
_NONCE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Pushed(msgspec.Struct, frozen=True):
    """How a push went. `outcome` is `ok` or a word for what was wrong, `answer` the reason or what came back."""

    status: int
    ms: int
    outcome: str
    answer: str


class _Envelope(msgspec.Struct):
    """The JSON that carries an encrypted answer; time and nonce are spelled in several ways."""

    encrypt: str
    msg_signature: str = ""
    signature: str = ""
    timeStamp: Any = ""
    timestamp: Any = ""
    nonce: Any = ""


def pushed_url(url: str, keys: CallbackKeys, encrypted: str, timestamp: str, nonce: str) -> str:
    """The address with the signature under its new and its old name."""
    signature = keys.sign(timestamp, nonce, encrypted)
    query = f"msg_signature={signature}&signature={signature}&timestamp={timestamp}&nonce={nonce}"
    return f"{url}{'&' if '?' in url else '?'}{query}"


async def push(client: CallbackClient, url: str, keys: CallbackKeys, text: str, expected: str, now: EpochMs) -> Pushed:
    """Send one text and judge the answer; never raises for what the other side does."""
    encrypted, nonce = keys.encrypt(text), "".join(secrets.choice(_NONCE) for _ in range(8))
    loop = asyncio.get_running_loop()
    started = loop.time()

    def ended(status: int, outcome: str, answer: str) -> Pushed:
        return Pushed(status, round((loop.time() - started) * 1000), outcome, answer[:SHOWN_MAX])

    try:
        answer = await client.post(pushed_url(url, keys, encrypted, str(now), nonce), msgspec.json.encode({"encrypt": encrypted}))
    except Unreachable as failure:
        return ended(0, failure.outcome, str(failure))
    if answer.status != 200:
        return ended(answer.status, "http_status", f"HTTP {answer.status}: {_shown(answer.body)}")
    return ended(answer.status, *judge_answer(keys, answer.body, expected))


def judge_answer(keys: CallbackKeys, body: bytes, expected: str) -> tuple[str, str]:
    """The outcome, and what to show of the answer."""
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "unreadable", f"the answer must be JSON with `encrypt` in it, it is: {_shown(body)}"
    try:
        message, owner = keys.decrypt(envelope.encrypt)
    except BadCipher as problem:
        return "unreadable", f"the answer cannot be decrypted: {problem}"
    if message.strip() != expected:
        return "not_success", f"the answer must be {expected} when it is decrypted, it is: {message}"
    return OK, "; ".join([message, *_remarks(keys, envelope, owner)])


def _remarks(keys: CallbackKeys, envelope: _Envelope, owner: str) -> list[str]:
    """What is wrong with an answer that can be read all the same. Not refused: it is not known that DingTalk looks at it."""
    signature = envelope.msg_signature or envelope.signature
    timestamp, nonce = str(envelope.timeStamp or envelope.timestamp), str(envelope.nonce)
    found: list[str] = []
    if not keys.signed_by(signature, timestamp, nonce, envelope.encrypt):
        found.append("its signature does not fit")
    if owner != keys.owner:
        found.append(f"it ends in the key {owner} instead of {keys.owner}")
    return found


def _shown(body: bytes) -> str:
    return body[: SHOWN_MAX * 4].decode("utf-8", "replace").replace("\0", "\ufffd")[:SHOWN_MAX] or "(nothing)"
