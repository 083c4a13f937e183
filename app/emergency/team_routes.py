"""Teams for a shift (组团认领): started, joined, left, merged."""

from typing import Any
from uuid import UUID

from app.core.errors import AppError, Forbidden, NotFound
from app.core.paging import Page, Slice
from app.emergency import team_reading, teams
from app.emergency.limits import REASONS
from app.emergency.seats import Closed, Full, Held, NotCalled
from app.emergency.shift_schemas import (
    TeamIn,
    TeamLine,
    TeamMemberLine,
    TeamMergeIn,
    TeamOut,
)
from app.emergency.teams import InTeam, NotInTeam
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.shift_team import ShiftTeam
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["emergency"], route_class=KeyedRoute)

ENTER: tuple[type[AppError], ...] = (NotFound, NotCalled, Closed, Held, Full, InTeam, *REASONS)


@router.get(
    "/shifts/{shift_id}/teams",
    summary="班次的组团",
    response_model=Page[TeamLine],
    responses=answers(NotFound),
    openapi_extra=needs(P.CALL_UP_READ),
)
async def list_shift_teams(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """The teams of a shift, the oldest first."""
    return await team_reading.page(reader, actor, paging, shift_id)


@router.post(
    "/shifts/{shift_id}/teams",
    status_code=201,
    summary="发起组团",
    response_model=TeamOut,
    responses=answers(*ENTER),
    openapi_extra=needs(P.CALL_UP_READ),
)
async def start_team(
    session: SessionDep, actor: ActorDep, shift_id: UUID, body: TeamIn
) -> ShiftTeam:
    """I come if enough others come with me; no place is kept until then."""
    return await teams.start(session, actor, shift_id, body.wanted)


@router.get(
    "/shift-teams/{shift_team_id}/members",
    summary="组团成员",
    response_model=Page[TeamMemberLine],
    responses=answers(NotFound),
    openapi_extra=needs(P.SHIFT_TEAM_READ),
)
async def list_team_members(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, shift_team_id: UUID
) -> Slice[dict[str, Any]]:
    """Who is in the team, for its members and for the organiser."""
    return await team_reading.page_of_members(reader, actor, paging, shift_team_id)


@router.post(
    "/shift-teams/{shift_team_id}/join",
    summary="加入组团",
    response_model=TeamOut,
    responses=answers(*ENTER, BadTransition),
    openapi_extra=needs(P.CALL_UP_READ),
)
async def join_team(session: SessionDep, actor: ActorDep, shift_team_id: UUID) -> ShiftTeam:
    """I am in the team; with the last one wanted all have their places at once."""
    return await teams.join(session, actor, shift_team_id)


@router.post(
    "/shift-teams/{shift_team_id}/leave",
    summary="退出组团",
    response_model=TeamOut,
    responses=answers(NotFound, BadTransition, NotInTeam),
    openapi_extra=needs(P.CALL_UP_READ),
)
async def leave_team(session: SessionDep, actor: ActorDep, shift_team_id: UUID) -> ShiftTeam:
    """I wait no more; the team forms on without me."""
    return await teams.leave(session, actor, shift_team_id)


@router.post(
    "/shift-teams/{shift_team_id}/merge",
    summary="并入另一组团",
    response_model=TeamOut,
    responses=answers(NotFound, Forbidden, BadTransition, Closed, Held, Full, *REASONS),
    openapi_extra=needs(P.SHIFT_TEAM_LEAD),
)
async def merge_team(
    session: SessionDep, actor: ActorDep, shift_team_id: UUID, body: TeamMergeIn
) -> ShiftTeam:
    """All of my team are in the other one, which stands if they are enough; that one is answered."""
    return await teams.merge(session, actor, shift_team_id, body.into_id)
