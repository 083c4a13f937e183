"""The reading process: bytes on its input, the wanted cells as JSON on its output, nothing else.

It lives for one file, under bounds that the kernel keeps, so that whatever a file does to a parser
is done to nobody else. Columns that nobody wants never leave it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from app.core import confined
from app.core.sheets import headers, sniffing, sources
from app.core.sheets.forms import Form, restored
from app.core.sheets.headers import Head
from app.core.sheets.limits import FileRefused, Limits, refused
from app.core.sheets.text import Cell, CellRefused, cleaned, text

MOST_SKIPPED = 100


def main() -> None:
    """The request is the first argument, as `reading` writes it."""
    request = json.loads(sys.argv[1])
    limits = Limits(**request["limits"])
    confine(limits)
    forms = [restored(form) for form in request["forms"]]
    json.dump(answer(sys.stdin.buffer, request["ending"], forms, limits), sys.stdout)


def confine(limits: Limits) -> None:
    """From here on this process has no more memory, time and output than it may have."""
    confined.confine(cpu=limits.cpu, memory=limits.memory, answer=limits.answer)


def answer(source: BinaryIO, ending: str, forms: Sequence[Form], limits: Limits) -> dict[str, Any]:
    """The tables of `source` with the wanted columns, or why it is refused; ready for JSON."""
    try:
        kind = sniffing.kind(source, ending, limits)
        sheets = sources.sheets(source, kind, limits)
        heads = headers.heads(sheets, forms, limits)
        tables = [_table(head, limits) for head in heads]
        count = sum(len(table["rows"]) for table in tables)
        if not count:
            raise refused("empty_file", "没有数据行")
        if count > limits.rows:
            raise _too_many_rows(limits)
    except FileRefused as refusal:
        return {"refused": refusal.errors, "detail": refusal.detail}
    taken = {head.sheet.name for head in heads}
    return {"tables": tables, "unread": [s.name for s in sheets if s.name not in taken]}


def _table(head: Head, limits: Limits) -> dict[str, Any]:
    rows: list[Any] = []
    skipped: list[int] = []
    for number, cells, is_data in _rows(head):
        if is_data:
            rows.append([number, *_texts(cells, limits)])
            if len(rows) > limits.rows:
                raise _too_many_rows(limits)
        else:
            skipped.append(number)
    return {
        "form": head.form.code,
        "sheet": head.sheet.name,
        "header_row": head.row + 1,
        "headers": {
            code: [sources.letter(place), head.texts[code]] for code, place in head.columns.items()
        },
        "ignored": head.ignored,
        "skipped": skipped[:MOST_SKIPPED],
        "rows": rows,
    }


def _rows(head: Head) -> Iterator[tuple[int, dict[str, Cell], bool]]:
    """Every row below the header that is not blank: its number from 1, what is wanted, if it counts.

    It does not count if it is a footer, has nothing that is wanted, repeats the header, or stands
    below a footer and lacks a required cell (there people sign).
    """
    required = [column.code for column in head.form.columns if column.required]
    ended = False
    filled: dict[int, tuple[int, Cell]] = {}
    for at, row in enumerate(head.sheet.rows()):
        if at <= head.bottom:
            continue
        cells = {
            code: row[place] if place < len(row) else "" for code, place in head.columns.items()
        }
        has_any = any(_is_filled(cell) for cell in cells.values())
        _fill(head, at, cells, filled)
        first = next((cell for cell in row if _is_filled(cell)), None)
        if first is None:
            continue
        if _is_footer(head.form, first):
            ended = True
            yield at + 1, {}, False
            continue
        is_data = (
            has_any
            and {code: str(cell) for code, cell in cells.items()} != head.texts
            and not (ended and not all(_is_filled(cells[code]) for code in required))
        )
        yield at + 1, cells, is_data


def _fill(head: Head, at: int, cells: dict[str, Cell], filled: dict[int, tuple[int, Cell]]) -> None:
    """A tall merged cell says the same in each of its rows; `filled` remembers it by column."""
    for code, place in head.columns.items():
        bottom = head.sheet.merged.get((at, place))
        if bottom is not None:
            filled[place] = (bottom, cells[code])
        elif place in filled and at <= filled[place][0]:
            cells[code] = filled[place][1]


def _texts(cells: dict[str, Cell], limits: Limits) -> tuple[dict[str, str], dict[str, Any]]:
    """The text of each cell, and by column why others are refused."""
    texts: dict[str, str] = {}
    faults: dict[str, Any] = {}
    for code, cell in cells.items():
        try:
            texts[code] = text(cell, limits.characters)
        except CellRefused as refusal:
            faults[code] = [refusal.code, refusal.reason]
    return texts, faults


def _is_filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(cleaned(cell))


def _is_footer(form: Form, first: Cell) -> bool:
    said = "".join(cleaned(str(first)).split())
    return said.startswith(form.footers)


def _too_many_rows(limits: Limits) -> FileRefused:
    return refused("too_many_rows", f"行数过多，最多{limits.rows}行，请分成几个文件")


if __name__ == "__main__":
    main()
