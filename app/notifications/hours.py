"""When and how often a person is sent messages: the policies of where he is at home.

A member's community comes first, then where he lives, then where he works for the house; who has none
of these is sent messages as the content ships it.
"""

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Date, Select, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.members.lifecycle import REGISTERED
from app.models.member import Registration, Resident
from app.models.person import RoleGrant
from app.policies import service as policies

QUIET = ("notify.quiet_from", "notify.quiet_to")
KEYS = (*QUIET, "notify.digest_at", "notify.per_person_per_day_max")
NOWHERE = UUID(int=0)  # of nobody: what is shipped holds


class Hours(NamedTuple):
    """Local times; over midnight where the quiet begins after it ends."""

    quiet_from: time
    quiet_to: time
    digest_at: time
    most_a_day: int

    def awake(self, moment: datetime) -> datetime:
        """`moment`, or the end of the quiet hours that it falls into."""
        local = moment.astimezone(clock.ZONE)
        now, begins, ends = local.time(), self.quiet_from, self.quiet_to
        if begins == ends:
            return moment
        is_quiet = begins <= now < ends if begins < ends else now >= begins or now < ends
        if not is_quiet:
            return moment
        day = local.date() + timedelta(days=1 if now >= ends else 0)
        return datetime.combine(day, ends, clock.ZONE)

    def next_digest(self, moment: datetime) -> datetime:
        """When the next digest after `moment` is sent."""
        local = moment.astimezone(clock.ZONE)
        day = local.date() + timedelta(days=1 if local.time() >= self.digest_at else 0)
        return self.awake(datetime.combine(day, self.digest_at, clock.ZONE))


async def of_person(session: AsyncSession, person_id: UUID) -> Hours:
    """What holds for the person today; two statements."""
    home: UUID | None = await session.scalar(HOME, {"person": person_id, "today": clock.today()})
    found = await policies.values(session, home or NOWHERE, *KEYS)
    begins, ends, digest_at = (time.fromisoformat(found[key]) for key in KEYS[:3])
    return Hours(begins, ends, digest_at, found[KEYS[3]])


def _home() -> Select[Any]:
    person, today = bindparam("person", type_=Uuid()), bindparam("today", type_=Date())
    places = (
        select(Registration.community_id)
        .where(Registration.person_id == person, Registration.status.in_(REGISTERED))
        .order_by(Registration.id.desc()),
        select(Resident.community_id)
        .where(Resident.person_id == person, Resident.ended_at.is_(None))
        .order_by(Resident.id.desc()),
        select(RoleGrant.organization_id)
        .where(RoleGrant.person_id == person, func.coalesce(RoleGrant.valid_to, today) >= today)
        .order_by(RoleGrant.id.desc()),
    )
    return select(func.coalesce(*(place.limit(1).scalar_subquery() for place in places)))


HOME = _home()
