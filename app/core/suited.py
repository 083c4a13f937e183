"""Settings that the database itself carries, so that no connection has to bring them.

A connection that asked for them at its start would be refused by PgBouncer.
"""

from typing import Any

import asyncpg

# Figures of a city are counted in memory, and sooner than their statement could be compiled.
MISSING = """
SELECT format('ALTER DATABASE %I SET %s', current_database(), word) AS statement
FROM (VALUES
    ('jit = off', current_setting('jit')::bool),
    ('work_mem = ''16MB''', pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('16MB'))
) AS wanted (word, is_missing)
WHERE is_missing"""


async def missing(connection: Any) -> list[str]:
    """What the database's owner has to say for new connections to have them all; mostly nothing."""
    return [row["statement"] for row in await connection.fetch(MISSING)]


async def suit(connection: Any) -> None:
    """New connections have them all, where this one may say so; `doctor` tells where it may not."""
    try:
        for statement in await missing(connection):
            await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return
