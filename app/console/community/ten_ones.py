"""十个一: what a community has, assembled from its own data, with a link to what is missing."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app.console import page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.core import clock
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P
from app.statistics import ten_ones

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

# Where what is missing is added.
PLACES = {
    "organization_system": "/console/organizations/{id}",
    "backbone_team": "/console/organizations/{id}/roles",
    "service_list": "/console/communities/{id}/orders",
    "long_term_system": "/console/organizations/{id}/policies",
    "venues": "/console/communities/{id}/posts",
    "annual_plan": "/console/communities/{id}/plan",
    "feedback_mechanism": "/console/communities/{id}/sheets",
    "posts": "/console/communities/{id}/posts",
    "secretary_project": "/console/communities/{id}/plan",
    "emergency_plan": "/console/emergency/{id}",
}
YEARS = 3  # that the page offers


@router.get("/ten-ones/{organization_id}", openapi_extra=needs(P.STATISTICS_READ))
async def show_ten_ones(
    visit: VisitDep,
    organization_id: UUID,
    year: Annotated[int | None, Query(ge=2020, le=2099)] = None,
) -> Response:
    """The ten of a year: this one, unless another is asked for."""
    this_year = clock.today().year
    found = await ten_ones.show(
        visit.report_reader, visit.actor, organization_id, year or this_year
    )
    return page.render(
        visit.request,
        "community/ten_ones.html",
        found=found,
        places={code: path.format(id=organization_id) for code, path in PLACES.items()},
        years=[(one, f"{one}年") for one in range(this_year, this_year - YEARS, -1)],
        filter=Form("filter"),
    )
