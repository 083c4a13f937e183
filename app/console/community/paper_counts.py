"""清点线下票: what one of two found in the box, member by member; what both found alike stands.

Of each member four fields, `satisfied/ID` and so on; a member of whom all are empty is not counted yet.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals import count_reading, counting
from app.appraisals.counting import TOTALS
from app.appraisals.panel_schemas import MOST_BALLOTS, CountLineIn, CountsIn
from app.console import forms, page, parts
from app.console.community.evaluation import STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.parts import Part
from app.console.visit import Visit, VisitDep
from app.core.errors import FieldError, Invalid
from app.core.schemas import In
from app.http.deps import needs
from app.http.room import Room
from app.models.appraisal import Panel
from app.models.evaluation import CycleStatus
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

WORDS = dict(zip(TOTALS, ("满意", "基本满意", "不满意", "不了解"), strict=True))
FIELD = re.compile(rf"({'|'.join(TOTALS)})/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")
WHOLE = re.compile(r"[0-9]{1,3}")


class BoxIn(In):
    """Whose box; the totals stand in fields of their own."""

    panel: Panel


@router.get("/evaluation/{community_id}/{cycle_id}/count", openapi_extra=needs(P.APPRAISAL_COUNT))
async def show_paper_counts(
    visit: VisitDep,
    community_id: UUID,
    cycle_id: UUID,
    panel: Panel = Panel.COMMUNITY,
    part: Part = 1,
) -> Response:
    """The members on the ballots of one panel, by strokes, with the reader's own totals."""
    return await _show(visit, community_id, cycle_id, panel, part, Form("count"))


@router.post("/evaluation/{community_id}/{cycle_id}/count", openapi_extra=needs(P.APPRAISAL_COUNT))
async def enter_paper_count(
    visit: VisitDep,
    community_id: UUID,
    cycle_id: UUID,
    panel: Panel = Panel.COMMUNITY,
    part: Part = 1,
) -> Response:
    """The totals that were typed are what the reader has counted; all lines or none."""

    async def use(session: AsyncSession, body: BoxIn) -> Any:
        lines = await _typed(visit)
        counted = CountsIn(panel=body.panel, lines=lines)
        try:
            return await counting.enter(session, visit.actor, cycle_id, community_id, counted)
        except Invalid as error:
            raise Invalid(errors=tuple(_beside(each, lines) for each in error.errors)) from None
        except counting.CountedByTwo as error:
            own = tuple(_beside(each, lines) for each in error.errors)
            raise counting.CountedByTwo(errors=own) from None

    form = await forms.submit(visit, BoxIn, use, key="count")
    if form.is_refused:
        return await _show(visit, community_id, cycle_id, panel, part, form)
    to = f"/console/evaluation/{community_id}/{cycle_id}/count?panel={panel}&part={part}"
    return page.go(to, "paper_counted")


async def _typed(visit: Visit) -> list[CountLineIn]:
    """A line for each member of whom something was typed; what was left empty beside it is none.

    Raises:
        Invalid: no whole number, or more than a box holds; nothing typed at all.
    """
    data = await visit.request.form(max_fields=forms.MOST_FIELDS)
    typed: dict[str, dict[str, int]] = {}
    wrong: list[FieldError] = []
    for name, given in data.multi_items():
        field, text = FIELD.fullmatch(name), str(given).strip()
        if field is None or not text:
            continue
        if WHOLE.fullmatch(text) and int(text) <= MOST_BALLOTS:
            typed.setdefault(field[2], {})[field[1]] = int(text)
        else:
            wrong.append(FieldError(f"/{name}", "not_ballots", f"应为0到{MOST_BALLOTS}的整数"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    if not typed:
        raise Invalid("还没有填写票数，或者都已两人一致")
    return [
        CountLineIn.model_validate(dict.fromkeys(TOTALS, 0) | totals | {"registration_id": member})
        for member, totals in typed.items()
    ]


def _beside(found: FieldError, lines: list[CountLineIn]) -> FieldError:
    """The refusal of a line, at its first field."""
    line = lines[int(found.pointer.split("/")[2])]
    return found._replace(pointer=f"/{TOTALS[0]}/{line.registration_id}")


async def _show(
    visit: Visit, community_id: UUID, cycle_id: UUID, panel: Panel, part: int, form: Form
) -> Response:
    row = await count_reading.show(visit.reader, visit.actor, cycle_id, community_id, panel)
    here = f"/console/evaluation/{community_id}/{cycle_id}/count"
    shown = parts.cut(row["lines"], part, f"{here}?panel={panel}")
    return page.render(
        visit.request,
        "community/paper_counts.html",
        form.code,
        row=row,
        lines=shown.lines,
        labels=_labels(shown.lines),
        form=form,
        years=f"/console/evaluation/{community_id}",
        here=here,
        part=part,
        next_page=shown.next_page,
        panel=panel,
        panels={each: row["forms"][each]["name"] for each in Panel},
        words=WORDS,
        is_open=row["status"] is CycleStatus.COLLECTING,
        statuses=STATUSES,
        filter=Form("filter"),
    )


def _labels(lines: list[dict[str, Any]]) -> Mapping[str, str]:
    """The fields in words, for the head of a refused page."""
    return {
        f"{total}/{line['registration_id']}": f"{line['name']} {words}"
        for line in lines
        for total, words in WORDS.items()
    }
