"""What every driver has in common: facts come in on stdin, what the client answered goes out as one JSON line on stdout.

Some clients print what they do, so their stdout is turned to stderr.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

facts: dict[str, Any] = json.load(sys.stdin)
_told: dict[str, Any] = {}
_answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def tell(name: str, value: Any) -> Any:
    _told[name] = value
    return value


def tell_failure(name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """The exception the client raises, with the plain values that it carries."""
    try:
        answer = call(*args, **kwargs)
    except Exception as error:
        carried = {key: value for key, value in vars(error).items() if isinstance(value, str | int | dict | None)}
        tell(name, {"type": type(error).__name__, "text": str(error), **carried})
    else:
        tell(name, {"type": "", "answer": str(answer)})


def tell_all() -> None:
    json.dump(_told, _answer, ensure_ascii=False)
    _answer.close()
