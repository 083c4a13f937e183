"""The month's text (月小结) sent by the secretary to members and residents, once; nobody is named in it.

Source: practice.md R17.
"""

from uuid import UUID

from sqlalchemy import literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit, events
from app.core import clock
from app.core.errors import Conflict, NotFound
from app.models.statistic import Rhythm, RollUp
from app.permissions import Actor, Permission, grants, may, require
from app.statistics.events import RollUpSent

P = Permission
IS_MONTH = RollUp.rhythm == literal_column(f"'{Rhythm.MONTH}'")


class AlreadySent(Conflict):
    """Members and residents have had it."""

    code, title = "already_sent", "这份小结已发给党员和居民，不重复发送"


async def send(session: AsyncSession, actor: Actor, roll_up_id: UUID) -> RollUp:
    """The text of the month goes into the inbox of the community's members and residents.

    Raises:
        NotFound: none, no month, or not the actor's to see. Forbidden: not the secretary.
        AlreadySent: see there.
    """
    found = await session.execute(
        select(RollUp, grants(P.ROLL_UP_SEND))
        .where(RollUp.id == roll_up_id, IS_MONTH, may(P.ROLL_UP_READ))
        .with_for_update(of=RollUp),
        actor.binds(),
    )
    one = found.first()
    if one is None:
        raise NotFound
    require(one.grants, P.ROLL_UP_SEND)
    row: RollUp = one.RollUp
    if row.sent_at is not None:
        raise AlreadySent
    row.sent_at = clock.now()
    audit.operated(
        session,
        actor,
        "roll_up.sent",
        subject=("roll_up", row.id),
        organization_id=row.organization_id,
    )
    events.record(session, RollUpSent(roll_up_id=row.id, organization_id=row.organization_id))
    await session.flush()
    return row
