"""A community with its functional branch, an employer, a member, and everybody who decides."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.deadlines import advance_next
from app.events import tell_next
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Notification, Satisfaction
from app.wiring import DEADLINES, LISTENERS
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent, make_service
from tests.replay import again

Sessions = async_sessionmaker[AsyncSession]
TODAY = clock.today()
PERIOD = {
    "period_from": (TODAY - timedelta(days=360)).isoformat(),
    "period_to": TODAY.isoformat(),
}
LONG_AGO = TODAY - timedelta(days=350)


@dataclass
class Town:
    """`office`, `street`: the district's and the subdistrict's; `leader`: of the branch."""

    community: Organization
    branch: Organization
    employer: Organization
    office: Person
    street: Person
    secretary: Person
    clerk: Person
    leader: Person
    boss: Person
    boss_clerk: Person
    member: Person
    registration: Registration


async def make_town(session: AsyncSession) -> Town:
    """Everybody, the member for a year; flushed."""
    community = await make_community(session, name="学田社区")
    district, subdistrict = [
        await session.get_one(Organization, community.lineage[level]) for level in (1, 2)
    ]
    branch = await make_organization(session, "functional_branch", community)
    employer = await make_organization(session, "employer", district, name="市水务局")
    town = Town(
        community,
        branch,
        employer,
        await make_staff(session, Role.DISTRICT_ADMIN, district),
        await make_staff(session, Role.SUBDISTRICT_ADMIN, subdistrict),
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        await make_staff(session, Role.BRANCH_SECRETARY, branch),
        await make_staff(session, Role.EMPLOYER_SECRETARY, employer),
        await make_staff(session, Role.EMPLOYER_CLERK, employer),
        await make_person(session, name="张三"),
        Registration(),
    )
    town.registration = await join(session, town, town.member)
    return town


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    made = await again(session, make_town)
    await session.commit()
    return made


async def join(
    session: AsyncSession, town: Town, person: Person | None = None, **columns: Any
) -> Registration:
    """A member of the employer, in the branch for most of a year, who agrees to be reported."""
    person = person or await make_person(session)
    line = await make_member(session, town.employer, person, **columns)
    await make_consent(session, person.id)
    return await make_registration(
        session,
        town.community,
        person,
        member=line,
        functional_branch_id=town.branch.id,
        registered_on=LONG_AGO,
    )


async def rate(
    session: AsyncSession, registration: Registration, good: int, bad: int = 0, **columns: Any
) -> None:
    """So many services, each rated by another resident; committed."""
    marks = [Satisfaction.SATISFIED] * good + [Satisfaction.UNSATISFIED] * bad
    for mark in marks:
        await make_service(session, registration, rated=mark, **columns)
    await session.commit()


async def work(sessions: Sessions) -> None:
    """The worker has done what is due, and told what happened."""
    while await advance_next(sessions, DEADLINES) or await tell_next(sessions, LISTENERS):
        pass


async def told(session: AsyncSession, person: Person) -> list[str]:
    """The messages in somebody's inbox, the oldest first."""
    found = await session.scalars(
        select(Notification.message)
        .where(Notification.person_id == person.id)
        .order_by(Notification.id)
    )
    return [*found]
