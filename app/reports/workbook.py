"""A summary as an Excel workbook: a row at a time, so that memory does not grow with the rows.

Every text is written as text: what begins like a formula is none, and is marked so for whoever saves it
in another form. Nothing is a link.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.reports import paper

OVERVIEW, LINES = "汇总", "明细"
WIDTH = 16
FORMULA = ("=", "+", "-", "@", "\t", "\r")
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write(
    sections: Iterable[tuple[str, Sequence[tuple[str, Any]]]],
    columns: Sequence[Mapping[str, Any]],
    lines: Iterable[Mapping[str, Any]],
    footer: str,
) -> bytes:
    """The bytes of a workbook of two sheets; call it in a thread."""
    import xlsxwriter  # loaded by the process that is asked for one

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        quoted, head = book.add_format({"quote_prefix": True}), book.add_format({"bold": True})
        overview = book.add_worksheet(OVERVIEW)
        overview.set_column(0, 1, 2 * WIDTH)
        place = 0
        for name, fields in sections:
            overview.write_string(place, 0, name, head)
            place += 1
            for label, value in fields:
                overview.write_string(place, 0, label)
                _write(overview, place, 1, value, quoted)
                place += 1
        overview.write_string(place, 0, footer)
        table = book.add_worksheet(LINES)
        table.set_column(0, len(columns), WIDTH)
        table.freeze_panes(1, 0)
        for column, field in enumerate(columns):
            table.write_string(0, column, field["name"], head)
        for row, line in enumerate(lines, start=1):
            for column, field in enumerate(columns):
                _write(table, row, column, paper.value(field, line), quoted)
    return content.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any, quoted: Any) -> None:
    if value is None:
        return
    if isinstance(value, int):
        sheet.write_number(row, column, value)
    elif str(value).startswith(FORMULA):
        sheet.write_string(row, column, str(value), quoted)
    else:
        sheet.write_string(row, column, str(value))
