"""What each of a set of registrations did in a period: the parts of one statement.

Each part gives (registration, found): an object whose keys are fields of `facts.MemberFacts`. Days are
local days of the service; durations are whole minutes. Source: practice.md G4; content
`report_forms`.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by

from app.models.member import Registration
from app.models.need import Acceptance, AcceptanceStatus
from app.models.objection import Objection, ObjectionKind, ObjectionStatus
from app.models.order import UNPROMISED, Order, Seat, SeatStatus
from app.models.organization import Appointment, ContentItem, Organization
from app.models.post import Claim, Post, PostKind
from app.models.record import RecordStatus, ServiceRecord
from app.models.report import Rating
from app.models.wish import WishClaim, WishClaimStatus

MOST_SERVICES = 5
IDS = bindparam("registrations", type_=ARRAY(Uuid()))
FIRST, LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())
BEGINS = bindparam("begins", type_=DateTime(timezone=True))
ENDS = bindparam("ends", type_=DateTime(timezone=True))
# An offer that was declined, or a service that was called off, is nobody's promise.
NO_PROMISE = (
    *UNPROMISED,
    SeatStatus.DECLINED,
    SeatStatus.LAPSED,
    SeatStatus.REPLACED,
    SeatStatus.CANCELLED,
)
Part = Select[*tuple[Any, ...]]
record = ServiceRecord
IN_VAIN = (ObjectionStatus.FINAL, ObjectionStatus.WITHDRAWN)


def _is_objected(kind: ObjectionKind, table: Any, *ends: ObjectionStatus) -> ColumnElement[bool]:
    """The member objects to it, and that has not come to one of these ends."""
    return (
        select(Objection.id)
        .where(
            Objection.registration_id == table.registration_id,
            Objection.kind == kind,
            Objection.subject_id == table.id,
            Objection.status.not_in(ends),
        )
        .exists()
    )


# What is disputed stays out until it is decided.
SERVED = and_(
    record.registration_id == any_(IDS),
    record.status == RecordStatus.APPROVED,
    record.served_on.between(FIRST, LAST),
    ~_is_objected(ObjectionKind.RECORD, record, ObjectionStatus.GRANTED, *IN_VAIN),
)


def _counts() -> Part:
    """How often and how long, by mode; what is neither a post's day nor a shift is an activity."""
    by = record.source_kind
    return (
        select(
            record.registration_id,
            _found(
                services=func.count(),
                posts=func.count().filter(by == "post"),
                emergencies=func.count().filter(by == "shift"),
                activities=func.count().filter(by.not_in(["post", "shift"])),
                minutes=_sum(~record.is_work_time),
                work_minutes=_sum(record.is_work_time.is_(True)),
            ),
        )
        .where(SERVED)
        .group_by(record.registration_id)
    )


def _main_services() -> Part:
    """The five longest: day, category, the community's name of it, minutes; no resident's words."""
    place = func.row_number().over(
        partition_by=record.registration_id,
        order_by=(record.minutes.desc(), record.served_on, record.id),
    )
    ranked = (
        select(
            record.registration_id,
            record.served_on,
            record.category,
            record.title,
            record.minutes,
            place.label("place"),
        )
        .where(SERVED)
        .subquery()
        .c
    )
    line = _found(
        served_on=ranked.served_on,
        category=ranked.category,
        title=ranked.title,
        minutes=ranked.minutes,
    )
    return (
        select(ranked.registration_id, _found(main_services=_list(line, ranked.place)))
        .where(ranked.place <= MOST_SERVICES)
        .group_by(ranked.registration_id)
    )


def _promises() -> Part:
    """Kept promises, by the day of the service; no absence that an objection has done away with."""
    left = Seat.status == SeatStatus.RELEASED
    return (
        select(
            Seat.registration_id,
            _found(
                seats=_found(
                    taken=func.count(),
                    completed=func.count().filter(Seat.status == SeatStatus.CONFIRMED),
                    released_in_time=func.count().filter(left, ~Seat.is_late_release),
                    released_late=func.count().filter(left, Seat.is_late_release),
                    excused=func.count().filter(Seat.status == SeatStatus.EXCUSED),
                    no_show=func.count().filter(Seat.status == SeatStatus.NO_SHOW),
                )
            ),
        )
        .join(Order, Order.id == Seat.order_id)
        .where(
            Seat.registration_id == any_(IDS),
            Seat.status.not_in(NO_PROMISE),
            ~_is_objected(ObjectionKind.ABSENCE, Seat, *IN_VAIN),
            Order.starts_at >= BEGINS,
            Order.starts_at < ENDS,
        )
        .group_by(Seat.registration_id)
    )


def _answers() -> Part:
    """Residents' answers to what was served: solved of answered; silence is on neither side."""
    return (
        select(
            record.registration_id,
            _found(
                solved=func.count().filter(Acceptance.status == AcceptanceStatus.SOLVED),
                answered=func.count(),
            ),
        )
        .join(Acceptance, Acceptance.order_id == record.source_id)
        .where(
            SERVED,
            record.source_kind == "order",
            Acceptance.status.not_in([AcceptanceStatus.ASKED, AcceptanceStatus.SILENT]),
        )
        .group_by(record.registration_id)
    )


def _thanks() -> Part:
    """Thanks whose resident wishes them passed on; there are no words of his, so they are counted."""
    return (
        select(record.registration_id, _found(thanks=func.count()))
        .join(Rating, Rating.order_id == record.source_id)
        .where(SERVED, record.source_kind == "order", Rating.relays_thanks)
        .group_by(record.registration_id)
    )


def _posts() -> Part:
    """Posts and places in teams that were held, by name; of pairings with a household, the number."""
    is_pairing = Post.kind == PostKind.PAIRING
    held = _found(name=Post.title, **_days(Claim.started_on, Claim.ended_on))
    return (
        select(
            Claim.registration_id,
            _found(
                posts_held=_list(held, Claim.started_on, Claim.id, only=~is_pairing),
                pairings=func.count().filter(is_pairing),
            ),
        )
        .join(Post, Post.id == Claim.post_id)
        .where(
            Claim.registration_id == any_(IDS),
            Claim.started_on <= LAST,
            _reaches(Claim.ended_on),
        )
        .group_by(Claim.registration_id)
    )


def _wishes() -> Part:
    return (
        select(WishClaim.registration_id, _found(wishes=func.count()))
        .where(
            WishClaim.registration_id == any_(IDS),
            WishClaim.status == WishClaimStatus.FULFILLED,
            WishClaim.delivered_at >= BEGINS,
            WishClaim.delivered_at < ENDS,
        )
        .group_by(WishClaim.registration_id)
    )


def _appointments() -> Part:
    """Posts of trust in the community where he is registered, under their names in the content."""
    entry = ContentItem
    held = _found(
        name=func.coalesce(entry.data["name"].astext, Appointment.post),
        organization=Organization.name,
        **_days(Appointment.from_on, Appointment.to_on),
    )
    return (
        select(
            Registration.id,
            _found(appointments=_list(held, Appointment.from_on, Appointment.id)),
        )
        .join(Appointment, Appointment.person_id == Registration.person_id)
        .join(Organization, Organization.id == Appointment.organization_id)
        .outerjoin(entry, and_(entry.section == "appointments", entry.code == Appointment.post))
        .where(
            Registration.id == any_(IDS),
            Registration.community_id == any_(Organization.lineage),
            Appointment.from_on <= LAST,
            _reaches(Appointment.to_on),
        )
        .group_by(Registration.id)
    )


def _found(**columns: Any) -> ColumnElement[Any]:
    pairs = [each for name, column in columns.items() for each in (name, column)]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _list(line: Any, *order: Any, only: ColumnElement[bool] | None = None) -> ColumnElement[Any]:
    lines: ColumnElement[Any] = func.jsonb_agg(aggregate_order_by(line, *order), type_=JSONB)
    if only is None:
        return lines
    return func.coalesce(lines.filter(only), func.jsonb_build_array(type_=JSONB))


def _sum(only: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(record.minutes).filter(only), 0)


def _days(first: Any, last: Any) -> dict[str, Any]:
    """From its first day to its last; null: it goes on."""
    return {"from": first, "to": last}


def _reaches(last: Any) -> ColumnElement[bool]:
    """It was not over before the period."""
    return or_(last.is_(None), last >= FIRST)


STATEMENT = union_all(
    _counts(),
    _main_services(),
    _promises(),
    _answers(),
    _thanks(),
    _posts(),
    _wishes(),
    _appointments(),
)
