"""年度建议: what the facts of the year propose of each member, by strokes; a person decides.

The meeting's 优先推荐 is proposed from here, and decided only once it stands.
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page, parts
from app.console.community.commendations import STATUSES, praise
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.parts import Part
from app.console.visit import Visit, VisitDep
from app.core.errors import Invalid
from app.core.schemas import In
from app.evaluations import commendations, name_lists, suggestions
from app.evaluations.schemas import MOST_AT_ONCE, DecisionIn
from app.evaluations.suggestions import ALLOWED
from app.http.deps import needs
from app.http.room import Room
from app.models.commendation import CommendationStatus
from app.models.suggestion import Advice
from app.permissions import Permission as P
from app.policies import dictionaries
from app.reports import paper
from app.reports.periods import year_to

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ADVICE = paper.ADVICE | {Advice.INSUFFICIENT.value: "情况不足"}
OPINIONS = "opinion_phrases.community"
FIELD = re.compile(r"decided/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
AT = "/evaluation/{community_id}/{cycle_id}/suggestions"


class TickedIn(In):
    """Whom the meeting recommends."""

    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]


@router.get(AT, openapi_extra=needs(P.COMMUNITY_CONDUCT))
async def show_year_suggestions(
    visit: VisitDep, community_id: UUID, cycle_id: UUID, part: Part = 1
) -> Response:
    """Every member of the year, with what the facts propose and what was decided."""
    return await _show(visit, community_id, cycle_id, part, Form())


@router.post(AT, openapi_extra=needs(P.COMMUNITY_CONDUCT))
async def propose_year_suggestions(visit: VisitDep, community_id: UUID, cycle_id: UUID) -> Response:
    """Every member has what the facts of the year propose; what a person has decided stays."""
    row = await name_lists.year(visit.reader, visit.actor, community_id, cycle_id)

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        period = year_to(row["facts_close_on"])
        return await suggestions.propose(session, visit.actor, community_id, period)

    return await _step(visit, community_id, cycle_id, 1, forms.Nothing, use, "propose")


@router.post(f"{AT}/decide", openapi_extra=needs(P.COMMUNITY_CONDUCT))
async def decide_year_suggestions(
    visit: VisitDep, community_id: UUID, cycle_id: UUID, part: Part = 1
) -> Response:
    """A person has decided those that were chosen anew; where a talk is advised the employer hears."""
    row = await name_lists.suggestions_of_year(visit.reader, visit.actor, community_id, cycle_id)
    before = {line["id"]: line["decided"] for line in row["items"]}

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        typed = await _typed(visit)
        new = [each for each in typed if before.get(each.suggestion_id) is not each.decided]
        if not new:
            raise Invalid("没有新的决定，请先选择")
        return await suggestions.decide(session, visit.actor, community_id, new)

    return await _step(visit, community_id, cycle_id, part, forms.Nothing, use, "decide")


@router.post(f"{AT}/recommend", openapi_extra=needs(P.COMMUNITY_CONDUCT))
async def recommend_many(
    visit: VisitDep, community_id: UUID, cycle_id: UUID, part: Part = 1
) -> Response:
    """The meeting's list waits for the functional branch; all of it or nothing."""
    row = await name_lists.year(visit.reader, visit.actor, community_id, cycle_id)

    async def use(session: AsyncSession, body: TickedIn) -> Any:
        praised = praise(year_to(row["facts_close_on"]), body.registration_ids)
        return await commendations.propose(session, visit.actor, community_id, praised)

    return await _step(visit, community_id, cycle_id, part, TickedIn, use, "recommend")


async def _typed(visit: Visit) -> list[DecisionIn]:
    """What was chosen of each; a choice left open says nothing."""
    data = await visit.request.form(max_fields=forms.MOST_FIELDS)
    return [
        DecisionIn(suggestion_id=UUID(field[1]), decided=Advice(given))
        for name, given in data.multi_items()
        if (field := FIELD.fullmatch(name)) and given in ADVICE
    ]


async def _step(
    visit: Visit,
    community_id: UUID,
    cycle_id: UUID,
    part: int,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
    key: str,
) -> Response:
    again = partial(_show, visit, community_id, cycle_id, part)
    to = f"/console/evaluation/{community_id}/{cycle_id}/suggestions?part={part}"
    return await forms.step(visit, shape, use, again, to, f"suggestions_{key}", key=key)


async def _show(
    visit: Visit, community_id: UUID, cycle_id: UUID, part: int, form: Form
) -> Response:
    row = await name_lists.suggestions_of_year(visit.reader, visit.actor, community_id, cycle_id)
    said = await dictionaries.sections(visit.reader, OPINIONS)
    years = f"/console/evaluation/{community_id}"
    here = f"{years}/{cycle_id}/suggestions"
    shown = parts.cut(row["items"], part, here)
    return page.render(
        visit.request,
        "community/suggestions.html",
        form.code,
        row=row,
        lines=[line | _open(line) for line in shown.lines],
        undecided=sum(line["decided"] is None for line in row["items"]),
        next_page=shown.next_page,
        part=part,
        years=years,
        here=here,
        form=form,
        phrases={code: entry["text"] for code, entry in said[OPINIONS].items()},
        advice=ADVICE,
        statuses=STATUSES,
    )


def _open(line: dict[str, Any]) -> dict[str, Any]:
    """What may be decided of a member, what is chosen at first, and whether the meeting may recommend."""
    stands = line["recommended"] == CommendationStatus.STANDING
    is_first = line["proposed"] is Advice.RECOMMEND_FIRST
    allowed = [each for each in Advice if each in ALLOWED[line["proposed"]]]
    return {
        "options": [each for each in allowed if stands or each is not Advice.RECOMMEND_FIRST],
        "chosen": line["decided"] or ("" if is_first and not stands else line["proposed"]),
        "may_recommend": is_first and line["recommended"] is None,
    }
