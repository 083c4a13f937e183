"""Series of orders by a calendar rule; items of a community's plan of the year."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class Frequency(StrEnum):
    """What `every` counts."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SeriesStatus(StrEnum):
    """Only an active one makes orders; those that are made live their own lives."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class OrderSeries(Identified, Timestamped, Base):
    """A service that comes again: what each of its orders says, and on which local days.

    Weekly: on `weekdays` (1 Monday to 7) of every `every`-th week from that of `starts_on`.
    Monthly: on `month_day` (the last day where a month has no such one), or on the `month_week`-th
    of the one weekday (-1: the last), of every `every`-th month. `due_at`: the worker looks again.
    """

    __tablename__ = "order_series"
    __table_args__ = (
        Index("ix_order_series_community_id", "community_id", "status", "id"),
        Index("ix_order_series_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        CheckConstraint("every >= 1", name="every_positive"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
    )

    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    title: Mapped[str] = mapped_column(String(60))
    description: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(String(100))
    template: Mapped[str | None] = mapped_column(String(60))
    kind: Mapped[str | None] = mapped_column(String(20))
    difficulty: Mapped[int | None]
    target: Mapped[str | None] = mapped_column(String(20))
    category: Mapped[str | None] = mapped_column(String(60))
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    marks: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    seats: Mapped[int]
    insured_until: Mapped[date | None] = mapped_column(
        comment="last day of the insurance: of a series that names one, nothing is made after it"
    )
    has_guardian: Mapped[bool] = mapped_column(default=False)
    is_confidential: Mapped[bool] = mapped_column(
        default=False, comment="as its category and template say; its title is in no message"
    )
    frequency: Mapped[Frequency]
    every: Mapped[int] = mapped_column(default=1)
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    month_day: Mapped[int | None]
    month_week: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    begins_at: Mapped[time] = mapped_column(comment="local")
    minutes: Mapped[int]
    skips_holidays: Mapped[bool] = mapped_column(default=True)
    status: Mapped[SeriesStatus] = mapped_column(default=SeriesStatus.ACTIVE)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, comment="of edits; the clock is none")


class SeriesStep(History, Base):
    __tablename__ = "order_series_steps"

    series_id: Mapped[UUID] = mapped_column(ForeignKey("order_series.id"), index=True)


class PlanItem(Identified, Timestamped, Base):
    """What a community means to do in a month: a title and a template; one tap makes its order."""

    __tablename__ = "plan_items"
    __table_args__ = (Index("ix_plan_items_community_id", "community_id", "month", "id"),)

    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    title: Mapped[str] = mapped_column(String(60))
    month: Mapped[date] = mapped_column(comment="its first day")
    template: Mapped[str] = mapped_column(String(60))
    marks: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
