"""A community with staff, helpers and a resident; the level above; who asks over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Need
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.factories.members import make_resident
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.replay import again

Headers = Callable[[Person], dict[str, str]]
PURPOSES = ("resident_core", "service_address", "contact_at_service")


@dataclass
class Town:
    community: Organization
    resident: Person
    clerk: Person
    helper: Person
    office: Person


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    return await again(session, make_town)


async def make_town(session: AsyncSession) -> Town:
    """As the fixture; flushed."""
    community = await make_community(session)
    resident = await make_person(session, name="李梅")
    await make_resident(session, community, resident)
    for purpose in PURPOSES:
        await make_consent(session, resident.id, purpose)
    subdistrict = await session.get_one(Organization, community.parent_id)
    return Town(
        community,
        resident,
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        await make_staff(session, Role.GRID_WORKER, community),
        await make_staff(session, Role.SUBDISTRICT_ADMIN, subdistrict),
    )


@dataclass
class Desk:
    client: AsyncClient
    sign_in: Headers

    async def post(self, who: Person, path: str, **body: Any) -> Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers=self.sign_in(who))

    async def send(self, method: str, who: Person, path: str, **body: Any) -> Response:
        return await self.client.request(
            method, f"/api/v1{path}", json=body or None, headers=self.sign_in(who)
        )

    async def get(self, who: Person, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.sign_in(who))).json()


@pytest.fixture
def desk(client: AsyncClient, sign_in: Headers) -> Desk:
    return Desk(client, sign_in)


async def make_neighbour(session: AsyncSession, community: Organization, **columns: Any) -> Person:
    """Somebody else who lives there and agrees to what residents agree to."""
    person = await make_person(session, **columns)
    await make_resident(session, community, person)
    await make_consent(session, person.id, PURPOSES[0])
    return person


async def fresh(session: AsyncSession, need_id: Any) -> Need:
    """The need as it stands in the database."""
    return await session.get_one(Need, need_id, populate_existing=True)
