"""Transfers (转接): a member moves to another community, or to another employer.

The old registration holds until the new side takes the member in; then, in one transaction, it ends
and a new one is active, so that both sides keep their history, and records, minutes and seats stay
where they were made. Party membership itself is not moved by it.
Locked in this order: the registration, its transfer, roster lines by their ids, the series of numbers.
Source: domain.md §3.10, practice.md R12.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.lifecycle import BadTransition
from app.members import applications, placing, registrations, service
from app.members.events import RegistrationMoved, TransferMoved
from app.members.lifecycle import TRANSFER, RegistrationAction, TransferAction
from app.members.schemas import PlaceIn
from app.members.transfer_schemas import EmployerTransferIn, RefuseTransferIn
from app.models.member import (
    Member,
    Registration,
    RegistrationStatus,
    Transfer,
    TransferKind,
    TransferStatus,
    TransferStep,
)
from app.permissions import Actor, Permission, grants, may, require

P, S, T = Permission, RegistrationStatus, TransferStatus
A, TA = RegistrationAction, TransferAction
PLACED = ("ground", "ground_note", "compound_id", "building_id", "building_text")


class TransferUnderWay(Conflict):
    """One living transfer a registration. Source: domain.md §3.10."""

    code, title = "transfer_under_way", "已有转接在办理，请先撤回或等待办结"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_transfers_living": TransferUnderWay}


async def ask_community(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: PlaceIn
) -> Transfer:
    """The community is asked to let the member go to another one.

    Raises:
        NotFound, Forbidden: not to be seen; somebody else's.
        BadTransition: the registration is not active.
        ConsentRequired, PhoneRequired: as `applications.submit`.
        Invalid: the same community, one that takes no part, a wrong ground or building.
        TransferUnderWay: another one is living (by the database).
    """
    old, granted = await service.get(session, actor, registration_id, P.REGISTRATION_OWN)
    _require_active(old, granted)
    await applications.consenting(session, actor)
    if body.community_id == old.community_id:
        raise Invalid.field("/community_id", "same_community", "已在该社区报到")
    named = await placing.named(
        session, old.employer_id, body.community_id, body.compound_id, body.building_id
    )
    placing.check(named, body)
    row = Transfer(
        registration_id=old.id,
        kind=TransferKind.COMMUNITY,
        from_id=old.community_id,
        to_id=body.community_id,
        status=T.REQUESTED,
        **{name: getattr(body, name) for name in PLACED},
    )
    if body.building_id is not None:
        row.building_text = None
    return await _ask(session, actor, row, old)


async def ask_employer(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: EmployerTransferIn
) -> Transfer:
    """The employer is asked to let the member go to another one; the community stays.

    Raises:
        NotFound: not to be seen; the line is none that was offered.
        Forbidden, BadTransition, ConsentRequired, PhoneRequired: as `ask_community`.
        Invalid: both or neither are given, the same employer, none, or a wrong branch.
        PhoneOnRoster: it has a line with this phone, so there is nothing to apply for.
        TransferUnderWay: another one is living (by the database).
    """
    old, granted = await service.get(session, actor, registration_id, P.REGISTRATION_OWN)
    _require_active(old, granted)
    person = await applications.consenting(session, actor)
    asked = body.application
    if asked is not None and asked.employer_id == old.employer_id:
        raise Invalid.field("/application/employer_id", "same_employer", "已在该单位")
    line = await applications.find_line(session, person, body.member_id, asked)
    if line.employer_id == old.employer_id:
        raise Invalid.field("/member_id", "same_employer", "已在该单位")
    if line.service_state == service.APPLIED:
        known = await session.get_one(Member, old.member_id)
        line.party_status, line.is_protected = known.party_status, known.is_protected
    row = Transfer(
        registration_id=old.id,
        new_member_id=line.id,
        kind=TransferKind.EMPLOYER,
        from_id=old.employer_id,
        to_id=line.employer_id,
        status=T.REQUESTED,
    )
    return await _ask(session, actor, row, old)


async def let_go(session: AsyncSession, actor: Actor, transfer_id: UUID) -> Transfer:
    """The old side has no objection; now the new one decides.

    Raises:
        NotFound: no such transfer to see.
        Forbidden: not of the old side; a protected member is the secretary's alone.
        BadTransition: it does not wait for the old side.
    """
    row, old, granted = await get(session, actor, transfer_id)
    left = TRANSFER.move(row, TA.LET_GO, granted)
    await moved(session, actor, row, old.person_id, TA.LET_GO, left)
    return row


async def keep(
    session: AsyncSession, actor: Actor, transfer_id: UUID, body: RefuseTransferIn
) -> Transfer:
    """The old side does not let the member go, and says why; nothing has changed.

    Raises:
        NotFound, Forbidden, BadTransition: as `let_go`.
        Invalid: no reason of this side, or its words are missing.
    """
    return await _refuse(session, actor, transfer_id, TA.KEEP, body)


async def turn_down(
    session: AsyncSession, actor: Actor, transfer_id: UUID, body: RefuseTransferIn
) -> Transfer:
    """The new side does not take the member in, and says why; nothing has changed.

    Raises:
        NotFound, Forbidden, BadTransition: as `take_in`.
        Invalid: no reason of this side, or its words are missing.
    """
    return await _refuse(session, actor, transfer_id, TA.TURN_DOWN, body)


async def withdraw(session: AsyncSession, actor: Actor, transfer_id: UUID) -> Transfer:
    """The member stays where he is.

    Raises:
        NotFound, Forbidden: not to be seen; somebody else's.
        BadTransition: it is over.
    """
    row, old, granted = await get(session, actor, transfer_id)
    left = TRANSFER.move(row, TA.WITHDRAW, granted)
    await _drop_application(session, row)
    await moved(session, actor, row, old.person_id, TA.WITHDRAW, left)
    return row


async def get(
    session: AsyncSession, actor: Actor, transfer_id: UUID
) -> tuple[Transfer, Registration, list[str]]:
    """The transfer and the registration that it leaves, both locked, and what the actor may do.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    found = (
        await session.execute(
            FOUND.where(Transfer.id == transfer_id)
            .with_for_update(of=[Registration, Transfer])
            .execution_options(populate_existing=True),
            actor.binds(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found.Transfer, found.Registration, found.grants


FOUND = (
    select(
        Transfer,
        Registration,
        grants(P.TRANSFER_LET_GO, P.TRANSFER_TAKE_IN, P.TRANSFER_OWN),
    )
    .join(Registration, Registration.id == Transfer.registration_id)
    .where(may(P.TRANSFER_READ))
)


async def on_registration_moved(
    session: AsyncSession, fact_number: int, event: RegistrationMoved
) -> None:
    """A registration that has ended otherwise is not transferred any more."""
    if event.status != S.ENDED:
        return
    row = await session.scalar(
        select(Transfer)
        .where(
            Transfer.registration_id == event.registration_id,
            Transfer.status.in_((T.REQUESTED, T.OUT_CONFIRMED)),
        )
        .with_for_update()
    )
    if row is None:
        return
    left = TRANSFER.advance(row, TA.WITHDRAW)
    await _drop_application(session, row)
    await moved(session, Actor.system(), row, event.person_id, TA.WITHDRAW, left)


async def was_transferred(session: AsyncSession, registration_id: UUID) -> bool:
    """Whether the registration ended by its transfer, and goes on as another one."""
    found = await session.scalar(
        select(Transfer.id).where(
            Transfer.registration_id == registration_id, Transfer.status == T.EFFECTIVE
        )
    )
    return found is not None


def _require_active(old: Registration, granted: list[str]) -> None:
    require(granted, P.REGISTRATION_OWN)
    if old.status != S.ACTIVE:
        raise BadTransition


async def _ask(session: AsyncSession, actor: Actor, row: Transfer, old: Registration) -> Transfer:
    session.add(row)
    await session.flush()
    await moved(session, actor, row, old.person_id, "ask", None)
    return row


REFUSED_BY = {TA.KEEP: P.TRANSFER_LET_GO, TA.TURN_DOWN: P.TRANSFER_TAKE_IN}


async def _refuse(
    session: AsyncSession,
    actor: Actor,
    transfer_id: UUID,
    action: TransferAction,
    body: RefuseTransferIn,
) -> Transfer:
    row, old, granted = await get(session, actor, transfer_id)
    require(granted, REFUSED_BY[action])
    reason = await registrations.return_reason(
        session, row.kind, body.reason_code, body.reason_text
    )
    left = TRANSFER.move(row, action, granted, reason=reason)
    await _drop_application(session, row)
    await moved(session, actor, row, old.person_id, action, left, reason=reason)
    return row


async def _drop_application(session: AsyncSession, row: Transfer) -> None:
    """The line that only the application had made is gone; a line of the roster stays."""
    if row.new_member_id is None:
        return
    line = await session.get_one(Member, row.new_member_id, with_for_update=True)
    if line.service_state == service.APPLIED:
        line.left_on = clock.today()


async def moved(
    session: AsyncSession,
    actor: Actor,
    row: Transfer,
    person_id: UUID | None,
    action: str,
    left: TransferStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """The step stands in the transfer's history and is announced."""
    session.add(
        TransferStep(
            transfer_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session,
        TransferMoved(transfer_id=row.id, person_id=person_id, action=action, status=row.status),
    )
    await session.flush()
