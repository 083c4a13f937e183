"""What an employer's people do together in working hours stands apart from volunteer hours."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.core.errors import Invalid
from app.models.emergency import Shift, ShiftSeat
from app.models.order import BranchTake, OrderStatus, SeatStatus
from app.models.organization import Organization
from app.models.record import ServiceRecord
from app.permissions import Actor
from app.records import service
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_organization
from tests.orders.town import Desk, desk
from tests.records.town import arrange

__all__ = ["desk"]


def on(is_workday: bool, hour: int) -> datetime:
    """This hour of the last local day of that kind."""
    day: date = clock.today() - timedelta(days=1)
    while workdays.is_workday(day) is not is_workday:
        day -= timedelta(days=1)
    return clock.day_starts(day) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("kind", "begins", "is_apart"),
    [
        ("employer_branch", on(True, 10), True),
        ("employer_branch", on(True, 19), False),
        ("employer_branch", on(False, 10), False),
        ("functional_branch", on(True, 10), False),
    ],
)
async def test_an_order_that_an_employer_takes_in_working_hours_is_work_time(
    desk: Desk, session: AsyncSession, kind: str, begins: datetime, is_apart: bool
) -> None:
    made = await arrange(session)
    employer = await session.get_one(Organization, made.registration.employer_id)
    above = employer if kind == "employer_branch" else made.community
    unit = await make_organization(session, kind, above)
    order = await make_order(
        session, made.community, status=OrderStatus.IN_PROGRESS, seats=2, starts_at=begins
    )
    take = BranchTake(
        order_id=order.id, organization_id=unit.id, places=1, unnamed=0, names_due_at=begins
    )
    session.add(take)
    await session.flush()
    await make_seat(
        session, order, made.registration, status=SeatStatus.ATTENDED, branch_take_id=take.id
    )
    alone = await make_seat(session, order, status=SeatStatus.ATTENDED)
    await session.commit()
    done = await desk.post(made.clerks[0], f"/orders/{order.id}/complete", minutes=60)
    assert done.status_code == 200, done.text
    rows = await session.scalars(select(ServiceRecord).where(ServiceRecord.source_id == order.id))
    apart = {row.registration_id: row.is_work_time for row in rows}
    assert apart == {made.registration.id: is_apart, alone.registration_id: False}


@pytest.mark.parametrize(("is_employers", "is_apart"), [(True, True), (False, False)])
async def test_a_shift_that_an_employer_holds_in_working_hours_is_work_time(
    desk: Desk, session: AsyncSession, is_employers: bool, is_apart: bool
) -> None:
    made = await arrange(session)
    branch = await make_organization(session, "functional_branch", made.community)
    group = await make_organization(session, "functional_group", branch)
    shift = await session.get_one(Shift, made.shift.id)
    shift.holder_id = made.registration.employer_id if is_employers else group.id
    shift.starts_at, shift.ends_at = on(True, 9), on(True, 11)
    await session.commit()
    done = await desk.post(made.clerks[0], f"/shifts/{shift.id}/confirm")
    assert done.status_code == 200, done.text
    (row,) = await session.scalars(select(ServiceRecord).where(ServiceRecord.source_id == shift.id))
    assert (row.minutes, row.is_work_time) == (120, is_apart)
    assert (row.starts_at, row.ends_at) == (shift.starts_at, shift.ends_at)
    seat = (await session.scalars(select(ShiftSeat))).one()
    assert seat.minutes == 120


async def test_no_room_writes_what_has_not_been_done_yet(session: AsyncSession) -> None:
    made = await arrange(session)
    done = service.Service(
        source=("order", made.order.id),
        community_id=made.community.id,
        category="errand",
        title="代取药品",
        place="社区",
        served_on=clock.today() + timedelta(days=1),
    )
    with pytest.raises(Invalid):
        await service.add(
            session, Actor(made.clerks[0].id), [service.form(made.registration, done, 30)]
        )
