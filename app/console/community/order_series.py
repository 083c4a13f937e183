"""周期服务: what comes again by a calendar rule; set up, changed, paused, ended."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.community.needs import named
from app.console.community.orders import STATUSES as ORDER_STATUSES
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.console.words import WEEKDAYS
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.order_series import Frequency, SeriesStatus
from app.orders import series, series_reading
from app.orders.forms import MARKS, TEMPLATES
from app.orders.lifecycle import SeriesAction as A
from app.orders.series_schemas import SeriesChange, SeriesEndIn, SeriesIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(SeriesStatus)
FREQUENCIES = labels.of(Frequency)
DAYS = [(number, f"周{name}") for number, name in enumerate(WEEKDAYS, 1)]
NTHS = {1: "第一个", 2: "第二个", 3: "第三个", 4: "第四个", -1: "最后一个"}
UNITS = {Frequency.WEEKLY: "周", Frequency.MONTHLY: "个月"}
STEPS = (A.PAUSE, A.RESUME, A.END)


@router.get("/communities/{community_id}/order-series", openapi_extra=needs(P.COMMUNITY_ORDER))
async def list_series_pages(
    visit: VisitDep,
    community_id: UUID,
    status: SeriesStatus = SeriesStatus.ACTIVE,
    cursor: page.Cursor = None,
) -> Response:
    """The community's series in one state, the latest first."""
    found = await series_reading.page_of_community(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), community_id, status
    )
    return page.render(
        visit.request,
        "community/order_series.html",
        community_id=community_id,
        rows=[row | {"rule": rule_in_words(row)} for row in found.items],
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        statuses=STATUSES,
        filter=Form("filter"),
    )


@router.get("/order-series/new/{community_id}", openapi_extra=needs(P.COMMUNITY_ORDER))
async def show_series_entry(visit: VisitDep, community_id: UUID) -> Response:
    """The form of a new series."""
    return await _entry(visit, community_id, Form())


@router.post("/order-series/new/{community_id}", openapi_extra=needs(P.COMMUNITY_ORDER))
async def begin_one_series(visit: VisitDep, community_id: UUID) -> Response:
    """The series is active; its orders are made and opened some weeks ahead."""

    async def use(session: AsyncSession, body: SeriesIn) -> Any:
        return (await series.begin(session, visit.actor, community_id, body)).id

    form = await forms.submit(visit, SeriesIn, use)
    if form.is_refused:
        return await _entry(visit, community_id, form)
    return page.go(f"/console/order-series/{form.result}", "series_begin")


@router.get("/order-series/{series_id}", openapi_extra=needs(P.SERIES_RUN))
async def show_series(visit: VisitDep, series_id: UUID) -> Response:
    """One series, what is ahead of it, and the forms that are open to the reader."""
    return await _show(visit, series_id, Form())


@router.post("/order-series/{series_id}/change", openapi_extra=needs(P.SERIES_RUN))
async def change_one_series(visit: VisitDep, series_id: UUID) -> Response:
    """Words, time or rule; orders that somebody has changed keep their changes."""

    async def use(session: AsyncSession, body: SeriesChange) -> Any:
        return await series.change(session, visit.actor, series_id, body)

    return await _step(visit, series_id, "change", SeriesChange, use)


@router.post("/order-series/{series_id}/pause", openapi_extra=needs(P.SERIES_RUN))
async def pause_one_series(visit: VisitDep, series_id: UUID) -> Response:
    """No more orders for now; those that are made stay."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await series.move(session, visit.actor, series_id, A.PAUSE)

    return await _step(visit, series_id, A.PAUSE, forms.Nothing, use)


@router.post("/order-series/{series_id}/resume", openapi_extra=needs(P.SERIES_RUN))
async def resume_one_series(visit: VisitDep, series_id: UUID) -> Response:
    """Orders are made again."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await series.move(session, visit.actor, series_id, A.RESUME)

    return await _step(visit, series_id, A.RESUME, forms.Nothing, use)


@router.post("/order-series/{series_id}/end", openapi_extra=needs(P.SERIES_RUN))
async def end_one_series(visit: VisitDep, series_id: UUID) -> Response:
    """No more orders; those that nobody has taken are cancelled, the others take place."""

    async def use(session: AsyncSession, body: SeriesEndIn) -> Any:
        return await series.move(session, visit.actor, series_id, A.END, body.reason)

    return await _step(visit, series_id, A.END, SeriesEndIn, use)


def rule_in_words(row: Mapping[str, Any]) -> str:
    """`每周六 19:30`, `每2个月 第一个周日 09:00`, `每月15日 09:00`."""
    every = row["every"] if row["every"] > 1 else ""
    days = "、".join(name for number, name in DAYS if number in row["weekdays"])
    if row["frequency"] is Frequency.WEEKLY:
        said = f"每{every}周 {days}" if every else f"每{days}"
    elif row["month_day"]:
        said = f"每{every}个月 {row['month_day']}日" if every else f"每月{row['month_day']}日"
    else:
        said = f"每{every}{'个' if every else ''}月 {NTHS[row['month_week']]}{days}"
    return f"{said} {row['begins_at']}"


async def _step(
    visit: Visit,
    series_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, series_id), f"/console/order-series/{series_id}"
    return await forms.step(visit, shape, use, again, to, f"series_{key}", key=key)


async def _show(visit: Visit, series_id: UUID, refused: Form) -> Response:
    row = await series_reading.show(visit.reader, visit.actor, series_id)
    said = await dictionaries.sections(visit.reader, TEMPLATES, MARKS)
    return page.render(
        visit.request,
        "community/one_series.html",
        refused.code,
        row=row,
        rule=rule_in_words(row),
        forms={key: Form(key) for key in ("change", A.END)} | {refused.key: refused},
        refused=refused,
        may={action: action in row["open_to"] for action in STEPS},
        statuses=STATUSES,
        order_statuses=ORDER_STATUSES,
        template=said[TEMPLATES].get(row["template"] or "", {}).get("name"),
        marks={code: entry["name"] for code, entry in said[MARKS].items()},
        **_choices(),
    )


async def _entry(visit: Visit, community_id: UUID, form: Form) -> Response:
    await series_reading.check(visit.reader, visit.actor, community_id)
    said = await dictionaries.sections(visit.reader, TEMPLATES, MARKS)
    return page.render(
        visit.request,
        "community/series_entry.html",
        form.code,
        community_id=community_id,
        form=form,
        templates=named(said[TEMPLATES]),
        marks=named(said[MARKS]),
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    """What a rule is chosen from."""
    return {"frequencies": FREQUENCIES.items(), "days": DAYS, "nths": NTHS.items()}
