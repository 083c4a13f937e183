"""The phone's side of the console: a ticket looked at, confirmed or refused; browsers signed out."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from app.core.errors import NotFound, Unauthorized
from app.http import limits
from app.http.deps import ActorDep, ReadDep, SessionDep
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity import console_sessions, tickets
from app.identity.ticket_schemas import ConsoleSessionOut, TicketOut
from app.identity.tickets import NotStaff, TicketGone

router = Room(prefix="/api/v1", tags=["identity"], route_class=KeyedRoute)

MOST_DECISIONS, HOUR = 60, timedelta(hours=1)
Code = Annotated[
    str, Path(max_length=32, pattern="^[A-Z2-7]+$", description="The scene of the picture.")
]


async def count_decision(request: Request, actor: ActorDep) -> None:
    """One more attempt; counted before the route's own session takes its connection."""
    await limits.count(
        request.app.state.sessions,
        f"ticket:{actor.person_id}",
        most=MOST_DECISIONS,
        window=HOUR,
    )


@router.get(
    "/sign-in-tickets/{code}",
    summary="查看管理端登录请求",
    response_model=TicketOut,
    responses=answers(TicketGone),
)
async def get_sign_in_ticket(reader: ReadDep, actor: ActorDep, code: Code) -> dict[str, Any]:
    """Which browser asks to be signed in as me; looking at it confirms nothing."""
    return await tickets.show(reader, actor, code)


@router.post(
    "/sign-in-tickets/{code}/confirm",
    status_code=204,
    dependencies=[Depends(count_decision)],
    summary="确认登录管理端",
    responses=answers(Unauthorized, NotStaff, TicketGone),
)
async def confirm_sign_in(session: SessionDep, actor: ActorDep, code: Code) -> None:
    """That browser is signed in as me; only after I have tapped “确认登录”."""
    await tickets.confirm(session, actor, code)


@router.post(
    "/sign-in-tickets/{code}/refuse",
    status_code=204,
    dependencies=[Depends(count_decision)],
    summary="拒绝登录管理端",
    responses=answers(Unauthorized, TicketGone),
)
async def refuse_sign_in(session: SessionDep, actor: ActorDep, code: Code) -> None:
    """Nobody signs in with this picture."""
    await tickets.refuse(session, actor, code)


@router.get(
    "/console-sessions", summary="我登录管理端的浏览器", response_model=list[ConsoleSessionOut]
)
async def list_console_sessions(reader: ReadDep, actor: ActorDep) -> list[dict[str, Any]]:
    """The browsers in which I am signed in to the console, the last used first; at most 50."""
    return await console_sessions.page(reader, actor)


@router.delete(
    "/console-sessions/{session_id}",
    status_code=204,
    summary="退出一个浏览器",
    responses=answers(Unauthorized, NotFound),
)
async def end_console_session(session: SessionDep, actor: ActorDep, session_id: UUID) -> None:
    """I am signed out in that browser, at once."""
    await console_sessions.end(session, actor, session_id)
