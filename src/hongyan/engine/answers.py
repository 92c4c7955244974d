"""Answers in one piece: an extension of ASGI that our own server offers, in the scope of each request."""

from collections.abc import Callable, MutableMapping
from typing import Any

WHOLE_ANSWER = "hongyan.answer"
# Writes all of an answer, of a status, a content type and a body. False: nothing was written, and it must go the ordinary way.
AnswerWhole = Callable[[int, bytes, bytes], bool]


def answer_whole(scope: MutableMapping[str, Any]) -> AnswerWhole | None:
    """The extension; None where another server runs the application."""
    return (scope.get("extensions") or {}).get(WHOLE_ANSWER)
