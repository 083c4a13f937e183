"""What people are told by the clock, and the address at which their calendar reads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base


class Reminder(Base):
    """A row was reminded of before this due time: once, however often the clock looks."""

    __tablename__ = "reminders"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)


class CalendarToken(Base):
    """The secret in the address of a person's calendar, hashed; a new one ends the old one."""

    __tablename__ = "calendar_tokens"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
