"""The server's key, and what is derived from it."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from hongyan.model.ids import AppNo, CorpNo

KEY_BYTES = 32
NO_HASH = b"\0" * 32  # stands for the hash of a secret where there is none: no secret has it


class KeyFileError(Exception):
    """The key file cannot be used; the message says why."""


class ServerKey:
    """One secret of 256 bits; everything else is derived from it under a label."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._admin_tokens: dict[int, str] = {}

    def derive(self, label: str) -> bytes:
        return hmac.digest(self._secret, label.encode(), "sha256")

    def app_token(self, app: AppNo, corp: CorpNo, generation: int) -> str:
        """32 hex digits: several clients put the token into a URL without escaping it."""
        return self.derive(f"token:{app}:{corp}:{generation}")[:16].hex()

    def admin_token(self, generation: int) -> str:
        """The operator's token for our own interface; whoever may read the key file may have it."""
        if generation not in self._admin_tokens:
            self._admin_tokens[generation] = "hyadm_" + self.derive(f"admin:{generation}").hex()
        return self._admin_tokens[generation]


def load_key(path: Path) -> ServerKey:
    """Read the key file, or make one with mode 0600."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) != KEY_BYTES:
            raise KeyFileError(f"{path} must hold {KEY_BYTES} bytes, it holds {len(secret)}") from None
        return ServerKey(secret)
    secret = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return ServerKey(secret)


def token_hash(token: str) -> bytes:
    """What is stored of a token. Tokens have 128 random bits, so one plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def make_secret() -> str:
    """An app secret of the usual look: 64 URL-safe characters."""
    return secrets.token_urlsafe(48)


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def same_secret(secret: str, stored: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(secret_hash(secret), stored)
