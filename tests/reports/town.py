"""One community, one employer, its member, and those in charge, over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Consent, Person, Role
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.replay import again

Headers = Callable[[Person], dict[str, str]]
TODAY = clock.today()
PERIOD = {
    "period_from": (TODAY - timedelta(days=360)).isoformat(),
    "period_to": TODAY.isoformat(),
}


@dataclass
class Town:
    """One community, one employer, one member who agreed to be reported, and those in charge."""

    community: Organization
    employer: Organization
    office: Person
    secretary: Person
    employer_secretary: Person
    employer_clerk: Person
    member: Person
    registration: Registration
    branch: Organization


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    return await again(session, make_town)


async def make_town(session: AsyncSession) -> Town:
    """As the fixture; flushed."""
    community = await make_community(session, name="学田社区")
    district = await session.get_one(Organization, community.lineage[1])
    employer = await make_organization(
        session, "employer", district, name="市水务局", stated_headcount=5
    )
    branch = await make_organization(session, "employer_branch", employer, name="第一党支部")
    member = await make_person(session, name="张三")
    line = await make_member(session, employer, member, branch_id=branch.id)
    registration = await make_registration(session, community, member, member=line)
    await make_consent(session, member.id)
    return Town(
        community,
        employer,
        await make_staff(session, Role.DISTRICT_ADMIN, district),
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.EMPLOYER_SECRETARY, employer),
        await make_staff(session, Role.EMPLOYER_CLERK, employer),
        member,
        registration,
        branch,
    )


async def join(
    session: AsyncSession, town: Town, name: str, *, agrees: bool = True, **columns: Any
) -> Registration:
    """Another member of the employer, registered in the community."""
    person = await make_person(session, name=name)
    line = await make_member(session, town.employer, person, **columns)
    if agrees:
        await make_consent(session, person.id)
    return await make_registration(session, town.community, person, member=line)


async def withdraw(session: AsyncSession, person_id: Any) -> None:
    """The member agrees no longer to be reported; nobody was told of it yet."""
    consent = await session.scalar(select(Consent).where(Consent.person_id == person_id))
    assert consent is not None
    consent.withdrawn_at = clock.now()
    await session.flush()


@dataclass
class Desk:
    """Posts and gets as somebody, and shows problems as they are."""

    client: AsyncClient
    sign_in: Headers

    async def post(self, who: Person, path: str, **body: Any) -> Any:
        answer = await self.client.post(f"/api/v1{path}", json=body, headers=self.sign_in(who))
        return answer.json() if answer.content else None

    async def get(self, who: Person, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.sign_in(who))).json()


@pytest.fixture
def desk(client: AsyncClient, sign_in: Headers) -> Desk:
    return Desk(client, sign_in)


async def draft(desk: Desk, town: Town) -> str:
    path = f"/organizations/{town.community.id}/sheets"
    made = await desk.post(town.secretary, path, **PERIOD)
    assert len(made["report_ids"]) == 1
    return str(made["report_ids"][0])


async def compile_summary(desk: Desk, town: Town) -> Any:
    path = f"/organizations/{town.employer.id}/summaries"
    return await desk.post(town.office, path, **PERIOD)


async def read_summary(desk: Desk, town: Town, who: Person | None = None) -> Any:
    """A new summary's content as somebody reads it; the employer's secretary, if nobody is named."""
    made = await compile_summary(desk, town)
    return (await desk.get(who or town.employer_secretary, f"/reports/{made['id']}"))["content"]


def line_of(content: Any, name: str) -> Any:
    """The one line of this member."""
    (line,) = [each for each in content["details"] if each["member"] == name]
    return line
