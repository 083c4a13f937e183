"""Where in a file the wanted columns stand: under titles, by any header that people write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from app.core.errors import FieldError
from app.core.sheets.forms import Form
from app.core.sheets.limits import FileRefused, Limits, refused
from app.core.sheets.sources import Sheet, letter
from app.core.sheets.text import Cell, narrow, squeezed

MOST_IGNORED = 50
MOST_SHOWN = 40

_aside = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_signs = re.compile(r"[\s*:、.]")


@dataclass(frozen=True, slots=True)
class Head:
    """A header row found: `row` and `bottom` count from 0, `columns` maps codes to places."""

    form: Form
    sheet: Sheet
    row: int
    bottom: int
    columns: dict[str, int]
    texts: dict[str, str]
    twice: dict[str, list[int]]
    ignored: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """The names of the required columns that are not there."""
        return [
            column.name
            for column in self.form.columns
            if column.required and column.code not in self.columns
        ]


def heads(sheets: Sequence[Sheet], forms: Sequence[Form], limits: Limits) -> list[Head]:
    """For every form that the file has, the one sheet and header row that fill it.

    A sheet named like a form is taken for it; a form without such a sheet takes the one sheet
    left that has all its required columns.

    Raises:
        FileRefused: no sheet has a form's columns, several have, or a column is missing or double.
    """
    found: list[Head] = []
    waiting: list[Form] = []
    for form in forms:
        named = [sheet for sheet in sheets if _named(sheet, form)]
        if not named:
            waiting.append(form)
            continue
        found.append(_checked(_head(_only(named, form), form, limits)))
    for form in waiting:
        taken = [head.sheet for head in found]
        free = [_head(sheet, form, limits) for sheet in sheets if sheet not in taken]
        fitting = [head for head in free if head.columns and not head.missing]
        if fitting:
            _only([head.sheet for head in fitting], form)
            found.append(_checked(fitting[0]))
    if not found:
        nearest = max(
            (_head(sheet, form, limits) for sheet in sheets for form in forms),
            key=lambda head: len(head.columns),
            default=None,
        )
        if nearest is None:
            raise refused("empty_file", "没有可读的工作表")
        _checked(nearest)
    return found


def _named(sheet: Sheet, form: Form) -> bool:
    name = _plain(sheet.name)
    return any(_plain(known) in name for known in (form.name, *form.also))


def _only(sheets: list[Sheet], form: Form) -> Sheet:
    """The one sheet; of several the one whose name is the form's own."""
    exact = [sheet for sheet in sheets if _plain(sheet.name) == _plain(form.name)]
    if len(sheets) > 1 and not exact:
        raise refused("several_sheets", f"有{len(sheets)}张工作表都像“{form.name}”，请只留一张")
    return (exact or sheets)[0]


def _head(sheet: Sheet, form: Form, limits: Limits) -> Head:
    """The first of the rows that name the most wanted columns."""
    known = _known(form)
    best = Head(form, sheet, 0, 0, {}, {}, {}, ())
    for number, row in enumerate(islice(sheet.rows(), limits.header_within)):
        head = _match(sheet, form, known, number, row)
        if len(head.columns) > len(best.columns):
            best = head
    return best


def _match(sheet: Sheet, form: Form, known: dict[str, str], number: int, row: list[Cell]) -> Head:
    """What the row would be as a header; a note in brackets counts only if no column is without."""
    exact: dict[str, list[int]] = {}
    loose: dict[str, list[int]] = {}
    for place, cell in enumerate(row):
        if isinstance(cell, str) and (plain := _plain(cell)):
            if plain in known:
                exact.setdefault(known[plain], []).append(place)
            elif (bare := _aside.sub("", plain)) in known:
                loose.setdefault(known[bare], []).append(place)
    places = loose | exact
    columns = {code: found[0] for code, found in places.items()}
    taken = {place for found in places.values() for place in found}
    ignored = [
        _shown(cell)
        for place, cell in enumerate(row)
        if isinstance(cell, str) and cell.strip() and place not in taken
    ]
    return Head(
        form,
        sheet,
        number,
        max((sheet.merged.get((number, place), number) for place in range(len(row))), default=0),
        columns,
        {code: _shown(str(row[place])) for code, place in columns.items()},
        {code: found for code, found in places.items() if len(found) > 1},
        tuple(ignored[:MOST_IGNORED]),
    )


def _known(form: Form) -> dict[str, str]:
    """Every header that is understood, with its column; a proper name is worth more than others."""
    known = {_plain(column.name): column.code for column in form.columns}
    for column in form.columns:
        for name in column.also:
            known.setdefault(_plain(name), column.code)
    return known


def _checked(head: Head) -> Head:
    if not head.columns:
        wanted = "、".join(head.missing)
        raise refused("no_header", f"找不到表头，应有这些列：{wanted}")
    names = {column.code: column.name for column in head.form.columns}
    errors = [
        FieldError(f"/{head.row + 1}", "missing_column", f"缺少列：{name}") for name in head.missing
    ]
    for code, places in head.twice.items():
        letters = "、".join(map(letter, places))
        errors.append(
            FieldError(
                f"/{head.row + 1}/{code}",
                "double_column",
                f"“{names[code]}”有{len(places)}列（{letters}），请只留一列",
            )
        )
    if errors:
        where = f"“{head.form.name}”" if head.sheet.name else ""
        raise FileRefused(
            where + "；".join(error.message for error in errors), errors=tuple(errors)
        )
    return head


def _plain(text: str) -> str:
    """A header without spaces, stars and colons, in half width."""
    return _signs.sub("", narrow(text)).lower()


def _shown(text: str) -> str:
    return squeezed(text)[:MOST_SHOWN]
