"""A line of the roster whose person never registers is gone in time. R21; content `retention`."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.members import purging
from app.models.member import Member, Qualification, RegistrationStatus
from app.models.organization import Policy
from app.wiring import HOUSEKEEPING
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_employer

OLD = timedelta(days=370)


async def left(session: AsyncSession) -> set[Any]:
    await purging.forget_unregistered(session)
    return set(await session.scalars(select(Member.id)))


async def test_who_never_registered_is_forgotten_after_twelve_months(session: AsyncSession) -> None:
    employer = await make_employer(session)
    registered = await make_registration(
        session, employer=employer, status=RegistrationStatus.ENDED
    )
    member = await session.get_one(Member, registered.member_id)
    member.created_at = clock.now() - OLD
    young = await make_member(session, employer, created_at=clock.now() - timedelta(days=350))
    old = await make_member(session, employer, created_at=clock.now() - OLD)
    session.add(Qualification(member_id=old.id, code="nurse", verified_on=clock.today()))
    await session.flush()
    assert await left(session) == {member.id, young.id}
    assert (await session.scalars(select(Qualification.id))).all() == []
    assert await left(session) == {member.id, young.id}
    assert purging.forget_unregistered in HOUSEKEEPING


async def test_an_employers_city_says_how_long(session: AsyncSession) -> None:
    kept, short = await make_employer(session), await make_employer(session)
    for employer, months in ((kept, 0), (short, 1)):
        session.add(
            Policy(
                organization_id=employer.id,
                key=purging.MONTHS,
                value={"value": months},
                effective_on=clock.today(),
                basis="",
                created_at=clock.now(),
            )
        )
    stays = await make_member(session, kept, created_at=clock.now() - 5 * OLD)
    await make_member(session, short, created_at=clock.now() - timedelta(days=40))
    assert await left(session) == {stays.id}
