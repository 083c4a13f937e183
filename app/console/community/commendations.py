"""表扬和推荐: proposed by the community's meeting, confirmed by the functional branch, each with its steps."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.errors import Invalid
from app.core.paging import Paging
from app.core.schemas import In, Text
from app.evaluations import commendations, name_lists, reading
from app.evaluations.schemas import CommendIn, EvaluationReasonIn
from app.evaluations.year import year_of
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import reading as members
from app.models.commendation import CommendationKind as K
from app.models.commendation import CommendationStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
KINDS: Mapping[K, str] = {
    K.RECOMMEND: "优先推荐评先评优",
    K.LETTER: "表扬信",
    K.THANKS: "群众感谢转达",
}
LETTERS = {kind: words for kind, words in KINDS.items() if kind is not K.RECOMMEND}
NOT_ELIGIBLE = "不能表扬：须在册并编入功能型党支部，受保护的人和您本人除外"
ONE = "/organizations/{organization_id}/commendations/{commendation_id}"


class LetterIn(In):
    """A letter, or thanks that are passed on as they stand."""

    kind: K
    words: Annotated[str, Text(300)]


@router.get("/organizations/{organization_id}/commendations", openapi_extra=needs(P.CONDUCT_LIST))
async def list_commendation_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """Of the community or its functional branch, the latest first, each with the reader's steps."""
    return await _list(visit, organization_id, Form(), cursor)


@router.post(f"{ONE}/confirm", openapi_extra=needs(P.COMMENDATION_CONFIRM))
async def confirm_one_commendation(
    visit: VisitDep, organization_id: UUID, commendation_id: UUID
) -> Response:
    """The branch stands by it; the person is asked, or a letter is passed on."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await commendations.confirm(session, visit.actor, commendation_id)

    return await _move(visit, organization_id, commendation_id, "confirm", forms.Nothing, use)


@router.post(f"{ONE}/refuse", openapi_extra=needs(P.COMMENDATION_CONFIRM))
async def refuse_one_commendation(
    visit: VisitDep, organization_id: UUID, commendation_id: UUID
) -> Response:
    """The branch does not stand by it, and says why."""

    async def use(session: AsyncSession, body: EvaluationReasonIn) -> Any:
        return await commendations.refuse(session, visit.actor, commendation_id, body.reason)

    return await _move(visit, organization_id, commendation_id, "refuse", EvaluationReasonIn, use)


@router.post(f"{ONE}/withdraw", openapi_extra=needs(P.COMMENDATION_WITHDRAW))
async def withdraw_one_commendation(
    visit: VisitDep, organization_id: UUID, commendation_id: UUID
) -> Response:
    """It is taken back, and the person is told why."""

    async def use(session: AsyncSession, body: EvaluationReasonIn) -> Any:
        return await commendations.withdraw(session, visit.actor, commendation_id, body.reason)

    return await _move(visit, organization_id, commendation_id, "withdraw", EvaluationReasonIn, use)


@router.get(
    "/organizations/{organization_id}/commendation-notice", openapi_extra=needs(P.CONDUCT_LIST)
)
async def show_notice(visit: VisitDep, organization_id: UUID) -> Response:
    """Names and posts of who agreed to it, to be printed for the notice board; by strokes."""
    await reading.allowed(visit.reader, visit.actor, organization_id, P.CONDUCT_LIST)
    found = await name_lists.notice(visit.reader, organization_id)
    return page.render(
        visit.request,
        "community/commendation_notice.html",
        lines=found["items"],
        here=_at(organization_id),
    )


@router.get("/registrations/{registration_id}/commend", openapi_extra=needs(P.COMMUNITY_CONDUCT))
async def show_letter(visit: VisitDep, registration_id: UUID) -> Response:
    """The form for a letter or for thanks to one member."""
    return await _write(visit, registration_id, Form())


@router.post("/registrations/{registration_id}/commend", openapi_extra=needs(P.COMMUNITY_CONDUCT))
async def propose_one_letter(visit: VisitDep, registration_id: UUID) -> Response:
    """It belongs to the evaluation year of today, and waits for the functional branch."""
    row = await members.show(visit.reader, visit.actor, registration_id)

    async def use(session: AsyncSession, body: LetterIn) -> Any:
        year = await year_of(session, row["community_id"], clock.today())
        said = praise(year, [registration_id], kind=body.kind, words=body.words)
        try:
            return await commendations.propose(session, visit.actor, row["community_id"], said)
        except Invalid:
            raise Invalid.field("/kind", "not_eligible", NOT_ELIGIBLE) from None

    again = partial(_write, visit, registration_id)
    to = _at(row["community_id"])
    return await forms.step(visit, LetterIn, use, again, to, "commendation_proposed")


def praise(period: tuple[date, date], registration_ids: Sequence[UUID], **said: Any) -> CommendIn:
    """What the meeting says of these members in a period, in the shape of the API."""
    first, last = (day.isoformat() for day in period)
    days = {"period_from": first, "period_to": last}
    return CommendIn.model_validate({"registration_ids": registration_ids} | days | said)


async def _write(visit: Visit, registration_id: UUID, form: Form) -> Response:
    row = await members.show(visit.reader, visit.actor, registration_id)
    await reading.allowed(visit.reader, visit.actor, row["community_id"], P.COMMUNITY_CONDUCT)
    return page.render(
        visit.request, "community/commend.html", form.code, row=row, form=form, kinds=LETTERS
    )


async def _move(
    visit: Visit,
    organization_id: UUID,
    commendation_id: UUID,
    action: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_list, visit, organization_id), _at(organization_id)
    key = f"{action}-{commendation_id}"
    return await forms.step(visit, shape, use, again, to, f"commendation_{action}", key=key)


async def _list(
    visit: Visit, organization_id: UUID, refused: Form, cursor: str | None = None
) -> Response:
    await reading.allowed(visit.reader, visit.actor, organization_id, P.CONDUCT_LIST)
    found = await reading.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), "commendations", organization_id
    )
    after = page.next_page(visit.request, found.next_cursor)
    keys = [f"{action}-{row['id']}" for row in found.items for action in ("refuse", "withdraw")]
    return page.render(
        visit.request,
        "community/commendations.html",
        refused.code,
        here=_at(organization_id),
        notice=f"/console/organizations/{organization_id}/commendation-notice",
        rows=found.items,
        next_page=after and _at(organization_id) + after,
        refused=refused,
        forms={key: Form(key) for key in keys} | {refused.key: refused},
        statuses=STATUSES,
        kinds=KINDS,
    )


def _at(organization_id: UUID) -> str:
    return f"/console/organizations/{organization_id}/commendations"
