"""Who is told of a team that forms for a shift."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.emergency.events import ShiftTeamMoved
from app.emergency.lifecycle import DROPPED, ShiftTeamAction
from app.models.emergency import CallUp, Shift
from app.models.shift_team import ShiftTeam, TeamMember
from app.notifications import service

A = ShiftTeamAction
FOR_ALL = {A.STAND: "team_stands", A.LAPSE: "team_lapsed", A.MERGE: "team_merged"}


async def on_shift_team_moved(session: AsyncSession, fact: int, event: ShiftTeamMoved) -> None:
    """All of a team learn that it stands, lapsed or is one with another; who was left out, that alone."""
    if event.action in FOR_ALL:
        message = FOR_ALL[A(event.action)]
    elif event.action == DROPPED:
        message = "team_left_out"
    else:
        return
    found = await session.execute(
        select(ShiftTeam, Shift, CallUp.id, CallUp.title)
        .join(Shift, Shift.id == ShiftTeam.shift_id)
        .join(CallUp, CallUp.id == Shift.call_up_id)
        .where(ShiftTeam.id == event.shift_team_id)
    )
    team, shift, call_up_id, title = found.one()
    people = [event.person_id]
    if event.person_id is None:
        now_in = team.merged_into_id or team.id
        rows = await session.scalars(
            select(TeamMember.person_id).where(
                TeamMember.shift_team_id == now_in, TeamMember.left_at.is_(None)
            )
        )
        people = list(rows)
    wanted = team.wanted
    if team.merged_into_id is not None:
        wanted = (await session.get_one(ShiftTeam, team.merged_into_id)).wanted
    await service.tell(
        session,
        fact,
        message,
        people,
        ("call_up", call_up_id),
        task=title,
        time=shift.starts_at,
        place=shift.place,
        count=len(people),
        wanted=wanted,
    )
