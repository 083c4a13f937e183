"""Direct dispatch (派单): the organiser asks one member, who may say no without a word."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.models.member import Registration, RegistrationStatus
from app.models.order import Seat, SeatOrigin
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
    if not offers.is_open(order):
        raise Closed
    if order.taken >= order.seats:
        raise Full
    found = await session.scalar(
        select(Registration)
        .where(
            Registration.id == registration_id,
            Registration.community_id == order.community_id,
            Registration.status == RegistrationStatus.ACTIVE,
            Registration.person_id.is_not(None),
            may(P.REGISTRATION_READ),
        )
        .with_for_update(key_share=True),
        actor.binds(),
    )
    if found is None:
        raise Invalid.field("/registration_id", "unknown", "本社区没有这位党员，或其不使用小程序")
    if not await eligibility.free(session, order, [found.id]):
        raise CannotCome.at("/registration_id")
    hours = await policies.value(session, order.community_id, offers.ANSWER_HOURS)
    order.taken += 1
    (seat,) = await offers.ask(
        session, actor, order, [found], origin=SeatOrigin.DISPATCH, hours=hours
    )
    await session.flush()
    return seat
