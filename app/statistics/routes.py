"""Figures by month, kind and category, of an organization and of what stands below it."""

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.schemas import Day
from app.http.deps import ActorDep, PagingDep, ReportReadDep, needs
from app.http.geojson import GeoJson
from app.http.problems import answers
from app.http.room import Room
from app.permissions import Permission as P
from app.statistics import cross, layer, reading, ten_ones
from app.statistics.period import Period
from app.statistics.schemas import (
    CommunityCell,
    LayerOut,
    OrganizationFigures,
    StatisticsOut,
    TenOnesOut,
)


class Below(StrEnum):
    """What may be asked for below an organization."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GRID = "grid"
    EMPLOYER = "employer"
    EMPLOYER_BRANCH = "employer_branch"


router = Room(prefix="/api/v1/organizations", tags=["statistics"])

SEEN = answers(NotFound, Forbidden)
From = Annotated[Day | None, Query(alias="from", description="A day of the first month.")]
To = Annotated[
    Day | None,
    Query(
        alias="to", description="A day of the last month; left out: this one. A year without both."
    ),
]


@router.get(
    "/{organization_id}/statistics",
    summary="统计",
    response_model=StatisticsOut,
    responses=SEEN,
    openapi_extra=needs(P.STATISTICS_READ),
)
async def get_statistics(
    reader: ReportReadDep,
    actor: ActorDep,
    organization_id: UUID,
    first: From = None,
    last: To = None,
    by: Literal["month", "kind", "category"] = "month",
) -> dict[str, Any]:
    """An organization's own figures, together and by line."""
    period = Period.of(first, last, by)
    found: dict[str, Any] = await reading.show(reader, actor, organization_id, period)
    return found


@router.get(
    "/{organization_id}/statistics/below",
    summary="下级统计",
    response_model=Page[OrganizationFigures],
    responses=SEEN,
    openapi_extra=needs(P.STATISTICS_READ),
)
async def list_statistics_below(
    reader: ReportReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    first: From = None,
    last: To = None,
    kind: Annotated[Below | None, Query(description="Left out: the level below.")] = None,
) -> Slice[dict[str, Any]]:
    """What stands directly below, in the order of codes and in no other."""
    period = Period.of(first, last, "month")
    return await reading.page_below(reader, actor, paging, organization_id, kind, period)


@router.get(
    "/{organization_id}/statistics/layer",
    summary="下级统计地图图层（GeoJSON）",
    response_model=LayerOut,
    response_class=GeoJson,
    responses=SEEN,
    openapi_extra=needs(P.STATISTICS_READ),
)
async def get_statistics_layer(
    reader: ReportReadDep,
    actor: ActorDep,
    organization_id: UUID,
    first: From = None,
    last: To = None,
) -> dict[str, Any]:
    """The figures of what stands directly below, for a map that brings the outlines."""
    return await layer.show(reader, actor, organization_id, Period.of(first, last, "month"))


@router.get(
    "/{organization_id}/statistics/communities",
    summary="本单位党员报到社区分布",
    response_model=Page[CommunityCell],
    responses=SEEN,
    openapi_extra=needs(P.STATISTICS_READ),
)
async def list_statistics_communities(
    reader: ReportReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Where an employer's members are registered; to others only where no few can be told apart."""
    return await cross.page(reader, actor, paging, organization_id)


@router.get(
    "/{organization_id}/ten-ones",
    summary="十个一",
    response_model=TenOnesOut,
    responses=SEEN,
    openapi_extra=needs(P.STATISTICS_READ),
)
async def get_ten_ones(
    reader: ReportReadDep,
    actor: ActorDep,
    organization_id: UUID,
    year: Annotated[int, Query(ge=2020, le=2099, description="A calendar year.")],
) -> dict[str, Any]:
    """A community's ten ones, assembled from what is there; nobody fills it in."""
    return await ten_ones.show(reader, actor, organization_id, year)
