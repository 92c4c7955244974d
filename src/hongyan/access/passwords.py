"""Passwords of operators: argon2id, a few at a time."""

import asyncio
import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

LENGTH_MIN, LENGTH_MAX = 12, 200  # characters
SCORE_MIN = 2  # of 0 to 4: a million guesses and more
_LOOKED_AT = 72  # characters; longer ones are judged by their beginning
AT_ONCE = 2  # each takes about 64 MiB and a sixth of a second: more together would be a way to exhaust the server
_HASHER = PasswordHasher()


class Passwords:
    """Hashes and checks off the event loop."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def matches(self, password: str, stored: str) -> bool:
        """Whether it is this password. Takes as long when there is none, so that nobody learns which names exist."""
        async with self._room:
            return await asyncio.to_thread(_matches, password, stored)


def _matches(password: str, stored: str) -> bool:
    try:
        return _HASHER.verify(stored or _NOBODY, password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def password_problem(password: str, name: str) -> str:
    """Why it is not good enough: `short`, `long`, `name`, `plain` or `common`; empty when it is. Takes some milliseconds."""
    if len(password) < LENGTH_MIN:
        return "short"
    if len(password) > LENGTH_MAX:
        return "long"
    if name and name.casefold() in password.casefold():
        return "name"
    if len(set(password)) < 5:
        return "plain"
    return "common" if _is_guessed_soon(password, name) else ""


def _is_guessed_soon(password: str, name: str) -> bool:
    """Whether it stands in the lists that guessers begin with, as it is or with a digit or two, or follows the keyboard."""
    # Imported here because its lists take a tenth of a second, and only who sets a password needs them.
    from zxcvbn import zxcvbn

    return zxcvbn(password[:_LOOKED_AT], [name])["score"] < SCORE_MIN


def _of_nobody() -> str:
    """A hash that no password has, in the form of the others. Random instead of made: making one takes longer than all else at start."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len))
    return f"$argon2id$v={ARGON2_VERSION}$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${salt}${digest}"


# Verified against when there is no password, and takes as long as any.
_NOBODY = _of_nobody()
