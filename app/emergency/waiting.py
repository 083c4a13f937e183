"""Who waits in the teams of a shift, and as whom he was called."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration, RegistrationStatus
from app.models.shift_team import ShiftTeam, TeamMember


class Waiting(NamedTuple):
    """Somebody in a team; `registration` None: he is registered no more."""

    member: TeamMember
    registration: Registration | None


async def of(session: AsyncSession, *teams: ShiftTeam) -> list[Waiting]:
    """Who waits in these locked teams, the longest first."""
    rows = await session.execute(
        select(TeamMember, Registration)
        .outerjoin(
            Registration,
            and_(
                Registration.id == TeamMember.registration_id,
                Registration.status == RegistrationStatus.ACTIVE,
            ),
        )
        .where(TeamMember.shift_team_id.in_([team.id for team in teams]), TeamMember.is_open)
        .order_by(TeamMember.joined_at, TeamMember.id)
    )
    return [Waiting(row.TeamMember, row.Registration) for row in rows]


async def put(
    session: AsyncSession, who: Sequence[Waiting], team: ShiftTeam, *, is_open: bool
) -> None:
    """All of them are in the team, whatever they were in; `is_open`: and still wait."""
    await session.execute(
        update(TeamMember)
        .where(TeamMember.id.in_([one.member.id for one in who]))
        .values(shift_team_id=team.id, is_open=is_open)
    )
