"""Signing in to the console: the ticket that a phone confirms, and the session a browser gets for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified


class SignInTicket(Identified, Base):
    """Shown by a browser as a code, confirmed or refused by who scans it, consumed once.

    Its times are its history; it is forgotten a day after it has expired.
    """

    __tablename__ = "sign_in_tickets"

    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("people.id"), comment="who has confirmed or refused it"
    )
    confirmed_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    consumed_at: Mapped[datetime | None]


class ConsoleSession(Identified, Base):
    """One browser in which a person is signed in; the token is stored hashed."""

    __tablename__ = "console_sessions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(60))
    began_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    seen_at: Mapped[datetime] = mapped_column(
        default=lambda: clock.now(), comment="last request, to the minute"
    )
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
