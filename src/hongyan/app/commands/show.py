"""How answers look: tables on a terminal, tab-separated lines in a pipe, JSON on request."""

import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hongyan.model.clock import iso
from hongyan.model.ids import EpochMs


def json_answer(answer: object) -> None:
    """Indented for people, one line for programs."""
    text = msgspec.json.encode(answer)
    print((msgspec.json.format(text, indent=2) if sys.stdout.isatty() else text).decode())


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Rows under a head; `empty` is said on stderr when there are none."""
    lines = [[_cell(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(head), *lines]:
            print("\t".join(one.replace("\t", " ").replace("\n", " ") for one in line))
    elif lines:
        _draw(head, lines)
    if not lines:
        print(empty, file=sys.stderr)


def _draw(head: Sequence[str], lines: list[list[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in head:
        # Ids are for copying: they are never cut.
        drawn.add_column(name, no_wrap=name.endswith("id"), overflow="fold")
    for line in lines:
        drawn.add_row(*(Text(cell) for cell in line))
    Console().print(drawn)


def members(values: Mapping[str, object]) -> None:
    """Names and values, one to a line; what is empty is left out."""
    shown = {name: _cell(value) for name, value in values.items() if value not in (None, "", [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        print(f"{name:<{width}}  {value}" if sys.stdout.isatty() else f"{name}\t{value}")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return ", ".join(f"{name} {one}" for name, one in value.items())  # pyright: ignore[reportUnknownVariableType]
        case _:
            return str(value)


def when(at: int, zone: str) -> str:
    """Date and time of the zone, to the second."""
    return iso(EpochMs(at), zone).replace("T", " ")[:19]
