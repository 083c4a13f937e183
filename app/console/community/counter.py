"""线下报到: whoever stands at the counter, with the employer's certificate or on paper only."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.community.registration import GROUNDS, TIMES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.members import counter, directory, reading, skills
from app.members.schemas import CounterIn, PaperIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

Employer = Annotated[str, Query(max_length=40, pattern="^[^\x00]*$")]
Compound = UUID | page.Unused


@router.get(
    "/communities/{community_id}/registrations/counter", openapi_extra=needs(P.COMMUNITY_READ)
)
async def show_counter(
    visit: VisitDep, community_id: UUID, employer: Employer = "", compound_id: Compound = ""
) -> Response:
    """The employer is looked up first, then both forms are there."""
    return await _show(visit, community_id, employer, compound_id)


@router.post(
    "/communities/{community_id}/registrations/counter", openapi_extra=needs(P.COMMUNITY_REGISTER)
)
async def enter_at_counter(
    visit: VisitDep, community_id: UUID, employer: Employer = "", compound_id: Compound = ""
) -> Response:
    """Registered at once; on to the registration, whose receipt is printed."""

    async def use(session: AsyncSession, body: CounterIn) -> Any:
        here = body.model_copy(update={"community_id": community_id})
        return await counter.register(session, visit.actor, community_id, here)

    form = await forms.submit(visit, CounterIn, use, key="counter")
    return await _entered(visit, community_id, employer, compound_id, form)


@router.post(
    "/communities/{community_id}/registrations/paper", openapi_extra=needs(P.COMMUNITY_REGISTER)
)
async def enter_on_paper(
    visit: VisitDep, community_id: UUID, employer: Employer = "", compound_id: Compound = ""
) -> Response:
    """Registered with name, employer and a receipt's number; on no list."""

    async def use(session: AsyncSession, body: PaperIn) -> Any:
        return await counter.register_on_paper(session, visit.actor, community_id, body)

    form = await forms.submit(visit, PaperIn, use, key="paper")
    return await _entered(visit, community_id, employer, compound_id, form)


async def _entered(
    visit: Visit, community_id: UUID, employer: str, compound_id: Compound, form: Form
) -> Response:
    if form.is_refused:
        return await _show(visit, community_id, employer, compound_id, form)
    return page.go(f"/console/registrations/{form.result.id}", "entered")


async def _show(
    visit: Visit,
    community_id: UUID,
    employer: str,
    compound_id: Compound,
    sent: Form | None = None,
) -> Response:
    await reading.container(visit.reader, visit.actor, community_id, P.COMMUNITY_READ)
    words = employer.strip()
    chosen = compound_id or None
    choices = await directory.at_counter(
        visit.reader, visit.actor, community_id, employer=words, compound_id=chosen
    )
    said = await dictionaries.sections(visit.reader, TIMES, skills.SECTION)
    return page.render(
        visit.request,
        "community/counter.html",
        sent.code if sent else 200,
        community_id=community_id,
        employer=words,
        compound_id=chosen,
        choices=choices,
        query=f"?{visit.request.url.query}",
        grounds=GROUNDS,
        times=[(code, entry["name"]) for code, entry in said[TIMES].items()],
        skills=skills.grouped(said[skills.SECTION]),
        forms={key: Form(key) for key in ("counter", "paper")} | ({sent.key: sent} if sent else {}),
        sent=sent or Form(),
        filter=Form("filter"),
    )
