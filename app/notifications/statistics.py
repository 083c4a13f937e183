"""The community is told of its day, of what waits for the week's meeting, and of its month; members and
residents of the month that the secretary sends them."""

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.members.lifecycle import REGISTERED
from app.models.member import Registration, Resident
from app.models.need import Need, NeedKind
from app.models.person import Role
from app.models.statistic import Rhythm, RollUp
from app.needs.lifecycle import WAITING
from app.notifications import many, service
from app.policies import content
from app.statistics.events import RollUpMade, RollUpSent

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
SUNDAY = 6
SENT = "monthly_summary_sent"


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


async def on_roll_up_sent(session: AsyncSession, fact: int, event: RollUpSent) -> None:
    """The text stands in the inbox of who is registered or lives there; who is both has it once."""
    row = await session.get_one(RollUp, event.roll_up_id)
    form = await content.find(session, "messages", SENT) or {}
    subject, text = ("organization", row.organization_id), form["text"].format(words=row.text)
    theirs = (
        (Registration, Registration.status.in_(REGISTERED)),
        (Resident, Resident.ended_at.is_(None)),
    )
    for kind, is_living in theirs:
        where = and_(
            kind.community_id == row.organization_id, is_living, kind.person_id.is_not(None)
        )
        await many.tell(session, fact, form, kind.person_id, where, subject, text=text, data={})
