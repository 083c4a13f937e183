"""岗位: the community's posts, and who asks for one or wants to leave it, answered in the list."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.post import ClaimStatus as S
from app.models.post import PostStatus
from app.permissions import Permission as P
from app.posts import claims, reading, service
from app.posts.lifecycle import ClaimAction as A
from app.posts.schemas import LetGoIn, PostReasonIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = {
    S.PENDING: "申请认领，待答复",
    S.EXIT_PENDING: "申请退出，待答复",
    S.SERVING: "在岗",
    S.REJECTED: "未同意",
    S.WITHDRAWN: "本人撤回",
    S.EXITED: "已退出",
    S.DISMISSED: "已解除",
    S.COMPLETED: "期满",
    S.ENDED: "已结束",
}
POSTS = {
    PostStatus.DRAFT: "草稿",
    PostStatus.OPEN: "开放认领",
    PostStatus.PAUSED: "暂停认领",
    PostStatus.CLOSED: "已关闭",
}
ONE = "/communities/{community_id}/claims/{claim_id}"
Cursor = Annotated[str | None, Query(max_length=400)]


@router.get("/communities/{community_id}/claims", openapi_extra=needs(P.POST_KEEP))
async def list_claim_pages(
    visit: VisitDep, community_id: UUID, status: S = S.PENDING, cursor: Cursor = None
) -> Response:
    """Claims in one state, each with the steps that are open to the reader."""
    return await _list(visit, community_id, status, cursor, Form())


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


@router.get("/communities/{community_id}/posts", openapi_extra=needs(P.POST_KEEP))
async def list_post_pages(
    visit: VisitDep,
    community_id: UUID,
    status: PostStatus = PostStatus.OPEN,
    cursor: Cursor = None,
) -> Response:
    """Posts in one state with their places, and how many wait for an answer."""
    found = await reading.page_of_community(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), community_id, status
    )
    return page.render(
        visit.request,
        "community/posts.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        community_id=community_id,
        status=status,
        statuses=POSTS,
        filter=Form("filter"),
    )


@router.get("/posts/{post_id}", openapi_extra=needs(P.POST_READ))
async def show_post(visit: VisitDep, post_id: UUID) -> Response:
    """One post, with the steps that are open to the reader."""
    return await _show(visit, post_id, Form())


@router.post("/posts/{post_id}/publish", openapi_extra=needs(P.POST_RUN))
async def publish_one_post(visit: VisitDep, post_id: UUID) -> Response:
    """It can be claimed."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await service.publish(session, visit.actor, post_id)

    return await _step(visit, post_id, "publish", forms.Nothing, use)


@router.post("/posts/{post_id}/pause", openapi_extra=needs(P.POST_RUN))
async def pause_one_post(visit: VisitDep, post_id: UUID) -> Response:
    """Nobody new can claim it; who serves goes on."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await service.pause(session, visit.actor, post_id)

    return await _step(visit, post_id, "pause", forms.Nothing, use)


@router.post("/posts/{post_id}/close", openapi_extra=needs(P.POST_RUN))
async def close_one_post(visit: VisitDep, post_id: UUID) -> Response:
    """It is no more; who served is told why."""

    async def use(session: AsyncSession, body: PostReasonIn) -> Any:
        return await service.close(session, visit.actor, post_id, body.reason)

    return await _step(visit, post_id, "close", PostReasonIn, use)


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

    async def again(form: Form) -> Response:
        return await _list(visit, community_id, status, None, form)

    to = f"/console/communities/{community_id}/claims?status={status}"
    return await forms.step(visit, shape, use, again, to, f"claim_{action}", key=str(claim_id))


async def _step(
    visit: Visit,
    post_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    async def again(form: Form) -> Response:
        return await _show(visit, post_id, form)

    return await forms.step(visit, shape, use, again, f"/console/posts/{post_id}", f"post_{key}")


async def _list(
    visit: Visit, community_id: UUID, status: S, cursor: str | None, refused: Form
) -> Response:
    found = await reading.page_of_claims(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), community_id, status, None
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
        statuses=STATUSES,
        forms=shown | {refused.key: refused},
        refused=refused,
        filter=Form("filter"),
    )


async def _show(visit: Visit, post_id: UUID, form: Form) -> Response:
    row = await reading.show(visit.reader, visit.actor, post_id)
    return page.render(
        visit.request, "community/post.html", form.code, row=row, form=form, statuses=POSTS
    )
