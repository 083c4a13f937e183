"""照片: what the platform's check held back, looked at by the community: shown, or not."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.files import reading, service
from app.files.lifecycle import FileAction
from app.files.schemas import HideIn
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ROWS = 12
ONE = "/communities/{community_id}/photos/{file_id}"
SUBJECTS = {"need": "诉求", "order": "服务"}


@router.get("/communities/{community_id}/photos", openapi_extra=needs(P.COMMUNITY_TRIAGE))
async def list_photo_pages(
    visit: VisitDep,
    community_id: UUID,
    cursor: page.Cursor = None,
) -> Response:
    """Photos that wait for a decision, the oldest first."""
    return await _list(visit, community_id, cursor, Form())


@router.post(f"{ONE}/show", openapi_extra=needs(P.FILE_DECIDE))
async def show_one_photo(visit: VisitDep, community_id: UUID, file_id: UUID) -> Response:
    """It is seen by whoever may read what it belongs to."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await service.decide(session, visit.actor, file_id, FileAction.SHOW)

    return await _step(visit, community_id, file_id, "show", forms.Nothing, use)


@router.post(f"{ONE}/hide", openapi_extra=needs(P.FILE_DECIDE))
async def hide_one_photo(visit: VisitDep, community_id: UUID, file_id: UUID) -> Response:
    """It is not shown, and its uploader is told why."""

    async def use(session: AsyncSession, body: HideIn) -> Any:
        return await service.decide(
            session, visit.actor, file_id, FileAction.HIDE, reason=body.reason
        )

    return await _step(visit, community_id, file_id, "hide", HideIn, use)


async def _step(
    visit: Visit,
    community_id: UUID,
    file_id: UUID,
    done: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_list, visit, community_id, None)
    to = f"/console/communities/{community_id}/photos"
    return await forms.step(visit, shape, use, again, to, f"photo_{done}", key=str(file_id))


async def _list(visit: Visit, community_id: UUID, cursor: str | None, refused: Form) -> Response:
    found = await reading.page_of_held(
        visit.reader, visit.actor, Paging(ROWS, cursor), community_id
    )
    shown = {str(row["id"]): Form(str(row["id"])) for row in found.items}
    return page.render(
        visit.request,
        "community/photos.html",
        refused.code,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        community_id=community_id,
        forms=shown | {refused.key: refused},
        refused=refused,
        subjects=SUBJECTS,
    )
