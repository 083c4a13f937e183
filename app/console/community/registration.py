"""One registration: what community and employer may know of it, and each step with its form.

Its member's own page at the desk as well: what he can do, when he has time, how to reach him.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.community.registrations import STATUSES
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.schemas import In, Text
from app.http.deps import needs
from app.http.room import Room
from app.members import accepting, directory, reading, registrations, skills
from app.members.lifecycle import RegistrationAction as A
from app.members.schemas import ConfirmIn, EndIn, RegistrationAcceptIn, ReturnIn, SuspendIn
from app.members.service import WITHDREW_CONSENT
from app.models.person import Role
from app.organizations import places
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ACTIONS = labels.HISTORIES["HistoryOut"]
CHANNELS = {"online": "线上报到", "at_counter": "线下报到", "paper_only": "纸质报到"}
GROUNDS = {
    "residence": "居住地",
    "employer_paired": "单位结对社区",
    "employer_location": "单位所在地",
    "assigned": "组织安排",
}
RETURNS, PAUSES, ENDS = (
    "registration.return_reasons",
    "registration.suspension_reasons",
    "registration.end_reasons",
)
TIMES = "availability"
FORMS = ("contact", "accept", "return", "confirm", "return_to_member", "suspend", "resume", "end")
SIDES = {A.RETURN_FROM_COMMUNITY: "community", A.RETURN_TO_MEMBER: "employer"}


class LookIn(In):
    """Why name and phone are looked at; who needs no reason leaves it out."""

    reason: Annotated[str, Text(200)] | None = None


@router.get("/registrations/{registration_id}", openapi_extra=needs(P.REGISTRATION_READ))
async def show_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """One registration, with the forms that are open to the reader."""
    return await _show(visit, registration_id)


@router.post(
    "/registrations/{registration_id}/contact",
    openapi_extra=needs(P.REGISTRATION_UNMASK, P.REGISTRATION_CONFIRM),
)
async def show_registration_contact(visit: VisitDep, registration_id: UUID) -> Response:
    """Name and phone in clear, on this one answer; the look is logged and shown to the member."""

    async def use(session: AsyncSession, body: LookIn) -> Any:
        return await registrations.contact(
            session, visit.actor, registration_id, reason=body.reason
        )

    form = await forms.submit(visit, LookIn, use, key="contact")
    return await _show(visit, registration_id, form)


@router.post("/registrations/{registration_id}/accept", openapi_extra=needs(P.REGISTRATION_ACCEPT))
async def accept_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """The member serves here from today, placed as chosen."""

    async def use(session: AsyncSession, body: RegistrationAcceptIn) -> Any:
        return await accepting.accept(session, visit.actor, registration_id, body)

    return await _move(visit, registration_id, "accept", RegistrationAcceptIn, use, "accepted")


@router.post("/registrations/{registration_id}/return", openapi_extra=needs(P.REGISTRATION_ACCEPT))
async def return_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """Sent back with a reason, which the member is told."""

    async def use(session: AsyncSession, body: ReturnIn) -> Any:
        return await registrations.return_from_community(
            session, visit.actor, registration_id, body
        )

    return await _move(visit, registration_id, "return", ReturnIn, use, "returned")


@router.post(
    "/registrations/{registration_id}/confirm", openapi_extra=needs(P.REGISTRATION_CONFIRM)
)
async def confirm_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """One of the employer's own; now the community decides."""

    async def use(session: AsyncSession, body: ConfirmIn) -> Any:
        return await registrations.confirm(session, visit.actor, registration_id, body)

    return await _move(visit, registration_id, "confirm", ConfirmIn, use, "confirmed")


@router.post(
    "/registrations/{registration_id}/return-to-member", openapi_extra=needs(P.REGISTRATION_CONFIRM)
)
async def return_one_application(visit: VisitDep, registration_id: UUID) -> Response:
    """The employer does not confirm, and the member is told why."""

    async def use(session: AsyncSession, body: ReturnIn) -> Any:
        return await registrations.return_to_member(session, visit.actor, registration_id, body)

    return await _move(visit, registration_id, "return_to_member", ReturnIn, use, "returned")


@router.post(
    "/registrations/{registration_id}/suspend", openapi_extra=needs(P.REGISTRATION_SUSPEND)
)
async def suspend_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """A pause that counts for nothing and against nobody."""

    async def use(session: AsyncSession, body: SuspendIn) -> Any:
        return await registrations.suspend(session, visit.actor, registration_id, body)

    return await _move(visit, registration_id, "suspend", SuspendIn, use, "suspended")


@router.post("/registrations/{registration_id}/resume", openapi_extra=needs(P.REGISTRATION_SUSPEND))
async def resume_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """The pause is over."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await registrations.resume(session, visit.actor, registration_id)

    return await _move(visit, registration_id, "resume", forms.Nothing, use, "resumed")


@router.post("/registrations/{registration_id}/end", openapi_extra=needs(P.REGISTRATION_SUSPEND))
async def end_one_registration(visit: VisitDep, registration_id: UUID) -> Response:
    """It is over; its history stays."""

    async def use(session: AsyncSession, body: EndIn) -> Any:
        return await registrations.end(session, visit.actor, registration_id, body)

    return await _move(visit, registration_id, "end", EndIn, use, "ended")


async def _move(
    visit: Visit,
    registration_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
    said: str,
) -> Response:
    again = partial(_show, visit, registration_id)
    to = f"/console/registrations/{registration_id}"
    return await forms.step(visit, shape, use, again, to, said, key=key)


async def _show(visit: Visit, registration_id: UUID, sent: Form | None = None) -> Response:
    row = await reading.show(visit.reader, visit.actor, registration_id)
    open_to, granted = row["open_to"], row["grants"]
    units: dict[str, list[tuple[Any, str]]] = {kind: [] for kind in places.PLACED}
    if A.ACCEPT in open_to:
        for unit in await places.units(visit.reader, row["community_id"]):
            units[unit["kind"]].append((unit["id"], unit["name"]))
    branches = (
        await directory.branches(visit.reader, row["employer_id"]) if A.CONFIRM in open_to else []
    )
    said = await dictionaries.sections(visit.reader, RETURNS, PAUSES, ENDS, TIMES, skills.SECTION)
    known = skills.names(said[skills.SECTION])
    may_call = P.REGISTRATION_UNMASK in granted
    return page.render(
        visit.request,
        "community/registration.html",
        sent.code if sent else 200,
        row=row,
        contact=sent.result if sent and sent.key == "contact" else None,
        may_call=may_call,
        may_ask=not may_call and P.REGISTRATION_CONFIRM in granted,
        may_allege=P.NEGATIVE_ALLEGE in granted and row["registered_on"] is not None,
        is_of_community=P.REGISTRATION_ACCEPT in granted,
        may_praise=any(
            place.organization_id == row["community_id"]
            for place in visit.organizations(Role.COMMUNITY_SECRETARY)
        ),
        skills=[known.get(code, code) for code in row["skills"]],
        times=[said[TIMES][code]["name"] for code in row["availability"] if code in said[TIMES]],
        units=units,
        branches=branches,
        returns={step: list(returns_of(said[RETURNS], side)) for step, side in SIDES.items()},
        pauses=[(code, entry["name"]) for code, entry in said[PAUSES].items()],
        ends=list(_ends(said[ENDS], P.REGISTRATION_REASON in granted)),
        forms={key: Form(key) for key in FORMS} | ({sent.key: sent} if sent else {}),
        sent=sent or Form(),
        statuses=STATUSES,
        actions=ACTIONS,
        grounds=GROUNDS,
        channels=CHANNELS,
        A=A,
    )


def returns_of(reasons: Mapping[str, Any], side: str) -> Iterator[tuple[str, str]]:
    """Those by which this side may send back."""
    for code, entry in reasons.items():
        if entry["by"] in (side, "any"):
            yield code, entry["name"]


def _ends(reasons: Mapping[str, Any], sees_all: bool) -> Iterator[tuple[str, str]]:
    """Those that this reader may name; consent is withdrawn by its owner alone."""
    for code, entry in reasons.items():
        if code != WITHDREW_CONSENT and (sees_all or "visible_to" not in entry):
            yield code, entry["name"]
