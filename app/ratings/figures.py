"""Satisfaction as people are shown it: a figure that moves by three raters or more, never by one.

What was shown is kept. It stays, to the letter, until within its look-back at least
`rating.visible_batch_min_new_raters` distinct people have rated after it was counted; so no two
figures that somebody lays side by side differ by one person's rating. One figure is kept for a
registration, whoever reads it and whatever period a report is about: it looks back
`satisfaction.lookback_months` from the last day of the period and never goes back to an earlier
day, so periods that differ by a day show the same. It lapses when no day that it counts lies in the
look-back any more. An employer has one of its own, for all its members together; the votes in it
that no member's figure shows are those of three raters or of none, or they would be the difference.
Source: practice.md R10, G2; the policies named.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock
from app.models.member import Registration
from app.models.organization import Organization
from app.models.report import ShownVotes
from app.policies import service as policies
from app.ratings import service
from app.ratings.service import TOO_FEW, Ballot, Votes

RULE = (
    "satisfaction.min_votes_exact",
    "satisfaction.min_votes_band",
    "satisfaction.bands",
    "satisfaction.min_distinct_raters",
    "rating.visible_batch_min_new_raters",
    "satisfaction.lookback_months",
)


class Rule(NamedTuple):
    """The values of the policies `RULE`."""

    least_exact: int
    least_band: int
    bands: list[int]
    least_raters: int
    least_new: int
    months: int


class Figure(NamedTuple):
    """A rate in words; on how many votes it stands and the last day that it counts, if it is one."""

    satisfaction: str
    votes: int | None
    until: date | None


NOTHING = Figure(TOO_FEW, None, None)


async def of_members(
    session: AsyncSession, organization_id: UUID, registration_ids: Collection[UUID], last: date
) -> Mapping[UUID, Figure]:
    """What is shown of each registration up to the day `last`, by the organization's policies.

    Locks what was shown: who reads at the same time reads the same.
    """
    figures, _ = await _read(session, organization_id, registration_ids, last, None)
    return figures


async def of_employer(
    session: AsyncSession, employer_id: UUID, registration_ids: Collection[UUID], last: date
) -> tuple[Mapping[UUID, Figure], Figure]:
    """As `of_members`, and the figure of all these members together: a percentage or nothing."""
    return await _read(session, employer_id, registration_ids, last, employer_id)


async def count_communities(session: AsyncSession, city_id: UUID, last: date) -> None:
    """What is shown of all members of each community of the city together is counted up to `last`,
    where enough new raters have come; a statement for all of them.

    A band suffices. The figure of a level is that of its communities' shown votes.
    """
    found = await policies.values(session, city_id, *RULE)
    rule = Rule(*(found[key] for key in RULE))
    first = _months_before(last, rule.months) + timedelta(days=1)
    placed = await session.execute(
        select(Registration.id, Registration.community_id)
        .join(Organization, Organization.id == Registration.community_id)
        .where(Organization.lineage.contains([city_id]), Registration.registered_on.is_not(None))
    )
    community_of = {registration_id: community_id for registration_id, community_id in placed}
    if not community_of:
        return
    cast_by: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    for ballot in await service.ballots(session, list(community_of), first, last):
        cast_by[ballot.registration_id].append(ballot)
    of_members = await _shown_before(session, list(cast_by))
    hidden: defaultdict[UUID, set[UUID]] = defaultdict(set)
    pooled: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    for registration_id, ballots in cast_by.items():
        community_id = community_of[registration_id]
        row = of_members.get(registration_id) or ShownVotes()
        hidden[community_id] |= _new_raters(row, ballots, first)
        pooled[community_id] += ballots
    if not pooled:
        return
    for community_id, row in (await _kept(session, list(pooled))).items():
        if not 0 < len(hidden[community_id]) < rule.least_raters:
            _count_anew(row, pooled[community_id], rule, rule.least_band, first, last)
    await session.flush()


async def _shown_before(
    session: AsyncSession, registration_ids: Sequence[UUID]
) -> dict[UUID, ShownVotes]:
    rows = await session.scalars(
        select(ShownVotes).where(
            ShownVotes.subject_id == any_(cast(list(registration_ids), ARRAY(Uuid())))
        )
    )
    return {row.subject_id: row for row in rows}


async def _read(
    session: AsyncSession,
    organization_id: UUID,
    registration_ids: Collection[UUID],
    last: date,
    pool_id: UUID | None,
) -> tuple[Mapping[UUID, Figure], Figure]:
    if not registration_ids:
        return {}, NOTHING
    found = await policies.values(session, organization_id, *RULE)
    rule = Rule(*(found[key] for key in RULE))
    first = _months_before(last, rule.months) + timedelta(days=1)
    kept = await _kept(session, [*registration_ids, *([pool_id] if pool_id else [])])
    cast_by: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    for ballot in await service.ballots(session, list(registration_ids), first, last):
        cast_by[ballot.registration_id].append(ballot)
    figures = {}
    hidden: set[UUID] = set()
    for registration_id in registration_ids:
        row, ballots = kept[registration_id], cast_by[registration_id]
        _count_anew(row, ballots, rule, rule.least_band, first, last)
        figures[registration_id] = _shown(row, rule, rule.least_band, first)
        hidden |= _new_raters(row, ballots, first)
    pool = NOTHING
    if pool_id:
        row, ballots = kept[pool_id], [each for cast in cast_by.values() for each in cast]
        if not 0 < len(hidden) < rule.least_raters:
            _count_anew(row, ballots, rule, rule.least_exact, first, last)
        pool = _shown(row, rule, rule.least_exact, first)
    await session.flush()
    return figures, pool


def _count_anew(
    row: ShownVotes, ballots: Sequence[Ballot], rule: Rule, least: int, first: date, last: date
) -> None:
    """The row holds the votes as they are now, if enough new raters have come and it may be shown."""
    votes = service.count(ballots)
    if (
        len(_new_raters(row, ballots, first)) >= rule.least_new
        and votes.raters >= rule.least_raters
        and votes.valid >= least
        and (row.until_on is None or row.until_on <= last)
    ):
        row.valid, row.satisfied, row.raters = votes
        row.until_on, row.counted_at = last, clock.now()


def _new_raters(row: ShownVotes, ballots: Iterable[Ballot], first: date) -> set[UUID]:
    """Who has rated since the row was counted; everybody, if it shows nothing of these days."""
    since = row.counted_at if row.until_on and row.until_on >= first else None
    return {ballot.rater_id for ballot in ballots if since is None or ballot.given_at > since}


def _shown(row: ShownVotes, rule: Rule, least: int, first: date) -> Figure:
    if row.until_on is None or row.until_on < first:
        return NOTHING
    words = service.shown(
        Votes(row.valid, row.satisfied, row.raters),
        least_exact=rule.least_exact,
        least_band=least,
        bands=rule.bands,
    )
    return NOTHING if words == TOO_FEW else Figure(words, row.valid, row.until_on)


async def _kept(session: AsyncSession, subject_ids: Sequence[UUID]) -> dict[UUID, ShownVotes]:
    """What was shown of each, locked, in one order for all; who was never shown has an empty row."""
    ordered = sorted(subject_ids)
    await session.execute(
        insert(ShownVotes).on_conflict_do_nothing(),
        [{"subject_id": each} for each in ordered],
    )
    rows = await session.scalars(
        select(ShownVotes)
        .where(ShownVotes.subject_id == any_(cast(ordered, ARRAY(Uuid()))))
        .order_by(ShownVotes.subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.subject_id: row for row in rows}


def _months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
