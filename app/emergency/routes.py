"""Call-ups (应急集结): drafted, approved, answered, stood down, reviewed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.emergency import approvals, drafts, reading, replies, service
from app.emergency.approvals import AlreadyApproved
from app.emergency.schemas import (
    CalledLine,
    CallListLine,
    CallUpBrief,
    CallUpIn,
    CallUpMovedOut,
    CallUpOut,
    CallUpReasonIn,
    CallUpReplyIn,
    MyCallUp,
    ReplyOut,
    ReviewIn,
    RollCallOut,
)
from app.emergency.service import NotEmergency
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.emergency import CallUp, Reply
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["emergency"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
STEP = answers(NotFound, Forbidden, BadTransition)


@router.get(
    "/organizations/{organization_id}/call-ups",
    summary="集结任务列表",
    response_model=Page[CallUpBrief],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_CALL_UP),
)
async def list_call_ups(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """A community's or subdistrict's own call-ups, the latest first."""
    return await reading.page(reader, actor, paging, organization_id)


@router.post(
    "/organizations/{organization_id}/call-ups",
    status_code=201,
    summary="起草集结任务",
    response_model=CallUpMovedOut,
    responses=answers(NotFound, Forbidden, NotEmergency),
    openapi_extra=needs(P.COMMUNITY_CALL_UP),
)
async def draft_call_up(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: CallUpIn
) -> CallUp:
    """A draft; nobody is called before it is approved."""
    return await drafts.draft(session, actor, organization_id, body)


@router.get("/me/call-ups", summary="我收到的集结", response_model=Page[MyCallUp])
async def list_my_call_ups(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """The call-ups that call me, the latest first, with my answers."""
    return await reading.page_of_mine(reader, actor, paging)


@router.get(
    "/call-ups/{call_up_id}",
    summary="查看集结任务",
    response_model=CallUpOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.CALL_UP_READ),
)
async def get_call_up(reader: ReadDep, actor: ActorDep, call_up_id: UUID) -> dict[str, Any]:
    """One call-up, and the steps that are open to the reader."""
    return await reading.show(reader, actor, call_up_id)


@router.post(
    "/call-ups/{call_up_id}/approve",
    summary="批准集结",
    response_model=CallUpMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, AlreadyApproved),
    openapi_extra=needs(P.CALL_UP_APPROVE),
)
async def approve_call_up(session: SessionDep, actor: ActorDep, call_up_id: UUID) -> CallUp:
    """One more person answers for it; two different people do in the end."""
    return await approvals.approve(session, actor, call_up_id)


@router.post(
    "/call-ups/{call_up_id}/withdraw",
    summary="撤回草稿",
    response_model=CallUpMovedOut,
    responses=STEP,
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def withdraw_call_up(
    session: SessionDep, actor: ActorDep, call_up_id: UUID, body: CallUpReasonIn
) -> CallUp:
    """The draft comes to nothing; nobody was called."""
    return await service.withdraw(session, actor, call_up_id, body.reason)


@router.post(
    "/call-ups/{call_up_id}/stand-down",
    summary="解除集结",
    response_model=CallUpMovedOut,
    responses=STEP,
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def stand_down_call_up(session: SessionDep, actor: ActorDep, call_up_id: UUID) -> CallUp:
    """It is over; who answered is told, and minutes may still be entered."""
    return await service.stand_down(session, actor, call_up_id)


@router.post(
    "/call-ups/{call_up_id}/review",
    summary="复盘小结",
    response_model=CallUpMovedOut,
    responses=STEP,
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def review_call_up(
    session: SessionDep, actor: ActorDep, call_up_id: UUID, body: ReviewIn
) -> CallUp:
    """What was learned is written down, and the call-up is closed."""
    return await service.review(session, actor, call_up_id, body.text)


@router.post(
    "/call-ups/{call_up_id}/location",
    summary="要求定位（仅限区级）",
    response_model=CallUpMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotEmergency),
    openapi_extra=needs(P.CALL_UP_LOCATE),
)
async def require_location(
    session: SessionDep, actor: ActorDep, call_up_id: UUID, body: CallUpReasonIn
) -> CallUp:
    """The district requires the location of who comes, this once; they are shown why."""
    return await service.require_location(session, actor, call_up_id, body.reason)


@router.get(
    "/call-ups/{call_up_id}/roll-call",
    summary="点名汇总",
    response_model=RollCallOut,
    responses=SEEN,
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def get_roll_call(reader: ReadDep, actor: ActorDep, call_up_id: UUID) -> dict[str, Any]:
    """How many were called, were not reached, and gave each answer."""
    return await reading.roll_call(reader, actor, call_up_id)


@router.get(
    "/call-ups/{call_up_id}/replies",
    summary="点名名单",
    response_model=Page[CalledLine],
    responses=SEEN,
    openapi_extra=needs(P.CALL_UP_RUN),
)
async def list_replies(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    call_up_id: UUID,
    reply: Annotated[
        str | None,
        Query(
            max_length=40,
            description="A code of `emergency.replies`, or `not_reached`; left out: everybody.",
        ),
    ] = None,
) -> Slice[dict[str, Any]]:
    """Who was called, with what each answered."""
    return await reading.page_of_called(reader, actor, paging, call_up_id, reply)


@router.get(
    "/call-ups/{call_up_id}/call-list",
    summary="我的联系单",
    response_model=Page[CallListLine],
    responses=STEP,
    openapi_extra=needs(P.CALL_UP_PHONE),
)
async def list_calls(
    session: SessionDep,
    actor: ActorDep,
    paging: PagingDep,
    call_up_id: UUID,
    is_unreached: Annotated[bool, Query(description="Only who has not answered yet.")] = True,
) -> Slice[dict[str, Any]]:
    """Whom I call: my group, or my community; with phones, each look is logged."""
    return await replies.call_list(session, actor, paging, call_up_id, is_unreached=is_unreached)


@router.post(
    "/replies/{reply_id}",
    summary="答复集结（或代记）",
    response_model=ReplyOut,
    responses=answers(NotFound, BadTransition),
    openapi_extra=needs(P.REPLY_GIVE),
)
async def give_reply(
    session: SessionDep, actor: ActorDep, reply_id: UUID, body: CallUpReplyIn
) -> Reply:
    """My answer, or that of a member whom I have reached by phone; it may change meanwhile."""
    return await replies.give(session, actor, reply_id, body)
