"""A community with a building, an employer with a branch, and who asks over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Member
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.factories.members import make_member
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.replay import again

Headers = Callable[[Person], dict[str, str]]
CORE = "registration_core"


@dataclass
class Town:
    district: Organization
    community: Organization
    grid: Organization
    compound: Organization
    building: Organization
    functional: Organization
    group: Organization
    employer: Organization
    branch: Organization
    secretary: Person
    clerk: Person
    office: Person
    employer_secretary: Person
    employer_clerk: Person


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    return await again(session, make_town)


async def make_town(session: AsyncSession) -> Town:
    """As the fixture; flushed."""
    community = await make_community(session)
    district = await session.get_one(Organization, community.lineage[1])
    grid = await make_organization(session, "grid", community)
    compound = await make_organization(session, "compound", community)
    building = await make_organization(session, "building", grid, compound_id=compound.id)
    functional = await make_organization(session, "functional_branch", community)
    group = await make_organization(session, "functional_group", functional, grid_id=grid.id)
    employer = await make_organization(session, "employer", district)
    branch = await make_organization(session, "employer_branch", employer)
    return Town(
        district,
        community,
        grid,
        compound,
        building,
        functional,
        group,
        employer,
        branch,
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        await make_staff(session, Role.DISTRICT_ADMIN, district),
        await make_staff(session, Role.EMPLOYER_SECRETARY, employer),
        await make_staff(session, Role.EMPLOYER_CLERK, employer),
    )


@dataclass
class Desk:
    client: AsyncClient
    sign_in: Headers

    async def post(self, who: Person, path: str, **body: Any) -> Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers=self.sign_in(who))

    async def get(self, who: Person, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.sign_in(who))).json()


@pytest.fixture
def desk(client: AsyncClient, sign_in: Headers) -> Desk:
    return Desk(client, sign_in)


async def rostered(session: AsyncSession, town: Town, **columns: Any) -> tuple[Person, Member]:
    """Somebody on the employer's roster who has consented and bound the phone of his line."""
    person = await make_person(session, name="张三")
    await make_consent(session, person.id, CORE)
    line = await make_member(
        session,
        town.employer,
        **{"name": "张三", "phone": person.phone, "branch_id": town.branch.id} | columns,
    )
    return person, line


def wanted(town: Town, **fields: Any) -> dict[str, Any]:
    return {"community_id": str(town.community.id), "building_id": str(town.building.id)} | fields
