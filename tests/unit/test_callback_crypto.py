"""Callbacks' encryption against the vector that is published, and against what must not be read."""

import base64

import pytest

from hongyan.access.callback_crypto import BadCipher, CallbackKeys, is_aes_key, make_aes_key

AES_KEY = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij"
OWNER = "suite4xxxxxxxxxxxxxxx"
CIPHER = (
    "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PR"
    "zM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ=="
)
TIMESTAMP, NONCE, SIGNATURE = "1445827045067", "nEXhMP4r", "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0"


def _keys(token: str = "123456", aes_key: str = AES_KEY, owner: str = OWNER) -> CallbackKeys:
    return CallbackKeys(token, aes_key, owner)


def test_the_published_message_is_read() -> None:
    message, owner = _keys().decrypt(CIPHER)

    assert message == '{"EventType":"check_create_suite_url","Random":"LPIdSnlF","TestSuiteKey":"suite4xxxxxxxxxxxxxxx"}'
    assert owner == OWNER


def test_the_published_signature_is_made_and_taken() -> None:
    assert _keys().sign(TIMESTAMP, NONCE, CIPHER) == SIGNATURE
    assert _keys().signed_by(SIGNATURE, TIMESTAMP, NONCE, CIPHER)


@pytest.mark.parametrize(
    ("token", "timestamp", "nonce", "cipher"),
    [("123457", TIMESTAMP, NONCE, CIPHER), ("123456", "1", NONCE, CIPHER), ("123456", TIMESTAMP, "x", CIPHER), ("123456", TIMESTAMP, NONCE, "x")],
)
def test_a_signature_over_anything_else_is_not_taken(token: str, timestamp: str, nonce: str, cipher: str) -> None:
    assert not _keys(token).signed_by(SIGNATURE, timestamp, nonce, cipher)


def test_a_signature_that_is_no_ascii_is_not_taken() -> None:
    assert not _keys().signed_by("é", TIMESTAMP, NONCE, CIPHER)


@pytest.mark.parametrize("length", [*range(70), 5000])
def test_every_length_comes_back(length: int) -> None:
    message = ("鸿雁" + "x" * length)[:length]

    assert _keys().decrypt(_keys().encrypt(message)) == (message, OWNER)


def test_the_same_message_is_another_text_each_time() -> None:
    assert _keys().encrypt("x") != _keys().encrypt("x")


def test_the_owner_is_told_so_that_another_can_be_refused() -> None:
    assert _keys().decrypt(_keys(owner="dingother").encrypt("x")) == ("x", "dingother")


def test_another_key_reads_nothing() -> None:
    for _ in range(50):
        with pytest.raises(BadCipher):
            _keys(aes_key=make_aes_key()).decrypt(CIPHER)


@pytest.mark.parametrize("text", ["", "é", "###", "AAAA", base64.b64encode(b"x" * 15).decode()])
def test_what_is_no_cipher_is_refused(text: str) -> None:
    with pytest.raises(BadCipher):
        _keys().decrypt(text)


def test_a_changed_length_is_refused() -> None:
    sealed = bytearray(base64.b64decode(CIPHER))
    sealed[0] ^= 0xFF  # the first block holds random bytes only; the length is in the second, which this turns over
    with pytest.raises(BadCipher):
        _keys().decrypt(base64.b64encode(bytes(sealed)).decode())


@pytest.mark.parametrize(("text", "good"), [(AES_KEY, True), (AES_KEY[1:], False), (AES_KEY + "a", False), ("-" + AES_KEY[1:], False), ("", False)])
def test_an_aes_key_is_43_letters_and_digits(text: str, good: bool) -> None:
    assert is_aes_key(text) is good
    assert is_aes_key(make_aes_key())
