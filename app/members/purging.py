"""Lines of a roster whose person never registered are gone in time; the employer may import anew.

Source: practice.md R21; content `retention`; policy `roster.purge_unregistered_months`.
"""

from sqlalchemy import Interval, delete, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Member, Qualification, Registration, Transfer
from app.models.organization import Organization
from app.policies import service as policies

MONTHS = "roster.purge_unregistered_months"
AT_ONCE = 1_000


async def forget_unregistered(session: AsyncSession) -> None:
    """So many months after a line was made, if nobody has ever registered by it, it is no more; 0:
    it stays. Three statements, and so many lines, at a time."""
    kept = (
        select(Organization.id, policies.value_at(Organization.id, MONTHS).label("months"))
        .where(Organization.kind == "employer")
        .cte("kept")
        .prefix_with("MATERIALIZED")
    )
    found = await session.scalars(
        select(Member.id)
        .join(kept, kept.c.id == Member.employer_id)
        .where(
            kept.c.months > 0,
            Member.created_at + kept.c.months * literal_column("interval '1 month'", Interval())
            < clock.now(),
            ~select(Registration.id).where(Registration.member_id == Member.id).exists(),
            ~select(Transfer.id).where(Transfer.new_member_id == Member.id).exists(),
        )
        .order_by(Member.id)
        .limit(AT_ONCE)
        .with_for_update(of=Member, skip_locked=True),
        {"today": clock.today()},
    )
    gone = found.all()
    if not gone:
        return
    await session.execute(delete(Qualification).where(Qualification.member_id.in_(gone)))
    await session.execute(delete(Member).where(Member.id.in_(gone)))
