"""Secrets that must be used again: encrypted under the server's key, and bound to the row they belong to."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hongyan.access.keys import ServerKey

_VERSION = b"\x01"  # AES-256-GCM, a random nonce of 96 bits in front
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed secret cannot be opened: the key file is another one, or the row was changed."""


class Seal:
    """Seals and opens texts. `owner` names the row: what was sealed for one cannot be opened for another."""

    def __init__(self, key: ServerKey) -> None:
        self._cipher = AESGCM(key.derive("seal"))

    def seal(self, text: str, owner: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), _VERSION + owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """The text; raises `SealBroken`."""
        version, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if version != _VERSION or len(nonce) != _NONCE_BYTES:
            raise SealBroken(f"the secret of {owner} was sealed by another version")
        try:
            return self._cipher.decrypt(nonce, content, _VERSION + owner.encode()).decode()
        except InvalidTag:
            raise SealBroken(f"the secret of {owner} cannot be opened with this server's key file") from None
