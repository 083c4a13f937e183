"""日汇总 and 月总结: each day and month is written once, for every community and the levels above.

They tell what happened in that time (`app/statistics/sources.py` tells what became of what began in
it). People stand in the month only, and only where they are enough for the public, for its text is
sent on: nobody is named. After an outage what is missing is written, a month of days at most.
Source: practice.md R17.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.ids import new_id
from app.models.house import JobRun
from app.models.statistic import Rhythm, RollUp
from app.policies import content
from app.policies import service as policies
from app.ratings import figures as rating_figures
from app.statistics.binding import bound
from app.statistics.events import RollUpMade
from app.statistics.summing import recount_votes
from app.statistics.suppression import hidden_in_tree

JOB = "statistics.{rhythm}"
MOST = {Rhythm.DAY: 31, Rhythm.MONTH: 12}  # that are written after an outage
PUBLIC = "statistics.min_cell_public"
PEOPLE = ("served", "services", "volunteer_minutes", "joined")
COUNTS = ("new", "settled", "solved", "published", "done", "unmet")
DAY = (*COUNTS, "due")
MONTH = (*COUNTS, *PEOPLE)

_WITHIN = "{at} >= :since_at AND {at} < :until_at"
HAPPENED = bound(f"""
    SELECT community_id, 'new' AS figure, count(*) AS number
    FROM needs WHERE {_WITHIN.format(at="created_at")} AND kind <> 'about_member' GROUP BY 1
    UNION ALL
    SELECT n.community_id, answered.figure, count(*)
    FROM acceptances AS a JOIN needs AS n ON n.id = a.need_id
    CROSS JOIN LATERAL (VALUES ('settled', true), ('solved', a.status = 'solved'))
        AS answered (figure, counts)
    WHERE {_WITHIN.format(at="a.answered_at")} AND answered.counts GROUP BY 1, 2
    UNION ALL
    SELECT community_id, 'published', count(*)
    FROM orders WHERE {_WITHIN.format(at="published_at")} GROUP BY 1
    UNION ALL
    SELECT community_id, 'done', count(*)
    FROM orders WHERE {_WITHIN.format(at="completed_at")} GROUP BY 1
    UNION ALL
    SELECT community_id, 'unmet', count(*)
    FROM orders WHERE {_WITHIN.format(at="unserved_at")} GROUP BY 1
    UNION ALL
    SELECT community_id, 'due', count(*) FROM needs
    WHERE coalesce(due_at, remind_at) >= :until_at
      AND coalesce(due_at, remind_at) < :until_at + interval '1 day' GROUP BY 1
    UNION ALL
    SELECT community_id, 'joined', count(*)
    FROM registrations WHERE registered_on >= :since AND registered_on < :until GROUP BY 1
    UNION ALL
    SELECT done.community_id, counted.figure, counted.number
    FROM (
        SELECT community_id, count(*) AS services, count(DISTINCT member_id) AS served,
               coalesce(sum(minutes) FILTER (WHERE NOT is_work_time), 0) AS minutes
        FROM service_records
        WHERE status = 'approved' AND served_on >= :since AND served_on < :until GROUP BY 1
    ) AS done
    CROSS JOIN LATERAL (VALUES ('services', done.services), ('served', done.served),
                               ('volunteer_minutes', done.minutes)) AS counted (figure, number)
""")  # noqa: S608 - constants of this module
PLACES = bound("""
    SELECT DISTINCT place.id, place.kind, place.name, place.lineage
    FROM organizations AS leaf JOIN organizations AS place ON place.id = ANY (leaf.lineage)
    WHERE leaf.kind = 'community' AND leaf.takes_part AND leaf.closed_on IS NULL
      AND place.kind IN ('community', 'subdistrict', 'district', 'city')
    ORDER BY place.id
""")


async def look(session: AsyncSession) -> None:
    """Every day and month that is over, and not written yet, is written when its time has come."""
    forms = (await content.sections(session, "roll_ups"))["roll_ups"]
    for rhythm in (Rhythm.DAY, Rhythm.MONTH):
        form = forms[rhythm]
        job = JOB.format(rhythm=rhythm)
        last = await session.scalar(
            select(JobRun.period).where(JobRun.job == job).order_by(JobRun.period.desc()).limit(1)
        )
        for first in _missing(rhythm, form["at"], last):
            begun = await session.scalar(
                insert_once(JobRun)
                .values(job=job, period=first.isoformat(), done_at=clock.now())
                .on_conflict_do_nothing()
                .returning(JobRun.job)
            )
            if begun is not None:
                await _write(session, rhythm, first, form)


def _missing(rhythm: Rhythm, at: str, last: str | None) -> list[date]:
    """The first days of what is over and due since the `last` that is written; the oldest first."""
    now = clock.now().astimezone(clock.ZONE)
    day = now.date() if now.time() >= time.fromisoformat(at) else now.date() - timedelta(days=1)
    is_day = rhythm is Rhythm.DAY
    newest = day - timedelta(days=1) if is_day else clock.months_after(day.replace(day=1), -1)
    first = _next(rhythm, date.fromisoformat(last)) if last else newest
    found = []
    while first <= newest:
        found.append(first)
        first = _next(rhythm, first)
    return found[-MOST[rhythm] :]


def _next(rhythm: Rhythm, first: date) -> date:
    return first + timedelta(days=1) if rhythm is Rhythm.DAY else clock.months_after(first, 1)


async def _write(
    session: AsyncSession, rhythm: Rhythm, first: date, form: Mapping[str, Any]
) -> None:
    """The rows of one day or month, in a few statements for all places; communities are told."""
    until = _next(rhythm, first)
    places = (await session.execute(PLACES)).all()
    if not places:
        return
    happened = await _happened(session, first, until)
    shown: tuple[str, ...] = DAY if until == clock.today() else COUNTS
    hidden: set[UUID] = set()
    if rhythm is Rhythm.MONTH:
        shown = MONTH
        hidden = await _of_few(session, places, happened["served"])
        for city_id in {place.lineage[0] for place in places}:
            await rating_figures.count_communities(session, city_id, until - timedelta(days=1))
            await recount_votes(session, city_id)
    below: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for place in places:
        for above in place.lineage if place.kind == "community" else ():
            below[above].append(place.id)
    rows = []
    for place in places:
        numbers = {
            figure: sum(happened[figure].get(leaf, 0) for leaf in below[place.id])
            for figure in shown
            if figure not in PEOPLE or place.id not in hidden
        }
        rows.append(
            {
                "id": new_id(),
                "organization_id": place.id,
                "rhythm": rhythm,
                "first_on": first,
                "content": numbers,
                "decisions": [],
                "text": _text(form, place.name, first, numbers) if rhythm is Rhythm.MONTH else None,
                "frozen_at": clock.now(),
            }
        )
    await session.execute(insert(RollUp), rows)
    communities = {place.id for place in places if place.kind == "community"}
    for row in rows:
        if row["organization_id"] in communities:
            place_id = row["organization_id"]
            fact = RollUpMade(roll_up_id=row["id"], organization_id=place_id, rhythm=rhythm)
            events.record(session, fact)
    await session.flush()


async def _happened(
    session: AsyncSession, first: date, until: date
) -> defaultdict[str, dict[UUID, int]]:
    """By figure and community."""
    found: defaultdict[str, dict[UUID, int]] = defaultdict(dict)
    moments = {"since_at": clock.day_starts(first), "until_at": clock.day_starts(until)}
    rows = await session.execute(HAPPENED, {"since": first, "until": until} | moments)
    for community_id, figure, number in rows:
        found[figure][community_id] = int(number)
    return found


async def _of_few(
    session: AsyncSession, places: Sequence[Any], served: Mapping[UUID, int]
) -> set[UUID]:
    """The places where too few have served to tell the public what they did."""
    hidden: set[UUID] = set()
    for city_id in {place.lineage[0] for place in places}:
        least = await policies.value(session, city_id, PUBLIC)
        lineages = {
            place.id: place.lineage
            for place in places
            if place.kind == "community" and place.lineage[0] == city_id
        }
        hidden |= hidden_in_tree(served, lineages, least)
    return hidden


def _text(form: Mapping[str, Any], name: str, month: date, numbers: Mapping[str, int]) -> str:
    """What the secretary may send on; where few have served it does not speak of them."""
    people = ""
    if numbers.get("served"):
        hours = f"{numbers['volunteer_minutes'] / 60:.1f}"
        people = form["people"].format(served=numbers["served"], hours=hours)
    said: str = form["text"].format(
        name=name,
        month=month.month,
        new=numbers["new"],
        solved=numbers["solved"],
        orders=numbers["done"],
        people=people,
    )
    return said
