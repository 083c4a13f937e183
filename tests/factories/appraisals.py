"""Cycles, raters, ballots and counts for tests."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals import dates
from app.core import clock
from app.models.appraisal import (
    AppraisalAnswer,
    AppraisalBallot,
    AppraisalCount,
    AppraisalRater,
    Panel,
)
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person
from tests.factories.people import make_person

BEFORE = (CycleStatus.PLANNED, CycleStatus.COLLECTING)


async def make_cycle(
    session: AsyncSession,
    organization: Organization,
    *,
    status: CycleStatus = CycleStatus.PLANNED,
    **columns: Any,
) -> EvaluationCycle:
    """A year whose facts are closed today, if none else is said; flushed.

    Its appraisal begins tomorrow, or has begun; its clocks are set.
    """
    today = clock.today()
    first = today + timedelta(days=status is CycleStatus.PLANNED)
    cycle = EvaluationCycle(
        **{
            "organization_id": organization.id,
            "year": today.year,
            "status": status,
            "facts_close_on": today,
            "issue_on": today,
            "appraisal_days": 8,
            "objection_workdays": 7,
            "acknowledge_workdays": 10,
            "use_days": 90,
            "closed_at": None if status in BEFORE else clock.now(),
        }
        | columns
    )
    dates.lay_out(cycle, columns.get("appraisal_from", first))
    cycle.due_at = dates.due(cycle)
    session.add(cycle)
    await session.flush()
    return cycle


async def make_rater(
    session: AsyncSession,
    cycle: EvaluationCycle,
    community: Organization,
    person: Person | None = None,
    *,
    panel: Panel = Panel.COMMUNITY,
    **columns: Any,
) -> AppraisalRater:
    """One of the community's committee, if none else is said; flushed."""
    if person is None and "person_id" not in columns:
        person = await make_person(session)
    rater = AppraisalRater(
        **{
            "cycle_id": cycle.id,
            "community_id": community.id,
            "panel": panel,
            "person_id": person.id if person else None,
            "name": "李梅",
        }
        | columns
    )
    session.add(rater)
    await session.flush()
    return rater


async def make_ballots(
    session: AsyncSession,
    cycle: EvaluationCycle,
    registration: Registration,
    *answers: AppraisalAnswer,
) -> None:
    """Ballots of so many raters, each made for it; flushed."""
    community = await session.get_one(Organization, registration.community_id)
    for answer in answers:
        rater = await make_rater(session, cycle, community)
        session.add(
            AppraisalBallot(rater_id=rater.id, registration_id=registration.id, answer=answer)
        )
    await session.flush()


async def make_count(
    session: AsyncSession,
    cycle: EvaluationCycle,
    registration: Registration,
    *,
    panel: Panel = Panel.COMMUNITY,
    **totals: int,
) -> None:
    """What two people have found alike on paper; flushed."""
    for place in (1, 2):
        counter = await make_person(session)
        session.add(
            AppraisalCount(
                cycle_id=cycle.id,
                community_id=registration.community_id,
                panel=panel,
                registration_id=registration.id,
                counter_id=counter.id,
                place=place,
                agreed_at=clock.now(),
                **dict.fromkeys(("satisfied", "fair", "unsatisfied", "unknown"), 0) | totals,
            )
        )
    await session.flush()
