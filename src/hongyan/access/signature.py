"""How a third-party app proves who it is (the-signature-calculation-method-of-the-third-party-access-interface). Pure."""

import base64
import hmac
import re

import msgspec

from hongyan.access.keys import same_secret, secret_hash
from hongyan.model import errors
from hongyan.model.errors import Refusal
from hongyan.model.ids import EpochMs

MAX_SKEW_MS = 60_000
_MILLISECONDS = re.compile(r"[0-9]{1,18}")
_BYTES_TEXT = re.compile(r"b'(.*)'|b\"(.*)\"", re.DOTALL)


class Proof(msgspec.Struct, frozen=True):
    """What a call brings to prove that it knows the secret: a signature over time and ticket, or the secret itself."""

    timestamp: str
    ticket: str
    signature: str
    secret: str = ""


def sign(secret: str, timestamp: str, ticket: str) -> str:
    """Base64 of the HMAC-SHA256 over time and ticket; over the time alone where there is no ticket (read in the Java SDK)."""
    message = f"{timestamp}\n{ticket}" if ticket else timestamp
    return base64.b64encode(hmac.digest(secret.encode("utf-8", "surrogatepass"), message.encode("utf-8", "surrogatepass"), "sha256")).decode()


def decide_proof(proof: Proof, secret: str, now: EpochMs, *, ticket_holds: bool, strict: bool) -> Refusal | None:
    """None when the caller is the suite. Order: time, ticket, signature."""
    # One curl sample of the pages sends the secret itself instead of a signature, and no time.
    bare = not strict and bool(proof.secret) and not proof.signature
    if not bare:
        refusal = _decide_time(proof.timestamp, now)
        if refusal:
            return refusal
    if not ticket_holds:
        return Refusal(errors.SIGNED_TICKET)
    right = same_secret(proof.secret, secret_hash(secret)) if bare else _same_signature(proof, secret, strict=strict)
    return None if right else Refusal(errors.BAD_SIGNATURE)


def _decide_time(timestamp: str, now: EpochMs) -> Refusal | None:
    if not _MILLISECONDS.fullmatch(timestamp):
        return Refusal(errors.BAD_TIMESTAMP)
    return Refusal(errors.STALE_TIMESTAMP) if abs(now - int(timestamp)) > MAX_SKEW_MS else None


def _same_signature(proof: Proof, secret: str, *, strict: bool) -> bool:
    given = proof.signature if strict else meant_signature(proof.signature)
    expected = sign(secret, proof.timestamp, proof.ticket)
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def meant_signature(text: str) -> str:
    """What a client meant: the Python 2 SDK run by Python 3 wraps it as b'…', and who forgets to escape it turns + into a blank."""
    match = _BYTES_TEXT.fullmatch(text)
    return (match[1] or match[2] or "" if match else text).replace(" ", "+")
