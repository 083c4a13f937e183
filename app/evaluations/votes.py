"""Votes as the suggestion may use them: those that people are shown, and no later one.

A suggestion that moved with a single new rating would say who gave it. Source: practice.md R10, G2.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.models.report import ShownVotes
from app.ratings import figures
from app.ratings import service as ratings
from app.ratings.service import Ballot


class Cast(NamedTuple):
    """Valid votes by distinct people; how many were unsatisfied, by how many people."""

    votes: int
    raters: int
    unsatisfied: int
    unsatisfied_raters: int


async def of_registrations(
    session: AsyncSession,
    organization_id: UUID,
    registration_ids: Collection[UUID],
    period: tuple[date, date],
) -> Mapping[UUID, Cast]:
    """What is shown of each at the period's end; who has no figure is not in it."""
    first, last = period
    rates = await figures.of_members(session, organization_id, registration_ids, last)
    shown = [each for each, rate in rates.items() if rate.votes is not None]
    rows = await session.scalars(
        select(ShownVotes).where(ShownVotes.subject_id == any_(cast(shown, ARRAY(Uuid()))))
    )
    kept = {row.subject_id: row for row in rows}
    given: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    for ballot in await ratings.ballots(session, shown, first, last):
        row = kept[ballot.registration_id]
        if row.counted_at is not None and ballot.given_at <= row.counted_at:
            given[ballot.registration_id].append(ballot)
    return {
        each: Cast(row.valid, row.raters, row.valid - row.satisfied, len(not_content(given[each])))
        for each, row in kept.items()
    }


def not_content(ballots: Iterable[Ballot]) -> set[UUID]:
    """Who made a vote an unsatisfied one: of services of which less than half were content."""
    services: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        services[ballot.order_id].append(ballot)
    return {
        ballot.rater_id
        for cast_there in services.values()
        if 2 * sum(ballot.is_good for ballot in cast_there) < len(cast_there)
        for ballot in cast_there
        if not ballot.is_good
    }
