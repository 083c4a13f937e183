"""Files of the tree as rows: every cell read as what it means, or refused where a person finds it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, NamedTuple

from app.core.sheets import cells, reading
from app.core.sheets.buildings import buildings
from app.core.sheets.forms import Form
from app.core.sheets.tables import CellError, Table

Parsers = Mapping[str, Mapping[str, Callable[[str], Any]]]

NAME = cells.words(100)
WHERE = cells.words(310)
WORD = cells.words(40)

COMMUNITY: Parsers = {
    "buildings": {
        "community": NAME,
        "compound": NAME,
        "compound_type": cells.optional(WORD),
        "buildings": buildings,
        "units": cells.optional(cells.whole_number(100)),
        "households": cells.optional(cells.whole_number(100_000)),
        "grid": NAME,
    },
    "organizations": {
        "community": NAME,
        "kind": WORD,
        "name": NAME,
        "parent": cells.optional(NAME),
        "grid": cells.optional(NAME),
    },
    "appointments": {
        "organization": WHERE,
        "appointment": WORD,
        "name": cells.name,
        "phone": cells.phone,
        "from": cells.optional(cells.day),
    },
}
EMPLOYERS: Parsers = {
    "employers": {
        "name": NAME,
        "uscc": cells.optional(cells.credit_code),
        "district": cells.optional(NAME),
        "unit_kind": cells.optional(WORD),
        "headcount": cells.optional(cells.whole_number(100_000)),
        "liaison": cells.name,
        "liaison_phone": cells.phone,
        "secretary": cells.optional(cells.name),
        "secretary_phone": cells.optional(cells.phone),
        "paired_community": cells.optional(WHERE),
    },
}


class RowRefused(Exception):
    """One row of the file is not taken: the code of its column, and the reason in Chinese."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column)
        self.column, self.reason = column, reason


class Refusal(NamedTuple):
    """A refused row."""

    sheet: str
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A row of a sheet whose cells are understood; days are ISO texts, so that it fits into JSON."""

    sheet: str
    row: int
    cells: Mapping[str, Any]

    def plain(self) -> list[Any]:
        """For JSON."""
        return [self.sheet, self.row, dict(self.cells)]

    @classmethod
    def restored(cls, plain: list[Any]) -> "Line":
        """Out of JSON."""
        return cls(*plain)

    def refusal(self, refused: RowRefused) -> Refusal:
        """This row with the reason."""
        return Refusal(self.sheet, self.row, refused.column, refused.reason)


class Read(NamedTuple):
    """What a file holds: understood rows, refused cells, and what was not read at all."""

    lines: list[Line]
    errors: list[CellError]
    tables: Mapping[str, Table]
    unread: list[str]

    def error(self, refusal: Refusal) -> CellError:
        """A refusal as a person finds it in the file."""
        table = self.tables[refusal.sheet]
        return table.error(refusal.row, refusal.column, "row_refused", refusal.reason)


async def read(source: BinaryIO, name: str, forms: tuple[Form, ...], parsers: Parsers) -> Read:
    """The rows of the file, in its order; a row with a refused cell is left out and reported.

    Raises:
        FileRefused, TooLarge, Unavailable: see `app.core.sheets.reading`.
    """
    book = await asyncio.to_thread(reading.read, source, name, forms)
    lines: list[Line] = []
    errors: list[CellError] = []
    for code, table in book.tables.items():
        for row in table.rows:
            taken = {
                column: table.take(row, column, parse) for column, parse in parsers[code].items()
            }
            wrong = [value for value in taken.values() if isinstance(value, CellError)]
            errors.extend(wrong)
            if not wrong:
                lines.append(
                    Line(code, row.number, {key: _plain(value) for key, value in taken.items()})
                )
    ignored = [header for table in book.tables.values() for header in table.ignored]
    return Read(lines, errors, book.tables, [*book.unread, *ignored])


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
