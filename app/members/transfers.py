"""Transfers (转接): a member moves to another community, or to another employer.

The old registration holds until the new side takes the member in; then, in one transaction, it ends
and a new one is active, so that both sides keep their history, and records, minutes and seats stay
where they were made. Party membership itself is not moved by it.
Locked in this order: the registration, its transfer, roster lines by their ids, the series of numbers.
Source: domain.md §3.10, practice.md R12.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.lifecycle import BadTransition
from app.members import applications, placing, registrations, service
from app.members.events import RegistrationMoved, TransferMoved
from app.members.lifecycle import REGISTRATION, TRANSFER, RegistrationAction, TransferAction
from app.members.placing import Placed
from app.members.schemas import PlaceIn, RegistrationAcceptIn
from app.members.transfer_schemas import EmployerTransferIn, RefuseTransferIn, TakeInIn
from app.models.house import CodeStatus
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
CARRIED = ("person_id", "skills", "availability")


class TransferUnderWay(Conflict):
    """One living transfer a registration. Source: domain.md §3.10."""

    code, title = "transfer_under_way", "已有转接在办理，请先撤回或等待办结"


class LineGone(Conflict):
    """The new employer's line is no longer there, or is somebody else's."""

    code, title = "line_gone", "单位名册中已没有这名党员，请退回后由本人重新申请"


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
    await placing.check(session, old.employer_id, body)
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
    await _moved(session, actor, row, old.person_id, TA.LET_GO, left)
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
    await _moved(session, actor, row, old.person_id, TA.WITHDRAW, left)
    return row


async def take_in(
    session: AsyncSession, actor: Actor, transfer_id: UUID, body: TakeInIn
) -> Transfer:
    """From today the member is registered on the new side, with certificate, receipt and codes.

    Raises:
        NotFound: no such transfer to see.
        Forbidden: not of the new side; a protected member is the secretary's alone.
        BadTransition: it does not wait for the new side, or the registration is not active any more.
        Invalid: grid, branch or group are not the community's, or the branch not the employer's.
        LineGone: the employer's line has left, or is somebody else's.
    """
    row, old, granted = await get(session, actor, transfer_id)
    left = TRANSFER.move(row, TA.TAKE_IN, granted)
    if old.status != S.ACTIVE:
        raise BadTransition
    if row.kind is TransferKind.COMMUNITY:
        new = await _into_community(session, actor, row, old, body)
    else:
        new = await _into_employer(session, actor, row, old, body)
    row.new_registration_id = new.id
    await _moved(session, actor, row, old.person_id, TA.TAKE_IN, left)
    return row


async def get(
    session: AsyncSession, actor: Actor, transfer_id: UUID
) -> tuple[Transfer, Registration, list[str]]:
    """The transfer and the registration that it leaves, both locked, and what the actor may do.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    old = await session.scalar(
        select(Registration)
        .join(Transfer, Transfer.registration_id == Registration.id)
        .where(Transfer.id == transfer_id, may(P.TRANSFER_READ))
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True),
        actor.binds(),
    )
    if old is None:
        raise NotFound
    found = await session.execute(
        select(Transfer, grants(P.TRANSFER_LET_GO, P.TRANSFER_TAKE_IN, P.TRANSFER_OWN))
        .where(Transfer.id == transfer_id)
        .with_for_update(of=Transfer)
        .execution_options(populate_existing=True),
        actor.binds(),
    )
    row, granted = found.one()
    return row, old, granted


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
    await _moved(session, Actor.system(), row, event.person_id, TA.WITHDRAW, left)


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
    await _moved(session, actor, row, old.person_id, "ask", None)
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
    await _moved(session, actor, row, old.person_id, action, left, reason=reason)
    return row


async def _drop_application(session: AsyncSession, row: Transfer) -> None:
    """The line that only the application had made is gone; a line of the roster stays."""
    if row.new_member_id is None:
        return
    line = await session.get_one(Member, row.new_member_id, with_for_update=True)
    if line.service_state == service.APPLIED:
        line.left_on = clock.today()


async def _into_community(
    session: AsyncSession, actor: Actor, row: Transfer, old: Registration, body: TakeInIn
) -> Registration:
    if body.branch_id is not None:
        raise Invalid.field("/branch_id", "not_yours", "名册中的党支部由单位更正")
    chosen = RegistrationAcceptIn.model_validate(body.model_dump(exclude={"branch_id"}))
    placed = await placing.place(session, row.to_id, row.building_id, chosen)
    there = {"member_id": old.member_id, "employer_id": old.employer_id, "community_id": row.to_id}
    there |= {name: getattr(row, name) for name in PLACED}
    return await _renew(session, actor, (row, old, service.MOVED), placed, there)


async def _into_employer(
    session: AsyncSession, actor: Actor, row: Transfer, old: Registration, body: TakeInIn
) -> Registration:
    """The same place in the same community; the line of the new employer is the person's."""
    for name in placing.KINDS:
        if getattr(body, name) is not None:
            raise Invalid.field(f"/{name}", "not_yours", "编组由社区办理")
    if body.branch_id is not None:
        await service.require_branch(session, row.to_id, body.branch_id)
    line = await _change_lines(session, row, old)
    line.branch_id = body.branch_id or line.branch_id
    there = {"member_id": line.id, "employer_id": row.to_id, "community_id": old.community_id}
    there |= {name: getattr(old, name) for name in PLACED}
    placed = Placed(old.grid_id, old.functional_branch_id, old.functional_group_id)
    return await _renew(session, actor, (row, old, service.CHANGED_EMPLOYER), placed, there)


async def _change_lines(session: AsyncSession, row: Transfer, old: Registration) -> Member:
    """The old line has left; it is written first, for a person has one living line."""
    found = await session.scalars(
        select(Member)
        .where(Member.id.in_([old.member_id, row.new_member_id]))
        .order_by(Member.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    lines: dict[UUID | None, Member] = {line.id: line for line in found}
    former, line = lines[old.member_id], lines[row.new_member_id]
    if line.left_on is not None or line.person_id not in (None, old.person_id):
        raise LineGone
    former.left_on = former.left_on or clock.today()
    await session.flush()
    line.person_id = old.person_id
    return line


async def _renew(
    session: AsyncSession,
    actor: Actor,
    leaving: tuple[Transfer, Registration, str],
    placed: Placed,
    there: Mapping[str, Any],
) -> Registration:
    """The old registration ended for its reason, the new one active and numbered.

    The old one is written first, for a person and a line have one living registration.
    """
    row, old, reason = leaving
    left = REGISTRATION.advance(old, A.END, reason=reason)
    await service.finish(session, old, reason, CodeStatus.SUPERSEDED)
    await service.moved(session, actor, old, A.END, left, reason=reason)
    new = Registration(
        channel="online",
        status=S.ACTIVE,
        submitted_at=row.created_at,
        **{name: getattr(old, name) for name in CARRIED},
        **there,
    )
    session.add(new)
    await session.flush()
    await service.enter(session, new, placed)
    await service.moved(session, actor, new, "transfer", None)
    return new


async def _moved(
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
