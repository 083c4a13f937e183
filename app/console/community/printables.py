"""打印: posters, guides and slips of a community, as PDF."""

import asyncio
from itertools import groupby
from typing import Any
from uuid import UUID

from fastapi import Response

from app.console import page
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.deps import needs
from app.http.paper import attached
from app.http.room import Room
from app.identity import platform
from app.identity.deps import WeChatDep
from app.permissions import Permission as P
from app.printables import printing, reading
from app.printables.reading import BUILDING_POSTER, COMMUNITY_POSTER, SLIP, Guide
from app.wechat.client import WeChat
from app.wechat.errors import WeChatError

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


@router.get("/communities/{community_id}/printables", openapi_extra=needs(P.COMMUNITY_READ))
async def show_printables(visit: VisitDep, community_id: UUID) -> Response:
    """What there is to print for the community and each of its buildings."""
    rows = await reading.buildings(visit.reader, visit.actor, community_id)
    return page.render(
        visit.request,
        "community/printables.html",
        community_id=community_id,
        names=await reading.names(visit.reader),
        guides=list(Guide),
        compounds=[
            (name or "未分小区", list(each))
            for name, each in groupby(rows, key=lambda row: row["compound_name"])
        ],
    )


@router.post("/communities/{community_id}/printables/poster", openapi_extra=needs(P.COMMUNITY_READ))
async def print_community_poster(
    visit: VisitDep, wechat: WeChatDep, community_id: UUID
) -> Response:
    """The poster by which members register, with the community's own code."""
    said = await reading.community_poster(visit.reader, visit.actor, community_id)
    return await _poster(wechat, said, COMMUNITY_POSTER)


@router.post("/buildings/{organization_id}/poster", openapi_extra=needs(P.COMMUNITY_READ))
async def print_building_poster(
    visit: VisitDep, wechat: WeChatDep, organization_id: UUID
) -> Response:
    """The poster by which residents say what they need, with the building's own code."""
    said = await reading.building_poster(visit.reader, visit.actor, organization_id)
    return await _poster(wechat, said, BUILDING_POSTER)


@router.post(
    "/communities/{community_id}/printables/slips", openapi_extra=needs(P.COMMUNITY_TRIAGE)
)
async def print_slips(visit: VisitDep, community_id: UUID) -> Response:
    """A slip for each service that somebody without an account has not answered, by building."""
    said = await reading.slips(visit.reader, visit.actor, community_id)
    return attached(await asyncio.to_thread(printing.slips, said), SLIP)


async def _poster(wechat: WeChat, said: dict[str, Any], name: str) -> Response:
    """With the code that the platform draws: it opens the tenant's page with the place as scene.

    Raises:
        Unavailable: the platform draws none now.
    """
    try:
        picture = await wechat.get_unlimited_code(
            said["scene"], page=said["page"], check_path=False, width=860
        )
    except WeChatError as error:
        raise platform.unavailable(error) from None
    return attached(await asyncio.to_thread(printing.sheet, said, picture), name)
