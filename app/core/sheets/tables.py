"""What was read from a file: wanted cells as text, and the errors a person can find in the file."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from app.core.errors import FieldError
from app.core.sheets.text import CellRefused

T = TypeVar("T")


class Header(NamedTuple):
    """A column of the file: its letters in a spreadsheet, and its header as it is written there."""

    letter: str
    text: str


class Fault(NamedTuple):
    """Why a cell is refused: a stable code, and what to do about it."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class CellError:
    """One refused cell, as a person finds it: sheet, row from 1, column by letters and header.

    `letter` is empty if the file has no such column; `sheet` is empty in a .csv.
    """

    form: str
    sheet: str
    row: int
    column: str
    letter: str
    header: str
    code: str
    reason: str

    @property
    def message(self) -> str:
        """In one sentence; it repeats nothing of the cell."""
        sheet = f"“{self.sheet}”" if self.sheet else ""
        return f"{sheet}第{self.row}行{self.letter}列（{self.header}）：{self.reason}"

    @property
    def problem(self) -> FieldError:
        """For a problem document: `/members/12/phone`."""
        return FieldError(f"/{self.form}/{self.row}/{self.column}", self.code, self.message)


@dataclass(frozen=True, slots=True)
class Row:
    """`number` as the spreadsheet shows it; `cells` by column code, `faults` of what is in no cell."""

    number: int
    cells: Mapping[str, str]
    faults: Mapping[str, Fault] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one form, in their order.

    `ignored` are the headers of the columns that were not read, for the preview to say so;
    `skipped` the numbers of rows with something in them that are no data (sums, signatures).
    """

    form: str
    sheet: str
    header_row: int
    headers: Mapping[str, Header]
    ignored: tuple[str, ...]
    skipped: tuple[int, ...]
    rows: tuple[Row, ...]

    def take(self, row: Row, column: str, parse: Callable[[str], T]) -> T | CellError:
        """The parsed cell, or its error. A column that the file does not have is an empty cell."""
        fault = row.faults.get(column)
        if fault is None:
            try:
                return parse(row.cells.get(column, ""))
            except CellRefused as refusal:
                fault = Fault(refusal.code, refusal.reason)
        return self.error(row.number, column, *fault)

    def error(self, row: int, column: str, code: str, reason: str) -> CellError:
        """An error in `column` of the row with that number, for rules that an importer adds."""
        letter, header = self.headers.get(column, Header("", column))
        return CellError(self.form, self.sheet, row, column, letter, header, code, reason)

    def repeated(self, column: str, keys: Iterable[tuple[int, Hashable | None]]) -> list[CellError]:
        """An error for every row whose key stood in an earlier one; no key repeats nothing.

        `keys` are pairs of row number and key (a parsed phone) in the order of the file.
        """
        first: dict[Hashable, int] = {}
        errors: list[CellError] = []
        for row, key in keys:
            if key is None:
                continue
            if first.setdefault(key, row) != row:
                errors.append(self.error(row, column, "repeated", f"与第{first[key]}行重复"))
        return errors


@dataclass(frozen=True, slots=True)
class Workbook:
    """The tables by the code of their form; `unread` are the names of the sheets left alone."""

    tables: Mapping[str, Table]
    unread: tuple[str, ...]
