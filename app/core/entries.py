"""Entries: rows that are only ever added (steps, facts, logs, promises), one statement a flush.

They are added to the session like any row, and speak of what the same flush has written. However
many they are and of however many tables, the statement is one, and its text only says which tables.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import Insert, Table, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB, Range
from sqlalchemy.orm import Session


class Entry:
    """A row that is only ever added: nobody changes it afterwards through a session."""


class EntrySession(Session):
    """A session whose flush writes its entries last, all in one statement."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """What is new and changed is in the database, and then the entries about it."""
        entries = [row for row in self.new if isinstance(row, Entry)]
        for entry in entries:
            self.expunge(entry)
        super().flush(objects)
        if entries:
            self._write(entries)

    def _write(self, entries: Sequence[Any]) -> None:
        rows: dict[Table, list[dict[str, Any]]] = {}
        for entry in entries:
            rows.setdefault(entry.__table__, []).append(_values(entry))
        tables = tuple(sorted(rows, key=lambda table: table.name))
        binds = {table.name: to_jsonable_python(rows[table]) for table in tables}
        self.connection().execute(_adding(tables), binds)


def _values(entry: Any) -> dict[str, Any]:
    """What the entry's row holds; what is left out gets its default, on the entry as well."""
    columns = _columns(entry.__table__)
    for each in columns:
        if each.default is not None and getattr(entry, each.key) is None:
            made = each.default.arg(None) if each.default.is_callable else each.default.arg
            setattr(entry, each.key, made)
    return {each.key: _plain(getattr(entry, each.key)) for each in columns}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Range) else value


@cache
def _columns(table: Table) -> list[Any]:
    """All but those that the database counts itself."""
    return [each for each in table.columns if each.identity is None]


@cache
def _adding(tables: tuple[Table, ...]) -> Insert:
    """Adds rows to each of `tables`; binds, by the table's name, its rows as JSON."""
    first, *others = (_add(table) for table in tables)
    return first.add_cte(*(each.cte(f"add_{each.table.description}") for each in others))


def _add(table: Table) -> Insert:
    columns = _columns(table)
    rows = (
        func.jsonb_to_recordset(bindparam(table.name, type_=JSONB))
        .table_valued(*(column(each.name, each.type) for each in columns))
        .render_derived(name=f"new_{table.name}", with_types=True)
    )
    return insert(table).from_select(
        [each.name for each in columns], select(*rows.columns), include_defaults=False
    )
