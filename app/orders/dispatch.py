"""Direct dispatch (派单): the organiser asks one member, who may say no without a word."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.member import Registration, RegistrationStatus
from app.models.order import Order, Seat, SeatOrigin
from app.orders import eligibility, offers, service
from app.orders.eligibility import CannotCome
from app.orders.seats import Closed, Full
from app.permissions import Actor, Permission, may
from app.policies import service as policies

P = Permission


async def dispatch(
    session: AsyncSession, actor: Actor, order_id: UUID, registration_id: UUID
) -> Seat:
    """A place is held for this member of the community until he answers.

    Raises:
        NotFound, Forbidden: as every step of an order.
        Closed, Full: nothing can be offered.
        Invalid: nobody registered here whom the actor may see, or one without an account.
        CannotCome: see there.
    """
    order, _ = await service.get(session, actor, order_id, P.ORDER_RUN)
    (seat,) = await invite(session, actor, order, {"/registration_id": registration_id})
    return seat


async def invite(
    session: AsyncSession, actor: Actor, order: Order, wanted: Mapping[str, UUID]
) -> list[Seat]:
    """As `dispatch`, for several, by where they stand in the payload; the order is locked, and the
    actor is its organiser.

    Their rows are locked in the order of their ids: who asks the same people for another service
    waits for his turn, and never crosswise.
    """
    if not offers.is_open(order):
        raise Closed
    if order.seats - order.taken < len(set(wanted.values())):
        raise Full
    rows = await session.scalars(
        select(Registration)
        .where(
            Registration.id.in_(wanted.values()),
            Registration.community_id == order.community_id,
            Registration.status == RegistrationStatus.ACTIVE,
            Registration.person_id.is_not(None),
            may(P.REGISTRATION_READ),
        )
        .order_by(Registration.id)
        .with_for_update(key_share=True),
        actor.binds(),
    )
    people = {one.id: one for one in rows}
    for pointer, one_id in wanted.items():
        if one_id not in people:
            raise Invalid.field(pointer, "unknown", "本社区没有这位党员，或其不使用小程序")
    able = await eligibility.free(session, order, list(people))
    for pointer, one_id in wanted.items():
        if one_id not in able:
            raise CannotCome.at(pointer)
    hours = await policies.value(session, order.community_id, offers.ANSWER_HOURS)
    order.taken += len(people)
    seats = await offers.ask(
        session, actor, order, list(people.values()), origin=SeatOrigin.DISPATCH, hours=hours
    )
    await session.flush()
    return seats
