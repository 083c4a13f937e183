"""打印: the employer's letter to its members, as PDF."""

import asyncio
from uuid import UUID

from fastapi import Response

from app.console import page
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.deps import needs
from app.http.paper import attached
from app.http.room import Room
from app.permissions import Permission as P
from app.printables import printing, reading
from app.printables.reading import LETTER, Guide

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


@router.get("/employers/{employer_id}/printables", openapi_extra=needs(P.EMPLOYER_FACTS))
async def show_employer_printables(visit: VisitDep, employer_id: UUID) -> Response:
    """The letter as it will stand on paper, and the members' guide."""
    said = await reading.appeal_letter(visit.reader, visit.actor, employer_id)
    return page.render(
        visit.request,
        "employer/printables.html",
        employer_id=employer_id,
        said=said,
        names=await reading.names(visit.reader),
        guide=Guide.MEMBER,
    )


@router.post("/employers/{employer_id}/printables/letter", openapi_extra=needs(P.EMPLOYER_FACTS))
async def print_appeal_letter(visit: VisitDep, employer_id: UUID) -> Response:
    """The letter; it is signed by hand."""
    said = await reading.appeal_letter(visit.reader, visit.actor, employer_id)
    return attached(await asyncio.to_thread(printing.sheet, said), LETTER)
