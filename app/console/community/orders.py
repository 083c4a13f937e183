"""服务订单: the community's board by what is to be done, one order, and whom to ask for it."""

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
from app.core import clock
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.order import OrderStatus as S
from app.models.order import SeatOrigin, SeatStatus
from app.orders import candidates, desk, dispatch, drafts, reading, service
from app.orders.branch_schemas import DispatchIn
from app.orders.desk import Stage
from app.orders.forms import MARKS, SIZES, TARGETS
from app.orders.lifecycle import OrderAction as A
from app.orders.schemas import CancelIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STAGES = {
    Stage.DRAFT: "草稿",
    Stage.OPEN: "已发布，未开始",
    Stage.RUNNING: "正在服务",
    Stage.OVER: "已结束，等待确认到场和时长",
    Stage.ANSWERS: "等待居民答复",
    Stage.ENDED: "已办结或已取消",
}
EMPTY = {
    Stage.DRAFT: ("没有草稿。", "按年度计划或模板起草、还没发布的，会出现在这里。"),
    Stage.OPEN: ("没有已发布、还没开始的服务。", "先在诉求里受理并派单，发布后会出现在这里。"),
    Stage.RUNNING: ("现在没有正在进行的服务。", "服务到开始时间后，会出现在这里。"),
    Stage.OVER: ("没有等待确认的服务。", "服务结束后，在这里一次确认到场和时长。"),
    Stage.ANSWERS: ("没有等待居民答复的服务。", "时长确认后，居民会收到“是否办成”的询问。"),
    Stage.ENDED: ("还没有办结或取消的服务。", "可以换一个状态再看。"),
}
STATUSES = labels.of(S)
SEATS = labels.of(SeatStatus)
ORIGINS = labels.of(SeatOrigin)
ANSWERS = {
    "asked": "待答复",
    "solved": "已办成",
    "partly": "部分办成",
    "unsolved": "没办成",
    "silent": "未答复",
}
REASONS = "cancel_reasons"
CHANGEABLE = (S.DRAFT, S.OPEN)


@router.get("/communities/{community_id}/orders", openapi_extra=needs(P.COMMUNITY_ORDER))
async def list_order_pages(
    visit: VisitDep,
    community_id: UUID,
    stage: Stage = Stage.OPEN,
    cursor: page.Cursor = None,
) -> Response:
    """The community's orders in one stage, by their begin."""
    paging = Paging(PAGE_ROWS, cursor)
    found = await desk.page_of_stage(visit.reader, visit.actor, paging, community_id, stage)
    return page.render(
        visit.request,
        "community/orders.html",
        community_id=community_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        stage=stage,
        stages=STAGES,
        empty=EMPTY[stage],
        statuses=STATUSES,
        filter=Form("filter"),
    )


@router.get("/orders/{order_id}", openapi_extra=needs(P.ORDER_READ))
async def show_order(visit: VisitDep, order_id: UUID) -> Response:
    """One order, with the forms that are open to the reader."""
    return await _show(visit, order_id, Form())


@router.post("/orders/{order_id}/publish", openapi_extra=needs(P.ORDER_RUN))
async def publish_one_order(visit: VisitDep, order_id: UUID) -> Response:
    """The draft is open to members."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await drafts.publish(session, visit.actor, order_id)

    return await _step(visit, order_id, "publish", forms.Nothing, use)


@router.post("/orders/{order_id}/cancel", openapi_extra=needs(P.ORDER_RUN))
async def cancel_one_order(visit: VisitDep, order_id: UUID) -> Response:
    """The service does not take place, and everybody concerned is told why."""

    async def use(session: AsyncSession, body: CancelIn) -> Any:
        return await service.cancel(session, visit.actor, order_id, body)

    return await _step(visit, order_id, "cancel", CancelIn, use)


@router.get("/orders/{order_id}/candidates", openapi_extra=needs(P.ORDER_RUN))
async def list_candidate_pages(
    visit: VisitDep,
    order_id: UUID,
    cursor: page.Cursor = None,
) -> Response:
    """Whom the organiser could ask, with the reasons; in the order of the reading."""
    return await _candidates(visit, order_id, cursor, Form())


@router.post("/orders/{order_id}/dispatch", openapi_extra=needs(P.ORDER_RUN))
async def dispatch_one_order(visit: VisitDep, order_id: UUID) -> Response:
    """One member is asked; he accepts, or declines without a word."""

    async def use(session: AsyncSession, body: DispatchIn) -> Any:
        return await dispatch.dispatch(session, visit.actor, order_id, body.registration_id)

    again, to = partial(_candidates, visit, order_id, None), f"/console/orders/{order_id}"
    return await forms.step(visit, DispatchIn, use, again, to, "order_dispatch")


async def _step(
    visit: Visit,
    order_id: UUID,
    done: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, order_id), f"/console/orders/{order_id}"
    return await forms.step(visit, shape, use, again, to, f"order_{done}")


async def _show(visit: Visit, order_id: UUID, form: Form) -> Response:
    row = await reading.show(visit.reader, visit.actor, order_id)
    said = await dictionaries.sections(visit.reader, REASONS, SIZES, TARGETS, MARKS)
    has_begun = row["starts_at"] <= clock.now()
    is_open = row["status"] == S.OPEN and not has_begun
    return page.render(
        visit.request,
        "community/order.html",
        form.code,
        row=row,
        form=form,
        said_by=said,
        reasons=[(code, entry["name"]) for code, entry in said[REASONS].items()],
        statuses=STATUSES,
        seats=SEATS,
        origins=ORIGINS,
        answers=ANSWERS,
        may_change=P.ORDER_RUN in row["grants"] and row["status"] in CHANGEABLE,
        may_publish=A.PUBLISH in row["open_to"],
        may_cancel=A.CANCEL in row["open_to"],
        may_ask=is_open and not row["is_full"] and P.ORDER_RUN in row["grants"],
        may_run=row["status"] != S.DRAFT and P.ORDER_RUN in row["grants"],
        may_attend=row["status"] in (S.OPEN, S.IN_PROGRESS) and P.ORDER_ATTEND in row["grants"],
        has_begun=has_begun,
    )


async def _candidates(visit: Visit, order_id: UUID, cursor: str | None, form: Form) -> Response:
    paging = Paging(PAGE_ROWS, cursor)
    found = await candidates.of_order(visit.reader, visit.actor, paging, order_id)
    return page.render(
        visit.request,
        "community/candidates.html",
        form.code,
        order_id=order_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        form=form,
    )
