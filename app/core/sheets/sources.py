"""The sheets of a file as rows of cells, whichever kind of file it is."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.core.sheets import sniffing
from app.core.sheets.limits import Limits, refused
from app.core.sheets.sniffing import Kind
from app.core.sheets.text import Cell

DELIMITERS = ",\t;"
START = 1 << 12


class Sheet(NamedTuple):
    """One visible sheet.

    `rows()` begins anew at the first row of the sheet, blank ones included, every row at column A.
    `merged` are the tall merged cells: (row, column) from 0 to the last row.
    """

    name: str
    rows: Callable[[], Iterator[list[Cell]]]
    merged: dict[tuple[int, int], int]


def sheets(source: BinaryIO, kind: Kind, limits: Limits) -> list[Sheet]:
    """The sheets in their order; hidden ones, charts and macro sheets are left out.

    Raises:
        FileRefused: too many sheets or columns, or (from `rows`) a broken line or a
            cell larger than a spreadsheet can hold.
    """
    source.seek(0)
    if kind == Kind.CSV:
        text = sniffing.decoded(source.read())
        return [Sheet("", lambda: _bounded(_lines(text), limits), {})]
    return [_sheet(sheet, limits) for sheet in _visible(source, limits)]


def letter(place: int) -> str:
    """The letters of a column as a spreadsheet shows them, from 0: A, B, …, Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _visible(source: BinaryIO, limits: Limits) -> Iterator[CalamineSheet]:
    workbook = CalamineWorkbook.from_filelike(source)
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if len(names) > limits.sheets:
        raise refused("too_many_sheets", f"工作表过多，最多{limits.sheets}张")
    for name in names:
        yield workbook.get_sheet_by_name(name)


def _sheet(sheet: CalamineSheet, limits: Limits) -> Sheet:
    before: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    merged = {
        (top, left): bottom
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or ()
        if bottom > top
    }
    return Sheet(
        sheet.name,
        lambda: _bounded((before + row for row in sheet.iter_rows()), limits),
        merged,
    )


def _lines(text: str) -> Iterator[list[Cell]]:
    """The records of a .csv; a record in several lines is one row, as in a spreadsheet."""
    lines = text[:START].splitlines()
    delimiter = max(DELIMITERS, key=lambda sign: sum(sign in line for line in lines))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error:
            message = f"从第{number}行起引号不成对，或单元格过大"
            raise refused("bad_line", message, f"/{number}") from None
        if record is None:
            return
        while record and not record[-1]:
            record.pop()
        yield list(record)


def _bounded(rows: Iterable[list[Cell]], limits: Limits) -> Iterator[list[Cell]]:
    for number, row in enumerate(rows, 1):
        if len(row) > limits.columns:
            raise refused("too_many_columns", f"列数过多，最多{limits.columns}列")
        for place, cell in enumerate(row):
            if isinstance(cell, str) and len(cell) > limits.cell:
                column = letter(place)
                raise refused(
                    "too_large", f"第{number}行{column}列的单元格过大", f"/{number}/{column}"
                )
        yield row
