"""The hot reads and the one hot write: SQLAlchemy writes the SQL once, asyncpg runs it.

A session costs some 150 µs a statement more than the driver; see `bench/`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Enum, Integer, Select, Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by, asyncpg

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own


class Reader(Protocol):
    """What a prepared statement runs on: an asyncpg connection, or a pool that lends one."""

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """All rows."""
        ...


class Prepared:
    """A statement compiled once, when it is first used; the column types encode its binds and decode
    its rows.

    Without the decoding the driver would hand out ciphertext of sealed columns and bare text
    for enums. Two hundred of them compiled by every process that only imports them would take it
    a quarter of its start.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement

    @cached_property
    def _ready(self) -> "_Ready":
        compiled: Any = self._statement.compile(dialect=DIALECT)
        if any(bind.expanding for bind in compiled.binds.values()):
            raise ValueError("an expanding bind cannot be prepared: use any_ over an array")
        return _Ready(
            str(compiled),
            {name: value for name, value in compiled.params.items() if value is not None},
            [
                (name, compiled.binds[name].type.dialect_impl(DIALECT).bind_processor(DIALECT))
                for name in compiled.positiontup or ()
            ],
            {
                column.key: decode
                for column in self._statement.selected_columns
                if (decode := _decoder(column.type)) is not None
            },
        )

    @property
    def sql(self) -> str:
        """The statement as the driver is given it."""
        return self._ready.sql

    def arguments(self, binds: Mapping[str, Any]) -> list[Any]:
        """The values of `binds` in the statement's order, as the driver wants them."""
        values = {**self._ready.fixed, **binds}
        return [
            encode(values[name]) if encode else values[name] for name, encode in self._ready.wanted
        ]

    async def rows(self, reader: Reader, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Dicts keyed by column label, in the statement's order."""
        records = await reader.fetch(self.sql, *self.arguments(binds))
        if not records:
            return []
        labels = tuple(records[0].keys())
        rows = [dict(zip(labels, record, strict=True)) for record in records]
        for row in rows:
            for name, decode in self._ready.decode.items():
                row[name] = decode(row[name])
        return rows

    async def one(self, reader: Reader, binds: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = await self.rows(reader, binds)
        return rows[0] if rows else None


class _Ready(NamedTuple):
    """What the driver needs: text, values that do not change, and what becomes of the others."""

    sql: str
    fixed: dict[str, Any]
    wanted: list[tuple[str, Any]]
    decode: dict[Any, Any]


class Written(NamedTuple):
    """A page as PostgreSQL has written it.

    `text`: its lines as JSON, joined by commas; `rows`: how many were found, one more than the page
    holds if there are more; `last`: the key of the last line then, as text, a line a column.
    """

    text: str
    rows: int
    last: str | None


class PreparedPage(Prepared):
    """A page that PostgreSQL writes as JSON: the columns of `statement` are the fields of a line.

    `statement` is ordered by `keys` and limited by the bind `most`, one more than the page holds. So
    the driver hands on one text in place of every value. Instants are in UTC, with offset.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], *keys: str) -> None:
        page = statement.subquery("page")
        # a word of an enum is stored as it is said
        kinds = (column.type for column in page.columns if not isinstance(column.type, Enum))
        if any(map(_decoder, kinds)):
            raise ValueError("PostgreSQL cannot write a column that only we can read")
        self.fields = frozenset(page.columns.keys())
        line = cast(func.row_to_json(page.table_valued()), Text).label("line")
        place = func.row_number().over().label("place")
        found = select(line, place, *(page.columns[key] for key in keys)).subquery("found")
        # of one row only, so not before it is known which
        key = func.concat_ws(
            literal_column(r"E'\n'"), *(cast(found.columns[key], Text) for key in keys)
        )
        most = bindparam("most", type_=Integer())
        lines = func.string_agg(
            found.c.line, aggregate_order_by(literal_column("','"), found.c.place)
        )
        super().__init__(
            select(
                func.coalesce(lines.filter(found.c.place < most), "").label("text"),
                func.count().label("rows"),
                func.max(key).filter(found.c.place == most - 1).label("last"),
            ).select_from(found)
        )

    async def page(self, reader: Reader, binds: Mapping[str, Any]) -> Written:
        """The page, in one row."""
        (row,) = await reader.fetch(self.sql, *self.arguments(binds))
        return Written(*row)


def _decoder(kind: Any) -> Any:
    """How the driver's value becomes ours; the driver itself does arrays, uuids and instants."""
    if isinstance(kind, postgresql.ARRAY):
        return None
    return kind.dialect_impl(DIALECT).result_processor(DIALECT, None)
