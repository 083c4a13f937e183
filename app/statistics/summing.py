"""The summaries: counted again with each fact, rebuilt as a whole, compared with the source rows.

A fact never adds to a leaf's counter: the month of the row that it is about is counted again, so a
fact may be told twice, late or out of order. Two of one month come one after the other (an advisory
lock), and the later one sees what both are about. What thereby changed is put down for the levels
above (`above`), and for people once (`once`), and gathered later (`gathering`).
"""

# ruff: noqa: S608 - constants of this module and of its neighbours make its statements, nothing else

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.prepared import Prepared
from app.models.record import ServiceRecord
from app.statistics.above import IS_LEAF, KNOW, KNOW_ALL, above
from app.statistics.binding import UUIDS, bound, prepared, span
from app.statistics.once import ROW, counted, once
from app.statistics.sources import (
    COMMUNITIES,
    EMPLOYERS,
    FIGURES,
    HEADCOUNTED,
    PEOPLE,
    Subject,
    counters,
)
from app.statistics.stored import COLUMNS, summed

EVER = date(2000, 1, 1), date(2999, 1, 1)
KEYS = ("organization_id", "figure", "month", "kind", "category", "bucket")
PERSON_KEYS = ("registration_id", "community_id", "month")
PERSON_VALUES = ("member_id", "employer_id", "services", "volunteer_minutes", "work_minutes")
OF_THESE = "{column} = ANY (:organizations)"

LOCK = text(f"""
    WITH known AS ({KNOW.format(only="id = ANY (:organizations)")} DO NOTHING)
    SELECT pg_advisory_xact_lock(hashtextextended('statistics|' || key, 0))
    FROM (SELECT key FROM unnest(:keys) AS key ORDER BY 1) AS ordered
""").bindparams(bindparam("organizations", type_=UUIDS), bindparam("keys", type_=ARRAY(String())))
COMMUNITIES_BELOW = bound(
    "SELECT id FROM organizations WHERE kind = 'community' AND lineage[1] = :organization_id"
)
# Nobody writes counters of leaves, or changes of others, any more.
LOCK_ALL = text(
    "LOCK TABLE counted_leaves, organization_months, member_months IN SHARE ROW EXCLUSIVE MODE"
)


async def recount(
    session: AsyncSession, subject: Subject, organization_ids: Sequence[UUID], day: date
) -> None:
    """The figures of this subject, in these organizations and the month of that day, are as the
    source rows say, and the levels above are told what changed."""
    binds = await _lock(session, subject, organization_ids, day)
    await session.execute(RECOUNT[subject], binds)


async def recount_of(session: AsyncSession, record: ServiceRecord) -> None:
    """The services of the record's community, employer and month are as the records say, and so is
    what its registration has served then."""
    places, one = (record.community_id, record.employer_id), record.member_id
    binds = await _lock(session, Subject.SERVICE, places, record.served_on, f"member|{one}")
    await session.execute(RECOUNT[Subject.SERVICE], binds)
    of_one = {"member_id": one, "registration_id": record.registration_id}
    await session.execute(RECOUNT_PEOPLE, binds | of_one)


async def recount_votes(session: AsyncSession, root_id: UUID) -> None:
    """The votes of which all are shown the figure of the communities below are as they stand."""
    found = await session.scalars(COMMUNITIES_BELOW, {"organization_id": root_id})
    binds = await _lock(session, Subject.VOTE, found.all(), EVER[0])
    await session.execute(RECOUNT[Subject.VOTE], binds | span(*EVER))


async def _lock(
    session: AsyncSession,
    subject: Subject,
    organization_ids: Sequence[UUID],
    day: date,
    *keys: str,
) -> dict[str, Any]:
    """Whoever counts the same waits until this transaction ends; the binds of the month."""
    month = day.replace(day=1)
    places = {"organizations": list(organization_ids)}
    locked = [f"{subject}|{each}|{month.isoformat()}" for each in organization_ids]
    await session.execute(LOCK, places | {"keys": [*locked, *keys]})
    return span(month, clock.months_after(month, 1)) | places


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
    table: str,
    keys: Sequence[str],
    values: Sequence[str],
    counted: str,
    *,
    within: str,
    beside: str = "",
) -> str:
    """What is counted is what is stored within; `beside`: what else is done with it, in CTEs."""
    columns = ", ".join((*keys, *values))
    new = ", ".join(f"{value} = excluded.{value}" for value in values)
    old, now = (", ".join(f"{of}.{value}" for value in values) for of in (table, "excluded"))
    return f"""
        WITH counted AS MATERIALIZED ({counted}),
        gone AS (
            DELETE FROM {table} WHERE {within}
            AND NOT EXISTS (SELECT FROM counted WHERE {_same("counted", keys, table)})
        ){beside}
        INSERT INTO {table} ({columns}) SELECT {columns} FROM counted
        ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {new}
        WHERE ({old}) IS DISTINCT FROM ({now})"""


def _figures(subject: Subject) -> str:
    return ", ".join(f"'{figure}'" for figure in FIGURES[subject])


def _counters(subject: Subject, only: str, within: str, beside: str = "") -> str:
    of_subject = f"{within} AND figure IN ({_figures(subject)})"
    found = all_of(subject, only)
    return _write(
        "organization_months",
        KEYS,
        ("number",),
        found,
        within=of_subject,
        beside=beside.format(within=of_subject),
    )


_month = "month >= :since AND month < :until"
_TELL = f"INSERT INTO counter_changes ({COLUMNS})"
# What a recount changes of leaves is told the levels above them.
_TOLD = f""",
        was AS MATERIALIZED (SELECT {COLUMNS} FROM organization_months WHERE {{within}}),
        changed AS (
            SELECT {", ".join(KEYS)}, coalesce(counted.number, 0) - coalesce(was.number, 0) AS number
            FROM counted FULL JOIN was USING ({", ".join(KEYS)})
            WHERE counted.number IS DISTINCT FROM was.number
        ),
        told AS ({_TELL} SELECT {COLUMNS} FROM ({above("changed")}) AS of_level)"""
RECOUNT = {
    subject: bound(
        _counters(subject, OF_THESE, f"organization_id = ANY (:organizations) AND {_month}", _TOLD)
    )
    for subject in Subject
}
_MINE = f"registration_id = :registration_id AND {_month}"
_TOLD_ONCE = f""",
        was AS MATERIALIZED (SELECT * FROM member_months WHERE member_id = :member_id),
        now AS (SELECT {ROW} FROM was WHERE NOT ({_MINE}) UNION ALL SELECT {ROW} FROM counted),
        told AS ({_TELL} {counted((once("now"), 1), (once("was"), -1))})"""
RECOUNT_PEOPLE = bound(
    _write(
        "member_months",
        PERSON_KEYS,
        PERSON_VALUES,
        PEOPLE.format(only="s.registration_id = :registration_id"),
        within=_MINE,
        beside=_TOLD_ONCE,
    )
)
ALL_PEOPLE = PEOPLE.format(only="true")
# By minutes and not by facts; see `gathering`.
_LATER = ", ".join(f"'{figure}'" for figure in HEADCOUNTED)
_SOON = [each for each in Subject if each is not Subject.HEADCOUNT]
COUNT_HEADS = bound(
    _counters(
        Subject.HEADCOUNT,
        "true",
        "organization_id IN (SELECT organization_id FROM counted_leaves)",
        _TOLD,
    )
)
HEADS = all_of(Subject.HEADCOUNT)
OF_LEAVES = f"{IS_LEAF} AND figure <> 'once'"
OF_LEVELS = f"NOT {IS_LEAF} AND figure <> 'once'"
LEVELS = f"""
    SELECT {", ".join(KEYS)}, sum(number) AS number
    FROM ({above(f"(SELECT {COLUMNS} FROM organization_months WHERE {OF_LEAVES})")}) AS of_level
    GROUP BY {", ".join(KEYS)}"""
ONCE = counted((once("member_months"), 1))
REBUILD = (
    bound(KNOW_ALL),
    *(bound(_counters(subject, "true", IS_LEAF)) for subject in Subject),
    bound(_write("member_months", PERSON_KEYS, PERSON_VALUES, ALL_PEOPLE, within="true")),
    bound("DELETE FROM counter_changes"),
    bound(_write("organization_months", KEYS, ("number",), LEVELS, within=OF_LEVELS)),
    bound(_write("organization_months", KEYS, ("number",), ONCE, within="figure = 'once'")),
)


def _differences(stored: str, keys: Sequence[str], values: Sequence[str], counted: str) -> Prepared:
    says, counts = (
        f"jsonb_build_array({', '.join(f'{of}.{value}' for value in values)})"
        for of in ("stored", "counted")
    )
    return prepared(f"""
        SELECT concat_ws(' ', {", ".join(keys)}) AS what,
               CASE WHEN stored.{values[0]} IS NOT NULL THEN {says} END AS says,
               CASE WHEN counted.{values[0]} IS NOT NULL THEN {counts} END AS counted
        FROM ({stored}) AS stored FULL JOIN ({counted}) AS counted USING ({", ".join(keys)})
        WHERE {says} IS DISTINCT FROM {counts}
        ORDER BY 1""")


# What a summary says and what the source rows say, of everything that differs; a level is compared
# with the summaries of its leaves, for these are compared with the source rows.
DIFFERENCES: Mapping[str, Prepared] = {
    "figures of months": _differences(
        f"SELECT * FROM organization_months WHERE {OF_LEAVES} AND figure NOT IN ({_LATER})",
        KEYS,
        ("number",),
        "\n UNION ALL \n".join(map(all_of, _SOON)),
    ),
    "members' months": _differences(
        "SELECT * FROM member_months", PERSON_KEYS, PERSON_VALUES, ALL_PEOPLE
    ),
    "figures of levels": _differences(summed(OF_LEVELS), KEYS, ("number",), LEVELS),
    "people once": _differences(summed("figure = 'once'"), KEYS, ("number",), ONCE),
}
WAITING = """
    SELECT count(*) FROM outbox WHERE told_at IS NULL AND name IN ('registration.moved',
        'record.moved', 'need.moved', 'acceptance.moved', 'order.moved', 'seat.moved')"""


async def differences(connection: Any) -> dict[str, list[dict[str, Any]]]:
    """By summary, each difference (`what`, `says`, `counted`) that stands at this moment."""
    binds = span(*EVER)
    return {name: await found.rows(connection, binds) for name, found in DIFFERENCES.items()}
