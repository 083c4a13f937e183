"""What every step in the life of a registration shares. Source: domain.md §3.1, practice.md R12."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events, numbers
from app.core import clock, workdays
from app.core.errors import AppError, Conflict
from app.members import placing
from app.members.events import RegistrationMoved
from app.members.lifecycle import REGISTERED, REGISTRATION, RegistrationAction
from app.models.house import CodeStatus, VerificationCode
from app.models.member import Member, Registration, RegistrationStatus, RegistrationStep
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.rows import get_row

P, A, S = Permission, RegistrationAction, RegistrationStatus

APPLIED, IN_SERVICE = "applied", "in_service"
EMPLOYER_DAYS = "registration.employer_answer_workdays"
COMMUNITY_DAYS = "registration.community_answer_workdays"
RECEIPT, CERTIFICATE = "registration_receipt", "registration_certificate"
WITHDREW_CONSENT, MOVED, CHANGED_EMPLOYER = "withdrew_consent", "moved", "changed_employer"


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
    return await get_row(
        session, actor, Registration, registration_id, seen=P.REGISTRATION_READ, asked=permissions
    )


async def moved(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    action: str,
    left: RegistrationStatus | None,
    *,
    reason: str | None = None,
    waits: int | None = None,
) -> None:
    """The step stands in the history and is announced; the reminder of the new state is set.

    `waits`: the workdays of whom it waits for now, where the caller has read them already.
    """
    if waits is None:
        with session.no_autoflush:  # the row is written once
            waits = await answer_workdays(session, row)
    set_clock(row, waits)
    note(session, actor, row, action, left, reason=reason)
    await session.flush()


def note(
    session: AsyncSession,
    actor: Actor,
    row: Registration,
    action: str,
    left: RegistrationStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """The step stands in the history and is announced, once the caller flushes."""
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


def set_clock(row: Registration, waits: int | None = None) -> None:
    """Reminder and time-out are those of the row's state; `waits` as in `moved`."""
    row.remind_at, row.due_at = None, None
    if waits:
        row.remind_at = workdays.after(clock.now(), waits)
    elif row.status == S.SUSPENDED and row.suspended_to is not None:
        row.due_at = clock.day_starts(row.suspended_to + timedelta(days=1))


async def answer_workdays(session: AsyncSession, row: Registration) -> int | None:
    """How many workdays the one whom it waits for has; None where it waits for nobody."""
    match row.status:
        case S.PENDING_EMPLOYER:
            place, key = row.employer_id, EMPLOYER_DAYS
        case S.PENDING_COMMUNITY:
            place, key = row.community_id, COMMUNITY_DAYS
        case _:
            return None
    return int(await policies.value(session, place, key))


async def enter(
    session: AsyncSession,
    placed: Sequence[tuple[Registration, placing.Placed]],
    *,
    certified: bool = True,
    replaces: UUID | None = None,
) -> None:
    """Each is placed, and numbered: a receipt of the community, and a certificate of the employer.

    The receipt comes first: whoever numbers several locks the community's series before any other.
    `replaces`: the registration whose documents are superseded. The caller flushes the rows.
    """
    kinds = (RECEIPT, CERTIFICATE) if certified else (RECEIPT,)
    issued = await numbers.issue(
        session,
        [
            numbers.Document(kind, row.community_id if kind == RECEIPT else row.employer_id, row.id)
            for row, _ in placed
            for kind in kinds
        ],
        replaces=replaces,
    )
    given = iter(issued)
    for row, where in placed:
        row.grid_id, row.functional_branch_id, row.functional_group_id = where
        row.registered_on = clock.today()
        row.receipt_number, row.receipt_code = next(given)
        if certified:
            row.certificate_number, row.certificate_code = next(given)


def confirm_line(member: Member) -> None:
    """A line by which only an employer was asked is in service."""
    if member.service_state == APPLIED:
        member.service_state = IN_SERVICE


async def confirm_lines(session: AsyncSession, member_ids: Sequence[UUID]) -> None:
    """As `confirm_line`, of several; one statement."""
    await session.execute(
        update(Member)
        .where(Member.id.in_(member_ids), Member.service_state == APPLIED)
        .values(service_state=IN_SERVICE)
    )


async def finish(session: AsyncSession, row: Registration, reason_code: str) -> None:
    """What holds of a registration that has ended: its day, its reason; its documents are void."""
    row.ended_on, row.reason_code = clock.today(), reason_code
    await session.execute(
        update(VerificationCode)
        .where(VerificationCode.subject_id == row.id)
        .values(standing=CodeStatus.VOID)
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
    if not await session.scalar(select(placing.is_branch(employer_id, branch_id))):
        raise placing.not_of_employer("/branch_id")
