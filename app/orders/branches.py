"""A branch, a group or a registered employer takes places in its name (支部接单) and names who comes.

Whom it names is asked like anybody else, and may decline; the place is then the branch's again,
until the names are due. Names may be exchanged until the cut-off of the order.
Source: practice.md R14.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.commitments import service as commitments
from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound
from app.models.member import Member, Registration, RegistrationStatus
from app.models.order import BranchTake, Order, Seat, SeatOrigin, SeatStatus
from app.models.organization import NamedOrganization, Organization
from app.orders import eligibility, offers, service
from app.orders.branch_schemas import BranchTakeIn, ExchangeIn
from app.orders.eligibility import CannotCome
from app.orders.flags import DispatchOnly
from app.orders.lifecycle import SeatAction
from app.orders.seats import Closed, Full
from app.organizations import units
from app.permissions import Actor, Permission, grants, may, require
from app.policies import service as policies
from app.rules.members import is_protected

P = Permission
NAMES_HOURS = "orders.branch_names_due_hours"
Unit = aliased(NamedOrganization)  # in whose name


class NamesClosed(Conflict):
    """The time to name people, or others in their place, is over."""

    code, title = "names_closed", "已过报名单或换人的时间"


def _in_community(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Registration.community_id == Order.community_id, condition)


# Whose registrations a unit of each kind may name, for an `Order`; the first column drives.
MEMBERS: Mapping[str, ColumnElement[bool]] = {
    "functional_branch": _in_community(Registration.functional_branch_id == Unit.id),
    "functional_group": _in_community(Registration.functional_group_id == Unit.id),
    "grid_branch": _in_community(Registration.grid_id == Unit.grid_id),
    "compound_branch": _in_community(Registration.compound_id == Unit.compound_id),
    "employer": Registration.employer_id == Unit.id,
    "employer_branch": and_(
        Registration.employer_id == any_(Unit.lineage),
        select(Member.id)
        .where(Member.id == Registration.member_id, Member.branch_id == Unit.id)
        .exists(),
    ),
}
# Of these only who can be asked at all; a protected member is on no list. Source: practice.md R12.
NAMEABLE = and_(
    Registration.status == RegistrationStatus.ACTIVE,
    Registration.person_id.is_not(None),
    ~is_protected,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A take with its locked order, and what the actor may do with it."""

    take: BranchTake
    order: Order
    unit: Organization
    granted: list[str]
    seat: Seat | None


async def take(
    session: AsyncSession, actor: Actor, order_id: UUID, body: BranchTakeIn
) -> BranchTake:
    """The unit has so many places; who is named is asked, the other places wait for their names.

    Raises:
        NotFound: no such order for the actor.
        Forbidden, NotOfCommunity: as for the unit.
        Closed, Full, DispatchOnly: as for everybody.
        Invalid: no unit that takes, more names than places, somebody who is not of the unit.
        CannotCome: somebody named.
    """
    order, _ = await service.get(session, actor, order_id)
    made, _ = await take_on(session, actor, order, body)
    return made


async def take_on(
    session: AsyncSession, actor: Actor, order: Order, body: BranchTakeIn
) -> tuple[BranchTake, list[Seat]]:
    """As `take`, on an order that is locked; with the seats of who is named."""
    unit = await units.get(session, actor, order.community_id, body.organization_id)
    if not offers.is_open(order):
        raise Closed
    if order.is_confidential:
        raise DispatchOnly
    if len(body.registration_ids) > body.places:
        raise Invalid.field("/registration_ids", "too_many_names", "人数多于名额")
    if order.seats - order.taken < body.places:
        raise Full
    people = await _named(session, order, unit, _places(body.registration_ids))
    hours = await policies.values(session, order.community_id, NAMES_HOURS, offers.ANSWER_HOURS)
    made = BranchTake(
        order_id=order.id,
        organization_id=unit.id,
        taken_by_id=actor.person_id,
        places=body.places,
        unnamed=body.places - len(people),
        names_due_at=min(clock.now() + timedelta(hours=hours[NAMES_HOURS]), _cut_off(order)),
    )
    session.add(made)
    await session.flush()
    order.taken += body.places
    offers.wake(order, made.names_due_at)
    seats = await offers.ask(
        session,
        actor,
        order,
        people,
        origin=SeatOrigin.BRANCH,
        hours=hours[offers.ANSWER_HOURS],
        take=made,
    )
    await session.flush()
    return made, seats


async def name(
    session: AsyncSession, actor: Actor, take_id: UUID, registration_ids: Sequence[UUID]
) -> BranchTake:
    """These people are asked for places that have no name yet.

    Raises:
        NotFound, Forbidden: as for the take.
        NamesClosed: see there. Full: fewer places are left.
        Invalid, CannotCome: as at the taking.
    """
    held = await _get(session, actor, take_id)
    made, order = held.take, held.order
    if not offers.is_open(order) or made.names_due_at <= clock.now():
        raise NamesClosed
    if len(registration_ids) > made.unnamed:
        raise Full
    people = await _named(session, order, held.unit, _places(registration_ids))
    await _ask(session, actor, held, people)
    made.unnamed -= len(people)
    await session.flush()
    return made


async def exchange(
    session: AsyncSession, actor: Actor, take_id: UUID, body: ExchangeIn
) -> BranchTake:
    """Another is asked in the place of somebody named, who is told, and nothing else follows.

    Raises:
        NotFound, Forbidden, BadTransition: as for the take and its seat.
        NamesClosed: after the cut-off of the order.
        Invalid, CannotCome: as at the taking.
    """
    held = await _get(session, actor, take_id, body.seat_id)
    order, seat = held.order, held.seat
    if not offers.is_open(order) or (order.release_until or order.starts_at) <= clock.now():
        raise NamesClosed
    if seat is None:
        raise Invalid.field("/seat_id", "unknown_seat", "名单中没有这个名额")
    people = await _named(session, order, held.unit, {"/registration_id": body.registration_id})
    await _ask(session, actor, held, people)
    had_promised = seat.status is SeatStatus.TAKEN
    service.seat_moved(session, actor, seat, SeatAction.REPLACE, held.granted)
    if had_promised:
        await commitments.take_back(session, "order", [seat.id])
    await session.flush()
    return held.take


async def give_back(session: AsyncSession, actor: Actor, take_id: UUID) -> BranchTake:
    """Places without a name are free again, for who waits first.

    Raises:
        NotFound, Forbidden: as for the take.
    """
    held = await _get(session, actor, take_id)
    held.order.taken -= held.take.unnamed
    held.take.unnamed = 0
    await offers.pass_on(session, held.order)
    await session.flush()
    return held.take


async def _get(
    session: AsyncSession, actor: Actor, take_id: UUID, seat_id: UUID | None = None
) -> Held:
    """The take that the actor may name people for; its order is locked first, as everywhere.

    With it that one of its seats, if it is one.
    """
    order = await session.scalar(
        select(Order)
        .join(BranchTake, BranchTake.order_id == Order.id)
        .where(BranchTake.id == take_id, may(P.TAKE_READ))
        .with_for_update(of=Order),
        actor.binds(),
    )
    if order is None:
        raise NotFound
    row = (
        await session.execute(
            select(BranchTake, Organization, Seat, grants(P.TAKE_NAME))
            .join(Organization, Organization.id == BranchTake.organization_id)
            .outerjoin(Seat, and_(Seat.id == seat_id, Seat.branch_take_id == BranchTake.id))
            .where(BranchTake.id == take_id),
            actor.binds(),
        )
    ).one()
    require(row.grants, P.TAKE_NAME)
    return Held(row.BranchTake, order, row.Organization, row.grants, row.Seat)


async def _named(
    session: AsyncSession, order: Order, unit: Organization, wanted: Mapping[str, UUID]
) -> list[Registration]:
    """The named people, if each is of the unit and may be asked now; by where they are named.

    Their rows are locked in the order of their ids: who names the same people for another service
    waits for his turn, and never crosswise.
    """
    if not wanted:
        return []
    rows = await session.scalars(
        select(Registration)
        .join(Order, Order.id == order.id)
        .join(Unit, Unit.id == unit.id)
        .where(Registration.id.in_(wanted.values()), MEMBERS[unit.kind], NAMEABLE)
        .order_by(Registration.id)
        .with_for_update(of=Registration, key_share=True)
    )
    people = {one.id: one for one in rows}
    for pointer, one_id in wanted.items():
        if one_id not in people:
            raise Invalid.field(pointer, "unknown", "名单中没有这位党员")
    able = await eligibility.free(session, order, list(people))
    for pointer, one_id in wanted.items():
        if one_id not in able:
            raise CannotCome.at(pointer)
    return list(people.values())


async def _ask(
    session: AsyncSession, actor: Actor, held: Held, people: Sequence[Registration]
) -> None:
    order = held.order
    hours = await policies.value(session, order.community_id, offers.ANSWER_HOURS)
    await offers.ask(
        session,
        actor,
        order,
        people,
        origin=SeatOrigin.BRANCH,
        hours=hours,
        take=held.take,
    )


def _places(registration_ids: Sequence[UUID]) -> dict[str, UUID]:
    return {f"/registration_ids/{place}": one for place, one in enumerate(registration_ids)}


def _cut_off(order: Order) -> datetime:
    """Until when names may change: that of the order, or its begin where it is past already."""
    if order.release_until is not None and order.release_until > clock.now():
        return order.release_until
    return order.starts_at
