"""Shifts: added by the organiser, taken whole by a group or a paired employer, who then name people.

A block is one conditional UPDATE: it stands only while nobody has a place on the shift yet.
Source: practice.md R4.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound
from app.emergency import limits, seats, service
from app.emergency.lifecycle import APPROVABLE, NAMED
from app.emergency.shift_schemas import ShiftIn
from app.lifecycle import BadTransition
from app.models.emergency import CallUp, CallUpStatus, Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from app.permissions import Actor, Permission, grants, require
from app.policies import content

P = Permission


class Taken(Conflict):
    """Somebody has a place on it already, or another group the whole of it."""

    code, title = "shift_taken", "该班次已有人认领"


class NotPaired(Conflict):
    """Only an employer that is paired with the community takes a whole shift."""

    code, title = "not_paired", "单位未与该社区结对，不能整班认领"


async def add(session: AsyncSession, actor: Actor, call_up_id: UUID, body: ShiftIn) -> Shift:
    """One more shift; members can take places on it as soon as they are called.

    Raises:
        NotFound, Forbidden, BadTransition: as every step; also when the call-up is over.
        Invalid: an unknown duty, a time turned round or past, longer than people stand.
    """
    call_up, _ = await service.get(session, actor, call_up_id, P.CALL_UP_RUN)
    if call_up.status not in APPROVABLE:
        raise BadTransition
    (shift,) = await make(session, call_up, [body])
    return shift


async def make(session: AsyncSession, call_up: CallUp, bodies: Sequence[ShiftIn]) -> list[Shift]:
    """Shifts of a locked call-up, or of a new one; errors as for one that is added."""
    duties, limits = (await content.sections(session, "emergency.duties", "emergency")).values()
    longest = timedelta(hours=limits["shift_hours_max"]["value"])
    for body in bodies:
        if body.duty not in duties:
            raise Invalid.field("/duty", "unknown_code", "不在可选范围内")
        if body.ends_at <= max(body.starts_at, clock.now()):
            raise Invalid.field("/ends_at", "ends_before_start", "结束时间早于开始时间或已过")
        if body.ends_at - body.starts_at > longest:
            raise Invalid.field("/ends_at", "too_long", "一个班次时间过长，请分班")
    made = [
        Shift(
            call_up_id=call_up.id,
            place=body.place or call_up.place,
            rest_hours=limits["rest_hours_min"]["value"],
            is_open=call_up.status is CallUpStatus.ACTIVE,
            **body.model_dump(exclude={"place"}),
        )
        for body in bodies
    ]
    session.add_all(made)
    await session.flush()
    return made


async def block_for_group(
    session: AsyncSession, actor: Actor, shift_id: UUID, group_id: UUID
) -> Shift:
    """The whole shift is this group's, if nobody has a place on it; its leader names who comes.

    Raises:
        NotFound: no such shift for the actor, or no such group. Forbidden: not its leader.
        Closed: nobody is called any more. Taken: see there.
        Invalid: a group of another area.
    """
    shift, call_up = await seats.get_shift(session, actor, shift_id)
    lineage = await _holder(session, actor, group_id, "functional_group", P.GROUP_BLOCK)
    if call_up.organization_id not in lineage:
        raise Invalid.field("/group_id", "not_of_organization", "不属于本辖区")
    return await _block(session, actor, shift, group_id)


async def block_for_employer(
    session: AsyncSession, actor: Actor, shift_id: UUID, employer_id: UUID
) -> Shift:
    """The whole shift is this employer's; its secretary names who comes.

    Raises:
        NotFound, Forbidden, Closed, Taken: as for a group. NotPaired: see there.
    """
    shift, call_up = await seats.get_shift(session, actor, shift_id)
    await _holder(session, actor, employer_id, "employer", P.EMPLOYER_BLOCK)
    pairing = await session.scalar(
        select(OrganizationRegistration.id)
        .join(Organization, Organization.id == OrganizationRegistration.community_id)
        .where(
            OrganizationRegistration.employer_id == employer_id,
            OrganizationRegistration.status == PairingStatus.ACTIVE,
            any_(Organization.lineage) == call_up.organization_id,
        )
        .limit(1)
    )
    if pairing is None:
        raise NotPaired
    return await _block(session, actor, shift, employer_id)


async def unblock(session: AsyncSession, actor: Actor, shift_id: UUID) -> Shift:
    """Everybody called may take what is left of the shift; who was named keeps his place.

    Raises:
        NotFound: no such shift for the actor.
        Forbidden: neither the organiser nor who holds the block.
    """
    shift, _, granted = await seats.lock_shift(session, actor, shift_id)
    if P.CALL_UP_RUN not in granted:
        require(granted, P.SHIFT_NAME)
    shift.holder_id = None
    await session.flush()
    return shift


async def name(
    session: AsyncSession, actor: Actor, shift_id: UUID, registration_ids: list[UUID]
) -> Shift:
    """These members have a place on the block, are asked, and may decline.

    Raises:
        NotFound: no such shift for the actor. Forbidden: the block is not his.
        Closed: nobody is called any more. Full: more than the block has places.
        Invalid: not a member of who holds the block, or one who has a place already.
        Tired, Overlaps, WeekLimit, LiveLimit: as for who claims himself.
    """
    shift, call_up, granted = await seats.lock_shift(session, actor, shift_id)
    require(granted, P.SHIFT_NAME)
    if not shift.is_open or shift.ends_at <= clock.now():
        raise seats.Closed
    members = await _members(session, shift, set(registration_ids))
    if shift.taken + len(members) > shift.seats:
        raise seats.Full
    shift.taken += len(members)
    people = [member.person_id for member in members if member.person_id is not None]
    await limits.check(session, call_up, shift, people)
    await seats.hold(session, actor, call_up, shift, members, NAMED)
    return shift


async def _holder(
    session: AsyncSession, actor: Actor, organization_id: UUID, kind: str, needed: Permission
) -> list[UUID]:
    """The lineage of the organization in whose name the actor takes a block."""
    row = (
        await session.execute(
            select(Organization.lineage, grants(needed)).where(
                Organization.id == organization_id, Organization.kind == kind
            ),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, needed)
    lineage: list[UUID] = row.lineage
    return lineage


async def _block(session: AsyncSession, actor: Actor, shift: Shift, holder_id: UUID) -> Shift:
    got = await session.scalar(
        update(Shift)
        .where(
            Shift.id == shift.id,
            Shift.is_open,
            Shift.taken == 0,
            or_(Shift.holder_id.is_(None), Shift.holder_id == holder_id),
            Shift.ends_at > clock.now(),
        )
        .values(holder_id=holder_id, updated_at=clock.now())
        .returning(Shift.id)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(shift)
    if got is None:
        raise Taken if shift.is_open and shift.ends_at > clock.now() else seats.Closed
    return shift


async def _members(session: AsyncSession, shift: Shift, wanted: set[UUID]) -> list[Any]:
    """The registrations, if each is an active one of the holder's and has no place yet.

    By person, so that two who name the same people wait for each other in one order.
    """
    holds = (
        select(ShiftSeat.id)
        .where(
            ShiftSeat.shift_id == shift.id,
            ShiftSeat.person_id == Registration.person_id,
            ShiftSeat.status.in_([ShiftSeatStatus.NAMED, ShiftSeatStatus.TAKEN]),
        )
        .exists()
    )
    rows = await session.scalars(
        select(Registration)
        .join(Member, Member.id == Registration.member_id)
        .where(
            Registration.id.in_(wanted),
            Registration.status == RegistrationStatus.ACTIVE,
            Registration.person_id.is_not(None),
            or_(
                Registration.functional_group_id == shift.holder_id,
                Registration.employer_id == shift.holder_id,
            ),
            ~Member.is_protected,
            ~holds,
        )
        .order_by(Registration.person_id)
    )
    found = list(rows)
    if len(found) != len(wanted):
        raise Invalid.field("/registration_ids", "unfit_member", "只能安排本组织未在班的在册党员")
    return found
