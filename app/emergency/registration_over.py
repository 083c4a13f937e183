"""Who is not registered any more stands on no shift that has not begun; his place is free.

The shifts are locked in the order of their ids, and before their seats. What waits in a team is
looked at when it stands (`teams`); after a transfer he comes as he has promised.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.emergency import service
from app.emergency.lifecycle import PROMISED, SHIFT_SEAT, ShiftSeatAction
from app.members import transfers
from app.members.events import RegistrationMoved
from app.models.emergency import Shift, ShiftSeat
from app.models.member import RegistrationStatus
from app.orders.registration_over import REASON
from app.permissions import Actor


async def on_registration_moved(
    session: AsyncSession, fact_number: int, event: RegistrationMoved
) -> None:
    """His places on shifts to come, named or taken, are released; nothing follows from it."""
    if event.status != RegistrationStatus.ENDED:
        return
    if await transfers.was_transferred(session, event.registration_id):
        return
    theirs = (ShiftSeat.registration_id == event.registration_id, ShiftSeat.status.in_(PROMISED))
    found = await session.scalars(
        select(Shift)
        .where(
            Shift.id.in_(select(ShiftSeat.shift_id).where(*theirs)), Shift.starts_at > clock.now()
        )
        .order_by(Shift.id)
        .with_for_update()
    )
    shifts = {shift.id: shift for shift in found}
    seats = await session.scalars(
        select(ShiftSeat).where(*theirs, ShiftSeat.shift_id.in_(shifts)).with_for_update()
    )
    gone = []
    for seat in seats.all():
        left = SHIFT_SEAT.advance(seat, ShiftSeatAction.LEAVE)
        service.tell_seat(session, Actor.system(), seat, ShiftSeatAction.LEAVE, left, reason=REASON)
        shifts[seat.shift_id].taken -= 1
        gone.append(seat.id)
    await session.flush()
    await commitments.take_back(session, service.SOURCE, gone)
