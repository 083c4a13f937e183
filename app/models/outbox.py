"""The outbox: facts recorded with the change that made them true."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base
from app.core.entries import Entry


class OutboxEntry(Entry, Base):
    """One fact; `waiting_for` names the listeners that failed and are tried again alone."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "not_before", "id", postgresql_where=text("told_at IS NULL")),
        Index("ix_outbox_told", "told_at", postgresql_where=text("told_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    not_before: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    attempts: Mapped[int] = mapped_column(default=0)
    waiting_for: Mapped[list[str] | None] = mapped_column(ARRAY(String(100)))
    error: Mapped[str | None] = mapped_column(String(200))
    told_at: Mapped[datetime | None]
