"""Reads the named statements of `store/sql`.

A file is a list of blocks. A block starts with `-- name: area.verb`, may go on with comments, and ends at the next block. A statement with
`/*rows*/ (?, …)` takes many rows: the tuple is repeated once for each.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+\.[a-z_]+)\s*$")
_ROWS = re.compile(r"/\*rows\*/\s*(\([?, 0-9]+\))")


class UnknownQuery(Exception):
    """A statement is asked for that no file holds: a bug."""


def parse_queries(text: str) -> dict[str, str]:
    """The statements of one file by name."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        match = _NAME.match(line)
        if match:
            if match["name"] in found:
                raise UnknownQuery(f"{match['name']} stands twice")
            current = found[match["name"]] = []
        elif current is not None and not line.lstrip().startswith("--"):
            current.append(line)
    return {name: "\n".join(lines).strip().rstrip(";") for name, lines in found.items()}


@lru_cache(maxsize=4)
def load_queries(engine: str) -> Mapping[str, str]:
    """All statements for an engine: the common files, then what the engine's own folder says differently."""
    folder = files("hongyan.store").joinpath("sql")
    queries: dict[str, str] = {}
    places = [folder, folder.joinpath(engine)]
    for place in places:
        if not place.is_dir():
            continue
        for file in sorted(place.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".sql"):
                queries |= parse_queries(file.read_text("utf-8"))
    return queries


@lru_cache(maxsize=4096)
def expand_rows(text: str, count: int) -> str:
    """The statement for `count` rows at once."""
    match = _ROWS.search(text)
    if match is None:
        raise UnknownQuery("the statement takes no rows")
    return text[: match.start()] + ", ".join([match[1]] * count) + text[match.end() :]


def migrations() -> list[tuple[int, str]]:
    """Schema versions with their scripts, in order."""
    folder = files("hongyan.store").joinpath("migrations")
    found = [(int(file.name[:4]), file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted(found)
