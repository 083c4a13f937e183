"""统计: an organization's figures on one page, by month, by kind and of what stands below it.

Who is too few is not shown, as in the API, and nothing can be sorted: what stands below comes in the
order of the divisions. Source: practice.md R6, R25.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import Response

from app.console import charts, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.http.deps import needs
from app.http.geojson import GeoJson
from app.http.room import Room
from app.models.person import Role
from app.permissions import Permission as P
from app.policies import dictionaries
from app.statistics import layer, reading
from app.statistics.period import Period
from app.statistics.schemas import LayerOut

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

LEVELS = (Role.CITY_ADMIN, Role.DISTRICT_ADMIN, Role.SUBDISTRICT_ADMIN)
MOST_BELOW = 40
KINDS, ROUTES, WHY = "need_kinds", "triage_actions", "no_taker_reasons"
# How a service came about, by the source of its record.
MODES = {
    "order": "服务订单",
    "post": "认领岗位",
    "shift": "应急任务",
    "campaign_shift": "集中行动",
    "wish": "微心愿",
    "declared": "本人补录",
}
# What stands below, as its heading says it.
BELOW = {
    "province": "各市",
    "city": "各区县",
    "district": "各街道（镇）",
    "subdistrict": "各社区（村）",
    "community": "各网格",
    "employer": "各支部",
}


class Span(StrEnum):
    """For which months figures are asked."""

    TWELVE = "twelve"
    MONTH = "month"
    LAST_MONTH = "last_month"
    QUARTER = "quarter"
    LAST_QUARTER = "last_quarter"
    YEAR = "year"
    LAST_YEAR = "last_year"


SPANS = {
    Span.TWELVE: "近12个月",
    Span.MONTH: "本月",
    Span.LAST_MONTH: "上月",
    Span.QUARTER: "本季度",
    Span.LAST_QUARTER: "上季度",
    Span.YEAR: "今年",
    Span.LAST_YEAR: "去年",
}


@router.get("/statistics/{organization_id}", openapi_extra=needs(P.STATISTICS_READ))
async def show_statistics_page(
    visit: VisitDep, organization_id: UUID, span: Span = Span.TWELVE, cursor: page.Cursor = None
) -> Response:
    """The figures of a community, an employer or a level, with what stands directly below it."""
    period = Period.of(*_ends(span), "month")
    paging = Paging(MOST_BELOW, cursor)
    row = await reading.overview(visit.report_reader, visit.actor, paging, organization_id, period)
    said = await dictionaries.sections(visit.reader, KINDS, ROUTES, WHY)
    below = row["below"]
    has_needs = row["organization_kind"] != "employer"
    modes = _by(row["kinds"], "mode", MODES)
    return page.render(
        visit.request,
        "oversight/statistics.html",
        row=row,
        span=span,
        spans=SPANS,
        filter=Form("filter"),
        has_needs=has_needs,
        has_standing=row["months"][0]["registered"] is not None,
        charts=_charts(row["months"], has_needs=has_needs),
        kinds=_by(row["kinds"], "need_kind", _names(said[KINDS])),
        routes=_by(row["kinds"], "need_route", _names(said[ROUTES])),
        reasons=_by(row["kinds"], "unmet_reason", _names(said[WHY])),
        modes=modes if any(each["services"] is not None for each in modes) else [],
        below=below.items,
        below_name=BELOW[row["organization_kind"]],
        tiles=charts.tiles([_tile(each) for each in below.items]),
        is_open=row["organization_kind"] not in ("community", "employer"),
        above_id=_above(visit, row["lineage"]),
        next_page=page.next_page(visit.request, below.next_cursor),
    )


@router.get("/statistics/{organization_id}/layer", openapi_extra=needs(P.STATISTICS_READ))
async def download_layer(
    visit: VisitDep, organization_id: UUID, span: Span = Span.TWELVE
) -> Response:
    """The map layer of the API, to be kept."""
    period = Period.of(*_ends(span), "month")
    found = await layer.show(visit.report_reader, visit.actor, organization_id, period)
    name = f"statistics-{period.months[0]}-{period.months[-1]}.geojson"
    return GeoJson(
        LayerOut.model_validate(found).model_dump(mode="json"),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _ends(span: Span) -> tuple[date | None, date | None]:
    """A day of the first month and one of the last."""
    month = clock.today().replace(day=1)
    quarter = clock.months_after(month, -((month.month - 1) % 3))
    january = month.replace(month=1)

    def before(day: date) -> date:
        return clock.months_after(day, -1)

    ends: Mapping[Span, tuple[date | None, date | None]] = {
        Span.TWELVE: (None, None),
        Span.MONTH: (month, month),
        Span.LAST_MONTH: (before(month), before(month)),
        Span.QUARTER: (quarter, month),
        Span.LAST_QUARTER: (clock.months_after(quarter, -3), before(quarter)),
        Span.YEAR: (january, month),
        Span.LAST_YEAR: (clock.months_after(january, -12), before(january)),
    }
    return ends[span]


def _charts(months: list[dict[str, Any]], *, has_needs: bool) -> list[dict[str, Any]]:
    """Needs, people and hours by month; what is hidden has no column. Employers have no needs."""
    names = [each["key"] for each in months]
    hours = [_hours(each["volunteer_minutes"]) for each in months]
    needs_and_solved = [("提出", _of(months, "needs")), ("办成", _of(months, "solved"))]
    wanted = [
        *([("needs", "诉求（件）", needs_and_solved)] if has_needs else []),
        ("served", "参加服务的党员（人）", [("参加服务", _of(months, "served"))]),
        ("hours", "志愿服务时长（小时）", [("志愿服务", hours)]),
    ]
    return [
        {
            "id": code,
            "title": title,
            "series": [name for name, _ in series],
            "drawn": charts.columns(names, series),
        }
        for code, title, series in wanted
    ]


def _of(lines: list[dict[str, Any]], figure: str) -> list[int | None]:
    return [each[figure] for each in lines]


def _hours(minutes: int | None) -> int | None:
    return None if minutes is None else round(minutes / 60)


def _by(lines: list[dict[str, Any]], group: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The lines of one group, with their names, in the order of the dictionary."""
    found = {each["key"]: each for each in lines if each["group"] == group}
    known = [code for code in names if code in found]
    others = [code for code in found if code not in names]
    return [found[code] | {"name": names.get(code, "其他")} for code in (*known, *others)]


def _names(said: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {code: each["name"] for code, each in said.items()}


def _tile(unit: Mapping[str, Any]) -> tuple[str, tuple[str, ...], float | None]:
    words = (
        f"诉求{unit['needs']}件",
        f"办成{unit['solved']}件",
        f"无人接单{unit['orders_unmet']}次",
    )
    return unit["organization_name"], words, unit["resolution_percent"]


def _above(visit: Visit, lineage: list[UUID]) -> UUID | None:
    """The organization directly above, where the visitor reads it, too."""
    above = lineage[:-1]
    own = {place.organization_id for place in visit.organizations(*LEVELS)}
    return above[-1] if own.intersection(above) else None
