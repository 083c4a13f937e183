"""The summaries say what the source rows say, whatever facts come in whatever order."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import AcceptanceStatus
from app.models.order import OrderStatus
from app.statistics import summing
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.reports import make_service
from tests.statistics.town import City, differing, make_city


@pytest.fixture
async def city(session: AsyncSession) -> City:
    return await make_city(session)


async def figures(session: AsyncSession) -> dict[tuple[str, str], int]:
    rows = await session.execute(
        text(
            "SELECT figure, kind, sum(number)::int FROM organization_months"
            " WHERE (kind <> '' OR figure = 'served') AND organization_id IN"
            " (SELECT id FROM organizations WHERE kind IN ('community', 'employer')) GROUP BY 1, 2"
        )
    )
    return {(figure, kind): number for figure, kind, number in rows}


async def test_a_rebuild_counts_everything_once_for_community_and_employer(
    session: AsyncSession, reader: Any, city: City
) -> None:
    community = city.communities[0]
    row = await make_registration(session, community, employer=city.employers[0])
    await make_service(session, row, answer=AcceptanceStatus.SOLVED)
    await make_record(session, row, source_kind="shift", is_work_time=True, minutes=30)
    await make_record(session, row, status="voided")
    order = await make_order(session, community, status=OrderStatus.EXPIRED)
    order.unserved_at, order.no_taker_reason = clock.now(), "wrong_time"
    await make_need(session, community, category="phone_teaching")
    await session.flush()
    assert await differing(reader)
    await summing.rebuild(session)
    assert await differing(reader) == {}
    assert await figures(session) == {
        ("joined", "online"): 2,
        ("services", "order"): 2,
        ("services", "shift"): 2,
        ("servers", "order"): 2,
        ("servers", "shift"): 2,
        ("served", ""): 2,
        ("volunteer_minutes", "order"): 120,
        ("work_minutes", "shift"): 60,
        ("needs", "help_request"): 2,
        ("solved", "help_request"): 1,
        ("solutions", "help_request"): 1,
        ("orders", "micro_service"): 2,
        ("orders_taken", "micro_service"): 1,
        ("orders_unmet", "wrong_time"): 1,
    }
