"""The last half-year reported by the house itself: sheets of the busiest communities, signed, and the
summaries of the largest employers.

What is frozen, numbered and chained is made by no copy: the real use cases make it, now and with
ids and codes of their own. So of all the city this alone differs between two builds of one seed.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.city.employers import Employer
from app.city.places import Community
from app.city.staff import Desk
from app.models.person import Role
from app.permissions import Actor
from app.reports import sheets, summaries
from app.reports.periods import ended

MONTHS = 6
SIGNING, SUMMARIZED = 2, 12  # communities, employers
DRAFTS_LEFT = 3  # of a community, waiting for the signature


async def report(
    session: AsyncSession,
    communities: Sequence[Community],
    desks: Sequence[Desk],
    employers: Sequence[Employer],
    today: date,
) -> None:
    """Sheets are signed, but for a few, and the summaries delivered; nobody has acknowledged them."""
    period = ended(MONTHS, today)
    for community, desk in zip(communities[:SIGNING], desks, strict=False):
        held = {Role.COMMUNITY_SECRETARY: (community.node.id,)}
        secretary = Actor(desk.secretary.id, held)
        drafts = await sheets.draft(session, secretary, community.node.id, period)
        wanted = [draft.id for draft in drafts[DRAFTS_LEFT:]]
        await sheets.issue_many(session, secretary, community.node.id, wanted)
    for employer in employers[:SUMMARIZED]:
        await summaries.compile_summary(session, Actor.system(), employer.node.id, period)
