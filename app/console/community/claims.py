"""岗位认领: who asks for a post of the community or wants to leave it, answered in the list."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.post import ClaimStatus as S
from app.permissions import Permission as P
from app.posts import claims, reading
from app.posts.lifecycle import ClaimAction as A
from app.posts.schemas import LetGoIn, PostReasonIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
ONE = "/communities/{community_id}/claims/{claim_id}"


@router.get("/communities/{community_id}/claims", openapi_extra=needs(P.POST_KEEP))
async def list_claim_pages(
    visit: VisitDep,
    community_id: UUID,
    status: S = S.PENDING,
    post_id: UUID | None = None,
    cursor: page.Cursor = None,
) -> Response:
    """Claims in one state, of one post or all, each with the steps that are open to the reader."""
    return await _list(visit, community_id, status, post_id, cursor, Form())


@router.post(f"{ONE}/approve", openapi_extra=needs(P.CLAIM_RUN))
async def approve_one_claim(visit: VisitDep, community_id: UUID, claim_id: UUID) -> Response:
    """The member serves on the post."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await claims.approve(session, visit.actor, claim_id)

    return await _move(visit, community_id, claim_id, A.APPROVE, forms.Nothing, use)


@router.post(f"{ONE}/reject", openapi_extra=needs(P.CLAIM_RUN))
async def reject_one_claim(visit: VisitDep, community_id: UUID, claim_id: UUID) -> Response:
    """The member does not serve there, and is told why."""

    async def use(session: AsyncSession, body: PostReasonIn) -> Any:
        return await claims.reject(session, visit.actor, claim_id, body.reason)

    return await _move(visit, community_id, claim_id, A.REJECT, PostReasonIn, use)


@router.post(f"{ONE}/let-go", openapi_extra=needs(P.CLAIM_RUN))
async def let_one_go(visit: VisitDep, community_id: UUID, claim_id: UUID) -> Response:
    """The member leaves the post."""

    async def use(session: AsyncSession, body: LetGoIn) -> Any:
        return await claims.let_go(session, visit.actor, claim_id, body.handover)

    return await _move(visit, community_id, claim_id, A.LET_GO, LetGoIn, use)


@router.post(f"{ONE}/keep", openapi_extra=needs(P.CLAIM_RUN))
async def keep_one_claim(visit: VisitDep, community_id: UUID, claim_id: UUID) -> Response:
    """The member is asked to stay, once, and told why."""

    async def use(session: AsyncSession, body: PostReasonIn) -> Any:
        return await claims.keep(session, visit.actor, claim_id, body.reason)

    return await _move(visit, community_id, claim_id, A.KEEP, PostReasonIn, use)


async def _move(
    visit: Visit,
    community_id: UUID,
    claim_id: UUID,
    action: A,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    is_exit = action in (A.LET_GO, A.KEEP)
    status = S.EXIT_PENDING if is_exit else S.PENDING

    again = partial(_list, visit, community_id, status, None, None)
    to = f"/console/communities/{community_id}/claims?status={status}"
    return await forms.step(visit, shape, use, again, to, f"claim_{action}", key=str(claim_id))


async def _list(
    visit: Visit,
    community_id: UUID,
    status: S,
    post_id: UUID | None,
    cursor: str | None,
    refused: Form,
) -> Response:
    found = await reading.page_of_claims(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), community_id, status, post_id
    )
    shown = {str(row["id"]): Form(str(row["id"])) for row in found.items}
    return page.render(
        visit.request,
        "community/claims.html",
        refused.code,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        community_id=community_id,
        status=status,
        post_id=post_id,
        statuses=STATUSES,
        forms=shown | {refused.key: refused},
        refused=refused,
        filter=Form("filter"),
    )
