"""Registrations: offered, submitted, confirmed, accepted, paused, ended."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request

from app.core.errors import Forbidden, NotFound
from app.core.schemas import Text
from app.http import limits
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity.service import ConsentMissing, PhoneRequired
from app.lifecycle import BadTransition
from app.members import accepting, applications, offers, reading, registrations
from app.members.schemas import (
    ClaimedOut,
    ClaimIn,
    ConfirmIn,
    EndIn,
    MemberContactOut,
    MyRegistrationOut,
    OfferOut,
    RegistrationAcceptIn,
    RegistrationIn,
    RegistrationOut,
    RegistrationState,
    ResubmitIn,
    ReturnIn,
    SuspendIn,
)
from app.members.service import AlreadyRegistered, PhoneOnRoster
from app.models.member import Member, Registration
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["registrations"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)
MOST_CLAIMS = 10


@router.get("/me/registration", summary="我的报到", response_model=MyRegistrationOut)
async def get_my_registration(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """My living registration, or the last one, with what I may do about it."""
    return await reading.own(reader, actor)


@router.get(
    "/me/registration-offer",
    summary="名册中的我",
    response_model=OfferOut,
    responses=answers(NotFound),
)
async def get_registration_offer(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """The roster lines of my verified phone; nothing before consent, and how to go on without one."""
    return await offers.offer(reader, actor.person_id)


@router.post(
    "/registrations",
    status_code=201,
    summary="报到",
    response_model=RegistrationState,
    responses=answers(ConsentMissing, NotFound, PhoneRequired, AlreadyRegistered, PhoneOnRoster),
)
async def submit_registration(
    session: SessionDep, actor: ActorDep, body: RegistrationIn
) -> Registration:
    """I register where I live; it waits for the community, or first for my employer."""
    return await applications.submit(session, actor, body)


async def count_claim(request: Request, actor: ActorDep) -> None:
    """One more attempt; counted before the route's own session takes its connection."""
    await limits.count(
        request.app.state.sessions,
        f"claim|{actor.person_id}",
        most=MOST_CLAIMS,
        window=timedelta(hours=1),
    )


@router.post(
    "/registrations/claims",
    dependencies=[Depends(count_claim)],
    summary="凭认领码认领名册中的自己",
    response_model=ClaimedOut,
    responses=answers(Forbidden, ConsentMissing, AlreadyRegistered),
)
async def claim_line(session: SessionDep, actor: ActorDep, body: ClaimIn) -> Member:
    """The roster line that my employer's code belongs to is mine."""
    return await applications.claim(session, actor, body)


@router.get(
    "/registrations/{registration_id}",
    summary="查看报到",
    response_model=RegistrationOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.REGISTRATION_READ),
)
async def get_registration(
    reader: ReadDep, actor: ActorDep, registration_id: UUID
) -> dict[str, Any]:
    """One registration with its history, and the steps that are open to the reader."""
    return await reading.show(reader, actor, registration_id)


@router.get(
    "/registrations/{registration_id}/contact",
    summary="查看姓名和电话",
    response_model=MemberContactOut,
    responses=SEEN,
    openapi_extra=needs(P.REGISTRATION_UNMASK, P.REGISTRATION_CONFIRM),
)
async def get_registration_contact(
    session: SessionDep,
    actor: ActorDep,
    registration_id: UUID,
    reason: Annotated[
        Annotated[str, Text(200)] | None,
        Query(description="Needed by the employer; the community needs none."),
    ] = None,
) -> dict[str, str | None]:
    """Name and phone in clear; the look is logged and shown to the person."""
    return await registrations.contact(session, actor, registration_id, reason=reason)


@router.post(
    "/registrations/{registration_id}/confirm",
    summary="单位确认",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_CONFIRM),
)
async def confirm_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: ConfirmIn
) -> Registration:
    """The employer says that the member is one of its own."""
    return await registrations.confirm(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/return-to-member",
    summary="单位退回",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_CONFIRM),
)
async def return_application(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: ReturnIn
) -> Registration:
    """The employer does not confirm, and says why."""
    return await registrations.return_to_member(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/accept",
    summary="接收报到",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_ACCEPT),
)
async def accept_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: RegistrationAcceptIn
) -> Registration:
    """The member serves here from today: placed, with certificate, receipt and their codes."""
    return await accepting.accept(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/return",
    summary="社区退回",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_ACCEPT),
)
async def return_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: ReturnIn
) -> Registration:
    """The community sends it back, says why, and may name the right community."""
    return await registrations.return_from_community(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/resubmit",
    summary="修改后再次提交",
    response_model=RegistrationState,
    responses=answers(NotFound, Forbidden, BadTransition, ConsentMissing, PhoneRequired),
    openapi_extra=needs(P.REGISTRATION_OWN),
)
async def resubmit_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: ResubmitIn
) -> Registration:
    """Mended after it was sent back, it waits again."""
    return await applications.resubmit(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/link",
    summary="把柜台报到连到我的账号",
    response_model=RegistrationState,
    responses=answers(NotFound, ConsentMissing, PhoneRequired, AlreadyRegistered),
)
async def link_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID
) -> Registration:
    """What a clerk entered for me at the counter is seen in my account as well."""
    return await applications.link(session, actor, registration_id)


@router.post(
    "/registrations/{registration_id}/withdraw",
    summary="撤回报到申请",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_OWN),
)
async def withdraw_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID
) -> Registration:
    """I take it back before it was accepted."""
    return await registrations.withdraw(session, actor, registration_id)


@router.post(
    "/registrations/{registration_id}/suspend",
    summary="暂停",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_SUSPEND),
)
async def suspend_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: SuspendIn
) -> Registration:
    """A pause that counts for nothing and against nobody."""
    return await registrations.suspend(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/resume",
    summary="恢复",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_SUSPEND),
)
async def resume_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID
) -> Registration:
    """The pause is over."""
    return await registrations.resume(session, actor, registration_id)


@router.post(
    "/registrations/{registration_id}/end",
    summary="结束报到",
    response_model=RegistrationState,
    responses=MOVED,
    openapi_extra=needs(P.REGISTRATION_SUSPEND),
)
async def end_registration(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: EndIn
) -> Registration:
    """The registration is over; its history stays."""
    return await registrations.end(session, actor, registration_id, body)
