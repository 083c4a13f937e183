"""What happens to a team that forms, whoever does it: history, fact, and that it comes to nothing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.deadlines import Deadline
from app.emergency.events import ShiftTeamMoved
from app.emergency.lifecycle import SHIFT_TEAM, ShiftTeamAction
from app.models.emergency import Shift
from app.models.shift_team import ShiftTeam, ShiftTeamStep, TeamMember, TeamStatus
from app.permissions import Actor

A = ShiftTeamAction


async def lapse(session: AsyncSession, team: ShiftTeam) -> None:
    """Not enough have come in time: nobody waits in it any more, nobody has a place by it."""
    if team.status is TeamStatus.FORMING:
        await _lapse(session, Actor.system(), [team])


async def lapse_all(session: AsyncSession, actor: Actor, call_up_id: UUID) -> None:
    """The call-up is over, and with it what forms for its shifts; these are locked already."""
    found = await session.scalars(
        select(ShiftTeam)
        .join(Shift, Shift.id == ShiftTeam.shift_id)
        .where(Shift.call_up_id == call_up_id, ShiftTeam.status == TeamStatus.FORMING)
        .order_by(ShiftTeam.id)
        .with_for_update(of=ShiftTeam)
    )
    await _lapse(session, actor, list(found))


def tell(
    session: AsyncSession,
    actor: Actor,
    team: ShiftTeam,
    action: str,
    left: TeamStatus | None,
    *,
    person_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """History and fact of a step of a team; `person_id` is whom alone it concerns."""
    session.add(
        ShiftTeamStep(
            shift_team_id=team.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=team.status,
            reason=reason,
        )
    )
    events.record(
        session,
        ShiftTeamMoved(
            shift_team_id=team.id,
            shift_id=team.shift_id,
            person_id=person_id,
            action=action,
            status=team.status,
        ),
    )


async def _lapse(session: AsyncSession, actor: Actor, teams: Sequence[ShiftTeam]) -> None:
    for team in teams:
        team.due_at = None
        tell(session, actor, team, A.LAPSE, SHIFT_TEAM.advance(team, A.LAPSE))
    await session.execute(
        update(TeamMember)
        .where(TeamMember.shift_team_id.in_([team.id for team in teams]), TeamMember.is_open)
        .values(is_open=False)
    )


DEADLINES = (Deadline(ShiftTeam, lapse),)
