"""The community is told of its day, of what waits for the week's meeting, and of its month."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Need, NeedKind
from app.models.person import Role
from app.models.statistic import Rhythm, RollUp
from app.needs.lifecycle import WAITING
from app.notifications import service
from app.statistics.events import RollUpMade

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
SUNDAY = 6


async def on_roll_up_made(session: AsyncSession, fact: int, event: RollUpMade) -> None:
    """After a Sunday also how much waits for the triage of the new week."""
    row = await session.get_one(RollUp, event.roll_up_id)
    people = await service.holders(session, row.organization_id, *STAFF)
    subject = ("roll_up", row.id)
    if row.rhythm is Rhythm.MONTH:
        await service.tell(session, fact, "monthly_summary", people, subject)
        return
    said = row.content
    words = {"new": said["new"], "done": said["settled"], "due": said.get("due", "—")}
    await service.tell(session, fact, "daily_roll_up", people, subject, **words)
    if row.first_on.weekday() == SUNDAY:
        count = await session.scalar(
            select(func.count()).where(
                Need.community_id == row.organization_id,
                Need.status.in_(WAITING),
                Need.kind != NeedKind.ABOUT_MEMBER,
            )
        )
        await service.tell(session, fact, "weekly_triage", people, subject, count=count)
