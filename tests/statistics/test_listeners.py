"""A fact counts the month of its row again: told twice, late, or by two workers at once."""

import asyncio
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.members.events import RegistrationMoved
from app.models.member import RegistrationStatus
from app.models.order import OrderStatus
from app.needs.events import AcceptanceMoved, NeedMoved
from app.orders.events import OrderMoved, SeatMoved
from app.records.events import RecordMoved
from app.statistics import listeners
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record, make_seat
from tests.statistics.town import City, differing, make_city


@pytest.fixture
async def city(session: AsyncSession) -> City:
    return await make_city(session)


async def test_each_fact_counts_its_own_month(
    session: AsyncSession, reader: Any, city: City
) -> None:
    community, employer = city.communities[0], city.employers[0]
    row = await make_registration(
        session, community, employer=employer, registered_on=date(2026, 1, 5)
    )
    row.ended_on = date(2026, 2, 6)
    record = await make_record(session, row, served_on=date(2026, 1, 31))
    need = await make_need(session, community)
    order = await make_order(session, community)
    seat = await make_seat(session, order, row)
    who: dict[str, Any] = {"person_id": row.person_id, "action": "", "status": ""}
    await listeners.on_registration_moved(
        session, 1, RegistrationMoved(registration_id=row.id, **who)
    )
    minutes = {"minutes": 60, "minutes_before": 0}
    moved = RecordMoved(record_id=record.id, **who, **minutes)
    await listeners.on_record_moved(session, 2, moved)
    for_need = {"need_id": need.id, "action": "submit", "status": "submitted"}
    await listeners.on_need_moved(session, 3, NeedMoved(requester_id=None, **for_need))
    asked = AcceptanceMoved(acceptance_id=need.id, order_id=None, **for_need)
    await listeners.on_acceptance_moved(session, 4, asked)
    await listeners.on_order_moved(
        session, 5, OrderMoved(order_id=order.id, action="publish", status="open")
    )
    taken = SeatMoved(seat_id=seat.id, order_id=order.id, **who)
    await listeners.on_seat_moved(session, 6, taken)
    assert await differing(reader) == {}
    record.minutes = 45
    await session.flush()
    for _ in range(2):
        await listeners.on_record_moved(session, 7, moved)
    assert await differing(reader) == {}


async def test_who_is_not_registered_yet_and_a_draft_count_nowhere(
    session: AsyncSession, reader: Any, city: City
) -> None:
    row = await make_registration(
        session, city.communities[0], status=RegistrationStatus.PENDING_COMMUNITY
    )
    order = await make_order(session, city.communities[0], status=OrderStatus.DRAFT)
    who: dict[str, Any] = {"person_id": row.person_id, "action": "", "status": ""}
    await listeners.on_registration_moved(
        session, 1, RegistrationMoved(registration_id=row.id, **who)
    )
    await listeners.on_order_moved(
        session, 2, OrderMoved(order_id=order.id, action="draft", status="draft")
    )
    count = "SELECT count(*) FROM organization_months"
    assert await session.scalar(text(count)) == 0
    assert await differing(reader) == {}


async def test_of_facts_told_at_once_the_last_sees_what_all_are_about(
    committed: FastAPI, reader: Any
) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        row = await make_registration(session)

    async def serve() -> None:
        """A record is committed, then its fact is told by a worker of its own."""
        async with sessions.begin() as session:
            record = await make_record(session, row, served_on=clock.today())
        async with sessions.begin() as session:
            fact = RecordMoved(
                record_id=record.id,
                person_id=None,
                action="add",
                status="approved",
                minutes_before=0,
                minutes=60,
            )
            await listeners.on_record_moved(session, 1, fact)

    await asyncio.gather(*(serve() for _ in range(10)))
    async with sessions.begin() as session:
        found = await session.execute(
            text("SELECT DISTINCT number FROM organization_months WHERE figure = 'services'")
        )
        assert [number for (number,) in found] == [10]
