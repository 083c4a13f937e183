"""The demo city: the real divisions of Nantong, set up from files as a real one; its people are made up."""

import io
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import database
from app.core.prepared import Reader
from app.demo import files, history
from app.identity import service as identity
from app.models.organization import Import, ImportKind, ImportStatus, Organization
from app.models.person import Role, RoleGrant
from app.organizations import applying, community, divisions, employers
from app.permissions import Actor
from app.process import prepare
from app.settings import Settings

DIVISIONS = Path(__file__).parent / "data" / "divisions.csv"
CITY, DISTRICT, COMMUNITY = "320600", "320613", "320613001001"
SECOND = "320613001008"  # where members have served for two years
ADMIN_PHONE = "13900000001"
LONG_MS = 120_000


async def build(settings: Settings) -> None:
    """The city stands; a second call changes nothing."""
    prepare(settings)
    engine = database.engine(settings.database_url, pool=1, timeout_ms=LONG_MS)
    reader = await database.reader(settings.database_url, timeout_ms=LONG_MS)
    sessions = database.sessions(engine)
    async with sessions.begin() as session:
        await _divisions(session)
        (await _place(session, COMMUNITY)).takes_part = True
        await _admin(session, await _place(session, CITY))
    for code, form, kind, content in (
        (COMMUNITY, community.WORKBOOK, ImportKind.COMMUNITY, files.community()),
        (DISTRICT, employers.LIST, ImportKind.EMPLOYERS, files.employers()),
    ):
        async with sessions.begin() as session:
            await _file(session, reader, code, form, kind, content)
    async with sessions.begin() as session:
        employer = await session.scalars(
            select(Organization).where(Organization.name == history.EMPLOYER)
        )
        await history.write(session, await _place(session, SECOND), employer.one())
    await reader.close()
    await engine.dispose()


async def _divisions(session: AsyncSession) -> None:
    with DIVISIONS.open("rb") as source:
        plan = await divisions.stage(session, source)
    await divisions.write(session, Actor.system(), plan, close_vanished=False)


async def _place(session: AsyncSession, code: str) -> Organization:
    return (await session.scalars(select(Organization).where(Organization.code == code))).one()


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
            name="徐志远",
            organization_id=city.id,
            role=Role.CITY_ADMIN,
        )


async def _file(
    session: AsyncSession, reader: Reader, code: str, form: str, kind: ImportKind, content: bytes
) -> None:
    """The file is in the tree below the division; what was edited there since stays edited."""
    place = await _place(session, code)
    known = await session.scalar(
        select(Import.id).where(
            Import.organization_id == place.id,
            Import.kind == kind,
            Import.status == ImportStatus.APPLIED,
        )
    )
    if known is None:
        actor, source = Actor.system(), io.BytesIO(content)
        found, _ = await applying.preview(
            session, reader, actor, place.id, source, f"{form}.xlsx", form=form
        )
        await applying.apply(session, actor, found.row.id, close_vanished=False)
