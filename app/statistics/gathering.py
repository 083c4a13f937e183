"""What facts have put down for the levels is added to their counters, once a minute.

And what changes without a fact is counted as it is: a community or an employer that stands somewhere
else in the tree counts there, and no longer where it stood; and an employer has the members in service
that it states or lists. Until the next minute a page shows them as they were.
"""

# ruff: noqa: S608 - constants of this module and of its neighbours make its statements, nothing else

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.statistics.above import ABOVE, above
from app.statistics.binding import bound
from app.statistics.once import ROW, counted, once
from app.statistics.stored import COLUMNS
from app.statistics.summing import COUNT_HEADS, HEADS, KEYS, LOCK_ALL

_MOVED = f"""
    SELECT id AS organization_id, organizations.kind, {ABOVE} AS above
    FROM organizations LEFT JOIN counted_leaves AS leaf ON leaf.organization_id = organizations.id
    WHERE organizations.kind IN ('community', 'employer') AND leaf.above IS DISTINCT FROM {ABOVE}"""
_HEADS = f"""
    SELECT organization_id FROM ({HEADS}) AS counted
    FULL JOIN (SELECT * FROM organization_months WHERE figure IN ('headcount', 'employers')) AS was
        USING (organization_id, figure)
    WHERE counted.number IS DISTINCT FROM was.number"""
# How many organizations are not yet counted as they are.
CHANGED = f"""
    SELECT count(DISTINCT organization_id) FROM (
        SELECT organization_id FROM ({_MOVED}) AS moved UNION ALL {_HEADS}
    ) AS changed"""
_FOUND = bound(f"SELECT EXISTS ({_MOVED}) AS moved, EXISTS ({_HEADS}) AS heads")
# The sums of each that has moved go from where it was to where it is.
_MOVE = text(f"""
    WITH moved AS MATERIALIZED ({_MOVED}),
    rows AS MATERIALIZED (
        SELECT * FROM organization_months
        WHERE organization_id IN (SELECT organization_id FROM moved)
    ),
    served AS MATERIALIZED (
        SELECT {ROW} FROM member_months WHERE member_id IN (
            SELECT member_id FROM member_months
            WHERE community_id IN (SELECT organization_id FROM moved))
    ),
    place AS MATERIALIZED (
        SELECT organization_id, above FROM moved
        UNION ALL
        SELECT organization_id, above FROM counted_leaves
        WHERE organization_id NOT IN (SELECT organization_id FROM moved)
    ),
    known AS (
        INSERT INTO counted_leaves (organization_id, kind, above)
        SELECT organization_id, kind, above FROM moved
        ON CONFLICT (organization_id) DO UPDATE SET above = excluded.above
    )
    INSERT INTO counter_changes ({COLUMNS})
    SELECT {", ".join(KEYS)}, sum(number) FROM (
        SELECT {COLUMNS} FROM ({above("rows", "moved")}) AS come
        UNION ALL
        SELECT {", ".join(KEYS)}, -number FROM ({above("rows")}) AS gone
        UNION ALL
        SELECT {COLUMNS} FROM ({counted((once("served", "place"), 1), (once("served"), -1))}) AS people
    ) AS changed
    GROUP BY {", ".join(KEYS)} HAVING sum(number) <> 0""")
_FIRST = text("SELECT pg_try_advisory_xact_lock(hashtextextended('statistics|gathering', 0))")
_same = " AND ".join(f"stored.{key} = summed.{key}" for key in KEYS)
_GATHER = text(f"""
    WITH taken AS (DELETE FROM counter_changes RETURNING {COLUMNS}),
    summed AS (
        SELECT {", ".join(KEYS)}, sum(number) AS number FROM taken
        GROUP BY {", ".join(KEYS)} HAVING sum(number) <> 0
    )
    MERGE INTO organization_months AS stored USING summed ON {_same}
    WHEN MATCHED AND stored.number + summed.number = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET number = stored.number + summed.number
    WHEN NOT MATCHED THEN INSERT ({COLUMNS})
        VALUES ({", ".join(f"summed.{column}" for column in COLUMNS.split(", "))})""")


async def gather(session: AsyncSession) -> None:
    """Nothing waits to be added, and every leaf is counted where and as it stands.

    Locks the counters of leaves where one has moved. Where another worker is at it, nothing is done.
    """
    if not await session.scalar(_FIRST):
        return
    found = (await session.execute(_FOUND)).one()
    if found.moved:
        await session.execute(LOCK_ALL)
        await session.execute(_MOVE)
    if found.heads:
        await session.execute(COUNT_HEADS)
    await session.execute(_GATHER)
