"""Ids that stand for names: `$userName=zhangsan01$` and `$departmentName=100$` in what a sender supplies. Pure."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from hongyan.model.ids import DeptId

_REFERENCE = re.compile(r"\$(userName|departmentName)=([^$\s]+)\$")
_DEPT = re.compile(r"[0-9]{1,16}")


class WantedNames(msgspec.Struct, frozen=True):
    """The ids that must be looked up before the texts can be translated; each once."""

    userids: tuple[str, ...] = ()
    depts: tuple[DeptId, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.userids or self.depts)


class NameLookup(msgspec.Struct, frozen=True):
    """The names that were found. Ids that are absent stay as they are in the text."""

    users: Mapping[str, str] = {}
    departments: Mapping[DeptId, str] = {}


NO_NAMES = NameLookup()


def wanted_in(texts: Iterable[str]) -> WantedNames:
    """Which ids the texts name."""
    users: dict[str, None] = {}
    depts: dict[DeptId, None] = {}
    for text in texts:
        for kind, name in _REFERENCE.findall(text):
            if kind == "userName":
                users[name] = None
            elif _DEPT.fullmatch(name):
                depts[DeptId(int(name))] = None
    return WantedNames(tuple(users), tuple(depts))


def translate_ids(text: str, names: NameLookup) -> str:
    """The text with names in place of ids, in one pass: a name that looks like a reference stays what it is."""
    return _REFERENCE.sub(lambda match: _name(match, names), text) if "$" in text else text


def _name(match: re.Match[str], names: NameLookup) -> str:
    kind, name = match.groups()
    if kind == "userName":
        return names.users.get(name, match[0])
    return names.departments.get(DeptId(int(name)), match[0]) if _DEPT.fullmatch(name) else match[0]
