"""Stored plans (应急预案) that call-ups are made from."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped


class CallUpPlan(Identified, Timestamped, Base):
    """What a community, subdistrict or district has ready: posts, meeting points, shift pattern.

    Both lists are read and written as a whole; a call-up keeps a copy of what it was made from.
    Source: practice.md R4.
    """

    __tablename__ = "call_up_plans"
    __table_args__ = (Index("ix_call_up_plans_organization_id", "organization_id", "id"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    contact_phone: Mapped[str | None] = mapped_column(
        String(20), comment="of the duty desk, nobody's own"
    )
    gather_within: Mapped[int] = mapped_column(comment="minutes after it is drafted")
    meeting_points: Mapped[list[Any]]
    posts: Mapped[list[Any]]
    is_current: Mapped[bool] = mapped_column(default=True)
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
