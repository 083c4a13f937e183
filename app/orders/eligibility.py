"""Who may come: the same is asked of everybody, by whatever road a seat comes to him.

Each condition is about a person (a column or a bind) and the `Order` of the statement it stands in.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Interval,
    Select,
    Uuid,
    and_,
    any_,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.commitments.service import Overlaps, local_week
from app.core.errors import AppError, Conflict, FieldError, Forbidden
from app.models.member import Qualification, Registration, RegistrationStatus
from app.models.need import Need
from app.models.order import Commitment, Order, OrderNeed, Seat, SeatStatus, WeekCount
from app.orders.service import OwnNeed
from app.rules.orders import is_living


class NotRegistered(Forbidden):
    """Only who is registered takes part."""

    code, title = "not_registered", "请先完成报到"


class WeekLimit(Conflict):
    """So much a week, so that nobody is worn out; the community may lift it."""

    code, title = "week_limit", "本周接单已达上限"


class LiveLimit(Conflict):
    """So many promises at a time."""

    code, title = "live_limit", "您已接的服务较多，请先完成"


class NotQualified(Conflict):
    """What needs a licence or a clearance is done by who has it. Source: practice.md R20."""

    code, title = "not_qualified", "该服务需要经核验且在服务当日有效的资质"


class CannotCome(Conflict):
    """Somebody named is not free. Why, is his own affair."""

    code, title = "cannot_come", "该党员此时不便参加，或已被邀请"

    @classmethod
    def at(cls, pointer: str) -> "CannotCome":
        """Who is meant, by his place in the payload."""
        return cls(errors=(FieldError(pointer, cls.code, cls.title),))


Theirs = aliased(Registration)
Promised = aliased(Seat)
Elsewhere = aliased(Order)
# As constants: the plan of a prepared statement takes an index of some states only if it sees which.
IS_ACTIVE = Theirs.status == literal_column(f"'{RegistrationStatus.ACTIVE}'")
IS_TAKEN = Promised.status == literal_column(f"'{SeatStatus.TAKEN}'")
IS_OFFERED = Promised.status == literal_column(f"'{SeatStatus.OFFERED}'")


def registration_of(person: Any) -> Any:
    """The person's active registration, or null."""
    return select(Theirs.id).where(Theirs.person_id == person, IS_ACTIVE).limit(1).scalar_subquery()


def promised_by(person: Any) -> Any:
    """How many other services the person has promised to come to."""
    return (
        select(func.count())
        .select_from(Promised)
        .where(Promised.person_id == person, IS_TAKEN, Promised.order_id != Order.id)
        .scalar_subquery()
    )


def taken_in_week(person: Any) -> Any:
    """How many the person has taken in the week of the order."""
    return func.coalesce(
        select(WeekCount.taken)
        .where(WeekCount.person_id == person, WeekCount.week == local_week(Order.starts_at))
        .scalar_subquery(),
        0,
    )


def asks_for(person: Any) -> ColumnElement[bool]:
    """The person has asked for what the order does."""
    return (
        select(Need.id)
        .join(OrderNeed, OrderNeed.need_id == Need.id)
        .where(OrderNeed.order_id == Order.id, Need.requester_id == person)
        .exists()
    )


def _good_on_the_day(person: Any, codes: Any) -> Select[str]:
    """Which of `codes` are verified of the person, and still good on the day of the order."""
    day = cast(func.timezone("Asia/Shanghai", Order.starts_at), Date)
    return (
        select(Qualification.code)
        .join(Theirs, Theirs.member_id == Qualification.member_id)
        .where(
            Theirs.person_id == person,
            IS_ACTIVE,
            Qualification.code == any_(codes),
            or_(Qualification.valid_to.is_(None), Qualification.valid_to >= day),
        )
        .correlate_except(Qualification, Theirs)
    )


def is_unqualified(person: Any) -> ColumnElement[bool]:
    """The order wants qualifications that the person does not have."""
    cleared = _good_on_the_day(person, Order.clearances).distinct().subquery()
    return or_(
        and_(
            func.cardinality(Order.licences) > 0,
            ~_good_on_the_day(person, Order.licences).exists(),
        ),
        and_(
            func.cardinality(Order.clearances) > 0,
            select(func.count()).select_from(cleared).scalar_subquery()
            < func.cardinality(Order.clearances),
        ),
    )


def is_promised_then(person: Any) -> ColumnElement[bool]:
    """The person has promised a part of the order's time already, or of the minutes around it that
    the way takes. Two takes at once may come nearer; that they overlap the database itself refuses."""
    way = Order.buffer_minutes * literal_column("interval '1 minute'", Interval())
    time = func.tstzrange(Order.starts_at - way, Order.ends_at + way, type_=TSTZRANGE)
    return (
        select(Commitment.id)
        .where(
            Commitment.person_id == person,
            Commitment.is_exclusive,
            Commitment.during.overlaps(time),
        )
        .exists()
    )


def is_asked_then(person: Any) -> ColumnElement[bool]:
    """The person has been asked for a part of the order's time, and has not answered yet."""
    return (
        select(Promised.id)
        .join(Elsewhere, Elsewhere.id == Promised.order_id)
        .where(
            Promised.person_id == person,
            IS_OFFERED,
            Elsewhere.starts_at < Order.ends_at,
            Elsewhere.ends_at > Order.starts_at,
        )
        .exists()
    )


def is_on_it(person: Any) -> ColumnElement[bool]:
    """The person has, or waits for, a seat on the order."""
    return (
        select(Promised.id)
        .where(Promised.order_id == Order.id, Promised.person_id == person, is_living(Promised))
        .exists()
    )


# What must not be so, and how it is said to the person himself.
REFUSALS: tuple[tuple[type[AppError], Callable[[Any], ColumnElement[bool]]], ...] = (
    (NotRegistered, lambda person: registration_of(person).is_(None)),
    (NotQualified, is_unqualified),
    (OwnNeed, asks_for),
    (Overlaps, is_promised_then),
    (LiveLimit, lambda person: promised_by(person) >= Order.live_limit),
    (WeekLimit, lambda person: taken_in_week(person) >= Order.week_limit),
)


def may_come(person: Any) -> ColumnElement[bool]:
    """Nothing keeps the person from taking the order."""
    return and_(*(~is_so(person) for _, is_so in REFUSALS))


def may_be_asked(person: Any) -> ColumnElement[bool]:
    """As `may_come`; and the person is neither on it nor asked for another service at that time."""
    return and_(may_come(person), ~is_on_it(person), ~is_asked_then(person))


def registered_may_be_asked(person: Any) -> ColumnElement[bool]:
    """As `may_be_asked`, where the statement has the person's active registration already."""
    kept = (is_so(person) for error, is_so in REFUSALS if error is not NotRegistered)
    return and_(*(~each for each in kept), ~is_on_it(person), ~is_asked_then(person))


async def check(session: AsyncSession, order: Order, person_id: UUID) -> UUID:
    """The active registration with which the person comes.

    Raises:
        NotRegistered, NotQualified, OwnNeed, Overlaps, LiveLimit, WeekLimit: the first that holds.
    """
    person = literal(person_id, Uuid())
    row = (
        await session.execute(
            select(
                registration_of(person).label("registration_id"),
                *(is_so(person).label(error.code) for error, is_so in REFUSALS),
            ).where(Order.id == order.id)
        )
    ).one()
    for error, _ in REFUSALS:
        if getattr(row, error.code):
            raise error
    registration_id: UUID = row.registration_id
    return registration_id


async def free(session: AsyncSession, order: Order, registration_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these registrations' people may be asked now; the caller has locked the rows.

    A statement of its own after the lock, so that it sees what who held it before has asked.
    """
    found = await session.scalars(
        select(Registration.id)
        .join(Order, Order.id == order.id)
        .where(Registration.id.in_(registration_ids), may_be_asked(Registration.person_id))
    )
    return set(found)
