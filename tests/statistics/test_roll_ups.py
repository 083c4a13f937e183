"""Days and months are written once, at their hour, and what an outage has left out afterwards."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.models.house import JobRun
from app.models.need import Acceptance, AcceptanceStatus, NeedStatus
from app.models.person import Role
from app.models.report import Notification, ShownVotes
from app.models.statistic import Rhythm, RollUp
from app.statistics import roll_ups
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_record
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.statistics.town import City, make_city, tell_all

Set = Callable[..., None]
Move = Callable[[timedelta], None]


@pytest.fixture
async def city(session: AsyncSession) -> City:
    return await make_city(session)


@pytest.fixture
def at(move_clock: Move) -> Set:
    """Sets the clock to a local instant: year, month, day, hour, minute."""

    def set_to(*parts: int) -> None:
        clock.shift(timedelta())
        year, month, day, hour, minute = (*parts, 0)[:5]
        moment = datetime(year, month, day, hour, minute, tzinfo=clock.ZONE)
        move_clock(moment - clock.now())

    return set_to


async def rows(session: AsyncSession, rhythm: Rhythm) -> list[RollUp]:
    found = select(RollUp).where(RollUp.rhythm == rhythm).order_by(RollUp.first_on, RollUp.id)
    return list(await session.scalars(found))


async def test_a_day_is_written_at_its_hour_for_every_level_and_told_to_the_community(
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    city: City,
    at: Set,
) -> None:
    community = city.communities[0]
    at(2026, 11, 14, 10)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    at(2026, 11, 15, 10)  # a Sunday
    await make_need(session, community, due_at=clock.now() + timedelta(days=1))
    need = await make_need(session, community, status=NeedStatus.SOLVED)
    session.add(
        Acceptance(
            need_id=need.id, round=0, status=AcceptanceStatus.SOLVED, answered_at=clock.now()
        )
    )
    await session.flush()
    at(2026, 11, 16, 7, 59)
    await roll_ups.look(session)
    assert [row.first_on for row in await rows(session, Rhythm.DAY)] == [date(2026, 11, 14)] * 5
    at(2026, 11, 16, 8)
    for _ in range(2):
        await roll_ups.look(session)
    written = [row for row in await rows(session, Rhythm.DAY) if row.first_on.day == 15]
    of = {row.organization_id: row.content for row in written}
    wanted = dict.fromkeys(("new", "settled", "solved", "published", "done", "unmet", "due"), 0)
    assert of[city.communities[1].id] == wanted
    wanted |= {"new": 2, "settled": 1, "solved": 1, "due": 1}
    for place in (community, city.subdistrict, city.district, city.city):
        assert of[place.id] == wanted
    await tell_all(sessions)
    texts = await session.scalars(
        select(Notification.text).where(
            Notification.person_id == clerk.id, Notification.message != "monthly_summary"
        )
    )
    assert sorted(texts) == [
        "待研判1件，已按类别和建议去向排好。",
        "新增诉求0件，办结0件，今天到期—件。",
        "新增诉求2件，办结1件，今天到期1件。",
    ]


async def test_what_an_outage_left_out_is_written_afterwards_and_not_twice(
    session: AsyncSession, city: City, at: Set
) -> None:
    at(2026, 9, 10, 9)
    await roll_ups.look(session)
    at(2026, 9, 14, 9)
    await roll_ups.look(session)
    await roll_ups.look(session)
    days = [row.first_on.day for row in await rows(session, Rhythm.DAY)]
    assert sorted(days) == sorted([9, 10, 11, 12, 13] * 5)
    assert ["due" in row.content for row in await rows(session, Rhythm.DAY)] == [True] * 5 + [
        False
    ] * 15 + [True] * 5
    at(2026, 12, 1, 8, 31)
    await roll_ups.look(session)
    months = {row.first_on.month for row in await rows(session, Rhythm.MONTH)}
    assert months == {8, 9, 10, 11}
    assert await session.scalar(select(func.count()).select_from(JobRun)) == 5 + 31 + 4


async def test_a_months_text_can_be_sent_on_and_speaks_of_no_few(
    session: AsyncSession, city: City, at: Set
) -> None:
    at(2026, 10, 20, 9)
    many, few = city.communities
    many.name, few.name = "学田社区", "易家桥社区"
    for community, count in ((many, 12), (few, 6)):
        for _ in range(count):
            row = await make_registration(session, community)
            await make_record(session, row)
    row = await make_registration(session, few)
    await session.flush()
    at(2026, 11, 1, 8, 31)
    await roll_ups.look(session)
    texts = {row.organization_id: row for row in await rows(session, Rhythm.MONTH)}
    assert texts[many.id].text == (
        "学田社区10月小结：新收诉求0件，居民确认办成0件；完成服务0次"
        "，12名在职党员参加志愿服务12.0小时。感谢每一位参与的党员和居民。"
    )
    assert texts[few.id].content["joined"] == 7
    at(2026, 11, 20, 9)
    await make_record(session, row)
    at(2026, 12, 1, 8, 31)
    await roll_ups.look(session)
    last = {
        row.organization_id: row
        for row in await rows(session, Rhythm.MONTH)
        if row.first_on.month == 11
    }
    for place in (many, few, city.city):
        assert "served" not in last[place.id].content
        assert "名在职党员" not in (last[place.id].text or "")


async def test_satisfaction_of_a_community_moves_with_its_month(
    session: AsyncSession, city: City, at: Set
) -> None:
    at(2026, 10, 20, 9)
    row = await make_registration(session, city.communities[0])
    for _ in range(10):
        await make_service(session, row, rated="satisfied")  # type: ignore[arg-type]  # as stored
    at(2026, 11, 1, 8, 31)
    await roll_ups.look(session)
    shown = await session.get_one(ShownVotes, city.communities[0].id)
    assert (shown.valid, shown.satisfied, shown.raters) == (10, 10, 10)


async def test_without_communities_nothing_is_written(session: AsyncSession) -> None:
    await roll_ups.look(session)
    assert await rows(session, Rhythm.DAY) == []


async def test_of_two_workers_at_once_one_writes(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        await make_city(session)

    async def work() -> Any:
        async with sessions.begin() as session:
            await roll_ups.look(session)

    await asyncio.gather(*(work() for _ in range(3)))
    async with sessions.begin() as session:
        assert len(await rows(session, Rhythm.DAY)) == 5
        assert len(await rows(session, Rhythm.MONTH)) == 5
