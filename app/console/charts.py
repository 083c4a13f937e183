"""Charts as the templates draw them in SVG: places and sizes in units of the drawing, nothing else.

A drawing is `WIDTH` units wide, so that its words are as large on a phone as on the page. A value that
is not shown has no column. The figures stand in a table beside every chart.
"""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM, PLOT = 34, 4, 10, 18, 110
STEPS = 2  # lines across the columns, above the one on which they stand
GAP, WIDEST = 0.3, 24  # of a month's place, beside its columns; a column
ACROSS, TILE_GAP, TILE_HEIGHT, INSET = 3, 6, 78, 6
LETTERS = 9  # of a name in a tile


class Column(NamedTuple):
    """One value: where it stands, and of which series it is, counted from 1."""

    x: float
    y: float
    width: float
    height: float
    series: int
    words: str


class Mark(NamedTuple):
    """Words at a place of an axis."""

    at: float
    words: str


class Columns(NamedTuple):
    """Columns by month, beside each other where there are several series."""

    width: int
    height: int
    columns: list[Column]
    months: list[Mark]
    lines: list[Mark]


class Tile(NamedTuple):
    """One organization: its name, and how much of the bar in it is filled, none where unknown."""

    x: float
    y: float
    name: str
    full_name: str
    words: Sequence[str]
    filled: float | None


class Tiles(NamedTuple):
    """Organizations row by row, in the order given."""

    width: int
    height: int
    tile_width: float
    tile_height: int
    bar_width: float
    tiles: list[Tile]


def columns(months: Sequence[str], series: Sequence[tuple[str, Sequence[int | None]]]) -> Columns:
    """A column for each month (2026-11) and series (its name and values)."""
    top = _top(max((value or 0 for _, values in series for value in values), default=0))
    place = (WIDTH - LEFT - RIGHT) / len(months)
    width = min(place * (1 - GAP) / len(series), WIDEST)
    made = []
    for number, (name, values) in enumerate(series):
        for month, value in enumerate(values):
            if value is None:
                continue
            height = PLOT * value / top
            x = LEFT + place * (month + 0.5) + width * (number - len(series) / 2)
            words = f"{label(months[month])} {name} {value}"
            y, size = TOP + PLOT - height, round(height, 1)
            made.append(Column(round(x, 1), round(y, 1), round(width, 1), size, number + 1, words))
    return Columns(
        WIDTH,
        TOP + PLOT + BOTTOM,
        made,
        [
            Mark(round(LEFT + place * (number + 0.5), 1), label(month))
            for number, month in enumerate(months)
        ],
        [
            Mark(TOP + PLOT - PLOT * step / STEPS, str(top * step // STEPS))
            for step in range(STEPS + 1)
        ],
    )


def tiles(units: Sequence[tuple[str, Sequence[str], float | None]]) -> Tiles:
    """A tile for each unit: its name, lines of words, and a share of 100 or none."""
    width = (WIDTH - TILE_GAP * (ACROSS - 1)) / ACROSS
    made = []
    for number, (name, words, percent) in enumerate(units):
        row, column = divmod(number, ACROSS)
        x, y = column * (width + TILE_GAP), row * (TILE_HEIGHT + TILE_GAP)
        short = name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
        bar = width - 2 * INSET
        filled = None if percent is None else round(bar * percent / 100, 1)
        made.append(Tile(round(x, 1), y, short, name, words, filled))
    rows = -(-len(units) // ACROSS)
    height = rows * (TILE_HEIGHT + TILE_GAP) - TILE_GAP
    return Tiles(WIDTH, height, width, TILE_HEIGHT, width - 2 * INSET, made)


def label(month: str) -> str:
    """`2026-09` as `9月`."""
    return f"{int(month[5:])}月"


def _top(most: int) -> int:
    """The least even number above or at `most` that is 2, 4, 6, 8 or 10 times a power of ten."""
    size = 1
    while 10 * size < most:
        size *= 10
    return next(number * size for number in (2, 4, 6, 8, 10) if number * size >= most)
