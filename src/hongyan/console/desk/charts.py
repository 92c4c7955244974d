"""Charts as numbers that a template draws: columns in a box of 100 by 100, stretched by the page."""

from collections.abc import Sequence

import msgspec

HEIGHT = 100.0
_GAP = 0.18  # of a column's width


class Column(msgspec.Struct, frozen=True):
    """One column; `title` is what it says when pointed at."""

    x: float
    width: float
    y: float
    height: float
    title: str


class Chart(msgspec.Struct, frozen=True):
    """`top` is the value at the upper edge."""

    columns: tuple[Column, ...]
    top: int


def columns_of(values: Sequence[int], titles: Sequence[str], *, top: int = 0) -> Chart:
    """A column for each value; the upper edge is `top`, unless a value is larger, or a round number at or above the largest."""
    largest = max(values, default=0)
    top = top if top >= max(1, largest) else round_up(largest)
    step = 100 / max(1, len(values))
    columns = [_column(index, step, value, top, title) for index, (value, title) in enumerate(zip(values, titles, strict=True))]
    return Chart(tuple(columns), top)


def _column(index: int, step: float, value: int, top: int, title: str) -> Column:
    # A few must be seen beside many.
    height = max(1.5, HEIGHT * value / top) if value else 0.0
    return Column(round(index * step + step * _GAP / 2, 3), round(step * (1 - _GAP), 3), round(HEIGHT - height, 2), round(height, 2), title)


def round_up(value: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 and so on; at least 1."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if value <= size * step:
                return size * step
        size *= 10
