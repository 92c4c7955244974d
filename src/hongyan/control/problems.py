"""What this interface answers when it cannot do what was asked: a status, a code for programs, a sentence for people.

They are raised, not returned: a refusal of this interface is the end of a request, and raising it inside a transaction takes back what the
transaction did so far.
"""

from typing import Any

import msgspec


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The inner part of an error answer."""

    code: str
    message: str
    details: Any = None


class ErrorAnswer(msgspec.Struct, frozen=True):
    """What every failed request answers."""

    error: ErrorBody


class ControlError(Exception):
    """A request that is refused; `message` says what to do."""

    def __init__(self, status: int, code: str, message: str, details: Any = None, *, wait_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.wait_s = wait_s  # for Retry-After
        self.answer = ErrorAnswer(ErrorBody(code, message, details))


def malformed(message: str) -> ControlError:
    return ControlError(400, "malformed", message)


def unauthorized() -> ControlError:
    return ControlError(401, "unauthorized", "Send the admin token of this server as `Authorization: Bearer hyadm_…`.")


def too_often(wait_s: int) -> ControlError:
    return ControlError(429, "too_often", f"Too many wrong tokens came from this address. Correct the token; try again in {wait_s} s.", wait_s=wait_s)


def unknown(kind: str, name: object) -> ControlError:
    """404 with the code `unknown_KIND`."""
    return ControlError(404, f"unknown_{kind}", f"There is no {kind.replace('_', ' ')} {name}; check the spelling.")


def conflict(code: str, message: str) -> ControlError:
    return ControlError(409, code, message)


def invalid(message: str, details: Any = None, *, code: str = "invalid") -> ControlError:
    return ControlError(422, code, message, details)


def too_large(limit: int) -> ControlError:
    return ControlError(413, "too_large", f"The body is larger than {limit} bytes; send less at a time.")


def unavailable(message: str) -> ControlError:
    return ControlError(503, "unavailable", f"{message}. Nothing was changed; try again later.")
