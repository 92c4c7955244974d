"""Passwords of operators: argon2id, a few at a time."""

import asyncio
import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN, LENGTH_MAX = 12, 200  # characters
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
    """Why it is not good enough: `short`, `long`, `name` or `plain`; empty when it is."""
    if len(password) < LENGTH_MIN:
        return "short"
    if len(password) > LENGTH_MAX:
        return "long"
    if name and name.casefold() in password.casefold():
        return "name"
    return "plain" if len(set(password)) < 5 else ""


# Verified against when there is no password: nobody knows what it was made from.
_NOBODY = _HASHER.hash(hashlib.sha256(str(id(_HASHER)).encode()).hexdigest())
