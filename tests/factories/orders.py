"""Orders, seats, service records for tests."""

from datetime import timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.member import Registration
from app.models.need import Need
from app.models.order import FREED, Commitment, Order, OrderNeed, OrderStatus, Seat, SeatStatus
from app.models.organization import Organization
from app.models.record import ServiceRecord
from tests.factories.members import make_registration
from tests.factories.organizations import make_community

PROMISED = (SeatStatus.TAKEN, SeatStatus.ATTENDED, SeatStatus.NO_SHOW, SeatStatus.REPORTED)


async def make_order(
    session: AsyncSession,
    community: Organization | None = None,
    *,
    status: OrderStatus = OrderStatus.OPEN,
    needs: tuple[Need, ...] = (),
    **columns: Any,
) -> Order:
    """An order of one seat, two days ahead, one hour long; published unless a draft; flushed."""
    community = community or await make_community(session)
    made = new_id()
    starts_at = columns.get("starts_at") or clock.now() + timedelta(days=2)
    ends_at = columns.get("ends_at") or starts_at + timedelta(hours=1)
    is_published = status is not OrderStatus.DRAFT
    order = Order(
        **{
            "id": made,
            "number": f"DD-T-{made.hex[-12:].upper()}",
            "community_id": community.id,
            "category": "phone_teaching",
            "title": "教用手机",
            "place": "社区活动室",
            "starts_at": starts_at,
            "ends_at": ends_at,
            "seats": 1,
            "status": status,
            "contact_from": starts_at - timedelta(hours=24) if is_published else None,
            "contact_until": ends_at + timedelta(hours=24) if is_published else None,
            "release_until": starts_at - timedelta(hours=12) if is_published else None,
            "published_at": clock.now() if is_published else None,
        }
        | columns
    )
    session.add(order)
    await session.flush()
    session.add_all(OrderNeed(order_id=order.id, need_id=need.id) for need in needs)
    await session.flush()
    return order


async def make_seat(
    session: AsyncSession,
    order: Order | None = None,
    registration: Registration | None = None,
    *,
    status: SeatStatus = SeatStatus.TAKEN,
    **columns: Any,
) -> Seat:
    """A seat of a registered member, counted on its order and promised in time; flushed."""
    order = order or await make_order(session)
    if registration is None:
        community = await session.get_one(Organization, order.community_id)
        registration = await make_registration(session, community)
    seat = Seat(
        **{
            "order_id": order.id,
            "person_id": registration.person_id,
            "registration_id": registration.id,
            "status": status,
        }
        | columns
    )
    session.add(seat)
    if status not in (*FREED, SeatStatus.WAITING):
        order.seats = max(order.seats, order.taken + 1)
        order.taken += 1
    await session.flush()
    if status in PROMISED:
        session.add(
            Commitment(
                person_id=seat.person_id,
                during=Range(order.starts_at, order.ends_at),
                source_kind="order",
                source_id=seat.id,
            )
        )
    await session.flush()
    return seat


async def make_record(
    session: AsyncSession, registration: Registration | None = None, **columns: Any
) -> ServiceRecord:
    """An approved record of one hour of today, of an order of its own; flushed."""
    registration = registration or await make_registration(session)
    record = ServiceRecord(
        **{
            "registration_id": registration.id,
            "member_id": registration.member_id,
            "person_id": registration.person_id,
            "employer_id": registration.employer_id,
            "community_id": registration.community_id,
            "source_kind": "order",
            "source_id": new_id(),
            "category": "phone_teaching",
            "title": "教用手机",
            "place": "社区活动室",
            "served_on": clock.today(),
            "minutes": 60,
            "approved_at": clock.now(),
        }
        | columns
    )
    session.add(record)
    await session.flush()
    return record
