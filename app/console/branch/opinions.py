"""支部意见: what a functional branch says of its members on their sheets, a page of them at once; to say
nothing is a proper answer and stands first."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.schemas import In, Text
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P
from app.policies import dictionaries
from app.reports import branch_opinions, branch_reading
from app.reports.contents import BRANCH_OPINIONS
from app.reports.schemas import BranchOpinionsIn, ChosenOpinion

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

SHEETS = 50  # on one page
# Why one of many was not written down, by the code of its refusal.
NOT_SAID = {
    "not_found": "没有找到，可能已作废",
    "forbidden": "不是本支部的党员",
    "bad_transition": "社区已经签发",
}


class OpinionsIn(In):
    """A sheet's id, and behind a space the code of its sentence, if any."""

    choices: Annotated[
        list[Annotated[str, Text(77, pattern="^[0-9a-f-]{36}( [a-z_]{1,40})?$")]],
        Field(min_length=1, max_length=SHEETS),
    ]

    def as_said(self) -> BranchOpinionsIn:
        """The same in the shape of the API."""
        pairs = [each.partition(" ") for each in self.choices]
        return BranchOpinionsIn(
            items=[
                ChosenOpinion(report_id=UUID(report_id), opinion=code or None)
                for report_id, _, code in pairs
            ]
        )


@router.get(
    "/organizations/{functional_branch_id}/branch-sheets", openapi_extra=needs(P.BRANCH_OPINE)
)
async def list_branch_sheet_pages(
    visit: VisitDep, functional_branch_id: UUID, cursor: page.Cursor = None
) -> Response:
    """Sheets of the branch's members that the community has not signed yet, each with its sentence."""
    return await _list(visit, functional_branch_id, Form(), cursor)


@router.post(
    "/organizations/{functional_branch_id}/branch-sheets", openapi_extra=needs(P.BRANCH_OPINE)
)
async def say_many_opinions(visit: VisitDep, functional_branch_id: UUID) -> Response:
    """What was chosen is written down; on the same page, what was not and why."""

    async def use(session: AsyncSession, body: OpinionsIn) -> Any:
        said = body.as_said()
        return await branch_opinions.choose_many(session, visit.actor, functional_branch_id, said)

    return await _list(visit, functional_branch_id, await forms.submit(visit, OpinionsIn, use))


async def _list(
    visit: Visit, functional_branch_id: UUID, form: Form, cursor: str | None = None
) -> Response:
    found = await branch_reading.page(
        visit.report_reader, visit.actor, Paging(SHEETS, cursor), functional_branch_id
    )
    said = await dictionaries.sections(visit.reader, BRANCH_OPINIONS)
    answers = list((form.result or {}).values())
    return page.render(
        visit.request,
        "branch/opinions.html",
        form.code,
        functional_branch_id=functional_branch_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        opinions={code: entry["text"] for code, entry in said[BRANCH_OPINIONS].items()},
        form=form,
        written=answers.count(None),
        refused=[NOT_SAID[code] for code in answers if code is not None],
    )
