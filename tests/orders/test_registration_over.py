"""With a plain end of the registration end the places on what has not begun; a transfer keeps them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.emergency import registration_over as shifts_over
from app.members.events import RegistrationMoved
from app.models.emergency import Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Registration, TransferStatus
from app.models.order import (
    BranchTake,
    Commitment,
    Order,
    Seat,
    SeatOrigin,
    SeatStatus,
    SeatStep,
    WeekCount,
)
from app.models.person import Role
from app.models.wish import WishStatus
from app.orders import registration_over
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.members import make_registration, make_transfer
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.factories.posts import make_claim, make_post
from tests.factories.wishes import make_wish, make_wish_claim
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]

S = SeatStatus


async def end(desk: Desk, town: Town, who: Registration) -> None:
    """The community says that he has retired."""
    path = f"/registrations/{who.id}/end"
    done = await desk.post(town.clerk, path, reason_code="retired")
    assert done.status_code == 200, done.text


def ended(row: Registration, status: str = "ended") -> RegistrationMoved:
    return RegistrationMoved(
        registration_id=row.id, person_id=row.person_id, action="end", status=status
    )


async def test_the_places_of_who_has_left_go_on_to_others(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    mine = town.registration
    taken = await make_order(session, town.community, title="读书会")
    assert (await desk.post(town.member, f"/orders/{taken.id}/seats")).status_code == 201
    next_one = await make_registration(session, town.community)
    await make_seat(session, taken, next_one, status=S.WAITING, origin=SeatOrigin.WAITING)
    begun = await make_order(session, town.community, starts_at=clock.now() - timedelta(hours=1))
    stays = await make_seat(session, begun, mine)
    other = await make_order(session, town.community, starts_at=clock.now() + timedelta(days=5))
    waits = await make_seat(session, other, mine, status=S.WAITING)
    await session.commit()
    await end(desk, town, mine)
    await work(sessions)
    seats = {
        seat.id: seat
        for seat in await session.scalars(
            select(Seat).execution_options(populate_existing=True).order_by(Seat.id)
        )
    }
    (gone,) = [
        seat
        for seat in seats.values()
        if seat.order_id == taken.id and seat.person_id == town.member.id
    ]
    (offered,) = [seat for seat in seats.values() if seat.person_id == next_one.person_id]
    assert (gone.status, gone.is_late_release, offered.status) == (S.RELEASED, False, S.OFFERED)
    assert (seats[waits.id].status, seats[stays.id].status) == (S.RELEASED, S.TAKEN)
    step = await session.scalar(
        select(SeatStep).where(SeatStep.seat_id == gone.id, SeatStep.action == "leave")
    )
    assert step is not None
    assert (step.actor_id, step.left, step.reason) == (None, "taken", "registration_ended")
    assert (await session.get_one(Order, taken.id, populate_existing=True)).taken == 1
    kept = await session.scalars(select(Commitment.source_id))
    assert kept.all() == [stays.id]
    assert await session.scalar(select(WeekCount.taken)) == 0
    seen = await told(sessions)
    assert seen["seat_left"][0] == {town.member.id}
    people, text = seen["taker_left"]
    assert people == {town.clerk.id}
    assert "读书会：一名党员的报到已结束" in text
    assert seen["wait_offer"][0] == {next_one.person_id}


async def test_a_branch_has_its_place_back_and_names_another(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    unit = await make_organization(session, "functional_branch", town.community)
    leader = await make_staff(session, Role.BRANCH_SECRETARY, unit)
    order = await make_order(session, town.community, seats=2)
    take = BranchTake(
        order_id=order.id,
        organization_id=unit.id,
        taken_by_id=leader.id,
        places=2,
        unnamed=0,
        names_due_at=order.starts_at - timedelta(hours=12),
    )
    session.add(take)
    await session.flush()
    for status, row in (
        (S.OFFERED, town.registration),
        (S.TAKEN, await make_registration(session, town.community)),
    ):
        await make_seat(
            session, order, row, status=status, origin=SeatOrigin.BRANCH, branch_take_id=take.id
        )
    await session.commit()
    await end(desk, town, town.registration)
    await work(sessions)
    await session.refresh(take)
    await session.refresh(order)
    assert (take.unnamed, order.taken) == (1, 2)
    assert (await told(sessions))["name_missing"][0] == {leader.id}
    assert "taker_left" not in await told(sessions)  # he had promised nothing


async def test_after_a_transfer_who_has_promised_comes(town: Town, session: AsyncSession) -> None:
    row = town.registration
    seat = await make_seat(session, await make_order(session, town.community), row)
    shift_seat = await on_shift(session, town, row)
    there = await make_community(session)
    await make_transfer(session, row, there, status=TransferStatus.EFFECTIVE)
    for event in (ended(row), ended(row, "suspended")):
        await registration_over.on_registration_moved(session, 1, event)
        await shifts_over.on_registration_moved(session, 1, event)
    assert seat.status is S.TAKEN
    assert shift_seat.status is ShiftSeatStatus.TAKEN


async def on_shift(
    session: AsyncSession, town: Town, row: Registration, **columns: Any
) -> ShiftSeat:
    call_up = await make_call_up(session, town.community, [row])
    shift = await make_shift(session, call_up, taken=1, **columns)
    seat = ShiftSeat(
        shift_id=shift.id,
        person_id=row.person_id,
        registration_id=row.id,
        status=ShiftSeatStatus.TAKEN,
    )
    session.add(seat)
    await session.flush()
    return seat


async def test_shifts_claims_and_wishes_are_left_too(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    row = town.registration
    coming = await on_shift(session, town, row)
    on_duty = await on_shift(session, town, row, starts_at=clock.now() - timedelta(hours=1))
    claim = await make_claim(session, await make_post(session, town.community), row)
    wish = await make_wish(session, town.community, status=WishStatus.CLAIMED)
    await make_wish_claim(session, wish, row)
    await session.commit()
    await end(desk, town, row)
    await work(sessions)
    for one in (coming, on_duty, claim, wish):
        await session.refresh(one)
    assert (coming.status, on_duty.status) == (ShiftSeatStatus.RELEASED, ShiftSeatStatus.TAKEN)
    assert (await session.get_one(Shift, coming.shift_id, populate_existing=True)).taken == 0
    assert (claim.status, wish.status) == ("ended", WishStatus.OPEN)
    seen = await told(sessions)
    assert seen["seat_left"][0] == {town.member.id}
    assert "防台值守" in seen["taker_left"][1]
