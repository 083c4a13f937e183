"""Reminder talks (约谈提醒): for the employer's secretary and the member, and for nobody else."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.evaluations import reading, talks
from app.evaluations.schemas import HoldIn, ScheduleIn, TalkMovedOut, TalkOut
from app.evaluations.talks import OwnTalk
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.talk import Talk
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["evaluations"], route_class=KeyedRoute)

MOVED = answers(NotFound, Forbidden, BadTransition, OwnTalk)


@router.get(
    "/organizations/{employer_id}/talks",
    summary="约谈提醒",
    response_model=Page[TalkOut],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.EMPLOYER_TALKS),
)
async def list_talks(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, employer_id: UUID
) -> Slice[dict[str, Any]]:
    """Of the employer's members, the latest first; its secretary alone opens it."""
    await reading.allowed(reader, actor, employer_id, P.EMPLOYER_TALKS)
    return await reading.page(reader, actor, paging, "talks", employer_id)


@router.get("/me/talks", summary="约我的谈心提醒", response_model=Page[TalkOut])
async def list_my_talks(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """With me, the latest first."""
    return await reading.page(reader, actor, paging, "my_talks", actor.person_id)


@router.get(
    "/talks/{talk_id}",
    summary="查看约谈提醒",
    response_model=TalkOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.TALK_READ),
)
async def get_talk(reader: ReadDep, actor: ActorDep, talk_id: UUID) -> dict[str, Any]:
    """One talk."""
    return await reading.show_talk(reader, actor, talk_id)


@router.post(
    "/talks/{talk_id}/schedule",
    summary="约定谈话时间",
    response_model=TalkMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.TALK_HOLD),
)
async def schedule_talk(
    session: SessionDep, actor: ActorDep, talk_id: UUID, body: ScheduleIn
) -> Talk:
    """The member knows when, and that it is no sanction."""
    return await talks.schedule(session, actor, talk_id, body.meets_at, body.kind)


@router.post(
    "/talks/{talk_id}/hold",
    summary="谈话已进行",
    response_model=TalkMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.TALK_HOLD),
)
async def hold_talk(session: SessionDep, actor: ActorDep, talk_id: UUID, body: HoldIn) -> Talk:
    """It was held, with one of four outcomes; no text."""
    return await talks.hold(session, actor, talk_id, body.outcome)
