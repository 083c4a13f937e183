"""Transfers: asked for by the member, let go by the old side, taken in by the new one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity.service import ConsentMissing, PhoneRequired
from app.lifecycle import BadTransition
from app.members import taking_in, transfer_reading, transfers
from app.members.schemas import PlaceIn
from app.members.service import AlreadyRegistered, PhoneOnRoster
from app.members.taking_in import LineGone
from app.members.transfer_schemas import (
    EmployerTransferIn,
    RefuseTransferIn,
    Side,
    TakeInIn,
    TransferItem,
    TransferOut,
    TransferState,
)
from app.members.transfers import TransferUnderWay
from app.models.member import Transfer, TransferStatus
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["transfers"], route_class=KeyedRoute)

MOVED = answers(NotFound, Forbidden, BadTransition)


@router.post(
    "/registrations/{registration_id}/transfers/community",
    status_code=201,
    summary="申请转到另一社区",
    response_model=TransferState,
    responses=answers(
        NotFound, Forbidden, BadTransition, ConsentMissing, PhoneRequired, TransferUnderWay
    ),
    openapi_extra=needs(P.REGISTRATION_OWN),
)
async def request_community_transfer(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: PlaceIn
) -> Transfer:
    """I have moved; until the new community takes me in I stay registered where I am."""
    return await transfers.ask_community(session, actor, registration_id, body)


@router.post(
    "/registrations/{registration_id}/transfers/employer",
    status_code=201,
    summary="申请变更单位",
    response_model=TransferState,
    responses=answers(
        NotFound,
        Forbidden,
        BadTransition,
        ConsentMissing,
        PhoneRequired,
        PhoneOnRoster,
        TransferUnderWay,
    ),
    openapi_extra=needs(P.REGISTRATION_OWN),
)
async def request_employer_transfer(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: EmployerTransferIn
) -> Transfer:
    """I have a new employer; I stay registered in my community."""
    return await transfers.ask_employer(session, actor, registration_id, body)


@router.get(
    "/organizations/{organization_id}/transfers",
    summary="社区或单位的转接",
    response_model=Page[TransferItem],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_READ, P.EMPLOYER_ROSTER),
)
async def list_transfers(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    side: Annotated[Side, Query(description="Who leaves, or who comes.")] = Side.OUT,
    status: Annotated[
        TransferStatus | None, Query(description="One state; left out: what waits for this side.")
    ] = None,
) -> Slice[dict[str, Any]]:
    """Members who leave the organization or come to it, who waited longest first."""
    return await transfer_reading.page(
        reader, actor, paging, organization_id, side=side, status=status
    )


@router.get(
    "/transfers/{transfer_id}",
    summary="查看转接",
    response_model=TransferOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.TRANSFER_READ),
)
async def get_transfer(reader: ReadDep, actor: ActorDep, transfer_id: UUID) -> dict[str, Any]:
    """One transfer with its history, and the steps that are open to the reader."""
    return await transfer_reading.show(reader, actor, transfer_id)


@router.post(
    "/transfers/{transfer_id}/let-go",
    summary="同意转出",
    response_model=TransferState,
    responses=MOVED,
    openapi_extra=needs(P.TRANSFER_LET_GO),
)
async def let_go_transfer(session: SessionDep, actor: ActorDep, transfer_id: UUID) -> Transfer:
    """The old side has no objection."""
    return await transfers.let_go(session, actor, transfer_id)


@router.post(
    "/transfers/{transfer_id}/keep",
    summary="不同意转出",
    response_model=TransferState,
    responses=MOVED,
    openapi_extra=needs(P.TRANSFER_LET_GO),
)
async def keep_transfer(
    session: SessionDep, actor: ActorDep, transfer_id: UUID, body: RefuseTransferIn
) -> Transfer:
    """The old side does not let the member go, and says why."""
    return await transfers.keep(session, actor, transfer_id, body)


@router.post(
    "/transfers/{transfer_id}/take-in",
    summary="接收转入",
    response_model=TransferState,
    responses=answers(NotFound, Forbidden, BadTransition, LineGone, AlreadyRegistered),
    openapi_extra=needs(P.TRANSFER_TAKE_IN),
)
async def take_in_transfer(
    session: SessionDep, actor: ActorDep, transfer_id: UUID, body: TakeInIn
) -> Transfer:
    """From today the member is registered on the new side, with certificate and receipt."""
    return await taking_in.take_in(session, actor, transfer_id, body)


@router.post(
    "/transfers/{transfer_id}/turn-down",
    summary="不接收转入",
    response_model=TransferState,
    responses=MOVED,
    openapi_extra=needs(P.TRANSFER_TAKE_IN),
)
async def turn_down_transfer(
    session: SessionDep, actor: ActorDep, transfer_id: UUID, body: RefuseTransferIn
) -> Transfer:
    """The new side does not take the member in, and says why."""
    return await transfers.turn_down(session, actor, transfer_id, body)


@router.post(
    "/transfers/{transfer_id}/withdraw",
    summary="撤回转接申请",
    response_model=TransferState,
    responses=MOVED,
    openapi_extra=needs(P.TRANSFER_OWN),
)
async def withdraw_transfer(session: SessionDep, actor: ActorDep, transfer_id: UUID) -> Transfer:
    """I stay where I am."""
    return await transfers.withdraw(session, actor, transfer_id)
