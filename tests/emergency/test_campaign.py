"""A city campaign is organised like a call-up and is none: every ordinary limit holds, at once too."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.emergency.events import CallUpMoved
from app.models.emergency import CallUp, ShiftSeat
from app.models.order import Commitment, WeekCount
from app.models.record import ServiceRecord
from app.models.report import Notification, TextMessage
from app.notifications import emergency
from tests.emergency.test_races import members, press, total
from tests.emergency.town import Desk, Move, Town, at, call, called, desk, shift, town
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.orders import make_order
from tests.factories.organizations import make_community

__all__ = ["desk", "town"]


def next_week(hour: int) -> datetime:
    """An hour of next week's Tuesday, so that a week's end falls between no two shifts of a test."""
    today = clock.today()
    monday = today + timedelta(days=7 - today.weekday())
    return datetime.combine(monday, datetime.min.time(), clock.ZONE) + timedelta(days=1, hours=hour)


async def test_the_story_of_a_campaign(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    made = await call(desk, town, kind="city_campaign", title="创文攻坚")
    assert await called(session, made)
    event = CallUpMoved(call_up_id=made, action="activate", status="active")
    await emergency.on_call_up_moved(session, 7, event)
    assert await session.scalar(select(Notification.title)) is not None
    assert await session.scalar(select(TextMessage.id)) is None
    on = await shift(desk, town, made)
    seat = (await desk.post(town.member, f"/shifts/{on}/seats")).json()["id"]
    here = {"latitude": 3_201, "longitude": 12_089}
    refused = await desk.post(town.member, f"/shift-seats/{seat}/check-in", **here)
    assert refused.json()["code"] == "location_not_asked"
    week = (await session.scalars(select(WeekCount))).one()
    assert week.taken == 1
    commitment = (await session.scalars(select(Commitment))).one()
    assert commitment.is_exclusive
    far = {"starts_at": at(hours=30), "ends_at": at(hours=32)}
    later = await shift(desk, town, made, **far)
    assert (await desk.post(town.member, f"/shifts/{later}/seats")).status_code == 201
    move_clock(timedelta(hours=4))
    await desk.post(town.clerk, f"/shifts/{on}/attendance", present=[seat])
    await desk.post(town.clerk, f"/shifts/{on}/confirm")
    await desk.post(town.clerk, f"/call-ups/{made}/stand-down")
    record = (await session.scalars(select(ServiceRecord))).one()
    assert (record.source_kind, record.title, record.minutes) == ("campaign_shift", "创文攻坚", 240)
    totals = await desk.get(town.member, "/me/records/totals")
    assert totals["minutes"] == 240
    rows = await session.scalars(select(WeekCount).execution_options(populate_existing=True))
    assert sum(row.taken for row in rows) == 1  # the shift that was not served counts no more


async def test_a_week_limit_of_nought_lets_nobody_in(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await call(desk, town, kind="city_campaign")
    on = await shift(desk, town, made)
    (await session.get_one(CallUp, made)).week_limit = 0
    await session.flush()
    refused = await desk.post(town.member, f"/shifts/{on}/seats")
    assert (refused.status_code, refused.json()["code"]) == (409, "week_limit")


async def test_at_once_two_campaign_shifts_do_not_go_over_the_limit_of_a_week(
    committed: FastAPI,
) -> None:
    sessions: async_sessionmaker[AsyncSession] = committed.state.sessions
    limits: dict[str, Any] = {"is_emergency": False, "week_limit": 3, "live_limit": 9}
    async with sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 5)
        call_up = await make_call_up(session, community, rows, kind="city_campaign", **limits)
        shifts = [
            await make_shift(
                session, call_up, seats=9, starts_at=next_week(hour), ends_at=next_week(hour + 2)
            )
            for hour in (0, 12)
        ]
        week = clock.local_day(shifts[0].starts_at) - timedelta(days=1)
        session.add_all(WeekCount(person_id=row.person_id, week=week, taken=2) for row in rows)
    taps = [(row.person_id, f"/shifts/{shift.id}/seats") for row in rows for shift in shifts]
    assert await press(committed, taps) == {201: 5, "week_limit": 5}
    async with sessions() as session:
        assert set(await session.scalars(select(WeekCount.taken))) == {3}


async def test_at_once_a_campaign_shift_and_an_order_of_one_hour_are_one_promise(
    committed: FastAPI,
) -> None:
    sessions: async_sessionmaker[AsyncSession] = committed.state.sessions
    limits: dict[str, Any] = {"is_emergency": False, "week_limit": 9, "live_limit": 9}
    async with sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 5)
        call_up = await make_call_up(session, community, rows, kind="city_campaign", **limits)
        hours: dict[str, Any] = {"starts_at": next_week(9), "ends_at": next_week(11)}
        shift_ = await make_shift(session, call_up, seats=9, **hours)
        order = await make_order(session, community, seats=9, **hours)
    paths = (f"/shifts/{shift_.id}/seats", f"/orders/{order.id}/seats")
    codes = await press(committed, [(row.person_id, path) for row in rows for path in paths])
    assert codes == {201: 5, "overlaps": 5}
    async with sessions() as session:
        assert await total(session, Commitment) == 5
        assert await total(session, ShiftSeat) <= 5
