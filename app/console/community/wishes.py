"""微心愿: the community's wishes by state, one with what can be done about it, one entered for somebody."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.community.entry import OWN_ENTRY
from app.console.community.needs import ANSWERS, NOT_SOLVED, SOURCES, WAYS, named
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.schemas import In, Text
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.wish import WishKind
from app.models.wish import WishStatus as S
from app.permissions import Permission as P
from app.policies import dictionaries
from app.residents import places
from app.wishes import answers, claims, contact, reading, service, submissions
from app.wishes.lifecycle import ENDED
from app.wishes.lifecycle import WishAction as A
from app.wishes.schemas import (
    WishAnswerForIn,
    WishChange,
    WishCloseIn,
    WishForIn,
    WishReasonIn,
    WishVerifyIn,
)

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
KINDS = labels.of(WishKind)
BOX = ""  # whatever waits for the community
RULES, CASH = "wish_rules", "cash_allowed"
STEPS = (A.VERIFY, A.PUBLISH, A.REJECT, A.TAKE_DOWN, A.REVOKE, A.SETTLE, A.SEND_BACK, A.CLOSE)
FORMS = ("contact", "change", "answer_for", *STEPS)
EMPTY = Form()

Use = Callable[[AsyncSession, Shape], Awaitable[Any]]


class LookIn(In):
    """Why the staff looks at the contact."""

    reason: Annotated[str, Text(200)]


@router.get("/communities/{community_id}/wishes", openapi_extra=needs(P.WISH_KEEP))
async def list_wish_pages(
    visit: VisitDep,
    community_id: UUID,
    status: S | Annotated[str, Query(max_length=0)] = BOX,
    cursor: page.Cursor = None,
) -> Response:
    """The community's wishes in one state, or whatever waits for it; the latest first."""
    found = await reading.page_of_community(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        S(status) if status else None,
    )
    return page.render(
        visit.request,
        "community/wishes.html",
        community_id=community_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        statuses=STATUSES,
        kinds=KINDS,
        filter=Form("filter"),
    )


@router.get("/communities/{community_id}/wishes/new", openapi_extra=needs(P.COMMUNITY_ENTER))
async def show_wish_entry(visit: VisitDep, community_id: UUID) -> Response:
    """The form for a wish that came by phone, visit or paper."""
    return await _entry(visit, community_id, Form())


@router.post("/communities/{community_id}/wishes/new", openapi_extra=needs(P.COMMUNITY_ENTER))
async def enter_one_wish(visit: VisitDep, community_id: UUID) -> Response:
    """It waits in the same list, marked as entered."""

    async def use(session: AsyncSession, body: WishForIn) -> Any:
        return await submissions.enter(session, visit.actor, community_id, body)

    form = await forms.submit(visit, WishForIn, use)
    if form.is_refused:
        return await _entry(visit, community_id, form)
    return page.go(f"/console/wishes/{form.result.wish.id}", "wish_enter")


@router.get("/wishes/{wish_id}", openapi_extra=needs(P.WISH_RUN))
async def show_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """One wish, with the forms that are open to the reader."""
    return await _show(visit, wish_id, EMPTY)


@router.post("/wishes/{wish_id}/verify", openapi_extra=needs(P.WISH_RUN))
async def verify_one_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """It is genuine, within the limits, and has its public text."""

    async def use(session: AsyncSession, body: WishVerifyIn) -> Any:
        return await service.verify(session, visit.actor, wish_id, body)

    return await _step(visit, wish_id, A.VERIFY, WishVerifyIn, use)


@router.post("/wishes/{wish_id}/change", openapi_extra=needs(P.WISH_RUN))
async def change_one_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """Its public text and value are as the community says now."""

    async def use(session: AsyncSession, body: WishChange) -> Any:
        return await service.change(session, visit.actor, wish_id, body)

    return await _step(visit, wish_id, "change", WishChange, use)


@router.post("/wishes/{wish_id}/publish", openapi_extra=needs(P.WISH_RUN))
async def publish_one_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """It is on the public board, without its beneficiary."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await service.publish(session, visit.actor, wish_id)

    return await _step(visit, wish_id, A.PUBLISH, forms.Nothing, use)


@router.post("/wishes/{wish_id}/reject", openapi_extra=needs(P.WISH_RUN))
async def reject_one_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """It is not taken up, and the beneficiary is told why."""
    return await _reasoned(visit, wish_id, A.REJECT, service.reject)


@router.post("/wishes/{wish_id}/take-down", openapi_extra=needs(P.WISH_RUN))
async def take_one_wish_down(visit: VisitDep, wish_id: UUID) -> Response:
    """It is on no board any more; nobody has claimed it."""
    return await _reasoned(visit, wish_id, A.TAKE_DOWN, service.take_down)


@router.post("/wishes/{wish_id}/revoke", openapi_extra=needs(P.WISH_RUN))
async def revoke_one_wish_claim(visit: VisitDep, wish_id: UUID) -> Response:
    """The claim is taken back before anything is delivered; the wish is open again."""
    return await _reasoned(visit, wish_id, A.REVOKE, claims.revoke)


@router.post("/wishes/{wish_id}/settle", openapi_extra=needs(P.WISH_RUN))
async def settle_one_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """The beneficiary was silent or not content; the community has looked, and it has come true."""
    return await _reasoned(visit, wish_id, A.SETTLE, answers.settle)


@router.post("/wishes/{wish_id}/send-back", openapi_extra=needs(P.WISH_RUN))
async def send_one_wish_back(visit: VisitDep, wish_id: UUID) -> Response:
    """It has not come true yet; the claimer has his time again."""
    return await _reasoned(visit, wish_id, A.SEND_BACK, answers.send_back)


@router.post("/wishes/{wish_id}/close", openapi_extra=needs(P.WISH_RUN))
async def close_one_wish(visit: VisitDep, wish_id: UUID) -> Response:
    """It is done with; what a member did for it stands in his records."""

    async def use(session: AsyncSession, body: WishCloseIn) -> Any:
        return await answers.close(session, visit.actor, wish_id, body.minutes)

    return await _step(visit, wish_id, A.CLOSE, WishCloseIn, use)


@router.post("/wishes/{wish_id}/answer-for", openapi_extra=needs(P.WISH_ANSWER_FOR))
async def answer_one_wish_for(visit: VisitDep, wish_id: UUID) -> Response:
    """The answer of somebody without a phone, by somebody who neither claimed nor organised it."""

    async def use(session: AsyncSession, body: WishAnswerForIn) -> Any:
        return await answers.answer_for(session, visit.actor, wish_id, body)

    return await _step(visit, wish_id, "answer_for", WishAnswerForIn, use)


@router.post("/wishes/{wish_id}/contact", openapi_extra=needs(P.WISH_RUN))
async def show_wish_contact(visit: VisitDep, wish_id: UUID) -> Response:
    """Name, phone and door in clear, on this one answer; the look is logged and the beneficiary sees it."""

    async def use(session: AsyncSession, body: LookIn) -> Any:
        return await contact.show(session, visit.actor, wish_id, body.reason)

    form = await forms.submit(visit, LookIn, use, key="contact")
    return await _show(visit, wish_id, form)


async def _reasoned(
    visit: Visit,
    wish_id: UUID,
    action: A,
    decide: Callable[[AsyncSession, Any, UUID, str], Awaitable[Any]],
) -> Response:
    async def use(session: AsyncSession, body: WishReasonIn) -> Any:
        return await decide(session, visit.actor, wish_id, body.reason)

    return await _step(visit, wish_id, action, WishReasonIn, use)


async def _step(
    visit: Visit, wish_id: UUID, key: str, shape: type[Shape], use: Use[Shape]
) -> Response:
    again, to = partial(_show, visit, wish_id), f"/console/wishes/{wish_id}"
    return await forms.step(visit, shape, use, again, to, f"wish_{key}", key=key)


async def _show(visit: Visit, wish_id: UUID, refused: Form) -> Response:
    row = await reading.show(visit.reader, visit.actor, wish_id)
    said = await dictionaries.sections(visit.reader, WAYS, NOT_SOLVED)
    return page.render(
        visit.request,
        "community/wish.html",
        refused.code,
        row=row,
        forms={key: Form(key) for key in FORMS} | {refused.key: refused},
        refused=refused,
        may={action: action in row["open_to"] for action in STEPS},
        may_look=P.WISH_RUN in row["grants"] and row["status"] not in ENDED,
        may_change=P.WISH_RUN in row["grants"] and row["status"] in service.EDITABLE,
        statuses=STATUSES,
        kinds=KINDS,
        answers=ANSWERS,
        ways=named(said[WAYS]),
        not_solved=named(said[NOT_SOLVED]),
        way_names=dict(named(said[WAYS])),
        reason_names=dict(named(said[NOT_SOLVED])),
    )


async def _entry(visit: Visit, community_id: UUID, form: Form) -> Response:
    await places.check_entering(visit.reader, visit.actor, community_id)
    said = await dictionaries.sections(visit.reader, SOURCES, RULES)
    is_cash_allowed = said[RULES][CASH]["value"]
    return page.render(
        visit.request,
        "community/wish_entry.html",
        form.code,
        community_id=community_id,
        form=form,
        sources=[each for each in named(said[SOURCES]) if each[0] not in OWN_ENTRY],
        kinds=[each for each in KINDS.items() if is_cash_allowed or each[0] != WishKind.CASH],
    )
