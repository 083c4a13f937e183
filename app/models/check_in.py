"""Coarse locations of who came, where the district requires them for one call-up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified
from app.core.fields import Sealed


class CheckIn(Identified, Base):
    """Where somebody with a seat was, to about a kilometre, or why that is not known.

    The whole row is gone at `forget_at`. Source: practice.md R4; law: a precise location is sensitive.
    """

    __tablename__ = "check_ins"
    __table_args__ = (
        CheckConstraint("(point IS NULL) <> (reason IS NULL)", name="point_or_reason"),
    )

    shift_seat_id: Mapped[UUID] = mapped_column(ForeignKey("shift_seats.id"), unique=True)
    point: Mapped[str | None] = mapped_column(
        Sealed("check_ins.point"), comment="latitude,longitude in hundredths of a degree"
    )
    reason: Mapped[str | None] = mapped_column(Text, comment="why there is none, by staff")
    noted_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    noted_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    forget_at: Mapped[datetime] = mapped_column(index=True)
