"""How callbacks are encrypted and signed, in both directions. Pure.

Page: 回调事件消息体加解密 (callback-event-message-body-encryption-and-decryption), with the libraries that it links.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_AES_KEY_LENGTH = 43
_RANDOM = 16  # bytes in front of every plaintext
_LENGTH = 4  # bytes of the message's length
_BLOCK = 32  # the libraries pad to twice the cipher's block; readers take 1 to 32


class BadCipher(Exception):
    """What came is not encrypted for this key; the message says how far it could be read."""


def is_aes_key(text: str) -> bool:
    """True for an EncodingAESKey: 43 letters and digits."""
    return _AES_KEY.fullmatch(text) is not None


def make_aes_key() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_AES_KEY_LENGTH))


class CallbackKeys:
    """One callback's token, EncodingAESKey and owner key. The owner (suite key, app key or corp id) ends each plaintext."""

    def __init__(self, token: str, aes_key: str, owner: str) -> None:
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self.owner = owner

    def encrypt(self, message: str) -> str:
        """The message as Base64; another text each time."""
        content = message.encode()
        plain = secrets.token_bytes(_RANDOM) + len(content).to_bytes(_LENGTH) + content + self.owner.encode()
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> tuple[str, str]:
        """The message and the owner key behind it, which may be another than ours. Raises `BadCipher`."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise BadCipher("it is no Base64") from None
        if not sealed or len(sealed) % 16:
            raise BadCipher("its length is none that AES makes")
        decryptor = self._cipher().decryptor()
        return _open(decryptor.update(sealed) + decryptor.finalize())

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """40 hex digits: SHA-1 of the four texts in their sorted order."""
        return hashlib.sha1("".join(sorted((self._token, timestamp, nonce, encrypted))).encode(), usedforsecurity=False).hexdigest()

    def signed_by(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bool:
        """Compares in constant time."""
        return hmac.compare_digest(self.sign(timestamp, nonce, encrypted).encode(), signature.encode())

    def _cipher(self) -> "Cipher[CBC]":
        return Cipher(AES(self._key), CBC(self._key[:16]))


def _open(plain: bytes) -> tuple[str, str]:
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise BadCipher("its padding is wrong, so it was encrypted with another key")
    body = plain[:-pad]
    start, end = _RANDOM + _LENGTH, _RANDOM + _LENGTH + int.from_bytes(body[_RANDOM : _RANDOM + _LENGTH])
    if end > len(body):
        raise BadCipher("the length inside it is wrong")
    try:
        return body[start:end].decode(), body[end:].decode()
    except UnicodeDecodeError:
        raise BadCipher("it is no UTF-8") from None
