"""Who is told of a place offered, not answered, or given to another."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.order import BranchTake, Order, Seat, SeatOrigin
from app.models.organization import Organization
from app.notifications import service
from app.orders.events import SeatMoved

INVITED = {
    SeatOrigin.WAITING: "wait_offer",
    SeatOrigin.DISPATCH: "dispatch_invited",
    SeatOrigin.BRANCH: "named_by_branch",
}
TO_PERSON = {"lapse": "offer_lapsed", "replace": "place_exchanged", "leave": "seat_left"}


async def tell(session: AsyncSession, fact: int, event: SeatMoved) -> None:
    """The person learns of an offer and of its end; the branch, that it may name another."""
    seat = await session.get_one(Seat, event.seat_id)
    order = await session.get_one(Order, event.order_id)
    take = branch = None
    if seat.branch_take_id is not None:
        take = await session.get_one(BranchTake, seat.branch_take_id)
        branch = await session.get_one(Organization, take.organization_id)
    message = TO_PERSON.get(event.action)
    if event.action == "offer" and seat.origin is not None:
        message = INVITED[seat.origin]
    if message is not None:
        community = await session.get_one(Organization, order.community_id)
        by = branch.name if branch else None
        await service.tell(
            session,
            fact,
            message,
            [event.person_id],
            ("order", order.id),
            order=order.said_title,
            community=community.name,
            leader=by,
            branch=by,
            expires=seat.offered_until,
            deadline=seat.offered_until,
        )
    if event.action in ("decline", "lapse", "leave") and take and take.names_due_at > clock.now():
        await service.tell(
            session,
            fact,
            "name_missing",
            [take.taken_by_id],
            ("order", order.id),
            order=order.said_title,
            deadline=take.names_due_at,
        )
