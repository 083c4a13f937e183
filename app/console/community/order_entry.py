"""下单 and 修改: an order without a need, from a template or from nothing; what may still change."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page, words
from app.console.community.needs import named
from app.console.community.orders import CHANGEABLE
from app.console.community.triage import MINUTES, saturday
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.http.deps import needs
from app.http.room import Room
from app.models.order import OrderStatus
from app.needs import categories
from app.orders import drafts, reading
from app.orders.forms import DIFFICULTY, MARKS, TARGETS, TEMPLATES
from app.orders.schemas import OrderChange, OrderIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

SECTIONS = (TEMPLATES, MARKS, TARGETS, DIFFICULTY, categories.SECTION)
# Of an order without a template.
UNSAID: dict[str, Any] = {
    "name": "",
    "seats": 1,
    "minutes": MINUTES,
    "difficulty": "",
    "text": "",
}
LABELS = {
    "title": "标题",
    "category": "服务类别",
    "starts_at": "开始",
    "ends_at": "结束",
    "seats": "人数",
    "place": "地点",
    "description": "说明",
    "target": "面向",
    "difficulty": "难易程度",
    "marks": "标记",
    "insured_until": "意外保险至",
    "has_guardian": "监护人",
}


@router.get("/communities/{community_id}/orders/new", openapi_extra=needs(P.COMMUNITY_ORDER))
async def show_order_entry(
    visit: VisitDep, community_id: UUID, template: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The form, filled in as the template says."""
    return await _entry(visit, community_id, template, Form())


@router.post("/communities/{community_id}/orders/new", openapi_extra=needs(P.COMMUNITY_ORDER))
async def draft_one_order(visit: VisitDep, community_id: UUID) -> Response:
    """A draft, or an order that is open to members at once."""

    async def use(session: AsyncSession, body: OrderIn) -> Any:
        return await drafts.draft(session, visit.actor, community_id, body)

    form = await forms.submit(visit, OrderIn, use)
    if form.is_refused:
        return await _entry(visit, community_id, form.value("template"), form)
    is_open = form.result.status is OrderStatus.OPEN
    said = "order_publish" if is_open else "order_draft"
    return page.go(f"/console/orders/{form.result.id}", said)


@router.get("/orders/{order_id}/change", openapi_extra=needs(P.ORDER_READ))
async def show_order_change(visit: VisitDep, order_id: UUID) -> Response:
    """The form with what the order says now."""
    return await _change(visit, order_id, Form())


@router.post("/orders/{order_id}/change", openapi_extra=needs(P.ORDER_RUN))
async def change_one_order(visit: VisitDep, order_id: UUID) -> Response:
    """The order is as said now; who has taken it is told, and may release it."""

    async def use(session: AsyncSession, body: OrderChange) -> Any:
        return await drafts.change(session, visit.actor, order_id, body)

    again, to = partial(_change, visit, order_id), f"/console/orders/{order_id}"
    return await forms.step(visit, OrderChange, use, again, to, "order_change")


async def _entry(visit: Visit, community_id: UUID, template: str, form: Form) -> Response:
    await reading.allowed(visit.reader, visit.actor, community_id, P.COMMUNITY_ORDER)
    said = await dictionaries.sections(visit.reader, *SECTIONS)
    chosen = UNSAID | said[TEMPLATES].get(template, {})
    begins = datetime.combine(saturday(), words.MORNING, clock.ZONE)
    return page.render(
        visit.request,
        "community/order_entry.html",
        form.code,
        community_id=community_id,
        form=form,
        template=template if template in said[TEMPLATES] else "",
        chosen=chosen,
        begins=begins,
        ends=begins + timedelta(minutes=chosen["minutes"]),
        categories=[
            (item["code"], f"{group['name']} · {item['name']}")
            for group in said[categories.SECTION].values()
            for item in group["items"]
        ],
        templates=named(said[TEMPLATES]),
        filter=Form("filter"),
        **_choices(said),
    )


async def _change(visit: Visit, order_id: UUID, form: Form) -> Response:
    row = await reading.show(visit.reader, visit.actor, order_id)
    said = await dictionaries.sections(visit.reader, *SECTIONS)
    return page.render(
        visit.request,
        "community/order_change.html",
        form.code,
        row=row,
        form=form,
        may_change=P.ORDER_RUN in row["grants"] and row["status"] in CHANGEABLE,
        **_choices(said),
    )


def _choices(said: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """What both forms choose from."""
    return {
        "labels": LABELS,
        "marks": named(said[MARKS]),
        "targets": named(said[TARGETS]),
        "levels": [(each["level"], each["name"]) for each in said[DIFFICULTY][""]["value"]],
    }
