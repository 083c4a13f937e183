"""线下票: the ballot of one panel on paper, to be printed for its raters; representatives have one an area."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from fastapi import Response

from app.appraisals import count_reading
from app.console import page
from app.console.community.paper_counts import WORDS
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.models.appraisal import Panel
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

SECTION, TEXT, RECUSAL = "appraisal", "text", "recusal"


@router.get("/evaluation/{community_id}/{cycle_id}/ballot", openapi_extra=needs(P.APPRAISAL_PANEL))
async def show_paper_ballot(
    visit: VisitDep, community_id: UUID, cycle_id: UUID, panel: Panel = Panel.COMMUNITY
) -> Response:
    """Everybody who is rated, by strokes, with four boxes; nothing on it says whose ballot it is."""
    row = await count_reading.ballot(visit.reader, visit.actor, cycle_id, community_id)
    said = (await dictionaries.sections(visit.reader, SECTION))[SECTION]
    return page.render(
        visit.request,
        "community/paper_ballot.html",
        row=row,
        here=f"/console/evaluation/{community_id}/{cycle_id}",
        panel=panel,
        panels={each: row["forms"][each]["name"] for each in Panel},
        ballots=_ballots(row["lines"], panel),
        words=WORDS.values(),
        text=said[TEXT]["value"],
        recusal=said[RECUSAL]["value"],
        filter=Form("filter"),
    )


def _ballots(lines: list[dict[str, Any]], panel: Panel) -> dict[str, list[dict[str, Any]]]:
    """The lists of names; of representatives one for each group, whose members alone they rate."""
    if panel is not Panel.RESIDENT_REPRESENTATIVES:
        return {"": lines} if lines else {}
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        found[line["group_name"] or "未编入党小组"].append(line)
    return found
