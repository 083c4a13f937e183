"""Ask first, then name (谁能来)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.poll import Poll, PollAnswer, PollChoice
from app.orders import poll_reading, polls
from app.orders.eligibility import CannotCome
from app.orders.flags import DispatchOnly
from app.orders.poll_schemas import (
    PollAnswerIn,
    PollAnswerLine,
    PollAnswerOut,
    PollIn,
    PollLine,
    PollMovedOut,
    PollNamedOut,
    PollNamesIn,
    PollOut,
)
from app.orders.polls import AlreadyAsked, NobodyToAsk, PollOver
from app.orders.seats import Closed, Full
from app.organizations.units import NotOfCommunity
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)


@router.post(
    "/orders/{order_id}/polls",
    status_code=201,
    summary="先问谁能来",
    response_model=PollMovedOut,
    responses=answers(
        NotFound, Forbidden, NotOfCommunity, Closed, DispatchOnly, AlreadyAsked, NobodyToAsk
    ),
    openapi_extra=needs(P.ORDER_RUN, P.BRANCH_TAKE),
)
async def ask_who_can_come(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: PollIn
) -> Poll:
    """The members of the community, of a branch or group are asked; nobody is named by it."""
    return await polls.ask(session, actor, order_id, body)


@router.get(
    "/orders/{order_id}/polls",
    summary="该服务的询问",
    response_model=Page[PollLine],
    responses=answers(NotFound),
    openapi_extra=needs(P.ORDER_READ),
)
async def list_polls(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, order_id: UUID
) -> Slice[dict[str, Any]]:
    """Polls about the order that I asked, am asked in, or may name from; the latest first."""
    return await poll_reading.page_of_order(reader, actor, paging, order_id)


@router.get(
    "/polls/{poll_id}",
    summary="查看询问",
    response_model=PollOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.POLL_READ),
)
async def get_poll(reader: ReadDep, actor: ActorDep, poll_id: UUID) -> dict[str, Any]:
    """The poll with its service, my answer and how many can come."""
    return await poll_reading.show(reader, actor, poll_id)


@router.get(
    "/polls/{poll_id}/answers",
    summary="谁能来的答复",
    response_model=Page[PollAnswerLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.POLL_RUN),
)
async def list_poll_answers(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    poll_id: UUID,
    answer: Annotated[
        PollChoice | None, Query(description="One answer; left out: all asked.")
    ] = None,
) -> Slice[dict[str, Any]]:
    """Who was asked, what he has said, and whether he is still free."""
    return await poll_reading.page_of_answers(reader, actor, paging, poll_id, answer)


@router.put(
    "/polls/{poll_id}/answer",
    summary="答复能否来",
    response_model=PollAnswerOut,
    responses=answers(NotFound, Forbidden, PollOver),
    openapi_extra=needs(P.POLL_ANSWER),
)
async def answer_poll(
    session: SessionDep, actor: ActorDep, poll_id: UUID, body: PollAnswerIn
) -> PollAnswer:
    """Whether I can come; it may change until the poll is closed, and promises nothing."""
    return await polls.answer(session, actor, poll_id, body.answer)


@router.post(
    "/polls/{poll_id}/close",
    summary="结束询问",
    response_model=PollMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.POLL_RUN),
)
async def close_poll(session: SessionDep, actor: ActorDep, poll_id: UUID) -> Poll:
    """Nobody answers any more."""
    return await polls.close(session, actor, poll_id)


@router.post(
    "/polls/{poll_id}/names",
    status_code=201,
    summary="从能来的人中安排",
    response_model=PollNamedOut,
    responses=answers(NotFound, Forbidden, NotOfCommunity, Closed, Full, CannotCome),
    openapi_extra=needs(P.POLL_RUN),
)
async def name_from_poll(
    session: SessionDep, actor: ActorDep, poll_id: UUID, body: PollNamesIn
) -> dict[str, Any]:
    """Places are held for these who said yes, until each accepts or declines."""
    return {"seat_ids": await polls.name(session, actor, poll_id, body.registration_ids)}
