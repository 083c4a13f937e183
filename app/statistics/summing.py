"""The summaries: counted again with each fact, rebuilt as a whole, compared with the source rows.

A fact never adds to a counter: the month of the row that it is about is counted again, so a fact may
be told twice, late or out of order. Two of one month come one after the other (an advisory lock),
and the later one sees what both are about.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.prepared import Prepared
from app.statistics.binding import UUIDS, bound, prepared, span
from app.statistics.sources import COMMUNITIES, EMPLOYERS, FIGURES, PEOPLE, Subject, counters

EVER = date(2000, 1, 1), date(2999, 1, 1)
KEYS = ("organization_id", "figure", "month", "kind", "category", "bucket")
PERSON_KEYS = ("registration_id", "community_id", "month")
PERSON_VALUES = ("member_id", "employer_id", "services", "volunteer_minutes", "work_minutes")
OF_THESE = "{column} = ANY (:organizations)"

LOCK = text("""
    SELECT pg_advisory_xact_lock(hashtextextended('statistics|' || :subject || id || :month, 0))
    FROM (SELECT id::text AS id FROM unnest(:organizations) AS id ORDER BY 1) AS ordered
""").bindparams(
    bindparam("organizations", type_=UUIDS),
    bindparam("subject", type_=String()),
    bindparam("month", type_=String()),
)
LOCK_ALL = text("LOCK TABLE organization_months, member_months IN SHARE ROW EXCLUSIVE MODE")


async def recount(
    session: AsyncSession, subject: Subject, organization_ids: Sequence[UUID], day: date
) -> None:
    """The figures of this subject, in these organizations and the month of that day, are as the
    source rows say; of services also those of each member."""
    month = day.replace(day=1)
    binds = span(month, clock.months_after(month, 1)) | {"organizations": list(organization_ids)}
    await session.execute(LOCK, binds | {"subject": subject, "month": month.isoformat()})
    await session.execute(RECOUNT[subject], binds)
    if subject is Subject.SERVICE:
        await session.execute(RECOUNT_PEOPLE, binds)


async def rebuild(session: AsyncSession) -> None:
    """Every summary is as the source rows say; the worker waits meanwhile."""
    await session.execute(LOCK_ALL)
    for statement in REBUILD:
        await session.execute(statement, span(*EVER))


def all_of(subject: Subject, only: str = "true") -> str:
    """The counters of communities and employers together: no id is of both."""
    places = [each for each in (COMMUNITIES, EMPLOYERS) if subject in each]
    return "\n    UNION ALL".join(counters(each, subject, only) for each in places)


def _same(table: str, keys: Sequence[str], other: str) -> str:
    return " AND ".join(f"{table}.{key} = {other}.{key}" for key in keys)


def _write(
    table: str, keys: Sequence[str], values: Sequence[str], counted: str, *, within: str
) -> str:
    columns = ", ".join((*keys, *values))
    new = ", ".join(f"{value} = excluded.{value}" for value in values)
    old, now = (", ".join(f"{of}.{value}" for value in values) for of in (table, "excluded"))
    return f"""
        WITH counted AS MATERIALIZED ({counted}),
        gone AS (
            DELETE FROM {table} WHERE {within}
            AND NOT EXISTS (SELECT FROM counted WHERE {_same("counted", keys, table)})
        )
        INSERT INTO {table} ({columns}) SELECT {columns} FROM counted
        ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {new}
        WHERE ({old}) IS DISTINCT FROM ({now})"""  # noqa: S608 - constants of this module


def _figures(subject: Subject) -> str:
    return ", ".join(f"'{figure}'" for figure in FIGURES[subject])


def _counters(subject: Subject, only: str, within: str) -> str:
    of_subject = f"{within} AND figure IN ({_figures(subject)})"
    counted = all_of(subject, only)
    return _write("organization_months", KEYS, ("number",), counted, within=of_subject)


_people = PEOPLE.format(only="s.community_id = ANY (:organizations)")
_month = "month >= :since AND month < :until"
RECOUNT = {
    subject: bound(
        _counters(subject, OF_THESE, f"organization_id = ANY (:organizations) AND {_month}")
    )
    for subject in Subject
}
RECOUNT_PEOPLE = bound(
    _write(
        "member_months",
        PERSON_KEYS,
        PERSON_VALUES,
        _people,
        within=f"community_id = ANY (:organizations) AND {_month}",
    )
)
ALL_PEOPLE = PEOPLE.format(only="true")
REBUILD = (
    *(bound(_counters(subject, "true", "true")) for subject in Subject),
    bound(_write("member_months", PERSON_KEYS, PERSON_VALUES, ALL_PEOPLE, within="true")),
)


def _differences(table: str, keys: Sequence[str], values: Sequence[str], counted: str) -> Prepared:
    says, counts = (
        f"jsonb_build_array({', '.join(f'{of}.{value}' for value in values)})"
        for of in (table, "counted")
    )
    return prepared(f"""
        SELECT concat_ws(' ', {", ".join(keys)}) AS what,
               CASE WHEN {table}.{values[0]} IS NOT NULL THEN {says} END AS says,
               CASE WHEN counted.{values[0]} IS NOT NULL THEN {counts} END AS counted
        FROM {table} FULL JOIN ({counted}) AS counted USING ({", ".join(keys)})
        WHERE {says} IS DISTINCT FROM {counts}
        ORDER BY 1""")  # noqa: S608 - constants of this module


# What a summary says and what the source rows say, of everything that differs.
DIFFERENCES: Mapping[str, Prepared] = {
    "figures of months": _differences(
        "organization_months", KEYS, ("number",), "\n UNION ALL \n".join(map(all_of, Subject))
    ),
    "members' months": _differences("member_months", PERSON_KEYS, PERSON_VALUES, ALL_PEOPLE),
}
WAITING = """
    SELECT count(*) FROM outbox WHERE told_at IS NULL AND name IN ('registration.moved',
        'record.moved', 'need.moved', 'acceptance.moved', 'order.moved', 'seat.moved')"""


async def differences(connection: Any) -> dict[str, list[dict[str, Any]]]:
    """By summary, each difference (`what`, `says`, `counted`) that stands at this moment."""
    binds = span(*EVER)
    return {name: await found.rows(connection, binds) for name, found in DIFFERENCES.items()}
