"""Votes as the suggestion may use them: those that people are shown, and no later one.

A suggestion that moved with a single new rating would say who gave it. Source: practice.md R10, G2.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.ratings import figures
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
    last: date,
) -> Mapping[UUID, Cast]:
    """What is shown of each up to the day `last`; who has no figure is not in it."""
    rates = await figures.of_members(session, organization_id, registration_ids, last)
    shown = [each for each, rate in rates.items() if rate.votes is not None]
    if not shown:
        return {}
    return {
        each: Cast(votes.valid, votes.raters, votes.valid - votes.satisfied, len(not_content(cast)))
        for each, (votes, cast) in (await figures.behind(session, shown)).items()
    }


def not_content(ballots: Iterable[Ballot]) -> set[UUID]:
    """Who is known to have made a vote an unsatisfied one: of services of which less than half were
    content, or by his ballot."""
    found: defaultdict[UUID, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        found[ballot.vote_id].append(ballot)
    return {
        ballot.rater_id
        for cast_there in found.values()
        if 2 * sum(ballot.is_good for ballot in cast_there) < len(cast_there)
        for ballot in cast_there
        if not ballot.is_good and ballot.rater_id is not None
    }
