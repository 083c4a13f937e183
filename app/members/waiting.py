"""What time and other rooms do to registrations: reminders, ends of pauses, withdrawn consent.

Nothing is ever accepted because somebody was silent. Source: practice.md R12.
"""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.members import qualifications, service
from app.members.applications import CORE
from app.members.events import RegistrationReminded
from app.members.lifecycle import REGISTRATION, RegistrationAction
from app.models.member import Member, Registration, RegistrationStatus, RegistrationStep
from app.permissions import Actor

S = RegistrationStatus


async def remind(session: AsyncSession, row: Registration) -> None:
    """Whoever it waits for is reminded, again after as many workdays; an employer that was silent
    twice is no longer alone: the district checks."""
    waited = await service.answer_workdays(session, row)
    if waited is None:
        return
    waits_for, organization_id = "community", row.community_id
    if row.status == S.PENDING_EMPLOYER:
        waits_for, organization_id = "employer", row.employer_id
        if row.handed_up_at is None and await _was_reminded(session, row):
            row.handed_up_at = clock.now()
        if row.handed_up_at is not None:
            waits_for = "district"
    row.remind_at = workdays.after(clock.now(), waited)
    session.add(
        RegistrationStep(
            registration_id=row.id, action="remind", left=row.status, entered=row.status
        )
    )
    events.record(
        session,
        RegistrationReminded(
            registration_id=row.id, organization_id=organization_id, waits_for=waits_for
        ),
    )
    await session.flush()


async def resume(session: AsyncSession, row: Registration) -> None:
    """The last day of the pause is over."""
    left = REGISTRATION.advance(row, RegistrationAction.RESUME)
    await service.moved(session, Actor.system(), row, RegistrationAction.RESUME, left)


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Without the core consent nothing stays registered online; the paper channel is open."""
    if event.purpose == CORE:
        await _revoke(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """The person stands in no registration and on no roster's line any more."""
    await _revoke(session, event.person_id)
    for table in (Registration, Member):
        await session.execute(
            update(table).where(table.person_id == event.person_id).values(person_id=None)
        )


async def _revoke(session: AsyncSession, person_id: object) -> None:
    await qualifications.forget(session, person_id)
    row = await session.scalar(
        select(Registration)
        .where(
            Registration.person_id == person_id,
            Registration.status.not_in((S.WITHDRAWN, S.ENDED)),
        )
        .with_for_update()
    )
    if row is not None:
        await service.revoke(session, row, service.WITHDREW_CONSENT)
    await session.execute(
        update(Member).where(Member.person_id == person_id).values(person_id=None)
    )


async def _was_reminded(session: AsyncSession, row: Registration) -> bool:
    """Whether the employer was reminded since it was asked last."""
    found = await session.scalar(
        select(RegistrationStep.id)
        .where(
            RegistrationStep.registration_id == row.id,
            RegistrationStep.action == "remind",
            RegistrationStep.at > row.submitted_at,
        )
        .limit(1)
    )
    return found is not None
