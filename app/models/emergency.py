"""Emergency call-ups (应急集结): who approved, who was called and answers, shifts and their seats."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class CallUpStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    STOOD_DOWN = "stood_down"
    REVIEWED = "reviewed"
    WITHDRAWN = "withdrawn"


class CallUp(Identified, Timestamped, Base):
    """One call of a community or a subdistrict to the registered members of an area.

    `targets` are the grids, branches, groups or communities that are called; the whole of
    `organization_id` where it names that one. `approvals_needed` is the level's, `week_limit` and
    `live_limit` are the policy's for what is no emergency; null: no limit. `due_at` is when the second
    approval of an immediate call-up must be there. Source: domain.md §3.8, practice.md R4.
    """

    __tablename__ = "call_ups"
    __table_args__ = (
        Index("ix_call_ups_organization_id", "organization_id", "id"),
        Index("ix_call_ups_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(String(40))
    is_emergency: Mapped[bool]
    level: Mapped[str] = mapped_column(String(40))
    targets: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(100))
    gather_at: Mapped[datetime]
    contact_phone: Mapped[str | None] = mapped_column(
        String(20), comment="of the duty desk, told to everybody called; nobody's own"
    )
    status: Mapped[CallUpStatus] = mapped_column(default=CallUpStatus.DRAFT)
    approvals_needed: Mapped[int] = mapped_column(comment="before members are called")
    second_within_hours: Mapped[int | None] = mapped_column(
        comment="the second approval, where one is enough to call"
    )
    reply_minutes: Mapped[int]
    reply_until: Mapped[datetime | None]
    week_limit: Mapped[int | None]
    live_limit: Mapped[int | None]
    location_reason: Mapped[str | None] = mapped_column(
        Text, comment="the district's, where it requires the location; shown to those called"
    )
    review: Mapped[str | None] = mapped_column(Text)
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("call_up_plans.id"))
    made_from: Mapped[dict[str, Any] | None] = mapped_column(
        comment="the plan as it stood; its later changes change nothing here"
    )
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    activated_at: Mapped[datetime | None]
    stood_down_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


class CallUpStep(History, Base):
    __tablename__ = "call_up_steps"

    call_up_id: Mapped[UUID] = mapped_column(ForeignKey("call_ups.id"), index=True)


class CallUpApproval(Base):
    """One of the two who answer for a call-up; nobody does so twice."""

    __tablename__ = "call_up_approvals"

    call_up_id: Mapped[UUID] = mapped_column(ForeignKey("call_ups.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    approved_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class Reply(Identified, Base):
    """One member who was called, and what he answered; null: he was not reached yet.

    `replied_by_id` is who marked the answer: he himself, or who reached him by phone.
    """

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("call_up_id", "registration_id"),
        Index("ix_replies_call_up_id", "call_up_id", "reply", "id"),
        Index("ix_replies_person_id", "person_id", "id"),
    )

    call_up_id: Mapped[UUID] = mapped_column(ForeignKey("call_ups.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reply: Mapped[str | None] = mapped_column(String(40))
    replied_at: Mapped[datetime | None]
    replied_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class Shift(Identified, Timestamped, Base):
    """A stretch of duty with seats. `holder_id`: the group or the employer that took it as a block
    and names who comes; nobody else can take a place on it then.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        Index("ix_shifts_call_up_id", "call_up_id", "starts_at", "id"),
        CheckConstraint("taken >= 0 AND taken <= seats", name="taken_within_seats"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    call_up_id: Mapped[UUID] = mapped_column(ForeignKey("call_ups.id"))
    duty: Mapped[str] = mapped_column(String(40))
    place: Mapped[str] = mapped_column(String(100))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    rest_hours: Mapped[int] = mapped_column(comment="between two shifts of one person")
    is_open: Mapped[bool] = mapped_column(comment="members are called, and it is not over")
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    meals: Mapped[str | None] = mapped_column(String(100), comment="what is provided, and when")
    insurance: Mapped[str | None] = mapped_column(String(100), comment="who insures those on it")


class ShiftSeatStatus(StrEnum):
    NAMED = "named"
    TAKEN = "taken"
    DECLINED = "declined"
    RELEASED = "released"
    ON_DUTY = "on_duty"
    RELIEVED = "relieved"
    NO_SHOW = "no_show"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class ShiftSeat(Identified, Timestamped, Base):
    """One person's place on one shift; who was named for it by the holder of a block is asked."""

    __tablename__ = "shift_seats"
    __table_args__ = (
        Index(
            "uq_shift_seats_living",
            "shift_id",
            "person_id",
            unique=True,
            postgresql_where=text("status NOT IN ('declined', 'released', 'cancelled')"),
        ),
        Index("ix_shift_seats_person_id", "person_id", "id"),
    )

    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    status: Mapped[ShiftSeatStatus]
    minutes: Mapped[int | None] = mapped_column(comment="served, as confirmed")
    handover: Mapped[str | None] = mapped_column(Text, comment="told to who takes over")


class ShiftSeatStep(History, Base):
    __tablename__ = "shift_seat_steps"

    shift_seat_id: Mapped[UUID] = mapped_column(ForeignKey("shift_seats.id"), index=True)
