"""Two people answer for a call-up; with the last approval that it needs the members are called."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Insert, any_, cast, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock
from app.core.db import made_id
from app.core.errors import Conflict
from app.emergency import service
from app.emergency.lifecycle import APPROVABLE, APPROVED, CALL_UP, CallUpAction
from app.lifecycle import BadTransition
from app.models.emergency import CallUp, CallUpApproval, CallUpStatus, Reply, Shift
from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization
from app.permissions import Actor, Permission
from app.policies import service as policies

APPROVALS = 2
LIMITS = ("orders.max_per_week_per_person", "orders.max_live_seats_per_person")


class AlreadyApproved(Conflict):
    """Two different people answer for a call-up."""

    code, title = "already_approved", "您已批准，须由另一人批准"


async def approve(session: AsyncSession, actor: Actor, call_up_id: UUID) -> CallUp:
    """One more person answers for it; with enough of them the members are called.

    Raises:
        NotFound, Forbidden: as every step.
        BadTransition: over, or approved by two already.
        AlreadyApproved: see there.
    """
    call_up, _ = await service.get(session, actor, call_up_id, Permission.CALL_UP_APPROVE)
    before = list(
        await session.scalars(
            select(CallUpApproval.person_id).where(CallUpApproval.call_up_id == call_up.id)
        )
    )
    if call_up.status not in APPROVABLE or len(before) >= APPROVALS:
        raise BadTransition
    if actor.person_id in before:
        raise AlreadyApproved
    session.add(CallUpApproval(call_up_id=call_up.id, person_id=actor.person_id))
    service.tell(session, actor, call_up, APPROVED, call_up.status)
    approvals = len(before) + 1
    if call_up.status is CallUpStatus.ACTIVE:
        call_up.due_at = None
    elif approvals >= call_up.approvals_needed:
        with session.no_autoflush:  # every row is written once
            await _activate(session, actor, call_up, is_complete=approvals >= APPROVALS)
    await session.flush()
    return call_up


async def _activate(
    session: AsyncSession, actor: Actor, call_up: CallUp, *, is_complete: bool
) -> None:
    """Its members are called, its shifts open; two statements, however many they are."""
    left = CALL_UP.advance(call_up, CallUpAction.ACTIVATE)
    now = clock.now()
    call_up.activated_at = now
    call_up.reply_until = now + timedelta(minutes=call_up.reply_minutes)
    if not is_complete and call_up.second_within_hours is not None:
        call_up.due_at = now + timedelta(hours=call_up.second_within_hours)
    if not call_up.is_emergency:
        found = await policies.values(session, call_up.organization_id, *LIMITS)
        call_up.week_limit, call_up.live_limit = (found[key] for key in LIMITS)
    service.tell(session, actor, call_up, CallUpAction.ACTIVATE, left)
    await session.execute(_calling(call_up, now))
    await session.execute(
        update(Shift).where(Shift.call_up_id == call_up.id).values(is_open=True, updated_at=now)
    )


def _calling(call_up: CallUp, now: datetime) -> Insert:
    """A row for each active registration in the area; who is registered on paper is on no list.

    Source: practice.md R12.
    """
    targets = cast(call_up.targets, ARRAY(Uuid()))
    called = (
        select(
            made_id(now),
            literal(call_up.id, Uuid()),
            Registration.id,
            Registration.person_id,
        )
        .join(Organization, Organization.id == Registration.community_id)
        .where(
            Organization.lineage.contains([call_up.organization_id]),
            Registration.status == RegistrationStatus.ACTIVE,
            Registration.channel != "paper_only",
            or_(
                Organization.lineage.overlap(targets),
                Registration.grid_id == any_(targets),
                Registration.functional_branch_id == any_(targets),
                Registration.functional_group_id == any_(targets),
            ),
        )
    )
    columns = ["id", "call_up_id", "registration_id", "person_id"]
    return insert(Reply).from_select(columns, called)
