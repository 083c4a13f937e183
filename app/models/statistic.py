"""Summaries of what was done, month by month, and what a day, a week or a month was frozen as."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified
from app.core.fields import Sealed


class OrganizationMonth(Base):
    """One counter of a community, an employer, or a level above them.

    Those of a leaf (community or employer) are counted again from the source rows with each fact;
    those of a level, and `once` of all, are what they were when `CounterChange`s were last gathered.
    What a figure counts, and what `kind` is of it, stands in `app/statistics/sources.py`. A row is of
    a kind, over all categories, or with an empty kind of a category, over all kinds. Months are local,
    named by their first day. Nothing that is zero has a row.
    """

    __tablename__ = "organization_months"
    __table_args__ = (
        # a page of many organizations reads nothing but this
        Index(
            "ix_organization_months_month",
            "organization_id",
            "month",
            postgresql_include=["figure", "kind", "bucket", "number"],
            postgresql_where=text("kind <> ''"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    figure: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    category: Mapped[str] = mapped_column(String(60), primary_key=True)
    bucket: Mapped[int] = mapped_column(
        SmallInteger,
        primary_key=True,
        comment="class of hours, of figures that are times; of once: months since the last service",
    )
    number: Mapped[int] = mapped_column(BigInteger)


class CounterChange(Base):
    """So much is to be added to a counter, with the same keys; a minute later it has been and is gone.

    A counter that every fact of a city moves is not written by facts: they would wait for each other.
    Who reads a counter adds what is yet to be added, so it is never late.
    """

    __tablename__ = "counter_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    figure: Mapped[str] = mapped_column(String(20))
    month: Mapped[date]
    kind: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(60))
    bucket: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int] = mapped_column(BigInteger)


class CountedLeaf(Base):
    """Under which levels a community or an employer is counted: its lineage when it last was looked at."""

    __tablename__ = "counted_leaves"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    above: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), comment="root first, without itself")


class MemberMonth(Base):
    """What one registration has served in one community and month: for counting people once."""

    __tablename__ = "member_months"
    __table_args__ = (Index("ix_member_months_member_id", "member_id"),)

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    services: Mapped[int]
    volunteer_minutes: Mapped[int]
    work_minutes: Mapped[int]


class Rhythm(StrEnum):
    """日汇总、周研判、月总结. Source: practice.md R17."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class RollUp(Identified, Base):
    """What one day or month was, or a week as the triage meeting left it; frozen, it never changes.

    Of a week it holds the page that the meeting worked on and what was decided; nobody is named but
    who was present (`RollUpPresence`).
    """

    __tablename__ = "roll_ups"
    __table_args__ = (UniqueConstraint("organization_id", "rhythm", "first_on"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    rhythm: Mapped[Rhythm]
    first_on: Mapped[date] = mapped_column(comment="its first local day")
    content: Mapped[dict[str, Any]]
    decisions: Mapped[list[Any]] = mapped_column(default=list)
    text: Mapped[str | None] = mapped_column(Text, comment="to send on, without names")
    frozen_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    frozen_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    sent_at: Mapped[datetime | None] = mapped_column(
        comment="of a month: its text went to members and residents, once"
    )


class RollUpPresence(Identified, Base):
    """Somebody who was present where a week was worked on, as he was called that day.

    `person_id` is null of a guest, and of who holds a post and never signed in.
    """

    __tablename__ = "roll_up_presences"

    roll_up_id: Mapped[UUID] = mapped_column(ForeignKey("roll_ups.id"), index=True)
    place: Mapped[int] = mapped_column(SmallInteger, comment="order on the page")
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(Sealed("roll_up_presences.name"))
    capacity: Mapped[str | None] = mapped_column(
        Text, comment="organizations and posts; null of a guest"
    )
