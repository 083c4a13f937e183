"""The demo city: the real divisions of Nantong, an employer, an office; its people are made up."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import database
from app.identity import service as identity
from app.main import prepare
from app.models.organization import Organization
from app.models.person import Role, RoleGrant
from app.organizations import divisions
from app.organizations import service as organizations
from app.permissions import Actor
from app.settings import Settings

DIVISIONS = Path(__file__).parent / "data" / "divisions.csv"
CITY, DISTRICT, COMMUNITY = "320600", "320613", "320613001001"
EMPLOYER = "南通市水务局（示范）"
ADMIN_PHONE = "13900000001"
LONG_MS = 120_000


async def build(settings: Settings) -> None:
    """The city stands; a second call changes nothing."""
    prepare(settings)
    engine = database.engine(settings.database_url, pool=1, timeout_ms=LONG_MS)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await _divisions(session)
        city, district, community = [
            await _place(session, code) for code in (CITY, DISTRICT, COMMUNITY)
        ]
        community.takes_part = True
        await _employer(session, district)
        await _admin(session, city)
    await engine.dispose()


async def _divisions(session: AsyncSession) -> None:
    with DIVISIONS.open("rb") as source:
        plan = await divisions.stage(session, source)
    await divisions.write(session, Actor.system(), plan, close_vanished=False)


async def _place(session: AsyncSession, code: str) -> Organization:
    return (await session.scalars(select(Organization).where(Organization.code == code))).one()


async def _employer(session: AsyncSession, district: Organization) -> None:
    known = await session.scalar(
        select(Organization.id).where(
            Organization.parent_id == district.id, Organization.name == EMPLOYER
        )
    )
    if known is None:
        made = await organizations.add(session, district, kind="employer", name=EMPLOYER)
        made.stated_headcount = 120


async def _admin(session: AsyncSession, city: Organization) -> None:
    known = await session.scalar(
        select(RoleGrant.id).where(
            RoleGrant.organization_id == city.id, RoleGrant.role == Role.CITY_ADMIN
        )
    )
    if known is None:
        await identity.found_admin(
            session,
            phone=ADMIN_PHONE,
            name="市级管理员",
            organization_id=city.id,
            role=Role.CITY_ADMIN,
        )
