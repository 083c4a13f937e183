"""The life of a registration, step by step. Source: domain.md §3.1, practice.md R12."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events, numbers
from app.core import clock, workdays
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.members import placing
from app.members.events import RegistrationMoved
from app.members.lifecycle import REGISTERED, REGISTRATION, RegistrationAction
from app.members.schemas import AcceptIn, ConfirmIn, EndIn, ReturnIn, SuspendIn
from app.models.house import CodeStatus, VerificationCode
from app.models.member import Member, Registration, RegistrationStatus, RegistrationStep
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.policies import service as policies

P, A, S = Permission, RegistrationAction, RegistrationStatus

APPLIED, IN_SERVICE = "applied", "in_service"
WITHDREW_CONSENT, MOVED = "withdrew_consent", "moved"


class AlreadyRegistered(Conflict):
    """One living registration a person and a member. Source: domain.md §3.1."""

    code, title = "already_registered", "已有报到，不能重复报到"


class PhoneOnRoster(Conflict):
    """The employer's roster has a line with this phone."""

    code, title = "phone_on_roster", "单位名册中已有该手机号"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_registrations_living_member": AlreadyRegistered,
    "uq_registrations_living_person": AlreadyRegistered,
    "uq_members_person": AlreadyRegistered,
    "uq_members_phone": PhoneOnRoster,
}


async def get(
    session: AsyncSession, actor: Actor, registration_id: UUID, *permissions: Permission
) -> tuple[Registration, list[str]]:
    """The registration, locked, and which of `permissions` the actor has on it.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    found = (
        await session.execute(
            select(Registration, grants(*permissions))
            .where(Registration.id == registration_id, may(P.REGISTRATION_READ))
            .with_for_update(of=Registration)
            .execution_options(populate_existing=True),
            actor.binds(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


async def confirm(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ConfirmIn
) -> Registration:
    """The employer says that the member is one of its own; now the community decides.

    Raises:
        NotFound: no such registration to see.
        Forbidden: not of this employer, nor of the district it was handed to.
        BadTransition: it waits for nobody's confirmation.
        Invalid: the branch is not the employer's.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_CONFIRM)
    left = REGISTRATION.move(row, A.CONFIRM, granted)
    values: dict[str, Any] = {"service_state": IN_SERVICE}
    if body.branch_id is not None:
        await require_branch(session, row.employer_id, body.branch_id)
        values["branch_id"] = body.branch_id
    await _change_line(session, row, **values)
    row.handed_up_at = None
    await moved(session, actor, row, A.CONFIRM, left)
    return row


async def return_to_member(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ReturnIn
) -> Registration:
    """The employer does not confirm, and says why; the member may mend and apply again.

    Raises:
        NotFound, Forbidden, BadTransition: as `confirm`.
        Invalid: no reason of an employer, or its words are missing.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_CONFIRM)
    require(granted, P.REGISTRATION_CONFIRM)
    reason = await _return_reason(session, body, "employer")
    left = REGISTRATION.move(row, A.RETURN_TO_MEMBER, granted, reason=reason)
    row.reason_code, row.handed_up_at = body.reason_code, None
    await moved(session, actor, row, A.RETURN_TO_MEMBER, left, reason=reason)
    return row


async def accept(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: AcceptIn
) -> Registration:
    """The member serves here from today: placed, with certificate, receipt and their codes.

    Locks the series of the community and then of the employer until the transaction ends.

    Raises:
        NotFound: no such registration to see.
        Forbidden: not of this community; a protected member is the secretary's alone.
        BadTransition: it does not wait for the community, or was just accepted by somebody else.
        Invalid: grid, branch or group are not the community's.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_ACCEPT)
    left = REGISTRATION.move(row, A.ACCEPT, granted)
    placed = await placing.place(session, row.community_id, row.building_id, body)
    await enter(session, row, placed)
    await moved(session, actor, row, A.ACCEPT, left)
    return row


async def accept_many(
    session: AsyncSession, actor: Actor, community_id: UUID, ids: list[UUID]
) -> dict[UUID, Registration | str]:
    """Each of `ids` accepted as its building suggests, or the code of why it was not.

    All are locked in the order of their ids, and numbered in the order of their employers, so that
    two clerks never wait for each other in a circle.
    """
    rows = await session.execute(
        select(Registration, grants(P.REGISTRATION_ACCEPT))
        .where(
            Registration.id.in_(ids),
            Registration.community_id == community_id,
            may(P.REGISTRATION_READ),
        )
        .order_by(Registration.id)
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True),
        actor.binds(),
    )
    answers: dict[UUID, Registration | str] = dict.fromkeys(ids, NotFound.code)
    for row, granted in sorted(rows.all(), key=lambda found: found[0].employer_id):
        try:
            left = REGISTRATION.move(row, A.ACCEPT, granted)
        except AppError as refused:
            answers[row.id] = refused.code
            continue
        placed = await placing.place(session, row.community_id, row.building_id, AcceptIn())
        await enter(session, row, placed)
        await moved(session, actor, row, A.ACCEPT, left)
        answers[row.id] = row
    return answers


async def return_from_community(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: ReturnIn
) -> Registration:
    """The community sends it back, says why, and may name the right community.

    Raises:
        NotFound, Forbidden, BadTransition: as `accept`.
        Invalid: no reason of a community, its words are missing, or the other one takes no part.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_ACCEPT)
    require(granted, P.REGISTRATION_ACCEPT)
    reason = await _return_reason(session, body, "community")
    if body.suggested_community_id is not None:
        await _require_taking_part(session, body.suggested_community_id)
    left = REGISTRATION.move(row, A.RETURN_FROM_COMMUNITY, granted, reason=reason)
    row.reason_code = body.reason_code
    row.suggested_community_id = body.suggested_community_id
    await moved(session, actor, row, A.RETURN_FROM_COMMUNITY, left, reason=reason)
    return row


async def withdraw(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The member takes it back before it was accepted; his line is the employer's again.

    Raises:
        NotFound: no such registration to see.
        Forbidden: somebody else's.
        BadTransition: it was accepted, or is over.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_OWN)
    left = REGISTRATION.move(row, A.WITHDRAW, granted)
    await release_line(session, row)
    await moved(session, actor, row, A.WITHDRAW, left)
    return row


async def suspend(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: SuspendIn
) -> Registration:
    """A pause that counts for nothing and against nobody; with a last day it ends by itself.

    Raises:
        NotFound, Forbidden, BadTransition: not to be seen; not his to suspend; not active.
        Invalid: no such reason, its words are missing, or the last day is before the first.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_SUSPEND)
    require(granted, P.REGISTRATION_SUSPEND)
    reason = await _reason(
        session, "registration.suspension_reasons", body.reason_code, body.reason_text
    )
    first = body.from_on or clock.today()
    if body.to_on is not None and body.to_on < max(first, clock.today()):
        raise Invalid.field("/to_on", "before_start", "结束日期不能早于开始日期或今天")
    left = REGISTRATION.move(row, A.SUSPEND, granted, reason=reason)
    row.reason_code, row.suspended_from, row.suspended_to = body.reason_code, first, body.to_on
    await moved(session, actor, row, A.SUSPEND, left, reason=reason)
    return row


async def resume(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The pause is over.

    Raises:
        NotFound, Forbidden, BadTransition: not to be seen; not his to resume; not suspended.
    """
    row, granted = await get(session, actor, registration_id, P.REGISTRATION_SUSPEND)
    left = REGISTRATION.move(row, A.RESUME, granted)
    row.suspended_to = clock.today()
    await moved(session, actor, row, A.RESUME, left)
    return row


async def end(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: EndIn
) -> Registration:
    """The registration is over; its history stays, its documents are void.

    Raises:
        NotFound, Forbidden, BadTransition: not to be seen; not his to end; not registered.
        Invalid: no such reason for this person, or its words are missing.
    """
    row, granted = await get(
        session, actor, registration_id, P.REGISTRATION_SUSPEND, P.REGISTRATION_REASON
    )
    require(granted, P.REGISTRATION_SUSPEND)
    section = "registration.end_reasons"
    entry = await content.require(session, section, body.reason_code, pointer="/reason_code")
    is_hidden = "visible_to" in entry and P.REGISTRATION_REASON not in granted
    if is_hidden or body.reason_code == WITHDREW_CONSENT:
        raise Invalid.field("/reason_code", "unknown_code", "不在可选范围内")
    reason = _worded(entry, body.reason_code, body.reason_text)
    left = REGISTRATION.move(row, A.END, granted, reason=reason)
    await finish(session, row, body.reason_code)
    await moved(session, actor, row, A.END, left, reason=reason)
    return row


async def moved(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    action: str,
    left: RegistrationStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """The step stands in the history and is announced; the reminder of the new state is set."""
    now = clock.now()
    session.add(
        RegistrationStep(
            registration_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session,
        RegistrationMoved(
            registration_id=row.id, person_id=row.person_id, action=action, status=row.status
        ),
    )
    row.remind_at, row.due_at = None, None
    if waited := await answer_workdays(session, row):
        row.remind_at = workdays.after(now, waited)
    elif row.status == S.SUSPENDED and row.suspended_to is not None:
        row.due_at = clock.day_starts(row.suspended_to + timedelta(days=1))
    await session.flush()


async def answer_workdays(session: AsyncSession, row: Registration) -> int | None:
    """How many workdays the one whom it waits for has; None where it waits for nobody."""
    match row.status:
        case S.PENDING_EMPLOYER:
            place, key = row.employer_id, "registration.employer_answer_workdays"
        case S.PENDING_COMMUNITY:
            place, key = row.community_id, "registration.community_answer_workdays"
        case _:
            return None
    return int(await policies.value(session, place, key))


async def enter(
    session: AsyncSession,
    row: Registration,
    placed: placing.Placed,
    *,
    certified: bool = True,
) -> None:
    """Placed, and numbered: a receipt of the community, and a certificate of the employer."""
    row.grid_id, row.functional_branch_id, row.functional_group_id = placed
    row.registered_on = clock.today()
    row.receipt_number, row.receipt_code = await _document(
        session, row, "registration_receipt", row.community_id
    )
    if certified:
        row.certificate_number, row.certificate_code = await _document(
            session, row, "registration_certificate", row.employer_id
        )


async def certify_anew(session: AsyncSession, row: Registration) -> None:
    """The certificate of the new employer takes the place of the old one."""
    kind = "registration_certificate"
    await numbers.mark(session, row.id, kind, CodeStatus.SUPERSEDED)
    row.certificate_number, row.certificate_code = await _document(
        session, row, kind, row.employer_id
    )


async def finish(
    session: AsyncSession,
    row: Registration,
    reason_code: str,
    standing: CodeStatus = CodeStatus.VOID,
) -> None:
    """What holds of a registration that has ended: its day, its reason, its documents' standing."""
    row.ended_on, row.reason_code = clock.today(), reason_code
    await session.execute(
        update(VerificationCode)
        .where(VerificationCode.subject_id == row.id)
        .values(standing=standing)
    )


async def revoke(session: AsyncSession, row: Registration, reason_code: str) -> None:
    """The house itself ends it, registered or not: consent is gone."""
    if row.status in REGISTERED:
        left = REGISTRATION.advance(row, A.END, reason=reason_code)
        await finish(session, row, reason_code)
        await moved(session, Actor.system(), row, A.END, left, reason=reason_code)
    else:
        left = REGISTRATION.advance(row, A.WITHDRAW)
        await moved(session, Actor.system(), row, A.WITHDRAW, left, reason=reason_code)
    await release_line(session, row)


async def release_line(session: AsyncSession, row: Registration) -> None:
    """The roster's line names nobody any more; one that only the applicant had made is gone."""
    member = await session.get_one(Member, row.member_id, with_for_update=True)
    member.person_id = None
    if member.service_state == APPLIED:
        member.left_on = clock.today()
    await session.flush()


async def require_branch(session: AsyncSession, employer_id: UUID, branch_id: UUID) -> None:
    """Nothing, or the branch is not one of the employer's.

    Raises:
        Invalid: of another employer, closed, or none at all.
    """
    branch = await session.scalar(
        select(Organization.id).where(
            Organization.id == branch_id,
            Organization.kind.in_(BRANCH_KINDS),
            Organization.lineage.contains([employer_id]),
            Organization.closed_on.is_(None),
        )
    )
    if branch is None:
        raise Invalid.field("/branch_id", "not_of_employer", "不是该单位的党组织")


BRANCH_KINDS = ("party_committee", "employer_general_branch", "employer_branch", "employer_group")


async def _document(
    session: AsyncSession, row: Registration, kind: str, issuer_id: UUID
) -> tuple[str, str]:
    number = await numbers.give(session, issuer_id, kind)
    code = await numbers.give_code(
        session,
        kind=kind,
        number=number,
        issuer_id=issuer_id,
        subject_id=row.id,
        issued_on=clock.today(),
    )
    return number, code


async def _change_line(session: AsyncSession, row: Registration, **values: Any) -> None:
    member = await session.get_one(Member, row.member_id)
    for name, value in values.items():
        setattr(member, name, value)


async def _require_taking_part(session: AsyncSession, community_id: UUID) -> None:
    found = await session.scalar(
        select(Organization.id).where(
            Organization.id == community_id,
            Organization.kind == "community",
            Organization.takes_part,
            Organization.closed_on.is_(None),
        )
    )
    if found is None:
        raise Invalid.field("/suggested_community_id", "not_taking_part", "该社区未参加双报到")


async def _return_reason(session: AsyncSession, body: ReturnIn, side: str) -> str:
    entry = await content.require(
        session, "registration.return_reasons", body.reason_code, pointer="/reason_code"
    )
    if entry["by"] not in (side, "any"):
        raise Invalid.field("/reason_code", "unknown_code", "不在可选范围内")
    return _worded(entry, body.reason_code, body.reason_text)


async def _reason(session: AsyncSession, section: str, code: str, text: str | None) -> str:
    entry = await content.require(session, section, code, pointer="/reason_code")
    return _worded(entry, code, text)


def _worded(entry: dict[str, Any], code: str, text: str | None) -> str:
    """The code, and behind a space the words that were added to it."""
    if entry.get("text_required") and text is None:
        raise Invalid.field("/reason_text", "text_required", "请写明原因")
    return code if text is None else f"{code} {text}"
