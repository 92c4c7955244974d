"""What a person is recognised by in texts, and how texts lose it. Pure."""

import re
from functools import cached_property
from typing import Any, cast
from urllib.parse import quote_plus

import msgspec

from hongyan.directory.records import Person

_SHORTEST = 4  # ASCII texts below this stand for too much else: a job number "12" is no mark
_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder().encode


class Marks(msgspec.Struct, frozen=True, dict=True):
    """`userid` is matched as a whole word; of the others only texts that are long enough to mean somebody. `avatar` is the id of an upload."""

    userid: str
    others: tuple[str, ...] = ()
    avatar: str = ""

    @cached_property
    def pattern(self) -> "re.Pattern[str]":
        """Finds any mark in a text."""
        return re.compile("|".join(_word(one) for one in (self.userid, *self.others)))

    @cached_property
    def raw(self) -> "re.Pattern[bytes]":
        """Finds any mark in bytes, as UTF-8, as JSON escapes, or escaped for a URL."""
        spellings = {spelling for one in (self.userid, *self.others) for spelling in _spellings(one)}
        return re.compile("|".join(sorted(spellings)).encode())

    def hide(self, text: str, alias: str) -> str:
        """The text with the alias where the userid stood, and without the rest."""
        return self.pattern.sub(lambda match: alias if match[0] == self.userid else "", text)

    def hide_json(self, text: str, alias: str) -> str:
        """The same inside every string of a JSON text; what is none is taken as a text."""
        try:
            value = _DECODE(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self.hide(text, alias)
        return _ENCODE(self._hidden(value, alias)).decode()

    def _hidden(self, value: Any, alias: str) -> Any:
        match value:
            case str():
                return self.hide(value, alias)
            case list():
                return [self._hidden(one, alias) for one in cast("list[Any]", value)]
            case dict():
                return {self.hide(name, alias): self._hidden(one, alias) for name, one in cast("dict[str, Any]", value).items()}
            case _:
                return value


def marks_of(person: Person) -> Marks:
    details = person.details
    texts = (person.unionid, person.name, person.mobile, person.email, person.job_number, details.telephone, details.org_email, details.login_email)
    others = dict.fromkeys(text for text in texts if _means_somebody(text) and text != person.userid)
    return Marks(person.userid, tuple(others), person.avatar)


def _means_somebody(text: str) -> bool:
    return len(text) >= (_SHORTEST if text.isascii() else 2)


def _word(text: str) -> str:
    """As a word of its own where it is letters and digits; Chinese has no such bounds."""
    before = r"(?<![0-9A-Za-z_])" if re.match(r"[0-9A-Za-z_]", text) else ""
    after = r"(?![0-9A-Za-z_])" if re.search(r"[0-9A-Za-z_]$", text) else ""
    return before + re.escape(text) + after


def _spellings(text: str) -> set[str]:
    """Patterns over bytes for the ways a text is written."""
    found = {_word(text)}
    escaped = "".join(one if one.isascii() else "".join(f"\\u{unit:04x}" for unit in _units(one)) for one in text)
    if escaped != text:
        found |= {re.escape(escaped), re.escape(escaped.upper().replace("\\U", "\\u"))}
    if quote_plus(text) != text:
        found |= {re.escape(quote_plus(text)), re.escape(quote_plus(text).lower())}
    return found


def _units(one: str) -> list[int]:
    raw = one.encode("utf-16-be")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
