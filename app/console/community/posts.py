"""岗位: the community's posts, opened, paused and closed."""

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
from app.models.post import PostStatus
from app.permissions import Permission as P
from app.posts import reading, service
from app.posts.schemas import PostReasonIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(PostStatus)


@router.get("/communities/{community_id}/posts", openapi_extra=needs(P.POST_KEEP))
async def list_post_pages(
    visit: VisitDep,
    community_id: UUID,
    status: PostStatus = PostStatus.OPEN,
    cursor: page.Cursor = None,
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
        statuses=STATUSES,
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


async def _step(
    visit: Visit,
    post_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, post_id), f"/console/posts/{post_id}"
    return await forms.step(visit, shape, use, again, to, f"post_{key}")


async def _show(visit: Visit, post_id: UUID, form: Form) -> Response:
    row = await reading.show(visit.reader, visit.actor, post_id)
    return page.render(
        visit.request, "community/post.html", form.code, row=row, form=form, statuses=STATUSES
    )
