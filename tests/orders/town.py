"""A community with staff, members and a resident's need; who asks over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.factories.members import make_registration
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.replay import again

Headers = Callable[[Person], dict[str, str]]


@dataclass
class Town:
    community: Organization
    clerk: Person
    helper: Person
    member: Person
    registration: Registration


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    return await again(session, make_town)


async def make_town(session: AsyncSession) -> Town:
    """As the fixture; flushed."""
    community = await make_community(session)
    member = await make_person(session, name="张三")
    registration = await make_registration(session, community, member)
    return Town(
        community,
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        await make_staff(session, Role.GRID_HELPER, community),
        member,
        registration,
    )


@dataclass
class Desk:
    client: AsyncClient
    sign_in: Headers

    async def post(self, who: Person, path: str, **body: Any) -> Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers=self.sign_in(who))

    async def patch(self, who: Person, path: str, **body: Any) -> Response:
        return await self.client.patch(f"/api/v1{path}", json=body, headers=self.sign_in(who))

    async def get(self, who: Person, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.sign_in(who))).json()


@pytest.fixture
def desk(client: AsyncClient, sign_in: Headers) -> Desk:
    return Desk(client, sign_in)
