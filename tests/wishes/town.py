"""A community with staff, a helper, a resident who agrees to everything, and a member."""

from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration, Resident
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.wish import Wish, WishClaim, WishStatus
from tests.factories.members import make_registration, make_resident
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.factories.wishes import make_wish, make_wish_claim
from tests.needs.town import PURPOSES
from tests.orders.town import Desk
from tests.replay import again

S = WishStatus


@dataclass
class Town:
    community: Organization
    resident: Person
    home: Resident
    secretary: Person
    clerk: Person
    helper: Person
    member: Person
    registration: Registration


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    made = await again(session, make_town)
    await session.commit()
    return made


async def make_town(session: AsyncSession) -> Town:
    """As the fixture; flushed."""
    community = await make_community(session)
    resident = await make_person(session, name="李梅")
    home = await make_resident(session, community, resident)
    for purpose in PURPOSES:
        await make_consent(session, resident.id, purpose)
    member = await make_person(session, name="张三")
    registration = await make_registration(session, community, member)
    return Town(
        community,
        resident,
        home,
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        await make_staff(session, Role.GRID_WORKER, community),
        member,
        registration,
    )


async def wished(session: AsyncSession, town: Town, status: S = S.OPEN, **columns: Any) -> Wish:
    """The resident's wish; where it is claimed or later, by the member; committed."""
    wish = await make_wish(session, town.community, town.resident, status=status, **columns)
    if status in (S.CLAIMED, S.DELIVERED, S.UNDECIDED):
        await make_wish_claim(session, wish, town.registration)
    await session.commit()
    return wish


async def fresh(session: AsyncSession, row: Any) -> Any:
    """The row as it stands now."""
    return await session.get_one(type(row), row.id, populate_existing=True)


async def claim_of(session: AsyncSession, wish: Wish) -> WishClaim:
    """The latest claim on the wish, as it stands now."""
    statement = select(WishClaim).where(WishClaim.wish_id == wish.id)
    found = await session.scalars(
        statement.order_by(WishClaim.id.desc()).limit(1),
        execution_options={"populate_existing": True},
    )
    return found.one()


async def step(desk: Desk, who: Person, wish: Wish, name: str, **body: Any) -> Response:
    """One step of a wish over HTTP."""
    return await desk.post(who, f"/wishes/{wish.id}/{name}", **body)
