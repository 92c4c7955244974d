"""Makes inputs from inputs: with the decoder's own tokens, and large where only size hurts."""

import random
from collections.abc import Callable, Sequence

LONGEST = 64 * 1024
_ODD_BYTES = b"\0\x7f\x80\xff\r\n\t \"'\\<>[]{}%&=;,"


class Mutator:
    """Seeded: the same seed makes the same inputs."""

    def __init__(self, seeds: Sequence[bytes], tokens: Sequence[bytes], seed: int) -> None:
        self._rng = random.Random(seed)
        self._corpus = list(seeds)
        self._tokens = list(tokens)
        self._steps: tuple[Callable[[bytes], bytes], ...] = (
            self._insert,
            self._insert,
            self._replace,
            self._delete,
            self._flip,
            self._copy,
            self._splice,
        )

    def next(self) -> bytes:
        """One more input; one in forty is large."""
        data = self._rng.choice(self._corpus)
        for _ in range(self._rng.choice((1, 1, 2, 3, 5, 8, 20))):
            data = self._rng.choice(self._steps)(data)
        if self._rng.random() < 0.025:
            data = self._swell(data)
        data = data[:LONGEST]
        if self._rng.random() < 0.05 and len(data) < 2000:
            self._corpus[self._rng.randrange(len(self._corpus)) if len(self._corpus) > 200 else 0 : 0] = [data]
        return data

    def _at(self, data: bytes) -> int:
        return self._rng.randrange(len(data) + 1)

    def _insert(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._rng.choice(self._tokens) * self._rng.choice((1, 1, 1, 2, 17)) + data[at:]

    def _replace(self, data: bytes) -> bytes:
        old, new = self._rng.choice(self._tokens), self._rng.choice(self._tokens)
        return data.replace(old, new, self._rng.choice((1, -1)))

    def _delete(self, data: bytes) -> bytes:
        start, end = sorted((self._at(data), self._at(data)))
        return data[:start] + data[end:]

    def _flip(self, data: bytes) -> bytes:
        at = self._at(data)
        byte = self._rng.choice(_ODD_BYTES) if self._rng.random() < 0.5 else self._rng.randrange(256)
        return data[:at] + bytes((byte,)) + data[at + 1 :]

    def _copy(self, data: bytes) -> bytes:
        start, end = sorted((self._at(data), self._at(data)))
        at = self._at(data)
        return data[:at] + data[start:end] + data[at:]

    def _splice(self, data: bytes) -> bytes:
        other = self._rng.choice(self._corpus)
        return data[: self._at(data)] + other[self._at(other) :]

    def _swell(self, data: bytes) -> bytes:
        """What is quadratic shows only in size: one or two tokens again and again, somewhere in the input."""
        unit = b"".join(self._rng.choice(self._tokens) for _ in range(self._rng.choice((1, 1, 2, 3))))
        at = self._at(data)
        return data[:at] + unit * (self._rng.choice((2_000, 20_000, LONGEST)) // max(1, len(unit))) + data[at:]
