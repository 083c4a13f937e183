"""Needs: asked for, sorted, answered. A resident's own words are never public."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.sorting import WorkSort
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity.service import ConsentMissing, PhoneRequired
from app.lifecycle import BadTransition
from app.models.need import Need, NeedKind, NeedStatus
from app.needs import (
    acceptance,
    merging,
    reading,
    reopening,
    submissions,
    supporting,
    triage,
)
from app.needs.acceptance import NotAsked, OwnWork
from app.needs.reopening import Decided, TooLate
from app.needs.schemas import (
    AnswerForIn,
    BoxLine,
    FollowUpIn,
    LookOut,
    MergeIn,
    NeedAcceptIn,
    NeedAnswerIn,
    NeedBrief,
    NeedContactOut,
    NeedForIn,
    NeedIn,
    NeedMovedOut,
    NeedOut,
    NeedReasonIn,
    PublicTextIn,
    RefuseIn,
    ReplyIn,
    SharedNeed,
    SimilarIn,
    SubmittedOut,
    WordsIn,
)
from app.needs.submissions import Submitted, TooManyOpen
from app.needs.supporting import NeedClosed, OwnNeed
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["needs"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)


def _received(found: Submitted) -> dict[str, Any]:
    need = found.need
    return {
        "id": need.id,
        "number": need.number,
        "status": need.status,
        "urgent_hint": found.urgent_hint,
        "ask_templates": found.ask_templates,
    }


@router.post(
    "/needs",
    status_code=201,
    summary="我要求助（点单）",
    response_model=SubmittedOut,
    responses=answers(ConsentMissing, PhoneRequired, TooManyOpen),
)
async def submit_need(session: SessionDep, actor: ActorDep, body: NeedIn) -> dict[str, Any]:
    """What a resident asks for is in the community's box; one field is required."""
    return _received(await submissions.submit(session, actor, body))


@router.post(
    "/needs/similar",
    summary="有没有同样的诉求",
    response_model=list[SharedNeed],
)
async def find_similar_needs(
    session: SessionDep, actor: ActorDep, body: SimilarIn
) -> list[dict[str, Any]]:
    """Before asking: open needs of neighbours that may be the same, without anything of theirs. A
    POST, for what somebody is about to say belongs in no address."""
    return await supporting.similar(session, actor, body)


@router.post(
    "/needs/{need_id}/support",
    status_code=204,
    summary="我也是",
    responses=answers(NotFound, ConsentMissing, PhoneRequired, OwnNeed, NeedClosed),
    openapi_extra=needs(P.NEED_SUPPORT),
)
async def support_need(session: SessionDep, actor: ActorDep, need_id: UUID) -> None:
    """It concerns me too: I am counted once, and told what becomes of it."""
    await supporting.support(session, actor, need_id)


@router.delete("/needs/{need_id}/support", status_code=204, summary="不再关注")
async def leave_need(session: SessionDep, actor: ActorDep, need_id: UUID) -> None:
    """It no longer concerns me."""
    await supporting.leave(session, actor, need_id)


@router.get("/me/supported-needs", summary="我也关心的事", response_model=Page[SharedNeed])
async def list_supported_needs(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """Needs of neighbours that concern me too, newest first."""
    return await supporting.page(reader, actor, paging)


@router.post(
    "/organizations/{community_id}/needs",
    status_code=201,
    summary="代录诉求",
    response_model=SubmittedOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_ENTER),
)
async def enter_need(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: NeedForIn
) -> dict[str, Any]:
    """A need that came by phone, visit or paper is in the same box, marked as entered."""
    return _received(await submissions.enter(session, actor, community_id, body))


@router.get("/me/needs", summary="我的诉求", response_model=Page[NeedBrief])
async def list_my_needs(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """What I asked for, newest first."""
    return await reading.page_of_person(reader, actor, paging)


@router.get(
    "/organizations/{community_id}/needs",
    summary="社区诉求箱",
    response_model=Page[BoxLine],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_TRIAGE, P.COMMUNITY_HEAR),
)
async def list_needs(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[
        NeedStatus | None,
        Query(description="One state; left out: whatever waits for the community."),
    ] = None,
    kind: Annotated[
        NeedKind | None,
        Query(description="One kind; left out: all but what is said about members."),
    ] = None,
    sort: Annotated[
        WorkSort, Query(description="age: who waited longest first; deadline; kind and category.")
    ] = WorkSort.AGE,
) -> Slice[dict[str, Any]]:
    """The community's box, sorted for work."""
    return await reading.page_of_community(reader, actor, paging, community_id, status, kind, sort)


@router.get(
    "/needs/{need_id}",
    summary="查看诉求",
    response_model=NeedOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.NEED_READ),
)
async def get_need(reader: ReadDep, actor: ActorDep, need_id: UUID) -> dict[str, Any]:
    """One need, and the steps that are open to the reader."""
    return await reading.show(reader, actor, need_id)


@router.get(
    "/needs/{need_id}/contact",
    summary="查看联系方式",
    response_model=NeedContactOut,
    responses=SEEN,
    openapi_extra=needs(P.NEED_CONTACT),
)
async def get_need_contact(
    session: SessionDep, actor: ActorDep, need_id: UUID
) -> dict[str, str | None]:
    """Name, phone and door in clear, for the community's staff; logged, and shown to the resident."""
    need = await reading.contact(session, actor, need_id)
    return {"name": need.contact_name, "phone": need.contact_phone, "door": need.door}


@router.get(
    "/needs/{need_id}/looks",
    summary="谁看过我的联系方式",
    response_model=Page[LookOut],
    responses=answers(NotFound),
    openapi_extra=needs(P.NEED_OWN),
)
async def list_need_looks(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, need_id: UUID
) -> Slice[dict[str, Any]]:
    """Who looked at my contact for this need, newest first."""
    return await reading.looks(reader, actor, paging, need_id)


@router.post(
    "/needs/{need_id}/ask-back",
    summary="追问居民",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def ask_need_back(session: SessionDep, actor: ActorDep, need_id: UUID, body: WordsIn) -> Need:
    """The resident is asked for more; without an answer the need lapses until one comes."""
    return await triage.ask_back(session, actor, need_id, body.words)


@router.post(
    "/needs/{need_id}/answer-back",
    summary="回复追问",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_SPEAK),
)
async def answer_need_back(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: WordsIn
) -> Need:
    """The resident has answered; for one without an account, who writes it down."""
    return await triage.answer_back(session, actor, need_id, body.words)


@router.post(
    "/needs/{need_id}/accept",
    summary="受理诉求",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def accept_need(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: NeedAcceptIn
) -> Need:
    """The need is taken, by members, own staff, somebody it is passed on to, or a mere answer; said
    again, by another route."""
    return await triage.accept(session, actor, need_id, body)


@router.post(
    "/needs/{need_id}/start",
    summary="开始办理",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def start_need(session: SessionDep, actor: ActorDep, need_id: UUID) -> Need:
    """Own staff, or whom it was passed on to, is at work on it."""
    return await triage.start(session, actor, need_id)


@router.post(
    "/needs/{need_id}/finish",
    summary="办结诉求",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def finish_need(session: SessionDep, actor: ActorDep, need_id: UUID, body: ReplyIn) -> Need:
    """It is done; the resident is told how and asked whether it helped."""
    return await triage.finish(session, actor, need_id, body.reply)


@router.post(
    "/needs/{need_id}/refuse",
    summary="不予受理",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def refuse_need(session: SessionDep, actor: ActorDep, need_id: UUID, body: RefuseIn) -> Need:
    """The need is not taken; the resident is told why."""
    return await triage.refuse(session, actor, need_id, body)


@router.post(
    "/needs/{need_id}/merge",
    summary="并入另一件诉求",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def merge_need(session: SessionDep, actor: ActorDep, need_id: UUID, body: MergeIn) -> Need:
    """The need goes on as part of another one."""
    return await merging.merge(session, actor, need_id, body.into_id)


@router.get(
    "/needs/{need_id}/similar",
    summary="并列查看同类诉求",
    response_model=list[NeedBrief],
    responses=SEEN,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def list_similar_needs(
    session: SessionDep, actor: ActorDep, need_id: UUID
) -> list[dict[str, Any]]:
    """Open needs that may be the same one, side by side, for who merges them."""
    _, found = await reading.side_by_side(session, actor, need_id)
    return found


@router.post(
    "/needs/{need_id}/follow-up",
    summary="登记转办进展",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def follow_need_up(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: FollowUpIn
) -> Need:
    """What the other side says and by when it answers; the resident is told."""
    return await triage.follow_up(session, actor, need_id, body)


@router.put(
    "/needs/{need_id}/public-text",
    summary="填写公开文字",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_TRIAGE),
)
async def put_need_publicly(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: PublicTextIn
) -> Need:
    """Neighbours read this of the need: the community's words, never the resident's."""
    return await triage.put_publicly(session, actor, need_id, body)


@router.post(
    "/needs/{need_id}/withdraw",
    summary="撤回诉求",
    response_model=NeedMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.NEED_SPEAK),
)
async def withdraw_need(session: SessionDep, actor: ActorDep, need_id: UUID) -> Need:
    """The resident no longer needs it."""
    return await triage.withdraw(session, actor, need_id)


@router.post(
    "/needs/{need_id}/acceptance",
    summary="确认办理结果",
    response_model=NeedMovedOut,
    responses=answers(NotFound, NotAsked),
    openapi_extra=needs(P.NEED_OWN),
)
async def answer_acceptance(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: NeedAnswerIn
) -> Need:
    """Whether it helped; seen by who served and by the community."""
    return await acceptance.answer(session, actor, need_id, body)


@router.post(
    "/needs/{need_id}/acceptance-on-behalf",
    summary="代居民确认办理结果",
    response_model=NeedMovedOut,
    responses=answers(NotFound, OwnWork, NotAsked),
    openapi_extra=needs(P.NEED_ANSWER_FOR),
)
async def answer_acceptance_for(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: AnswerForIn
) -> Need:
    """The answer of somebody without a phone; never by who took or organised it."""
    return await acceptance.answer_for(session, actor, need_id, body)


@router.post(
    "/needs/{need_id}/reopen",
    summary="重新办理",
    response_model=NeedMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, TooLate, Decided),
    openapi_extra=needs(P.NEED_OWN, P.NEED_ANSWER_FOR),
)
async def reopen_need(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: NeedReasonIn
) -> Need:
    """What was not solved is taken up again; after the second time it goes to the level above."""
    return await reopening.reopen(session, actor, need_id, body.reason)
