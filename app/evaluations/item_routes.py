"""Items of the negative list, and objections to them and to what a sheet says."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.evaluations import item_reading, negative_items, objections, reading
from app.evaluations.negative_items import NotAllegeable, SamePerson
from app.evaluations.schemas import (
    AllegationIn,
    EvaluationReasonIn,
    EvaluationWordsIn,
    NegativeItemBrief,
    NegativeItemMovedOut,
    NegativeItemOut,
    ObjectionBrief,
    ObjectionDecisionIn,
    ObjectionMovedOut,
    ObjectionOut,
)
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.objection import Objection, ObjectionStatus
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["evaluations"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)
BY_ANOTHER = answers(NotFound, Forbidden, SamePerson, BadTransition)


@router.get(
    "/organizations/{organization_id}/negative-items",
    summary="负面清单情形",
    response_model=Page[NegativeItemBrief],
    responses=SEEN,
    openapi_extra=needs(P.CONDUCT_LIST),
)
async def list_negative_items(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    status: Annotated[NegativeItemStatus | None, Query(description="One state only.")] = None,
) -> Slice[dict[str, Any]]:
    """Those that the reader has a part in: community, branch, subdistrict; the latest first."""
    await reading.allowed(reader, actor, organization_id, P.CONDUCT_LIST)
    return await reading.page(reader, actor, paging, "items", organization_id, status)


@router.get("/me/negative-items", summary="涉及我的情形", response_model=Page[NegativeItemBrief])
async def list_my_negative_items(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """What two people have said of me, the latest first."""
    return await reading.page(reader, actor, paging, "my_items", actor.person_id)


@router.get(
    "/negative-items/{negative_item_id}",
    summary="查看一项情形",
    response_model=NegativeItemOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.NEGATIVE_READ),
)
async def get_negative_item(
    reader: ReadDep, actor: ActorDep, negative_item_id: UUID
) -> dict[str, Any]:
    """One item, as this reader may see it."""
    return await item_reading.show_item(reader, actor, negative_item_id)


@router.post(
    "/registrations/{registration_id}/negative-items",
    status_code=201,
    summary="提出一项情形",
    response_model=NegativeItemMovedOut,
    responses=answers(NotFound, Forbidden, NotAllegeable),
    openapi_extra=needs(P.NEGATIVE_ALLEGE),
)
async def allege_negative_item(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: AllegationIn
) -> NegativeItem:
    """One person has said it; the functional branch's secretary is asked, the member not yet."""
    return await negative_items.allege(session, actor, registration_id, body)


@router.post(
    "/negative-items/{negative_item_id}/agree",
    summary="支部同意提出",
    response_model=NegativeItemMovedOut,
    responses=BY_ANOTHER,
    openapi_extra=needs(P.NEGATIVE_AGREE),
)
async def agree_negative_item(
    session: SessionDep, actor: ActorDep, negative_item_id: UUID
) -> NegativeItem:
    """Two have said it, and the member is asked."""
    return await negative_items.agree(session, actor, negative_item_id)


@router.post(
    "/negative-items/{negative_item_id}/answer",
    summary="本人说明情况",
    response_model=NegativeItemMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEGATIVE_OWN),
)
async def answer_negative_item(
    session: SessionDep, actor: ActorDep, negative_item_id: UUID, body: EvaluationWordsIn
) -> NegativeItem:
    """What I say to it."""
    return await negative_items.answer(session, actor, negative_item_id, body.words)


@router.post(
    "/negative-items/{negative_item_id}/confirm",
    summary="社区确认情形",
    response_model=NegativeItemMovedOut,
    responses=BY_ANOTHER,
    openapi_extra=needs(P.NEGATIVE_CONFIRM),
)
async def confirm_negative_item(
    session: SessionDep, actor: ActorDep, negative_item_id: UUID
) -> NegativeItem:
    """After the answer it is held up, and the subdistrict reviews it."""
    return await negative_items.confirm(session, actor, negative_item_id)


@router.post(
    "/negative-items/{negative_item_id}/review",
    summary="街道复核情形",
    response_model=NegativeItemMovedOut,
    responses=BY_ANOTHER,
    openapi_extra=needs(P.NEGATIVE_REVIEW),
)
async def review_negative_item(
    session: SessionDep, actor: ActorDep, negative_item_id: UUID
) -> NegativeItem:
    """It goes out in the subdistrict's name, when the member has not objected in time."""
    return await negative_items.review(session, actor, negative_item_id)


@router.post(
    "/negative-items/{negative_item_id}/drop",
    summary="撤销情形",
    response_model=NegativeItemMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEGATIVE_DROP),
)
async def drop_negative_item(
    session: SessionDep, actor: ActorDep, negative_item_id: UUID, body: EvaluationReasonIn
) -> NegativeItem:
    """One of those whom it needs does not hold it up; nothing of it is told."""
    return await negative_items.drop(session, actor, negative_item_id, body.reason)


@router.post(
    "/negative-items/{negative_item_id}/object",
    status_code=201,
    summary="对情形提出异议",
    response_model=ObjectionMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEGATIVE_OWN),
)
async def object_to_negative_item(
    session: SessionDep, actor: ActorDep, negative_item_id: UUID, body: EvaluationWordsIn
) -> Objection:
    """Until it is decided it is told to nobody."""
    return await objections.raise_to_item(session, actor, negative_item_id, body.words)


@router.get(
    "/organizations/{organization_id}/objections",
    summary="异议",
    response_model=Page[ObjectionBrief],
    responses=SEEN,
    openapi_extra=needs(P.CONDUCT_LIST),
)
async def list_objections(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    status: Annotated[ObjectionStatus | None, Query(description="One state only.")] = None,
) -> Slice[dict[str, Any]]:
    """Of the community, or of those below a subdistrict or district; the latest first."""
    await reading.allowed(reader, actor, organization_id, P.CONDUCT_LIST)
    return await reading.page(reader, actor, paging, "objections", organization_id, status)


@router.get("/me/objections", summary="我的异议", response_model=Page[ObjectionBrief])
async def list_my_objections(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My objections, the latest first."""
    return await reading.page(reader, actor, paging, "my_objections", actor.person_id)


@router.get(
    "/objections/{objection_id}",
    summary="查看异议",
    response_model=ObjectionOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.OBJECTION_READ),
)
async def get_objection(reader: ReadDep, actor: ActorDep, objection_id: UUID) -> dict[str, Any]:
    """One objection with what was said to it."""
    return await item_reading.show_objection(reader, actor, objection_id)


@router.post(
    "/objections/{objection_id}/answer",
    summary="社区答复异议",
    response_model=ObjectionMovedOut,
    responses=BY_ANOTHER,
    openapi_extra=needs(P.OBJECTION_ANSWER),
)
async def answer_objection(
    session: SessionDep, actor: ActorDep, objection_id: UUID, body: EvaluationWordsIn
) -> Objection:
    """The community has answered; the subdistrict decides."""
    return await objections.answer(session, actor, objection_id, body.words)


@router.post(
    "/objections/{objection_id}/decide",
    summary="复核异议",
    response_model=ObjectionMovedOut,
    responses=BY_ANOTHER,
    openapi_extra=needs(P.OBJECTION_DECIDE, P.OBJECTION_SETTLE),
)
async def decide_objection(
    session: SessionDep, actor: ActorDep, objection_id: UUID, body: ObjectionDecisionIn
) -> Objection:
    """The subdistrict has decided; of an appeal, the district."""
    return await objections.decide(
        session, actor, objection_id, is_granted=body.is_granted, reason=body.reason
    )


@router.post(
    "/objections/{objection_id}/appeal",
    summary="请区级再复核",
    response_model=ObjectionMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.OBJECTION_OWN),
)
async def appeal_objection(session: SessionDep, actor: ActorDep, objection_id: UUID) -> Objection:
    """I ask the district, once."""
    return await objections.appeal(session, actor, objection_id)


@router.post(
    "/objections/{objection_id}/withdraw",
    summary="撤回异议",
    response_model=ObjectionMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.OBJECTION_OWN),
)
async def withdraw_objection(session: SessionDep, actor: ActorDep, objection_id: UUID) -> Objection:
    """I object no longer."""
    return await objections.withdraw(session, actor, objection_id)
