"""Orders (下单) and seats (接单); promised times; service records."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    case,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.core.entries import Entry
from app.core.fields import Sealed
from app.models.history import History

# How a confidential service is called where others may read it.
UNNAMED = "保密服务"


class OrderStatus(StrEnum):
    """ "Full" is a count (`taken = seats`), not a status; what is handed up is the need.

    Source: engineering.md D, practice.md R1.
    """

    DRAFT = "draft"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PENDING_ACCEPTANCE = "pending_acceptance"
    CLOSED = "closed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Order(Identified, Timestamped, Base):
    """One published service of one community; its text is the community's, never a resident's.

    Door and phone are sealed and shown only to holders of a live seat between `contact_from` and
    `contact_until`. `release_until`, `week_limit`, `live_limit` and `buffer_minutes` are the policy's
    values at publishing.
    Source: practice.md R2, R28.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index(
            "ix_orders_open",
            "community_id",
            "starts_at",
            "id",
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_orders_community_id", "community_id", "status", "id"),
        Index("ix_orders_community_id_published_at", "community_id", "published_at"),
        Index("ix_orders_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_orders_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index(
            "ix_orders_offers_due_at",
            "offers_due_at",
            postgresql_where=text("offers_due_at IS NOT NULL"),
        ),
        Index(
            "ix_orders_unserved",
            "community_id",
            "unserved_at",
            "id",
            postgresql_where=text("unserved_at IS NOT NULL"),
        ),
        CheckConstraint("taken >= 0 AND taken <= seats", name="taken_within_seats"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        UniqueConstraint("series_id", "series_day"),
    )

    number: Mapped[str] = mapped_column(String(60), unique=True)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(
        String(20), default="micro_service", comment="of `order_sizes`"
    )
    target: Mapped[str] = mapped_column(String(20), default="person")
    difficulty: Mapped[int] = mapped_column(default=1, comment="1 to 5; it proposes the target")
    template: Mapped[str | None] = mapped_column(String(60))
    marks: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    flags: Mapped[list[str]] = mapped_column(
        ARRAY(String(60)), default=list, comment="of category and template, as drafted"
    )
    licences: Mapped[list[str]] = mapped_column(
        ARRAY(String(60)), default=list, comment="qualifications; one of them suffices"
    )
    clearances: Mapped[list[str]] = mapped_column(
        ARRAY(String(60)), default=list, comment="qualifications; each of them is wanted"
    )
    is_confidential: Mapped[bool] = mapped_column(
        default=False, comment="on no list, and only who is asked comes"
    )
    insured_until: Mapped[date | None] = mapped_column(comment="accident insurance, last day")
    has_guardian: Mapped[bool] = mapped_column(
        default=False, comment="the guardian agrees and is present"
    )
    category: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60))
    description: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(100))
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    bands: Mapped[list[str]] = mapped_column(
        ARRAY(String(40)), default=list, comment="codes of `availability` that its begin falls into"
    )
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.DRAFT)
    is_at_home: Mapped[bool] = mapped_column(default=False)
    door: Mapped[str | None] = mapped_column(Sealed("orders.door"))
    contact_name: Mapped[str | None] = mapped_column(Sealed("orders.contact_name"))
    contact_phone: Mapped[str | None] = mapped_column(Sealed("orders.contact_phone"))
    contact_from: Mapped[datetime | None]
    contact_until: Mapped[datetime | None]
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_series.id"))
    series_day: Mapped[date | None] = mapped_column(comment="local; of each one order")
    follows_series: Mapped[bool] = mapped_column(
        default=False, comment="what changes in its series changes in it"
    )
    release_until: Mapped[datetime | None]
    week_limit: Mapped[int] = mapped_column(default=3)
    live_limit: Mapped[int] = mapped_column(default=5)
    buffer_minutes: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="between this and another service of a person"
    )
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    unserved_at: Mapped[datetime | None] = mapped_column(
        comment="nobody took it, or nobody came: when that was known"
    )
    no_taker_reason: Mapped[str | None] = mapped_column(
        String(40), comment="why nobody served, a code of `no_taker_reasons`"
    )
    no_taker_proposal: Mapped[str | None] = mapped_column(
        String(40), comment="what to do next, a code of `no_taker_proposals`"
    )
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    offers_due_at: Mapped[datetime | None] = mapped_column(
        comment="when an offer, a place without a name or the waiting may end next"
    )
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @hybrid_property
    def said_title(self) -> str:
        """The title in messages, records, passes, calendars and reports, which others may read
        than who comes.

        Source: practice.md R20.
        """
        return UNNAMED if self.is_confidential else self.title

    @said_title.inplace.expression
    @classmethod
    def _said_title(cls) -> ColumnElement[str]:
        unnamed: ColumnElement[str] = literal_column(f"'{UNNAMED}'", String())
        return case((cls.is_confidential, unnamed), else_=cls.title)


class UnmetWeek(Identified, Base):
    """A local week (its Monday) in which services of a community found nobody; told when it is over."""

    __tablename__ = "unmet_weeks"
    __table_args__ = (
        UniqueConstraint("community_id", "week"),
        Index("ix_unmet_weeks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    week: Mapped[date]
    due_at: Mapped[datetime | None]


class OrderNeed(Base):
    """A need that an order serves."""

    __tablename__ = "order_needs"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), primary_key=True, index=True)


class OrderStep(History, Base):
    __tablename__ = "order_steps"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)


class BranchTake(Identified, Timestamped, Base):
    """Places on one order that a branch, a group or a registered employer has taken in its name.

    Its people are seats that name the take. `unnamed` places have nobody yet and are held until
    `names_due_at`; they count in the order's `taken`. Source: practice.md R14.
    """

    __tablename__ = "branch_takes"
    __table_args__ = (
        Index("ix_branch_takes_order_id", "order_id"),
        Index("ix_branch_takes_organization_id", "organization_id", "id"),
        CheckConstraint("unnamed >= 0 AND unnamed <= places", name="unnamed_within_places"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    taken_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    places: Mapped[int]
    unnamed: Mapped[int]
    names_due_at: Mapped[datetime]


class SeatStatus(StrEnum):
    """`offered` and later hold a place; `waiting` holds none. Source: engineering.md D."""

    WAITING = "waiting"
    OFFERED = "offered"
    DECLINED = "declined"
    LAPSED = "lapsed"
    TAKEN = "taken"
    RELEASED = "released"
    EXCUSED = "excused"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    REPORTED = "reported"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


# Not living any more: the place is free again, and who held it has no part in the order.
FREED = (
    SeatStatus.RELEASED,
    SeatStatus.EXCUSED,
    SeatStatus.CANCELLED,
    SeatStatus.DECLINED,
    SeatStatus.LAPSED,
    SeatStatus.REPLACED,
)
# Living, but the person has not said that he comes: no time is promised.
UNPROMISED = (SeatStatus.WAITING, SeatStatus.OFFERED)


class SeatOrigin(StrEnum):
    """How a seat came to a person who did not simply take it."""

    WAITING = "waiting"
    DISPATCH = "dispatch"
    BRANCH = "branch"


class Seat(Identified, Timestamped, Base):
    """One person's place on one order, or his wait for one. Source: engineering.md D."""

    __tablename__ = "seats"
    __table_args__ = (
        Index(
            "uq_seats_living",
            "order_id",
            "person_id",
            unique=True,
            postgresql_where=text(
                "status NOT IN"
                " ('released', 'excused', 'cancelled', 'declined', 'lapsed', 'replaced')"
            ),
        ),
        Index("ix_seats_person_id", "person_id", "id"),
        Index(  # what somebody has promised, however long he has served
            "ix_seats_promised",
            "person_id",
            "order_id",
            postgresql_where=text("status = 'taken'"),
        ),
        Index("ix_seats_order_id", "order_id", "id"),  # whoever has had a place, gone ones too
        Index("ix_seats_registration_id", "registration_id"),
        Index(
            "ix_seats_branch_take_id",
            "branch_take_id",
            postgresql_where=text("branch_take_id IS NOT NULL"),
        ),
        Index(
            "ix_seats_offered_until",
            "offered_until",
            postgresql_where=text("status = 'offered'"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    status: Mapped[SeatStatus] = mapped_column(default=SeatStatus.TAKEN)
    origin: Mapped[SeatOrigin | None]
    offered_until: Mapped[datetime | None]
    branch_take_id: Mapped[UUID | None] = mapped_column(ForeignKey("branch_takes.id"))
    minutes: Mapped[int | None] = mapped_column(comment="served, as reported or confirmed")
    is_late_release: Mapped[bool] = mapped_column(default=False)
    mark: Mapped[str | None] = mapped_column(String(20), comment="commend or concern; by exception")
    mark_note: Mapped[str | None] = mapped_column(Text)


class SeatStep(History, Base):
    __tablename__ = "seat_steps"

    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"), index=True)


class Commitment(Entry, Identified, Base):
    """One promised time of a person; two exclusive ones never overlap. Source: engineering.md A4."""

    __tablename__ = "commitments"
    __table_args__ = (
        UniqueConstraint("source_kind", "source_id"),
        ExcludeConstraint(
            ("person_id", "="),
            ("during", "&&"),
            where=text("is_exclusive"),
            using="gist",
            name="commitments_overlap",
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    is_exclusive: Mapped[bool] = mapped_column(Boolean, default=True)
    source_kind: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[UUID]


class WeekCount(Base):
    """How many seats a person took for one local week (its Monday); bounded by the order's limit."""

    __tablename__ = "week_counts"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    taken: Mapped[int]
