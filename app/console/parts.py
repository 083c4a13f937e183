"""A list that is read whole and shown in parts: by the strokes of names, which no key of a row says."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import Query

MOST = 25  # lines of one part
# Which part, as a parameter of the query.
Part = Annotated[int, Query(ge=1, le=100)]


class Shown(NamedTuple):
    """The lines of one part, and the address of the next one; empty on the last."""

    lines: list[Any]
    next_page: str


def cut(lines: Sequence[Any], part: int, here: str) -> Shown:
    """The lines of this part; `here` is the address of the list, with its filters."""
    rest = len(lines) > MOST * part
    mark = "&" if "?" in here else "?"
    return Shown(
        list(lines[MOST * (part - 1) : MOST * part]),
        f"{here}{mark}part={part + 1}" if rest else "",
    )
