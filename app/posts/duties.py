"""Service on a post: one day of it becomes one service record, entered by somebody else.

Source: domain.md §3.3, §5.4.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import AppError, Conflict, Invalid
from app.models.member import Registration
from app.models.post import Claim, Duty
from app.models.record import ServiceRecord
from app.permissions import Actor
from app.posts import claims
from app.posts.schemas import DutyIn
from app.records import service as records


class DutyEntered(Conflict):
    """A day on a post is entered once; what is wrong with it is corrected in the record."""

    code, title = "duty_entered", "该日服务已登记，如有误请更正原记录"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_duties_claim_id_served_on": DutyEntered}


async def enter(session: AsyncSession, actor: Actor, claim_id: UUID, body: DutyIn) -> ServiceRecord:
    """The day stands in the member's records, and he is told of it.

    It may be entered after he has left, of a day on which he still served.

    Raises:
        NotFound, Forbidden, OwnClaim: as every decision about a claim.
        Invalid: a day on which he did not serve, or more minutes than a day may have.
        DutyEntered: see there.
    """
    row, post, _ = await claims.get_others(session, actor, claim_id)
    # two services of one day are counted one after the other
    registration = await session.get_one(
        Registration, row.registration_id, with_for_update={"key_share": True}
    )
    if not _served(row, registration, body.served_on):
        raise Invalid.field("/served_on", "not_in_service", "该日不在任岗期间")
    duty = Duty(
        claim_id=row.id,
        served_on=body.served_on,
        minutes=body.minutes,
        entered_by_id=actor.person_id,
    )
    session.add(duty)
    await session.flush()
    done = records.Service(
        source=("post", duty.id),
        community_id=row.community_id,
        category=post.category,
        title=post.title,
        place=post.place,
        served_on=body.served_on,
    )
    record = records.form(registration, done, body.minutes)
    await records.add(session, actor, [record])
    await session.flush()
    return record


def _served(row: Claim, registration: Registration, day: date) -> bool:
    """Also under this registration, so that no employer is told of days before its own."""
    if row.started_on is None:
        return False
    first = max(row.started_on, registration.registered_on or row.started_on)
    return first <= day <= (row.ended_on or clock.today())
