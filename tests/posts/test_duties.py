"""A day served on a post is one record, entered by somebody else."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.post import Claim, ClaimStatus, Duty
from app.models.record import ServiceRecord
from tests.factories.orders import make_record
from tests.factories.posts import make_claim, make_post
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


def day(ago: int = 0) -> date:
    return clock.today() - timedelta(days=ago)


async def serving(session: AsyncSession, town: Town, **columns: Any) -> Claim:
    """The member began ten days ago; committed."""
    post = await make_post(session, town.community)
    town.registration.registered_on = day(30)
    fields: dict[str, Any] = {"status": ClaimStatus.SERVING, "started_on": day(10)} | columns
    row = await make_claim(session, post, town.registration, **fields)
    await session.commit()
    return row


async def enter(desk: Desk, who: Any, row: Claim, served_on: date, minutes: int = 60) -> Any:
    return await desk.post(
        who, f"/claims/{row.id}/duties", served_on=served_on.isoformat(), minutes=minutes
    )


async def test_a_day_is_entered_once_and_carries_the_post(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await serving(session, town)
    made = (await enter(desk, town.clerk, row, day(1))).json()
    record = await session.get_one(ServiceRecord, made["id"])
    duty = await session.scalar(select(Duty))
    assert duty is not None
    assert (record.source_kind, record.source_id) == ("post", duty.id)
    assert (record.registration_id, record.person_id) == (town.registration.id, town.member.id)
    assert (record.category, record.place) == ("culture_civility", "社区活动室")
    assert (record.approved_by_id, duty.entered_by_id) == (town.clerk.id, town.clerk.id)
    again = await enter(desk, town.clerk, row, day(1), 30)
    assert (again.status_code, again.json()["code"]) == (409, "duty_entered")
    assert (await enter(desk, town.clerk, row, day())).status_code == 201
    assert (await enter(desk, town.member, row, day(2))).status_code == 403
    disputed = await desk.post(town.member, f"/records/{record.id}/dispute", reason="不是我")
    assert disputed.json()["status"] == "disputed"
    upheld = await desk.post(town.clerk, f"/records/{record.id}/uphold", reason="核对过")
    assert upheld.json()["status"] == "approved"


@pytest.mark.parametrize(
    ("columns", "served_on", "status"),
    [
        ({}, day(11), 422),
        ({}, day(-1), 422),
        ({"status": ClaimStatus.PENDING, "started_on": None}, day(), 422),
        ({"status": ClaimStatus.EXITED, "ended_on": day(3)}, day(2), 422),
        ({"status": ClaimStatus.EXITED, "ended_on": day(3)}, day(3), 201),
    ],
)
async def test_only_days_of_service_are_entered(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    columns: dict[str, Any],
    served_on: date,
    status: int,
) -> None:
    row = await serving(session, town, **columns)
    assert (await enter(desk, town.clerk, row, served_on)).status_code == status


async def test_a_day_has_no_more_minutes_than_a_day(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await serving(session, town)
    await make_record(session, town.registration, served_on=day(1), minutes=700)
    await session.commit()
    answer = await enter(desk, town.clerk, row, day(1))
    assert answer.json()["errors"][0]["code"] == "too_many_minutes"


async def test_no_employer_is_told_of_days_before_its_own(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    row = await serving(session, town)
    town.registration.registered_on = day(2)
    await session.commit()
    answers = [await enter(desk, town.clerk, row, day(ago)) for ago in (3, 2)]
    assert [answer.status_code for answer in answers] == [422, 201]
