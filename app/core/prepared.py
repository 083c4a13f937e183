"""The hot reads and the one hot write: SQLAlchemy writes the SQL once, asyncpg runs it.

A session costs some 150 µs a statement more than the driver; see `bench/`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import asyncpg

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own


class Reader(Protocol):
    """What a prepared statement runs on: an asyncpg connection, or a pool that lends one."""

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """All rows."""
        ...


class Prepared:
    """A statement compiled once; the column types encode its binds and decode its rows.

    Without the decoding the driver would hand out ciphertext of sealed columns and bare text
    for enums.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        compiled: Any = statement.compile(dialect=DIALECT)
        if any(bind.expanding for bind in compiled.binds.values()):
            raise ValueError("an expanding bind cannot be prepared: use any_ over an array")
        self.sql = str(compiled)
        self.order: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.fixed = {name: v for name, v in compiled.params.items() if v is not None}
        self.encode = {
            name: encode
            for name, bind in compiled.binds.items()
            if (encode := bind.type.dialect_impl(DIALECT).bind_processor(DIALECT))
        }
        self.decode = {
            column.key: decode
            for column in statement.selected_columns
            if (decode := _decoder(column.type)) is not None
        }

    def arguments(self, binds: Mapping[str, Any]) -> list[Any]:
        """The values of `binds` in the statement's order, as the driver wants them."""
        values = {**self.fixed, **binds}
        return [
            self.encode[name](values[name]) if name in self.encode else values[name]
            for name in self.order
        ]

    async def rows(self, reader: Reader, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Dicts keyed by column label, in the statement's order."""
        rows = [dict(row) for row in await reader.fetch(self.sql, *self.arguments(binds))]
        for row in rows:
            for name, decode in self.decode.items():
                row[name] = decode(row[name])
        return rows

    async def one(self, reader: Reader, binds: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = await self.rows(reader, binds)
        return rows[0] if rows else None


def _decoder(kind: Any) -> Any:
    """How the driver's value becomes ours; the driver itself does arrays, uuids and instants."""
    if isinstance(kind, postgresql.ARRAY):
        return None
    return kind.dialect_impl(DIALECT).result_processor(DIALECT, None)
