"""Log lines for programs and people: a line names an event, says a sentence, and carries fields."""

import logging
from enum import StrEnum

EVENT, FIELDS = "hongyan_event", "hongyan_fields"


class LogFormat(StrEnum):
    """How lines look: for a terminal, or one JSON object each."""

    TEXT = "text"
    JSON = "json"


class AccessLog(StrEnum):
    """Which requests get a line."""

    OFF = "off"
    REFUSED = "refused"
    ALL = "all"


def tell(log: logging.Logger, level: int, event: str, message: str, /, **fields: object) -> None:
    """Write one line. `event` is a stable name such as `store.slow_transaction`; `fields` never hold a secret or a message's text."""
    if log.isEnabledFor(level):
        log.log(level, "%s", message, extra={EVENT: event, FIELDS: fields})


def fields_of(event: str = "", /, **fields: object) -> dict[str, object]:
    """The `extra` of a call of the standard library's, such as `log.exception`; without an event the logger's name stands for it."""
    return {EVENT: event, FIELDS: fields} if event else {FIELDS: fields}
