"""A signed sheet whose records have changed: its community's secretary is told, once."""

from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.models.record import ServiceRecord
from app.models.report import Notification, ReportStep
from tests.factories.orders import make_record
from tests.posts.town import work
from tests.reports.town import TODAY, Desk, Town, desk, draft, town

__all__ = ["desk", "town"]
Sessions = async_sessionmaker[AsyncSession]


async def void(desk: Desk, town: Town, record: ServiceRecord) -> None:
    done = await desk.post(town.secretary, f"/records/{record.id}/void", reason="核对")
    assert done["status"] == "voided"


async def test_a_changed_record_is_told_of_the_signed_sheet_once_and_changes_nothing_on_it(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    records = [await make_record(session, town.registration) for _ in range(3)]
    old = await make_record(session, town.registration, served_on=TODAY - timedelta(days=900))
    await session.commit()
    sheet = await draft(desk, town)
    await void(desk, town, records[0])
    await work(sessions)
    assert list(await session.scalars(said())) == []  # a draft is drafted again
    sheet = await draft(desk, town)
    issued = await desk.post(town.secretary, f"/reports/{sheet}/issue")
    before = await desk.get(town.secretary, f"/reports/{sheet}")
    await void(desk, town, old)
    await desk.post(town.member, f"/records/{records[1].id}/dispute", reason="不是我")
    await work(sessions)
    assert list(await session.scalars(said())) == []
    for record in records[1:]:
        await void(desk, town, record)
        await work(sessions)
    texts = list(await session.scalars(said()))
    assert texts == [f"{issued['number']}出具后，其中的服务记录有变，请重新出具。"]
    steps = list(await session.scalars(select(ReportStep.action)))
    assert steps.count("outdate") == 1
    after = await desk.get(town.secretary, f"/reports/{sheet}")
    assert after["content"] == before["content"]


def said() -> Select[str]:
    return select(Notification.text).where(Notification.message == "sheet_outdated")
