"""报到: a community's registrations, accepted one by one or many at once, or sent back with a reason."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import accepting, reading, registrations
from app.members.lifecycle import RegistrationAction as A
from app.members.schemas import AcceptManyIn, RegistrationAcceptIn, ReturnIn
from app.models.member import RegistrationStatus as S
from app.organizations import places
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = {
    S.PENDING_COMMUNITY: "待社区接收",
    S.PENDING_EMPLOYER: "待单位确认",
    S.RETURNED_BY_COMMUNITY: "社区已退回",
    S.RETURNED_BY_EMPLOYER: "单位已退回",
    S.ACTIVE: "已报到",
    S.SUSPENDED: "已暂停",
    S.WITHDRAWN: "已撤回",
    S.ENDED: "已结束",
}
ACTIONS = {
    A.CONFIRM: "单位确认",
    A.RETURN_TO_MEMBER: "单位退回",
    A.ACCEPT: "社区接收",
    A.RETURN_FROM_COMMUNITY: "社区退回",
    A.APPLY_AGAIN: "再次申请",
    A.SUBMIT_AGAIN: "再次提交",
    A.WITHDRAW: "本人撤回",
    A.SUSPEND: "暂停",
    A.RESUME: "恢复",
    A.END: "结束",
    "submit": "提交",
    "register_at_counter": "线下报到",
}
GROUNDS = {
    "residence": "居住地",
    "employer_paired": "单位结对社区",
    "employer_location": "单位所在地",
    "assigned": "组织指派",
}
# Why one of many was not accepted, by the code of its refusal.
NOT_ACCEPTED = {
    "not_found": "没有找到，可能已撤回",
    "forbidden": "只有书记可以办理",
    "bad_transition": "已被他人办理",
}


@router.get("/communities/{community_id}/registrations", openapi_extra=needs(P.COMMUNITY_READ))
async def list_registration_pages(
    visit: VisitDep,
    community_id: UUID,
    status: S = S.PENDING_COMMUNITY,
    receipt_number: Annotated[str, Query(max_length=60)] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """The community's registrations in one state, who waited longest first."""
    return await _list(visit, community_id, status, receipt_number.strip(), cursor)


@router.post(
    "/communities/{community_id}/registrations/accept", openapi_extra=needs(P.COMMUNITY_REGISTER)
)
async def accept_many_registrations(visit: VisitDep, community_id: UUID) -> Response:
    """Those that were ticked, each placed as its building suggests; the page says what became of each."""
    form = await forms.submit(
        visit,
        AcceptManyIn,
        lambda session, body: accepting.accept_many(session, visit.actor, community_id, body.ids),
    )
    if form.is_refused:
        return await _list(visit, community_id, S.PENDING_COMMUNITY, "", None, form)
    return page.render(
        visit.request,
        "community/registrations_accepted.html",
        community_id=community_id,
        accepted=[row for row in form.result.values() if not isinstance(row, str)],
        refused=[
            NOT_ACCEPTED.get(code, code) for code in form.result.values() if isinstance(code, str)
        ],
    )


@router.get("/registrations/{registration_id}", openapi_extra=needs(P.REGISTRATION_READ))
async def show_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """One registration, with the forms that are open to the reader."""
    return await _show(visit, registration_id, Form(), Form())


@router.post(
    "/registrations/{registration_id}/contact",
    openapi_extra=needs(P.REGISTRATION_UNMASK, P.REGISTRATION_CONFIRM),
)
async def show_registration_contact(visit: VisitDep, registration_id: UUID) -> Response:
    """Name and phone in clear, on this one answer; the look is logged and shown to the member."""
    form = await forms.submit(
        visit,
        forms.Nothing,
        lambda session, _: registrations.contact(
            session, visit.actor, registration_id, reason=None
        ),
    )
    return await _show(visit, registration_id, Form(), form, form.result)


@router.post("/registrations/{registration_id}/accept", openapi_extra=needs(P.REGISTRATION_ACCEPT))
async def accept_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """The member serves here from today, placed as chosen."""
    form = await forms.submit(
        visit,
        RegistrationAcceptIn,
        lambda session, body: accepting.accept(session, visit.actor, registration_id, body),
    )
    if form.is_refused:
        return await _show(visit, registration_id, form, Form())
    return page.go(f"/console/registrations/{registration_id}", "accepted")


@router.post("/registrations/{registration_id}/return", openapi_extra=needs(P.REGISTRATION_ACCEPT))
async def return_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """Sent back with a reason, which the member is told."""
    form = await forms.submit(
        visit,
        ReturnIn,
        lambda session, body: registrations.return_from_community(
            session, visit.actor, registration_id, body
        ),
    )
    if form.is_refused:
        return await _show(visit, registration_id, Form(), form)
    return page.go(f"/console/registrations/{registration_id}", "returned")


async def _list(
    visit: Visit,
    community_id: UUID,
    status: S,
    receipt_number: str,
    cursor: str | None,
    form: Form | None = None,
) -> Response:
    found = await reading.community_page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        status=status,
        receipt_number=receipt_number or None,
        sort=WorkSort.AGE,
    )
    form = form or Form()
    return page.render(
        visit.request,
        "community/registrations.html",
        form.code,
        community_id=community_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        statuses=STATUSES,
        receipt_number=receipt_number,
        form=form,
        filter=Form("filter"),
    )


async def _show(
    visit: Visit,
    registration_id: UUID,
    accept: Form,
    send_back: Form,
    contact: dict[str, str | None] | None = None,
) -> Response:
    row = await reading.show(visit.reader, visit.actor, registration_id)
    open_to = row["open_to"]
    units: dict[str, list[tuple[Any, str]]] = {kind: [] for kind in places.PLACED}
    reasons: list[tuple[str, str]] = []
    if A.ACCEPT in open_to:
        for unit in await places.units(visit.reader, row["community_id"]):
            units[unit["kind"]].append((unit["id"], unit["name"]))
        said = await dictionaries.sections(visit.reader, "registration.return_reasons")
        reasons = [
            (code, entry["name"])
            for code, entry in said["registration.return_reasons"].items()
            if entry["by"] in ("community", "any")
        ]
    return page.render(
        visit.request,
        "community/registration.html",
        max(accept.code, send_back.code),
        row=row,
        contact=contact,
        may_call=P.REGISTRATION_UNMASK in row["grants"],
        units=units,
        reasons=reasons,
        accept=accept,
        send_back=send_back,
        may_accept=A.ACCEPT in open_to,
        statuses=STATUSES,
        actions=ACTIONS,
        grounds=GROUNDS,
    )
