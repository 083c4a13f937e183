"""The hot reads and the one hot write: SQLAlchemy writes the SQL once, asyncpg runs it.

A session costs some 150 µs a statement more than the driver; see `bench/`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Integer, Select, Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by, asyncpg

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
        records = await reader.fetch(self.sql, *self.arguments(binds))
        if not records:
            return []
        labels = tuple(records[0].keys())
        rows = [dict(zip(labels, record, strict=True)) for record in records]
        for row in rows:
            for name, decode in self.decode.items():
                row[name] = decode(row[name])
        return rows

    async def one(self, reader: Reader, binds: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = await self.rows(reader, binds)
        return rows[0] if rows else None


class PreparedPage(Prepared):
    """A page that PostgreSQL writes as JSON: the columns of `statement` are the fields of a line.

    `statement` is ordered by `keys` and limited by the bind `most`, one more than the page holds. One
    row comes back: `lines`, joined by commas; `rows`, how many were found; and the `keys` of the last
    line. So the driver hands on one text in place of every value. Instants are in UTC, with offset.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], *keys: str) -> None:
        page = statement.subquery("page")
        if any(_decoder(column.type) for column in page.columns):
            raise ValueError("PostgreSQL cannot write a column that only we can read")
        self.fields = frozenset(page.columns.keys())
        line = cast(func.row_to_json(page.table_valued()), Text).label("line")
        place = func.row_number().over().label("place")
        found = select(line, place, *(page.columns[key] for key in keys)).subquery("found")
        most = bindparam("most", type_=Integer())
        lines = func.string_agg(
            found.c.line, aggregate_order_by(literal_column("','"), found.c.place)
        )
        last = (
            func.array_agg(found.c[key], type_=postgresql.ARRAY(found.c[key].type))
            .filter(found.c.place == most - 1)[1]
            .label(key)
            for key in keys
        )
        super().__init__(
            select(
                func.coalesce(lines.filter(found.c.place < most), "").label("lines"),
                func.count().label("rows"),
                *last,
            ).select_from(found)
        )


def _decoder(kind: Any) -> Any:
    """How the driver's value becomes ours; the driver itself does arrays, uuids and instants."""
    if isinstance(kind, postgresql.ARRAY):
        return None
    return kind.dialect_impl(DIALECT).result_processor(DIALECT, None)
