"""Work lists that are sorted by one column and then by id, page by page.

By when something was asked, when it is due, of which kind it is: what waits, for help. No list of
persons or organizations is sorted by a value. Source: practice.md R25; design.md §6.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, Uuid, bindparam, func, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.paging import Paging, after

Column = ColumnElement[Any] | InstrumentedAttribute[Any]

SORT_KEYS = ("sort_key", "id")
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class WorkSort(StrEnum):
    """What a list of what waits may be sorted by."""

    AGE = "age"
    DEADLINE = "deadline"
    KIND = "kind"


class Sort(NamedTuple):
    """`column` is never null; `kind` reads its value from a cursor."""

    column: Column
    kind: type


def by_time(moment: Column) -> Sort:
    """The earliest first; what has no such time comes last."""
    moments = DateTime(timezone=True)
    return Sort(func.coalesce(moment, literal(NEVER, moments), type_=moments), datetime)


def sorted_by(
    statement: Select[*tuple[Any, ...]], sort: Sort, row_id: Any, *, is_continued: bool
) -> Select[*tuple[Any, ...]]:
    """The statement in this order, with its `sort_key`; from the start, or behind one of its rows."""
    ordered = statement.add_columns(sort.column.label("sort_key")).order_by(sort.column, row_id)
    if not is_continued:
        return ordered
    last = tuple_(bindparam("sort_key", type_=sort.column.type), bindparam("id", type_=Uuid()))
    return ordered.where(tuple_(sort.column, row_id) > last)


def behind(paging: Paging, where: str, sort: Sort) -> dict[str, Any]:
    """The binds of the row behind which the page begins; none at the start.

    Raises:
        Invalid: the cursor is not one of this list in this order.
    """
    key = after(paging, where, sort.kind, UUID)
    return {} if key is None else dict(zip(SORT_KEYS, key, strict=True))
