"""What keeps a store from working, told once when it begins and once when it is over."""

import logging
from pathlib import Path

_log = logging.getLogger("hongyan.store")


class Troubles:
    """Sentences for the operator by what does not work. Any thread may note and look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._by_what: dict[str, str] = {}

    def __contains__(self, what: str) -> bool:
        return what in self._by_what

    def __bool__(self) -> bool:
        return bool(self._by_what)

    def __str__(self) -> str:
        return "; ".join(dict.fromkeys(self._by_what.values()))

    def note(self, what: str, sentence: str) -> None:
        if self._by_what.get(what) != sentence:
            self._by_what = {**self._by_what, what: sentence}
            _log.error("%s", sentence)

    def settle(self, what: str) -> None:
        if what in self._by_what:
            self._by_what = {name: text for name, text in self._by_what.items() if name != what}
            _log.warning("%s: works again", self._path)
