"""The organisation file: one JSON object a line. Pure: from bytes to rows, and why a line is none.

The format is described in docs/organisation-file.md.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from hongyan.directory.edit import DeptEntry, GroupEntry, RoleEntry, UserEntry
from hongyan.model.clock import DEFAULT_ZONE
from hongyan.model.nul import has_nul

BOM = b"\xef\xbb\xbf"


class Line(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """What all lines share: `kind` names them."""


class CorpRow(Line, frozen=True, tag="corp"):
    corp_id: str
    name: str
    zone: str = DEFAULT_ZONE


class DeptRow(DeptEntry, frozen=True, tag_field="kind", tag="department", forbid_unknown_fields=True, omit_defaults=True):
    """A department; without `parent` it lies below the root, which is 1."""


class RoleRow(RoleEntry, frozen=True, tag_field="kind", tag="role", forbid_unknown_fields=True, omit_defaults=True):
    """A role; without `userids` its members stay."""


class GroupRow(GroupEntry, frozen=True, tag_field="kind", tag="role_group", forbid_unknown_fields=True, omit_defaults=True):
    """A group of roles, which name it by its name; one that no line names gets an id of its own."""


class UserRow(UserEntry, frozen=True, tag_field="kind", tag="user", forbid_unknown_fields=True, omit_defaults=True):
    """A person; without `depts` in the root."""


class AccountRow(Line, frozen=True, tag="account"):
    unionid: str
    name: str
    brief: str = ""
    descr: str = ""
    avatar_media_id: str = ""
    preview_media_id: str = ""
    operators: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    allow_all: bool = True
    allow_userids: tuple[str, ...] = ()
    allow_depts: tuple[int, ...] = ()


class MediaRow(Line, frozen=True, tag="media"):
    """A file with its content, base64 on the line."""

    media_id: str
    type: Literal["image", "voice", "video", "file"]
    name: str
    data: bytes


class ArticleRow(Line, frozen=True, tag="article"):
    article_id: int
    account: str
    title: str
    content: str
    digest: str = ""
    thumb_media_id: str = ""
    published: bool = False


class CardRow(Line, frozen=True, tag="card"):
    media_id: str
    account: str
    articles: tuple[int, ...]


AnyRow = CorpRow | DeptRow | GroupRow | RoleRow | UserRow | AccountRow | MediaRow | ArticleRow | CardRow


class Problem(msgspec.Struct, frozen=True):
    """Why nothing is imported; `line` counts from 1, 0 concerns the file as a whole."""

    line: int
    reason: str


class OrgFile:
    """The rows of a file by kind and id, each with the line it stands on, and what is wrong so far.

    `columns` is set for a table of people: the members that its columns give.
    """

    def __init__(self, columns: frozenset[str] | None = None) -> None:
        self.columns = columns
        self.corps: dict[str, tuple[int, CorpRow]] = {}
        self.departments: dict[int, tuple[int, DeptRow]] = {}
        self.users: dict[str, tuple[int, UserRow]] = {}
        self.groups: dict[int, tuple[int, GroupRow]] = {}
        self.roles: dict[int, tuple[int, RoleRow]] = {}
        self.accounts: dict[str, tuple[int, AccountRow]] = {}
        self.media: dict[str, tuple[int, MediaRow]] = {}
        self.articles: dict[int, tuple[int, ArticleRow]] = {}
        self.cards: dict[str, tuple[int, CardRow]] = {}
        self.problems: list[Problem] = []

    def add(self, line: int, row: AnyRow) -> None:
        """Take a row in, or note that its id stands on an earlier line."""
        match row:
            case UserRow():
                self._put(self.users, row.userid, line, row)
            case DeptRow():
                self._put(self.departments, row.dept, line, row)
            case GroupRow():
                self._put(self.groups, row.group, line, row)
            case RoleRow():
                self._put(self.roles, row.role, line, row)
            case CorpRow():
                self._put(self.corps, "", line, row)
            case AccountRow():
                self._put(self.accounts, row.unionid, line, row)
            case MediaRow():
                self._put(self.media, row.media_id, line, row)
            case ArticleRow():
                self._put(self.articles, row.article_id, line, row)
            case CardRow():
                self._put(self.cards, row.media_id, line, row)

    def _put(self, rows: dict[Any, Any], key: str | int, line: int, row: AnyRow) -> None:
        first = rows.setdefault(key, (line, row))
        if first[0] != line:
            self.wrong(line, f"{kind_of(row)} {key} stands on line {first[0]} already".replace("  ", " "))

    @property
    def n_rows(self) -> int:
        library = (self.accounts, self.media, self.articles, self.cards)
        every = (self.corps, self.departments, self.users, self.groups, self.roles, *library)
        return sum(len(rows) for rows in every)

    def wrong(self, line: int, reason: str) -> None:
        self.problems.append(Problem(line, reason))

    def line_of(self, subject: str) -> int:
        """The line of `user:ID`, `department:ID` or `role:ID`; 0 when the file has none."""
        kind, _, name = subject.partition(":")
        if kind == "user":
            return self.users[name][0] if name in self.users else 0
        rows: dict[int, Any] = self.departments if kind == "department" else self.roles
        return rows[int(name)][0] if int(name) in rows else 0


_DECODER = msgspec.json.Decoder(AnyRow)


def kind_of(row: AnyRow) -> str:
    return str(row.__struct_config__.tag)


def split_lines(content: bytes) -> list[bytes]:
    """The lines of a file, without a mark of the byte order."""
    return content.removeprefix(BOM).split(b"\n")


def parse_lines(file: OrgFile, lines: Sequence[bytes], first: int) -> None:
    """Add the rows of some lines; the first of them has the number `first`. Blank lines count and say nothing."""
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            row = _DECODER.decode(line)
        except msgspec.ValidationError as error:
            file.wrong(number, _reason(error))
            continue
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            file.wrong(number, f"not a JSON object in UTF-8: {error}")
            continue
        if has_nul(line):
            file.wrong(number, "a text contains U+0000")
        else:
            file.add(number, row)


def _reason(error: msgspec.ValidationError) -> str:
    text = str(error).replace("`", "").replace(" - at $.", " in ")
    return text[:1].lower() + text[1:]


def parse_jsonl(content: bytes) -> OrgFile:
    """A whole file at once."""
    file = OrgFile()
    parse_lines(file, split_lines(content), 1)
    return file
