"""设立岗位: a new post, by hand or from what the skills of this community suggest; and its change."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.community.needs import named
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.members import skills
from app.models.post import PostKind
from app.permissions import Permission as P
from app.policies import dictionaries
from app.posts import proposals, reading, service
from app.posts.schemas import PostChange, PostIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

CATEGORIES, KINDS = "post_categories", "claim_kinds"
LABELS = {
    "category": "类别",
    "title": "名称",
    "headcount": "人数",
    "place": "地点",
    "description": "说明",
    "insured_until": "意外保险至",
    "term_months": "任期",
}


@router.get("/communities/{community_id}/posts/new", openapi_extra=needs(P.POST_KEEP))
async def show_post_entry(
    visit: VisitDep, community_id: UUID, category: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The form, and the categories that members here could fill and nobody offers yet."""
    return await _show_entry(visit, community_id, category, Form())


@router.post("/communities/{community_id}/posts/new", openapi_extra=needs(P.POST_KEEP))
async def draft_one_post(visit: VisitDep, community_id: UUID) -> Response:
    """It is a draft, or open to members at once."""

    async def use(session: AsyncSession, body: PostIn) -> Any:
        return await service.draft(session, visit.actor, community_id, body)

    form = await forms.submit(visit, PostIn, use)
    if form.is_refused:
        return await _show_entry(visit, community_id, "", form)
    return page.go(f"/console/posts/{form.result.id}", "post_draft")


@router.get("/posts/{post_id}/change", openapi_extra=needs(P.POST_READ))
async def show_post_change(visit: VisitDep, post_id: UUID) -> Response:
    """The post as it stands, in a form."""
    return await _show_change(visit, post_id, Form())


@router.post("/posts/{post_id}/change", openapi_extra=needs(P.POST_RUN))
async def change_one_post(visit: VisitDep, post_id: UUID) -> Response:
    """The post is as the community says now."""

    async def use(session: AsyncSession, body: PostChange) -> Any:
        return await service.change(session, visit.actor, post_id, body)

    again = partial(_show_change, visit, post_id)
    return await forms.step(
        visit, PostChange, use, again, f"/console/posts/{post_id}", "post_change"
    )


async def _show_entry(visit: Visit, community_id: UUID, category: str, form: Form) -> Response:
    suggested = await proposals.proposed(visit.reader, visit.actor, community_id)
    said = await dictionaries.sections(visit.reader, CATEGORIES, KINDS, skills.SECTION)
    offered = {code: each for code, each in said[CATEGORIES].items() if each.get("enabled", True)}
    return page.render(
        visit.request,
        "community/post_entry.html",
        form.code,
        community_id=community_id,
        form=form,
        labels=LABELS,
        chosen=category,
        suggested=suggested["items"],
        categories=offered,
        options=named(offered),
        kinds=[(kind, said[KINDS][kind]["name"]) for kind in PostKind],
        skills=skills.grouped(said[skills.SECTION]),
    )


async def _show_change(visit: Visit, post_id: UUID, form: Form) -> Response:
    row = await reading.show(visit.reader, visit.actor, post_id)
    return page.render(
        visit.request, "community/post_change.html", form.code, row=row, form=form, labels=LABELS
    )
