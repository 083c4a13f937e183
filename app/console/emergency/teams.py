"""组团: who is in a team for a shift; started, joined, left, merged by members who were called."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.emergency import shift
from app.console.forms import Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.emergency import team_reading, teams
from app.emergency.shift_schemas import TeamIn, TeamMergeIn
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ONE = "/shifts/{shift_id}/teams/{shift_team_id}"


@router.get("/shift-teams/{shift_team_id}", openapi_extra=needs(P.SHIFT_TEAM_READ))
async def show_team(visit: VisitDep, shift_team_id: UUID, cursor: page.Cursor = None) -> Response:
    """Who is in a team, masked, for its members and for the organiser."""
    row, found = await team_reading.show(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), shift_team_id
    )
    return page.render(
        visit.request,
        "emergency/team.html",
        row=row,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        words=shift.TEAMS,
    )


@router.post("/shifts/{shift_id}/teams", openapi_extra=needs(P.CALL_UP_READ))
async def start_one_team(visit: VisitDep, shift_id: UUID) -> Response:
    """The visitor comes if enough others come with him."""

    async def use(session: AsyncSession, body: TeamIn) -> Any:
        return await teams.start(session, visit.actor, shift_id, body.wanted)

    return await _step(visit, shift_id, "start", TeamIn, use)


@router.post(f"{ONE}/join", openapi_extra=needs(P.CALL_UP_READ))
async def join_one_team(visit: VisitDep, shift_id: UUID, shift_team_id: UUID) -> Response:
    """With the last one wanted all have their places."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await teams.join(session, visit.actor, shift_team_id)

    return await _step(visit, shift_id, "join", forms.Nothing, use)


@router.post(f"{ONE}/leave", openapi_extra=needs(P.CALL_UP_READ))
async def leave_one_team(visit: VisitDep, shift_id: UUID, shift_team_id: UUID) -> Response:
    """The team forms on without the visitor."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await teams.leave(session, visit.actor, shift_team_id)

    return await _step(visit, shift_id, "leave", forms.Nothing, use)


@router.post(f"{ONE}/merge", openapi_extra=needs(P.SHIFT_TEAM_LEAD))
async def merge_one_team(visit: VisitDep, shift_id: UUID, shift_team_id: UUID) -> Response:
    """All of the visitor's team are in another one."""

    async def use(session: AsyncSession, body: TeamMergeIn) -> Any:
        return await teams.merge(session, visit.actor, shift_team_id, body.into_id)

    return await _step(visit, shift_id, "merge", TeamMergeIn, use)


async def _step(
    visit: Visit,
    shift_id: UUID,
    done: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(shift.render, visit, shift_id), f"/console/shifts/{shift_id}"
    return await forms.step(visit, shape, use, again, to, f"team_{done}", key="team")
