"""Tables stripped while they are filled: indexes are built at the end, in one go, and what rows name is
checked at the end, all of it. Both take a fraction of what they cost row by row.

It happens in the transaction of the filling, so nobody ever sees a table without them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FOREIGN, OWN = "f", ("u", "x")
# By kind, each constraint that is no primary key: table, name, definition.
CONSTRAINTS = text("""
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND conrelid <> 0 AND contype::text = ANY (:kinds)
    ORDER BY 1, 2""")
INDEXES = text("""
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
    ORDER BY 1""")
# This transaction alone may sort in memory, and compiles no statement.
ROOM = ("SET LOCAL maintenance_work_mem = '128MB'", "SET LOCAL jit = off")


class Stripped(NamedTuple):
    """What makes the tables whole again: before their rows are counted, and after."""

    first: Sequence[str]
    last: Sequence[str]


async def strip(session: AsyncSession) -> Stripped:
    """No table has indexes or constraints but its primary key and its checks."""
    for setting in ROOM:
        await session.execute(text(setting))
    foreign, own = [
        (await session.execute(CONSTRAINTS, {"kinds": list(kinds)})).all()
        for kinds in (FOREIGN, OWN)
    ]
    for table, name, _ in (*foreign, *own):
        await session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    indexes = (await session.execute(INDEXES)).all()
    for name, _ in indexes:
        await session.execute(text(f"DROP INDEX {name}"))
    adding = "ALTER TABLE {} ADD CONSTRAINT {} {}"
    return Stripped(
        [*(definition for _, definition in indexes), *(adding.format(*each) for each in own)],
        [adding.format(*each) for each in foreign],
    )


async def restore(session: AsyncSession, stripped: Stripped) -> None:
    """Everything stands again as it was, and every row has been looked at; the tables are counted."""
    connection = await session.connection()
    for statement in (*stripped.first, "ANALYZE", *stripped.last):
        await connection.exec_driver_sql(statement)  # as it is: a colon in it is no bind
