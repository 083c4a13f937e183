"""Who is told of a place that is offered, not answered, or given to another."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.order import BranchTake, Order, Seat, SeatOrigin, SeatStatus
from app.models.organization import Organization
from app.models.report import Notification
from app.notifications import orders
from app.orders.events import SeatMoved
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_organization
from tests.factories.people import make_person

S = SeatStatus


async def tell(session: AsyncSession, seat: Seat, *actions: str) -> None:
    """The facts of these steps are told."""
    for fact, action in enumerate(actions):
        event = SeatMoved(
            seat_id=seat.id,
            order_id=seat.order_id,
            person_id=seat.person_id,
            action=action,
            status=seat.status,
        )
        await orders.on_seat_moved(session, fact, event)


async def told(session: AsyncSession) -> dict[str, tuple[object, str]]:
    """Message → who has it, and its text."""
    rows = await session.scalars(select(Notification))
    return {row.message: (row.person_id, row.text) for row in rows}


async def make_offer(session: AsyncSession, order: Order, origin: SeatOrigin) -> Seat:
    return await make_seat(
        session, order, status=S.OFFERED, origin=origin, offered_until=order.starts_at
    )


@pytest.mark.parametrize(
    ("origin", "message"),
    [(SeatOrigin.WAITING, "wait_offer"), (SeatOrigin.DISPATCH, "dispatch_invited")],
)
async def test_who_is_offered_a_place_is_told_and_when_it_has_lapsed(
    session: AsyncSession, origin: SeatOrigin, message: str
) -> None:
    order = await make_order(session)
    seat = await make_offer(session, order, origin)
    await tell(session, seat, "offer", "lapse", "decline", "end_wait")
    seen = await told(session)
    assert set(seen) == {message, "offer_lapsed"}
    assert {person for person, _ in seen.values()} == {seat.person_id}
    assert all(order.title in text and "—" not in text for _, text in seen.values())


async def test_a_place_that_was_accepted_is_told_like_one_that_was_taken(
    session: AsyncSession,
) -> None:
    seat = await make_seat(session)
    await tell(session, seat, "accept")
    assert set(await told(session)) == {"seat_taken"}


async def test_who_is_named_by_a_branch_is_told_and_the_branch_of_a_refusal(
    session: AsyncSession,
) -> None:
    order = await make_order(session)
    community = await session.get_one(Organization, order.community_id)
    branch = await make_organization(session, "functional_branch", community)
    leader = await make_person(session)
    take = BranchTake(
        order_id=order.id,
        organization_id=branch.id,
        taken_by_id=leader.id,
        places=1,
        unnamed=0,
        names_due_at=order.starts_at,
    )
    session.add(take)
    await session.flush()
    seat = await make_offer(session, order, SeatOrigin.BRANCH)
    seat.branch_take_id = take.id
    await tell(session, seat, "offer", "replace", "decline")
    seen = await told(session)
    assert set(seen) == {"named_by_branch", "place_exchanged", "name_missing"}
    assert seen["name_missing"][0] == leader.id
    assert branch.name in seen["named_by_branch"][1]
    assert all("—" not in text for _, text in seen.values())
    take.names_due_at = clock.now()
    other = await make_offer(session, order, SeatOrigin.BRANCH)
    other.branch_take_id = take.id
    await tell(session, other, "lapse")
    rows = await session.scalars(select(Notification.message))
    assert sorted(rows).count("name_missing") == 1
