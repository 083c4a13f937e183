"""Rows on their way to the database: written table by table with COPY, in the order of foreign keys.

A row is what the mapped class says of its columns: defaults, sealed fields, the time of its change.
Rows name only rows that were added before them or are written with them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql import ARRAY

from app.core import fields
from app.core.db import Base
from app.core.fields import Sealed

MOST = 20_000  # waiting at once: what this process holds of a city, however large it is


class Form(NamedTuple):
    """How a row of one table is written."""

    table: str
    names: tuple[str, ...]
    values: Callable[[dict[str, Any]], tuple[Any, ...]]
    blank: dict[str, Any]
    sealed: tuple[tuple[str, str], ...]
    is_changed: bool


@cache
def form_of(model: type[Base]) -> Form:
    """The columns of a mapped class with their defaults; what only the database fills is left out."""
    columns = [column for column in model.__table__.columns if column.identity is None]
    blank = {
        column.name: [] if column.default is not None and isinstance(column.type, ARRAY) else None
        for column in columns
    } | {
        column.name: column.default.arg
        for column in columns
        if column.default is not None and column.default.is_scalar
    }
    sealed = [(each.name, each.type.purpose) for each in columns if isinstance(each.type, Sealed)]
    names = tuple(blank)
    is_changed = "updated_at" in names
    return Form(str(model.__table__), names, itemgetter(*names), blank, tuple(sealed), is_changed)


class Rows:
    """What waits to be written, by table; `written` counts what has been."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        self._forms: dict[str, Form] = {}
        self._count = 0
        self.written: Counter[str] = Counter()

    def add(self, model: type[Base], **columns: Any) -> None:
        """A row of the table waits to be written."""
        form = form_of(model)
        if form.is_changed and "updated_at" not in columns:
            columns["updated_at"] = columns["created_at"]
        for name, purpose in form.sealed:
            if (text := columns.get(name)) is not None:
                columns[name] = fields.keys().seal(text, purpose)
        if form.table not in self._waiting:
            self._waiting[form.table], self._forms[form.table] = [], form
        self._waiting[form.table].append(form.values(form.blank | columns))
        self._count += 1

    async def settle(self) -> None:
        """What waits is written, if it is much."""
        if self._count > MOST:
            await self.flush()

    async def flush(self) -> None:
        """Nothing waits any more."""
        for table in _order():
            records = self._waiting.pop(table, None)
            if records:
                await self._driver.copy_records_to_table(
                    table, records=records, columns=self._forms[table].names
                )
                self.written[table] += len(records)
        self._count = 0


@cache
def _order() -> Sequence[str]:
    return [table.name for table in Base.metadata.sorted_tables]
