"""What becomes of a need after it was handled: asked about, answered for its resident, taken up again."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms
from app.console.community.needs import move
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.needs import acceptance, reopening, triage
from app.needs.schemas import AnswerForIn, FollowUpIn, NeedReasonIn, WordsIn
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


@router.post("/needs/{need_id}/answer-back", openapi_extra=needs(P.NEED_SPEAK))
async def answer_one_need_back(visit: VisitDep, need_id: UUID) -> Response:
    """What a resident without an account says to the question is written down."""

    async def use(session: AsyncSession, body: WordsIn) -> Any:
        return await triage.answer_back(session, visit.actor, need_id, body.words)

    return await move(visit, need_id, "answer_back", WordsIn, use)


@router.post("/needs/{need_id}/withdraw", openapi_extra=needs(P.NEED_SPEAK))
async def withdraw_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """A resident without an account no longer needs it."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await triage.withdraw(session, visit.actor, need_id)

    return await move(visit, need_id, "withdraw", forms.Nothing, use)


@router.post("/needs/{need_id}/follow-up", openapi_extra=needs(P.NEED_TRIAGE))
async def follow_one_need_up(visit: VisitDep, need_id: UUID) -> Response:
    """What the other side says, and by when it answers."""

    async def use(session: AsyncSession, body: FollowUpIn) -> Any:
        return await triage.follow_up(session, visit.actor, need_id, body)

    return await move(visit, need_id, "follow_up", FollowUpIn, use)


@router.post("/needs/{need_id}/answer-for", openapi_extra=needs(P.NEED_ANSWER_FOR))
async def answer_for_resident(visit: VisitDep, need_id: UUID) -> Response:
    """Whether it helped, as a resident without a phone said it; never by who handled it."""

    async def use(session: AsyncSession, body: AnswerForIn) -> Any:
        return await acceptance.answer_for(session, visit.actor, need_id, body)

    return await move(visit, need_id, "answer_for", AnswerForIn, use)


@router.post("/needs/{need_id}/reopen", openapi_extra=needs(P.NEED_ANSWER_FOR))
async def reopen_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """What was not solved is taken up again; tried often enough, it goes up."""

    async def use(session: AsyncSession, body: NeedReasonIn) -> Any:
        return await reopening.reopen(session, visit.actor, need_id, body.reason)

    return await move(visit, need_id, "reopen", NeedReasonIn, use)
